package imports

import (
	"strings"
	"testing"
	"time"

	"steelyard/models"
)

func TestCellsAreReadAsTheirColumnsTypes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		of   columnType
		cell string
		want Kind
	}{
		{"plain text", text(5), "abcde", ""},
		{"Chinese counts characters", text(5), "一二三四五", ""},
		{"too long", text(5), "一二三四五六", TooLong},
		{"line breaks may be", text(9), "a\r\n\tb", ""},
		{"a NUL may not", text(9), "a\x00b", ControlCharacter},
		{"DEL may not", text(9), "a\x7fb", ControlCharacter},
		{"a space without a width alone may not", text(9), "\u200b", ControlCharacter},
		{"one between letters may", text(9), "a\u200bb", ""},
		{"an emoji may", text(9), "❤️", ""},
		{"GBK is not UTF-8", text(9), "\xc1\xd6", BadEncoding},
		{"nor is what was damaged before", text(9), "a\uFFFDb", BadEncoding},
		{"a word", channel, "HOME_VISIT", ""},
		{"in small letters", channel, "window", UnknownWord},
		{"a level", level, "5", ""},
		{"no level", level, "0", OutOfRange},
		{"a half", level, "4.5", BadNumber},
		{"with a plus", level, "+4", BadNumber},
		{"a sign alone", count, "-", BadNumber},
		{"below zero", count, "-1", OutOfRange},
		{"beyond what is counted with", count, "99999999999999999999", OutOfRange},
		{"hours", hours, "1.5", ""},
		{"negative hours", hours, "-0.1", OutOfRange},
		{"infinite hours", hours, "Inf", BadNumber},
		{"more hours than a number holds", hours, strings.Repeat("9", 400), OutOfRange},
		{"hexadecimal hours", hours, "0x1p4", BadNumber},
		{"hours without digits", hours, ".", BadNumber},
		{"a time", moment, "2025-03-04T09:30:00+08:00", ""},
		{"a day that is none", moment, "2025-02-30T09:30:00Z", BadTime},
		{"no zone", moment, "2025-03-04T09:30:00", BadTime},
		{"a short hour", moment, "2025-03-04T9:30:00Z", BadTime},
		{"a comma", moment, "2025-03-04T09:30:00,5Z", BadTime},
		{"before all keys", moment, "1899-12-31T00:00:00Z", OutOfRange},
		{"tags", tags, "快;准", ""},
		{"a long tag", tags, strings.Repeat("字", models.MaxTagLength+1), TooLong},
		{"many tags", tags, strings.Repeat("a;", models.MaxTags+1), TooLong},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.of([]byte(c.cell), &value{}); got != c.want {
				t.Errorf("%q is %q, want %q", c.cell, got, c.want)
			}
		})
	}
}

func TestTimesAreKeptInMicroseconds(t *testing.T) {
	t.Parallel()
	var v value
	if kind := moment([]byte("2025-03-04T09:30:00.1234567+08:00"), &v); kind != "" {
		t.Fatal(kind)
	}
	if want := time.Date(2025, 3, 4, 1, 30, 0, 123456000, time.UTC); !instant(v.micros).Equal(want) {
		t.Errorf("%v, want %v", instant(v.micros), want)
	}
}

func TestShownValuesAreShortAndClean(t *testing.T) {
	t.Parallel()
	long := []byte(strings.Repeat("字", 100))
	kept := string(long)
	if got := shown(long); len(got) > maxShown+3 || !strings.HasSuffix(got, "…") || strings.Contains(got, "\uFFFD") {
		t.Errorf("%d bytes: %q", len(got), got)
	}
	if string(long) != kept {
		t.Error("the value itself was changed")
	}
	if got := shown([]byte("\xff")); got != "\uFFFD" {
		t.Errorf("%q", got)
	}
}

func TestFaultsListTheFirstInOrder(t *testing.T) {
	t.Parallel()
	f := newFaults()
	for line := 10_000; line > 1; line-- {
		f.add(place{units, int32(line)}, 0, Fault{File: "units.csv", Line: line, Kind: MissingValue})
	}
	list := f.first()
	if len(list) != MaxFaults || f.count != 9_999 || list[0].Line != 2 || list[MaxFaults-1].Line != MaxFaults+1 {
		t.Errorf("%d of %d, lines %d to %d", len(list), f.count, list[0].Line, list[len(list)-1].Line)
	}
	if n := f.perFile(); n[units] != 9_999 {
		t.Errorf("%d rows rejected", n[units])
	}
}
