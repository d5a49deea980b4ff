package resolvers

import (
	"context"

	"steelyard/auth"
	"steelyard/graph"
	"steelyard/models"
	"steelyard/services/assessments"
	"steelyard/services/cases"
	"steelyard/services/notify"
	"steelyard/services/ratings"
)

// nodes fetches what the ids name, each noun by its own service, so that scope
// holds for an id as it does for a list.
func (r *Resolver) nodes(ctx context.Context, ids []models.ID) (map[models.ID]graph.Node, error) {
	kinds, err := r.App.Officials.Kinds(ctx, ids)
	if err != nil {
		return nil, err
	}
	byNoun := map[string][]models.ID{}
	for id, noun := range kinds {
		byNoun[noun] = append(byNoun[noun], id)
	}
	found := make(map[models.ID]graph.Node, len(ids))
	actor := auth.ActorFrom(ctx)
	for noun, ids := range byNoun {
		if err := r.fetch(ctx, actor, noun, ids, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// fetch adds the nodes of one noun that the actor may see.
func (r *Resolver) fetch(ctx context.Context, actor auth.Actor, noun string, ids []models.ID, found map[models.ID]graph.Node) error {
	switch noun {
	case "OrgUnit":
		rows, err := r.App.Officials.UnitsInScope(ctx, actor, ids)
		return collect(found, rows, err)
	case "Official":
		rows, err := r.App.Officials.ByIDs(ctx, actor, ids)
		return collect(found, rows, err)
	case "Service":
		rows, err := r.App.Ratings.ServicesByIDs(ctx, ids)
		return collect(found, rows, err)
	case "Encounter":
		rows, err := r.App.Ratings.EncountersByIDs(ctx, actor, ids)
		return collect(found, rows, err)
	case "Case":
		rows, err := r.App.Cases.ByIDs(ctx, actor, ids)
		return collect(found, rows, err)
	case "Cycle":
		rows, err := r.App.Cycles.ByIDs(ctx, actor, ids)
		return collect(found, rows, err)
	case "AssessmentRun":
		rows, err := r.App.Assessments.RunsByIDs(ctx, actor, ids)
		return collect(found, rows, err)
	case "Assessment":
		rows, err := r.App.Assessments.ByIDs(ctx, actor, ids)
		return collect(found, rows, err)
	case "IntegrityFlag":
		rows, err := r.App.Integrity.ByIDs(ctx, actor, ids)
		return collect(found, rows, err)
	case "Objection":
		rows, err := r.App.Publications.ObjectionsByIDs(ctx, actor, ids)
		return collect(found, rows, err)
	}
	return nil
}

// collect adds rows to the nodes that were found.
func collect[T any, N interface {
	*T
	graph.Node
}](found map[models.ID]graph.Node, rows map[models.ID]*T, err error) error {
	for id, row := range rows {
		found[id] = N(row)
	}
	return err
}

func newOfficialEdge(c string, o *models.Official) *graph.OfficialEdge {
	return &graph.OfficialEdge{Cursor: c, Node: o}
}

func newOrgUnitEdge(c string, u *models.OrgUnit) *graph.OrgUnitEdge {
	return &graph.OrgUnitEdge{Cursor: c, Node: u}
}

func newServiceEdge(c string, s *models.Service) *graph.ServiceEdge {
	return &graph.ServiceEdge{Cursor: c, Node: s}
}

func newCounterCodeEdge(c string, row *models.CounterCode) *graph.CounterCodeEdge {
	return &graph.CounterCodeEdge{Cursor: c, Node: row}
}

func newParticipationEdge(c string, row *ratings.Participation) *graph.ParticipationEdge {
	return &graph.ParticipationEdge{Cursor: c, Node: row}
}

func newOwedReplyEdge(c string, row *ratings.Owed) *graph.OwedReplyEdge {
	return &graph.OwedReplyEdge{Cursor: c, Node: row}
}

func newComparedOfficialEdge(c string, row *assessments.Compared) *graph.ComparedOfficialEdge {
	return &graph.ComparedOfficialEdge{Cursor: c, Node: row}
}

func newCaseEdge(c string, row *models.Case) *graph.CaseEdge {
	return &graph.CaseEdge{Cursor: c, Node: row}
}

func newCycleEdge(c string, row *models.Cycle) *graph.CycleEdge {
	return &graph.CycleEdge{Cursor: c, Node: row}
}

func newAssessmentEdge(c string, a *models.Assessment) *graph.AssessmentEdge {
	return &graph.AssessmentEdge{Cursor: c, Node: a}
}

func newWebhookEdge(c string, w *notify.Webhook) *graph.WebhookEdge {
	return &graph.WebhookEdge{Cursor: c, Node: w}
}

func newPublicCaseEdge(c string, row *cases.PublicCase) *graph.PublicCaseEdge {
	return &graph.PublicCaseEdge{Cursor: c, Node: row}
}

func newIntegrityFlagEdge(c string, f *models.IntegrityFlag) *graph.IntegrityFlagEdge {
	return &graph.IntegrityFlagEdge{Cursor: c, Node: f}
}
