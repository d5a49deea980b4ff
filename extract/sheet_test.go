package extract

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"steelyard/scoring"
	"steelyard/scoring/simulate"
)

// TestASheetIsFollowedByThePolicy: a whole group's composites and ranks, and each kind
// of wrong figure is named.
func TestASheetIsFollowedByThePolicy(t *testing.T) {
	world := simulate.Worlds()[0]
	world.Officials = 40
	ev := world.Generate(5).Evidence
	policy := scoring.DefaultPolicy()
	policy.Draws = 100
	result, err := scoring.Assess(t.Context(), ev, policy, nil)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := NewSheet(ev.Postings, result).Write(&text); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		do   func(s *Sheet, p *scoring.Policy)
		want string
	}{
		"untouched":   {func(*Sheet, *scoring.Policy) {}, ""},
		"rounded":     {func(s *Sheet, _ *scoring.Policy) { *s.Lines[0].Composite = math.Round(*s.Lines[0].Composite*100) / 100 }, ""},
		"a composite": {func(s *Sheet, _ *scoring.Policy) { *s.Lines[0].Composite += 0.02 }, "composite"},
		"a rank":      {func(s *Sheet, _ *scoring.Policy) { s.Lines[0].Rank++ }, "rank"},
		"a grade": {func(s *Sheet, _ *scoring.Policy) {
			i := slices.IndexFunc(s.Lines, func(r SheetRow) bool { return r.Grade == "BOUNDARY" })
			s.Lines[i].Grade = "EXCELLENT"
		}, "grade"},
		"a chance": {func(s *Sheet, _ *scoring.Policy) {
			i := slices.IndexFunc(s.Lines, func(r SheetRow) bool { return r.Grade == "BOUNDARY" })
			*s.Lines[i].Chance = 0.01
		}, "grade"},
		"a larger share": {func(_ *Sheet, p *scoring.Policy) { p.ExcellentShare = 0 }, "grade"},
		"a status":       {func(s *Sheet, _ *scoring.Policy) { s.Lines[0].Status = "PROVISIONAL" }, "status"},
		"another policy": {func(_ *Sheet, p *scoring.Policy) { p.Satisfaction.Weight, p.Outcomes.Weight = 0.5, 0.2 }, "composite"},
		"a larger group": {func(_ *Sheet, p *scoring.Policy) { p.MinimumGroup = 10000 }, "rank"},
		"a weight": {func(s *Sheet, _ *scoring.Policy) {
			c := s.Lines[0].Components["OUTCOMES"]
			c.Weight = 0.9
			s.Lines[0].Components["OUTCOMES"] = c
		}, "weight of OUTCOMES"},
		"evidence denied": {func(s *Sheet, _ *scoring.Policy) { delete(s.Lines[0].Components, "SATISFACTION") }, "status"},
	} {
		sheet, err := ReadSheet(bytes.NewReader(text.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		p := policy
		c.do(sheet, &p)
		found, bounded := sheet.Recompute(p)
		if (c.want == "") != (len(found) == 0) || c.want != "" && found[0].What != c.want || bounded > len(sheet.Lines)/4 {
			t.Errorf("%s: %v, want %q; %d bounded", name, found, c.want, bounded)
		}
	}
}

// TestASheetThatCannotBeIsRefused before anything is followed from it.
func TestASheetThatCannotBeIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no line":     `{"format":"` + SheetFormat + `","lines":[]}`,
		"fewer":       `{"format":"` + SheetFormat + `","lines":[{"components":{"OUTCOMES":{"value":50,"n":-1}}}]}`,
		"an error":    `{"format":"` + SheetFormat + `","lines":[{"components":{"OUTCOMES":{"value":50,"n":9,"se":-1}}}]}`,
		"a component": `{"format":"` + SheetFormat + `","lines":[{"components":{"PRESS":{"value":50,"n":9}}}]}`,
	} {
		if _, err := ReadSheet(strings.NewReader(text)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

// FuzzReadSheet: no bytes make the reader or the engine behind it panic.
func FuzzReadSheet(f *testing.F) {
	f.Add([]byte(`{"format":"` + SheetFormat + `","lines":[{"official":"a","unit":"u","peerGroup":"g","components":{"OUTCOMES":{"value":50,"n":9,"counts":true}},"status":"SCORED","composite":50,"rank":1}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := ReadSheet(bytes.NewReader(raw))
		if err != nil {
			if !strings.Contains(err.Error(), "sheet") {
				t.Error(err)
			}
			return
		}
		if _, bounded := s.Recompute(scoring.DefaultPolicy()); bounded > len(s.Lines) {
			t.Error("more lines are bounded than there are")
		}
	})
}
