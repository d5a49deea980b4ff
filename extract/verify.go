package extract

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"steelyard/scoring"
)

// Difference is one thing that is not what the file says. What is a figure, or "row"
// for one that stands on one side alone.
type Difference struct {
	Official, Unit string // external ids; empty: the run as a whole
	What           string
	Stated, Now    string
}

// Verify computes a run anew from its evidence and policy and compares engine,
// digests and every figure. The errors are those of [scoring.Assess].
func Verify(ctx context.Context, run *Run, progress scoring.Progress) ([]Difference, error) {
	ordered, err := scoring.Order(run.Evidence, progress)
	if err != nil {
		return nil, err
	}
	result, err := ordered.Assess(ctx, run.Policy, progress)
	if err != nil {
		return nil, err
	}
	var all differences
	all.compare("", "", "engineVersion", run.EngineVersion, result.Version)
	all.compare("", "", "policyDigest", fmt.Sprintf("%x", run.PolicyDigest), fmt.Sprintf("%x", result.PolicyDigest))
	all.compare("", "", "evidenceDigest", fmt.Sprintf("%x", run.EvidenceDigest), fmt.Sprintf("%x", result.EvidenceDigest))
	now := Results(ordered.Evidence().Postings, result)
	for i := range max(len(now), len(run.Results)) {
		all.row(at(run.Results, i), at(now, i))
	}
	return all, nil
}

type differences []Difference

func (d *differences) compare(official, unit, what, stated, now string) {
	if stated != now {
		*d = append(*d, Difference{official, unit, what, stated, now})
	}
}

func at[T any](list []T, i int) *T {
	if i < len(list) {
		return &list[i]
	}
	return nil
}

func (d *differences) row(stated, now *Result) {
	switch {
	case stated == nil:
		d.compare(now.Official, now.Unit, "row", "missing", "present")
		return
	case now == nil, stated.Official != now.Official, stated.Unit != now.Unit, stated.From != now.From:
		d.compare(stated.Official, stated.Unit, "row", "present", "missing")
		return
	}
	for k := range max(len(stated.Figures), len(now.Figures)) {
		s, n := at(stated.Figures, k), at(now.Figures, k)
		switch {
		case s == nil:
			d.compare(now.Official, now.Unit, n.Name, "", n.Text)
		case n == nil || s.Name != n.Name:
			d.compare(now.Official, now.Unit, s.Name, s.Text, "")
		default:
			d.compare(now.Official, now.Unit, n.Name, s.Text, n.Text)
		}
	}
}

// Results are all figures of a result, by posting.
func Results(postings []scoring.Posting, result *scoring.Result) []Result {
	out := make([]Result, len(result.Assessments))
	for i := range result.Assessments {
		a := &result.Assessments[i]
		p := &postings[a.Posting]
		out[i] = Result{Official: p.Official, Unit: p.Unit, From: int32(p.From), Figures: figuresOf(a)}
	}
	return out
}

func figuresOf(a *scoring.Assessment) []Figure {
	figures := []Figure{
		{"status", string(a.Status)},
		{"composite", text(a.Composite)},
		{"compositeLow", text(a.Low)},
		{"compositeHigh", text(a.High)},
		{"rank", rank(a.Rank)},
		{"rankLow", rank(a.RankLow)},
		{"rankHigh", rank(a.RankHigh)},
		{"grade", string(a.Grade)},
		{"reliability", text(a.Reliability)},
		{"withoutHalo", text(a.WithoutHalo)},
		{"geometric", text(a.Geometric)},
		{"visibility", text(a.Visibility)},
		{"showcaseGap", text(a.ShowcaseGap)},
		{"flags", flags(a.Flags)},
	}
	for k := range scoring.Components {
		c := &a.Components[k]
		figures = append(figures, Figure{k.String(), fmt.Sprintf("%s ± %s, n %s, counts %t, weight %s",
			text(c.Value), text(c.SE), text(c.N), c.Counts, text(c.Weight))})
	}
	for i, p := range a.Parts {
		figures = append(figures, Figure{"part " + strconv.Itoa(i+1), fmt.Sprintf("%d %s %d, value %s", p.Component, p.Code, p.Points, text(p.Value))})
	}
	return figures
}

func flags(list []scoring.Flag) string {
	words := make([]string, len(list))
	for i, f := range list {
		words[i] = string(f)
	}
	return strings.Join(words, ";")
}

// text is a number in the shortest form that gives it back; empty where there is none.
func text(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

func rank(n int32) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(int(n))
}
