package resolvers

import (
	"steelyard/graph"
	"steelyard/services/audit"
)

func newAuditEntryEdge(c string, row *audit.Chained) *graph.AuditEntryEdge {
	return &graph.AuditEntryEdge{Cursor: c, Node: row}
}

// trailFilter is what the service takes for what the schema calls a filter.
func trailFilter(f *graph.AuditTrailFilter) audit.TrailFilter {
	if f == nil {
		return audit.TrailFilter{}
	}
	return audit.TrailFilter{
		UnitID: f.UnitID.Value(), Actor: orZero(f.Actor.Value()), Action: orZero(f.Action.Value()), Noun: orZero(f.Noun.Value()),
		NounID: f.NounID.Value(), FromAt: f.FromAt.Value(), ToAt: f.ToAt.Value(),
	}
}
