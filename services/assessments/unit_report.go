package assessments

import (
	"context"
	"math"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/report"
)

// Only narrows a report to those whom it is about.
type Only string

// The narrower reports.
const (
	OnlyUnsung   Only = "UNSUNG"   // strong and unseen
	OnlyShowy    Only = "SHOWY"    // seen and weak
	OnlyBoundary Only = "BOUNDARY" // evidence cannot tell on which side of the cut they lie
)

// narrow keeps the rows that a narrower report is about.
func (o Only) narrow(query *gorm.DB) *gorm.DB {
	switch o {
	case OnlyUnsung:
		return query.Where("assessments.showcase_gap <= ?", -report.ShowcaseMark)
	case OnlyShowy:
		return query.Where("assessments.showcase_gap >= ?", report.ShowcaseMark)
	case OnlyBoundary:
		return query.Where("assessments.grade = ?", models.ProposalBoundary)
	}
	return query
}

// UnitReport is what a unit's report says as a whole.
type UnitReport struct {
	UnitID       models.ID
	All          Figures
	Distribution []int // of composites over the tenths of the scale; empty below the threshold
	Groups       []GroupComparison
}

// GroupComparison is a peer group within a unit beside the same group in all of
// the actor's scope.
type GroupComparison struct {
	PeerGroup   string
	Here, Scope Figures
}

// Figures are counts and means over some officials. A mean of fewer than the
// privacy threshold of figures is nil.
type Figures struct {
	Officials, Scored, Provisional, Insufficient, Excellent, Boundary int

	Mean       *models.Score
	Components []ComponentMean
}

// ComponentMean is the mean of one component.
type ComponentMean struct {
	Component models.ScoreComponent
	Mean      *models.Score
}

// UnitReport counts a unit's rows in a cycle, as the files do, and sets its peer
// groups beside those of the actor's whole scope.
func (s *Service) UnitReport(ctx context.Context, actor auth.Actor, cycleID, unitID models.ID) (*UnitReport, error) {
	here, err := s.summary(ctx, actor, models.ReportFilter{CycleID: cycleID, UnitID: &unitID})
	if err != nil {
		return nil, err
	}
	scope, err := s.summary(ctx, actor, models.ReportFilter{CycleID: cycleID})
	if err != nil {
		return nil, err
	}
	out := &UnitReport{UnitID: unitID, All: figuresOf(&here.All)}
	if out.All.Mean != nil {
		out.Distribution = here.Distribution[:]
	}
	groups := make(map[string]*report.Tally, len(scope.Groups))
	for i := range scope.Groups {
		groups[scope.Groups[i].Ref] = &scope.Groups[i]
	}
	for i := range here.Groups {
		g := &here.Groups[i]
		out.Groups = append(out.Groups, GroupComparison{PeerGroup: g.Name, Here: figuresOf(g), Scope: figuresOf(groups[g.Ref])})
	}
	return out, nil
}

func (s *Service) summary(ctx context.Context, actor auth.Actor, f models.ReportFilter) (*report.Summary, error) {
	r, err := s.Open(ctx, actor, f)
	if err != nil {
		return nil, err
	}
	thresholds, err := s.thresholdsOf(s.Store.Read(ctx), f.CycleID)
	if err != nil {
		return nil, err
	}
	return report.Summarise(r.Rows, thresholds.Figures)
}

func figuresOf(t *report.Tally) Figures {
	f := Figures{
		Officials: t.Officials, Scored: t.Scored, Provisional: t.Provisional, Insufficient: t.Insufficient,
		Excellent: t.Excellent, Boundary: t.Boundary, Mean: present(t.Mean()),
	}
	for c, name := range models.ScoreComponents {
		f.Components = append(f.Components, ComponentMean{Component: name, Mean: present(t.Component(c))})
	}
	return f
}

// present is a figure, or nil where there is none.
func present(x float64) *models.Score {
	if math.IsNaN(x) {
		return nil
	}
	score := models.Score(x)
	return &score
}
