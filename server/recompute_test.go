package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"steelyard/extract"
	"steelyard/scoring"
	"steelyard/scoring/simulate"
)

// TestAnOfficialFollowsTheOwnScoreByTheProgram, from a sheet and the policy alone: composite,
// rank and grade of the whole group's sheet and of what everybody may have of it, the own composite
// from the own line; and a wrong figure is named.
func TestAnOfficialFollowsTheOwnScoreByTheProgram(t *testing.T) {
	world := simulate.Worlds()[0]
	world.Officials = 24
	ev := world.Generate(5).Evidence
	policy := scoring.DefaultPolicy()
	policy.Name, policy.Draws, policy.PublishComponents = "open", 100, true
	policy.Satisfaction.Weight, policy.Outcomes.Weight = 0.5, 0.2
	result, err := scoring.Assess(t.Context(), ev, policy, nil)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	file := func(name string, write func(w io.Writer) error) string {
		t.Helper()
		path := filepath.Join(folder, name)
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := write(f); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	rules := file("policy.json", func(w io.Writer) error { return json.NewEncoder(w).Encode(policy) })
	sheet := extract.NewSheet(ev.Postings, result)
	persons := make([]extract.Behind, len(sheet.Lines))
	for i := range persons {
		persons[i] = extract.Behind{9, 9, 9, 9}
	}
	own := &extract.Sheet{Format: sheet.Format, Quotas: sheet.Quotas, Lines: []extract.SheetRow{sheet.Lines[0]}}
	own.Lines[0].Rank = 0 // which needs the group
	for name, s := range map[string]*extract.Sheet{"whole.json": sheet, "public.json": sheet.Public(policy, persons, 5), "own.json": own} {
		said := must(t, "", "recompute", "--sheet", file(name, s.Write), "--policy", rules)
		wantHas(t, said, "lines follow from their components and the policy")
		if name != "own.json" {
			_, _, err := command(t, "", "recompute", "--sheet", filepath.Join(folder, name)) // under the default policy
			wantRefusal(t, err, "not what its components and the policy give")
		}
	}
	for i := range sheet.Lines {
		if row := &sheet.Lines[i]; row.Composite != nil && *row.Composite > 1 && *row.Composite < 99 {
			*row.Composite += 0.5
			out, _, err := command(t, "", "recompute", "--sheet", file("wrong.json", sheet.Write), "--policy", rules)
			if err == nil || !strings.Contains(out, row.Official+" ") || !strings.Contains(out, "composite") {
				t.Errorf("a wrong composite: %s, %v", out, err)
			}
			return
		}
	}
}
