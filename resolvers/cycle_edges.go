package resolvers

import (
	"steelyard/graph"
	"steelyard/models"
	"steelyard/services/publications"
)

func newSelfSummaryEdge(c string, row *models.SelfSummary) *graph.SelfSummaryEdge {
	return &graph.SelfSummaryEdge{Cursor: c, Node: row}
}

func newCycleGradeEdge(c string, row *models.CycleGrade) *graph.CycleGradeEdge {
	return &graph.CycleGradeEdge{Cursor: c, Node: row}
}

func newGradeLimitEdge(c string, row *models.GradeLimit) *graph.GradeLimitEdge {
	return &graph.GradeLimitEdge{Cursor: c, Node: row}
}

func newObjectionEdge(c string, row *models.Objection) *graph.ObjectionEdge {
	return &graph.ObjectionEdge{Cursor: c, Node: row}
}

func newEvidenceExclusionEdge(c string, row *models.EvidenceExclusion) *graph.EvidenceExclusionEdge {
	return &graph.EvidenceExclusionEdge{Cursor: c, Node: row}
}

func newRunComparisonEdge(c string, row *publications.Compared) *graph.RunComparisonEdge {
	return &graph.RunComparisonEdge{Cursor: c, Node: row}
}
