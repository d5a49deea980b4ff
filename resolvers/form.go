package resolvers

import (
	"context"

	"steelyard/graph"
	"steelyard/messages"
	"steelyard/models"
)

// aspects are a form's aspects in the reader's language.
func aspects(ctx context.Context, form *models.RatingForm) []*graph.RatingAspect {
	out := make([]*graph.RatingAspect, len(form.Dimensions))
	for i, a := range form.Dimensions {
		out[i] = &graph.RatingAspect{Code: a.Code, Label: inLanguage(ctx, a.ZhCN, a.En)}
	}
	return out
}

// tags are a form's words in the reader's language.
func tags(ctx context.Context, form *models.RatingForm) []*graph.RatingTag {
	out := make([]*graph.RatingTag, len(form.Tags))
	for i, t := range form.Tags {
		out[i] = &graph.RatingTag{Code: t.Code, Label: inLanguage(ctx, t.ZhCN, t.En), Good: t.Good}
	}
	return out
}

func inLanguage(ctx context.Context, chinese, english string) string {
	if messages.From(ctx) == messages.English {
		return english
	}
	return chinese
}
