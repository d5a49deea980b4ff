package cases

import (
	"context"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// Action is what can be done with a case through one operation of the API.
type Action string

// The actions, each named for its operation.
const (
	ActionAccept          Action = "ACCEPT"
	ActionAssign          Action = "ASSIGN"
	ActionStart           Action = "START"
	ActionHold            Action = "HOLD"
	ActionResume          Action = "RESUME"
	ActionExtend          Action = "EXTEND"
	ActionResolve         Action = "RESOLVE"
	ActionMediate         Action = "MEDIATE"
	ActionEndMediation    Action = "END_MEDIATION"
	ActionTransfer        Action = "TRANSFER"
	ActionDecideTransfer  Action = "DECIDE_TRANSFER"
	ActionAskExclusion    Action = "ASK_EXCLUSION"
	ActionDecideExclusion Action = "DECIDE_EXCLUSION"
	ActionPart            Action = "PART"
)

// Actions are all actions, in the order in which they are offered.
var Actions = []Action{
	ActionDecideTransfer, ActionDecideExclusion, ActionAccept, ActionAssign, ActionStart, ActionResume, ActionResolve,
	ActionEndMediation, ActionHold, ActionExtend, ActionMediate, ActionTransfer, ActionAskExclusion, ActionPart,
}

// steps are the steps of a case's life that an action takes, where it takes one.
var steps = map[Action]models.CaseStep{
	ActionAccept: models.CaseStepAccept, ActionAssign: models.CaseStepAssign, ActionStart: models.CaseStepStart,
	ActionHold: models.CaseStepHold, ActionResume: models.CaseStepResume, ActionResolve: models.CaseStepResolve,
	ActionMediate: models.CaseStepMediate, ActionTransfer: models.CaseStepTransfer, ActionAskExclusion: models.CaseStepReject,
}

// standing is how things stand with a case for one actor.
type standing struct {
	owns, offered, asked bool // asked: for the word on an exclusion
	passing, excluding   bool // an offer, or an exclusion, is under way
}

// ActionsByCases says what the actor can do with each case now, as far as life
// cycle and scope say: an operation still has the last word.
func (s *Service) ActionsByCases(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID][]Action, error) {
	possible := make(map[models.ID][]Action, len(ids))
	if !actor.Is(workers...) {
		return possible, nil
	}
	var rows []*models.Case
	if err := s.Store.Read(ctx).Scopes(visible(actor)).Scopes(store.Among("cases.id", ids)).Find(&rows).Error; err != nil {
		return nil, err
	}
	standings, err := s.standings(ctx, actor, ids)
	if err != nil {
		return nil, err
	}
	for _, c := range rows {
		for _, a := range Actions {
			if can(actor, c, a, standings[c.ID], s.Store.Now()) {
				possible[c.ID] = append(possible[c.ID], a)
			}
		}
	}
	return possible, nil
}

// standings asks for all cases at once.
func (s *Service) standings(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID]standing, error) {
	db := s.Store.Read(ctx)
	found := make(map[models.ID]standing, len(ids))
	for _, ask := range []struct {
		scope scope
		note  func(*standing)
	}{
		{owned(actor), func(st *standing) { st.owns = true }},
		{nowOffered(actor), func(st *standing) { st.offered = true }},
		{excludable(actor), func(st *standing) { st.asked = true }},
	} {
		var kept []models.ID
		if err := db.Model(&models.Case{}).Scopes(ask.scope).Scopes(store.Among("cases.id", ids)).Pluck("cases.id", &kept).Error; err != nil {
			return nil, err
		}
		for _, id := range kept {
			st := found[id]
			ask.note(&st)
			found[id] = st
		}
	}
	offers, err := s.OffersByCases(ctx, ids)
	if err != nil {
		return nil, err
	}
	exclusions, err := s.ExclusionsByCases(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		st := found[id]
		st.passing = offers[id] != nil
		e := exclusions[id]
		st.excluding = e != nil && (e.State == models.ExclusionAsked || e.State == models.ExclusionObjected)
		found[id] = st
	}
	return found, nil
}

// can says whether an action is open to the actor.
func can(actor auth.Actor, c *models.Case, a Action, at standing, now time.Time) bool {
	if waits := c.LeadID != nil && c.State.Open(); waits || a == ActionPart {
		// Joined to another, it waits for that one's answer.
		return waits && a == ActionPart && at.owns
	}
	ours := c.OfficialID != nil && actor.IsOfficial(*c.OfficialID)
	switch a {
	case ActionDecideTransfer:
		return at.offered
	case ActionDecideExclusion:
		return at.asked && at.excluding && !ours
	}
	if !at.owns || actor.Is(models.RoleHR) && ours {
		return false
	}
	if step, is := steps[a]; is {
		if _, err := c.State.Next(step); err != nil {
			return false
		}
	}
	switch a {
	case ActionStart, ActionHold, ActionMediate:
		return holds(actor, c) == nil
	case ActionResume, ActionResolve:
		// What a mediation comes to is said by its end.
		return holds(actor, c) == nil && c.State != models.CaseMediation
	case ActionEndMediation:
		return holds(actor, c) == nil && c.State == models.CaseMediation
	case ActionAssign:
		return (actor.OfficialID != nil || actor.Is(models.RoleHR)) && disposes(actor, c) == nil
	case ActionTransfer:
		return !at.passing && disposes(actor, c) == nil
	case ActionExtend:
		return c.State.Open() && c.DueAt != nil && !c.Extended && (c.State == models.CaseOnHold || now.Before(*c.DueAt))
	case ActionAskExclusion:
		return !at.excluding
	}
	return true
}

// OffersByCases returns the offer of each case that waits for an answer. Whoever
// sees a case sees it.
func (s *Service) OffersByCases(ctx context.Context, ids []models.ID) (map[models.ID]*models.CaseTransfer, error) {
	var rows []*models.CaseTransfer
	err := s.Store.Read(ctx).Where("case_id IN ? AND state = ?", ids, models.TransferOffered).Order("offered_at, id").Find(&rows).Error
	if err != nil {
		return nil, err
	}
	open := make(map[models.ID]*models.CaseTransfer, len(rows))
	for _, t := range rows {
		open[t.CaseID] = t
	}
	return open, nil
}
