package resolvers

import (
	"context"
	"encoding/base64"

	"steelyard/auth"
	"steelyard/graph"
	"steelyard/models"
	"steelyard/services/assessments"
)

// file is a report as a file, its bytes as text.
func file(name string, format models.ReportFormat, content []byte) *graph.ReportExport {
	out := &graph.ReportExport{Filename: name + format.Extension(), MediaType: format.MediaType(), Encoding: graph.ContentEncodingText}
	if format.Text() {
		out.Content = string(content)
		return out
	}
	out.Encoding, out.Content = graph.ContentEncodingBase64, base64.StdEncoding.EncodeToString(content)
	return out
}

// assessmentPage is a page of a report.
func (r *Resolver) assessmentPage(ctx context.Context, query assessments.Query, first int32, after *string) (*graph.AssessmentConnection, error) {
	var err error
	if query.First, query.After, err = page(first, after); err != nil {
		return nil, err
	}
	rows, more, err := r.App.Assessments.Report(ctx, auth.ActorFrom(ctx), query)
	if err != nil {
		return nil, err
	}
	list, info := edges(ctx, rows, more, after, func(a *models.Assessment) string { return assessments.Place(query.Order, a) }, newAssessmentEdge)
	return &graph.AssessmentConnection{Edges: list, Nodes: rows, PageInfo: info, Query: query}, nil
}
