package privacy

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestMonthOfUsesTheZone(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 12, 31, 17, 0, 0, 0, time.UTC)
	if got := MonthOf(at, time.UTC).String(); got != "2025-12" {
		t.Errorf("UTC: %s", got)
	}
	if got := MonthOf(at, time.FixedZone("", 8*3600)).String(); got != "2026-01" {
		t.Errorf("eight hours east: %s", got)
	}
}

func TestMergeMonths(t *testing.T) {
	t.Parallel()
	m := func(month time.Month) Month { return Month{2025, month} }
	for _, tt := range []struct {
		name   string
		counts []int
		want   []MonthSpan
	}{
		{"none", nil, nil},
		{"too few in all", []int{1, 2, 1}, nil},
		{"each enough", []int{5, 6}, []MonthSpan{{m(1), m(1), 5}, {m(2), m(2), 6}}},
		{"joined", []int{2, 3, 7}, []MonthSpan{{m(1), m(2), 5}, {m(3), m(3), 7}}},
		{"rest joins the last", []int{5, 4}, []MonthSpan{{m(1), m(2), 9}}},
		{"an empty month", []int{5, 0, 5}, []MonthSpan{{m(1), m(1), 5}, {m(2), m(3), 5}}},
	} {
		var months []MonthCount
		for i, n := range tt.counts {
			months = append(months, MonthCount{m(time.Month(i + 1)), n})
		}
		got, err := MergeMonths(months, 5)
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %v, %v; want %v", tt.name, got, err, tt.want)
		}
	}
	if _, err := MergeMonths([]MonthCount{{m(2), 5}, {m(1), 5}}, 5); err == nil {
		t.Error("months out of order were merged")
	}
	if _, err := MergeMonths(nil, 2); err == nil {
		t.Error("a threshold below the floor was accepted")
	}
}

func TestMergedMonthsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		threshold := rapid.IntRange(Floor, 10).Draw(t, "threshold")
		total := 0
		var months []MonthCount
		for i, n := range rapid.SliceOfN(rapid.IntRange(0, 8), 0, 36).Draw(t, "counts") {
			months = append(months, MonthCount{Month{2023 + i/12, time.Month(i%12 + 1)}, n})
			total += n
		}
		spans, err := MergeMonths(months, threshold)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0
		for i, s := range spans {
			sum += s.N
			if s.N < threshold || s.To.Before(s.From) || i > 0 && !spans[i-1].To.Before(s.From) {
				t.Fatalf("spans %v", spans)
			}
		}
		if want := total; sum != want && (total >= threshold || sum != 0) {
			t.Fatalf("%d answers in %v, want %d", sum, spans, want)
		}
	})
}
