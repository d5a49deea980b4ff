package models

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDatesGoThroughTextAndDatabase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := rapid.Int32Range(-500_000, 500_000).Draw(t, "day") // the years 601 to 3338
		d := DateFromEpochDay(day)
		if d.EpochDay() != day {
			t.Fatalf("day %d comes back as %d", day, d.EpochDay())
		}
		parsed, err := ParseDate(d.String())
		if err != nil || parsed != d {
			t.Fatalf("%s comes back as %s: %v", d, parsed, err)
		}
		value, err := d.Value()
		if err != nil {
			t.Fatal(err)
		}
		var scanned Date
		if err := scanned.Scan(value); err != nil || scanned != d {
			t.Fatalf("%s is stored and read as %s: %v", d, scanned, err)
		}
		n := rapid.IntRange(-1000, 1000).Draw(t, "n")
		if later := d.AddDays(n); later.Before(d) != (n < 0) || later.After(d) != (n > 0) || later.AddDays(-n) != d {
			t.Fatalf("%s and %d days is %s", d, n, later)
		}
	})
}

func TestADayBeginsAndEndsInItsZone(t *testing.T) {
	shanghai := time.FixedZone("CST", 8*3600)
	d := NewDate(2025, time.March, 4)
	start := d.Start(shanghai)
	if start.Format(time.RFC3339) != "2025-03-03T16:00:00Z" {
		t.Errorf("it begins at %v", start)
	}
	if DateOf(start, shanghai) != d || DateOf(start.Add(-1), shanghai) == d || DateOf(start.Add(24*time.Hour-1), shanghai) != d {
		t.Error("its first or last instant lies elsewhere")
	}
	if d.Year() != 2025 || NewDate(1969, 12, 31).EpochDay() != -1 || (Date{}).String() != "" {
		t.Error("year, epoch or the zero date")
	}
}

func TestPeriods(t *testing.T) {
	for text, want := range map[string]Key{
		"2025-01-01/2025-12-31": "",
		"2025-01-01/2025-01-01": "",
		"2025-01-02/2025-01-01": KeyPeriodBackwards,
		"2025-01-01":            KeyPeriodForm,
		"2025-1-1/2025-12-31":   KeyPeriodForm,
		"2025-02-30/2025-12-31": KeyPeriodForm,
		"2025-01-01/2025-13-01": KeyPeriodForm,
		"2025-01-01 2025-12-31": KeyPeriodForm,
		"":                      KeyPeriodForm,
	} {
		p, err := ParsePeriod(text)
		var e *Error
		if errors.As(err, &e) && e.Key != want || err == nil && want != "" {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
		if err == nil && (!p.Contains(p.From) || !p.Contains(p.To) || p.Contains(p.To.AddDays(1)) || p.Contains(p.From.AddDays(-1))) {
			t.Errorf("%q does not hold its own ends", text)
		}
	}
}

func TestIDsAreReadInEveryForm(t *testing.T) {
	id := NewID()
	for _, src := range []any{id[:], id.String(), []byte(id.String()), [16]byte(id)} {
		var got ID
		if err := got.Scan(src); err != nil || got != id {
			t.Errorf("%T: %s, %v", src, got, err)
		}
	}
	var none ID
	for _, src := range []any{nil, 7, "no id", []byte{1, 2}} {
		if err := none.Scan(src); err == nil {
			t.Errorf("%v is an id", src)
		}
	}
	if NewID().String()[14] != '7' || NewRandomID().String()[14] != '4' {
		t.Error("the versions of new ids")
	}
}

// TestHashesAreNotPrinted: none may reach a log by accident.
func TestHashesAreNotPrinted(t *testing.T) {
	h := Hash{0xde, 0xad, 0xbe, 0xef}
	if printed := fmt.Sprintf("%v %s %+v", h, h, struct{ H Hash }{h}); strings.Contains(printed, "dead") || strings.Contains(printed, "222") {
		t.Errorf("printed as %s", printed)
	}
}

func TestErrorsMatchByCode(t *testing.T) {
	err := fmt.Errorf("open cycle: %w", Invalid("level", KeyLevelRange, "6"))
	if CodeOf(err) != CodeInvalid || !errors.Is(err, &Error{Code: CodeInvalid}) || errors.Is(err, &Error{Code: CodeGone}) {
		t.Errorf("%v", err)
	}
	if CodeOf(errors.New("disk full")) != "" {
		t.Error("an unknown error has a code")
	}
}

func TestRecordsRefuseWhatCannotBe(t *testing.T) {
	now := time.Date(2025, 3, 4, 0, 0, 0, 0, time.UTC)
	before, six, minus := now.Add(-time.Hour), 6, -1.0
	day := NewDate(2025, 3, 4)
	for name, c := range map[string]struct {
		err   error
		field string // empty: nothing is wrong
	}{
		"a good case":              {(&Case{Category: "c", Channel: ChannelWindow}).Validate(), ""},
		"a case without category":  {(&Case{Channel: ChannelWindow}).Validate(), "category"},
		"an unknown channel":       {(&Case{Category: "c", Channel: "FAX"}).Validate(), "channel"},
		"closed before opened":     {(&Case{Category: "c", Channel: ChannelWindow, OpenedAt: now, ClosedAt: &before}).Validate(), "closedAt"},
		"a mark of six":            {(&Case{Category: "c", Channel: ChannelWindow, Satisfaction: &six}).Validate(), "satisfaction"},
		"fewer than no transfers":  {(&Case{Category: "c", Channel: ChannelWindow, Transfers: -1}).Validate(), "transfers"},
		"an event of no kind":      {(&CaseEvent{Kind: "LOST"}).Validate(), "kind"},
		"an encounter to come":     {(&Encounter{Channel: ChannelWindow, OccurredAt: now.Add(time.Hour)}).ValidateAt(now), "occurredAt"},
		"an encounter of 1850":     {(&Encounter{Channel: ChannelWindow, OccurredAt: time.Date(1850, 1, 1, 0, 0, 0, 0, time.UTC)}).ValidateAt(now), "occurredAt"},
		"one of two years ago":     {(&Encounter{Channel: ChannelWindow, OccurredAt: now.AddDate(-2, 0, 0)}).ValidateAt(now), ""},
		"one of a day before that": {(&Encounter{Channel: ChannelWindow, OccurredAt: now.AddDate(-2, 0, -1)}).ValidateAt(now), "occurredAt"},
		"a clock a little ahead":   {(&Encounter{Channel: ChannelWindow, OccurredAt: now.Add(time.Minute)}).ValidateAt(now), ""},
		"hours below nothing":      {(&Deed{Kind: DeedOther, Hours: &minus}).Validate(), "hours"},
		"an untitled achievement":  {(&Achievement{Kind: AchievementAward}).Validate(), "title"},
		"a review on no dimension": {(&PeerReview{Relation: RelationPeer, Dimension: "CHARM", Score: 3}).Validate(), "dimension"},
		"an empty reply":           {(&RatingReply{Text: " "}).Validate(), "text"},
		"a nameless official":      {(&Official{}).Validate(), "name"},
		"gone before come":         {(&Official{Name: "n", ActiveFrom: day, ActiveTo: day.AddDays(-1)}).Validate(), "activeTo"},
		"a round that opens early": {(&ReviewRound{OpensOn: day.AddDays(-1), ClosesOn: day}).Within(Period{day, day}), "opensOn"},
		"a round that closes late": {(&ReviewRound{OpensOn: day, ClosesOn: day.AddDays(1)}).Within(Period{day, day}), "closesOn"},
		"a round of the period":    {(&ReviewRound{OpensOn: day, ClosesOn: day}).Within(Period{day, day}), ""},
		"a cycle of no kind":       {(&Cycle{Name: "n", FromOn: day, ToOn: day}).Validate(), "kind"},
		"a cycle backwards":        {(&Cycle{Name: "n", Kind: CycleAnnual, FromOn: day, ToOn: day.AddDays(-1)}).Validate(), "toOn"},
		"a notice by one person":   {(&Publication{PublishedBy: "a", SecondedBy: "a"}).Validate(5), "secondedBy"},
		"too short a notice":       {(&Publication{PublishedBy: "a", SecondedBy: "b"}).Validate(4), "noticeUntil"},
		"a seal by one person":     {(&Seal{Digest: make(Hash, 32), SealedBy: "a"}).Validate(), "secondedBy"},
		"a seal without digest":    {(&Seal{SealedBy: "a", SecondedBy: "b"}).Validate(), "digest"},
	} {
		var e *Error
		switch {
		case c.field == "" && c.err != nil:
			t.Errorf("%s: %v", name, c.err)
		case c.field != "" && (!errors.As(c.err, &e) || e.Field != c.field || e.Code != CodeInvalid):
			t.Errorf("%s: %v, want field %s", name, c.err, c.field)
		}
	}
}

// TestABlankTextIsNone: nothing that can be seen is nothing said.
func TestABlankTextIsNone(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, " \t\n\u3000\u00a0": true, "\u200b": true, "\u200f\u2060\ufeff": true, "\u3164\u115f": true,
		".": false, "好": false, "👍": false, "\u200bx": false,
	} {
		if err := ValidReason(text); (err != nil) != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}
