package resolvers

import (
	"context"

	"steelyard/graph"
	"steelyard/messages"
	"steelyard/models"
	"steelyard/services/exports"
)

// reportSpec is what a report is written of, as the services take it.
func reportSpec(kind models.ReportKind, format models.ReportFormat, filter *graph.ReportFilterInput, order models.AssessmentOrder, columns []string) models.ReportSpec {
	spec := models.ReportSpec{Kind: kind, Format: format, Ordering: order, Columns: columns}
	if filter != nil {
		spec.WithinID, spec.PeerGroup = filter.UnitID.Value(), filter.PeerGroup.Value()
	}
	return spec
}

// reportColumns are the columns of tables in a language.
func reportColumns(l messages.Lang) []*graph.ReportColumn {
	names := exports.Columns()
	out := make([]*graph.ReportColumn, len(names))
	for i, name := range names {
		out[i] = &graph.ReportColumn{Name: name, Label: messages.Report(l, name)}
	}
	return out
}

// loaded is what an id names, null where there is none.
func loaded[V any](ctx context.Context, from *loader[models.ID, *V], id *models.ID) (*V, error) {
	if id == nil {
		return nil, nil
	}
	return from.Load(ctx, *id)
}

func newExportEdge(c string, row *models.Export) *graph.ExportEdge {
	return &graph.ExportEdge{Cursor: c, Node: row}
}

func newReportDefinitionEdge(c string, row *models.ReportDefinition) *graph.ReportDefinitionEdge {
	return &graph.ReportDefinitionEdge{Cursor: c, Node: row}
}

func newAppraisalCommentEdge(c string, row *models.AppraisalComment) *graph.AppraisalCommentEdge {
	return &graph.AppraisalCommentEdge{Cursor: c, Node: row}
}
