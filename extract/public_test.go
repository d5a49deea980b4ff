package extract

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"steelyard/scoring"
	"steelyard/scoring/simulate"
)

// smallWorld is a small world with what was made of it.
func smallWorld(t *testing.T) (*scoring.Evidence, *scoring.Result, scoring.Policy) {
	t.Helper()
	world := simulate.Worlds()[0]
	world.Officials = 40
	ev := world.Generate(5).Evidence
	policy := scoring.DefaultPolicy()
	policy.Draws = 100
	result, err := scoring.Assess(t.Context(), ev, policy, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ev, result, policy
}

// TestWhatEverybodyMayHaveTellsOfMany draws how many persons stand behind each component,
// and wants nothing to be shown, or to follow by a sum, behind which there are few; and
// composites and ranks to follow from what is shown.
func TestWhatEverybodyMayHaveTellsOfMany(t *testing.T) {
	const threshold = 5
	ev, result, policy := smallWorld(t)
	sheet := NewSheet(ev.Postings, result)
	sheet.Quotas = nil
	for i := range sheet.Lines { // units of a handful, with places for all
		row := &sheet.Lines[i]
		row.Unit = string(rune('a' + i%8))
		sheet.Quotas = append(sheet.Quotas, SheetQuota{row.Unit, row.Position, 1000})
	}
	left := 0
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 3))
		persons := make([]Behind, len(sheet.Lines))
		for i := range persons {
			for k := range persons[i] {
				persons[i][k] = 5 + r.IntN(40)
				if r.IntN(30) == 0 {
					persons[i][k] = 1 + r.IntN(4)
				}
			}
		}
		public := sheet.Public(policy, persons, threshold)
		left += len(public.Lines)
		checkPublic(t, sheet, public, persons, threshold)
		var text bytes.Buffer
		if err := public.Write(&text); err != nil {
			t.Fatal(err)
		}
		read, err := ReadSheet(&text)
		if err != nil {
			t.Fatal(err)
		}
		if found, _ := read.Recompute(policy); len(found) > 0 {
			t.Errorf("seed %d: what is shown does not follow: %v", seed, found)
		}
	}
	if left < 12*len(sheet.Lines)/2 {
		t.Errorf("%d lines of %d are left", left, 12*len(sheet.Lines))
	}
	whole := sheet.Public(policy, make([]Behind, len(sheet.Lines)), 0)
	if len(whole.Lines) != len(sheet.Lines) {
		t.Errorf("without a threshold %d lines of %d are left", len(whole.Lines), len(sheet.Lines))
	}
}

func checkPublic(t *testing.T, sheet, public *Sheet, persons []Behind, threshold int) {
	t.Helper()
	shown := map[string]bool{}
	for _, row := range public.Lines {
		shown[row.Official] = true
		for name, c := range row.Components {
			if c.SE != nil || c.Value != hundredths(c.Value) {
				t.Errorf("%s %s has its whole figure: %+v", row.Official, name, c)
			}
		}
	}
	for _, circle := range []func(row *SheetRow) string{
		func(row *SheetRow) string { return "group " + row.PeerGroup }, func(row *SheetRow) string { return "unit " + row.Unit },
	} {
		for k := range scoring.Components {
			hidden, open := map[string]int{}, map[string]bool{}
			for i := range sheet.Lines {
				row := &sheet.Lines[i]
				c, there := row.Components[k.String()]
				switch {
				case shown[row.Official] && there && c.Counts && persons[i][k] < threshold:
					t.Errorf("%s %s is shown, of %d persons", row.Official, k, persons[i][k])
				case shown[row.Official] && there && c.Counts:
					open[circle(row)] = true
				default:
					hidden[circle(row)] += persons[i][k]
				}
			}
			for name, n := range hidden {
				if open[name] && n > 0 && n < threshold {
					t.Errorf("%s: %d persons behind %s are left out alone", name, n, k)
				}
			}
		}
	}
}

// TestAPublicCompositeIsTheRuns to the hundredth, or is not given.
func TestAPublicCompositeIsTheRuns(t *testing.T) {
	ev, result, policy := smallWorld(t)
	sheet := NewSheet(ev.Postings, result)
	of := map[string]float64{}
	for _, row := range sheet.Lines {
		of[row.Official] = valueOf(row.Composite)
	}
	persons := make([]Behind, len(sheet.Lines))
	for i := range persons {
		persons[i] = Behind{9, 9, 9, 9}
	}
	persons[3] = Behind{9, 9, 4, 9}
	public := sheet.Public(policy, persons, 5)
	for _, row := range public.Lines {
		if row.Official == sheet.Lines[3].Official {
			t.Error("an official is shown of whom four colleagues told")
		}
		if row.Composite != nil && math.Abs(*row.Composite-of[row.Official]) > 0.011 {
			t.Errorf("%s: %v is shown, the run has %v", row.Official, *row.Composite, of[row.Official])
		}
	}
	if len(public.Lines) < len(sheet.Lines)-3 {
		t.Errorf("%d lines are left of %d", len(public.Lines), len(sheet.Lines))
	}
}
