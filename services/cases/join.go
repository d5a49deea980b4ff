package cases

import (
	"bytes"
	"context"
	"slices"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// maxJoined is how many cases are joined at a time.
const maxJoined = 100

// Joining joins cases to the one that the step is done on.
type Joining struct {
	On
	CaseIDs []models.ID
	Reason  string
}

// Join lets one answer stand for several cases about one thing. Each resident keeps
// the own receipt and has the own last word; who says that it is not solved has the
// case parted from the others.
func (s *Service) Join(ctx context.Context, actor auth.Actor, in Joining) (*models.Case, error) {
	if err := models.ValidReason(in.Reason); err != nil {
		return nil, err
	}
	if n := len(in.CaseIDs); n == 0 || n > maxJoined {
		return nil, models.Invalid("caseIds", models.KeyPageSize, "100")
	}
	ids := slices.Clone(in.CaseIDs)
	slices.SortFunc(ids, func(a, b models.ID) int { return bytes.Compare(a[:], b[:]) }) // locked in one order
	return s.work(ctx, actor, "joinCases", in.On, in, func(tx *store.Tx, lead *models.Case) error {
		if !lead.State.Open() {
			return models.Conflict("caseId", models.KeyJoinImpossible)
		}
		if err := disposes(actor, lead); err != nil {
			return err
		}
		for _, id := range slices.Compact(ids) {
			if err := joinOne(tx, actor, lead, id, in.Reason); err != nil {
				return err
			}
		}
		return nil
	})
}

func joinOne(tx *store.Tx, actor auth.Actor, lead *models.Case, id models.ID, reason string) error {
	c, err := take(tx, owned(actor), "cases.id = ?", id)
	if err != nil {
		return models.AtField("caseIds", err)
	}
	if err := disposes(actor, c); err != nil {
		return models.AtField("caseIds", err)
	}
	var following int64
	if err := tx.Model(&models.Case{}).Where("lead_id = ?", id).Count(&following).Error; err != nil {
		return err
	}
	if id == lead.ID || c.LeadID != nil || following > 0 || !c.State.Open() || c.State == models.CaseMediation {
		return models.Conflict("caseIds", models.KeyJoinImpossible)
	}
	c.LeadID = &lead.ID
	if err := addEvent(tx, c, models.CaseEvent{Kind: models.EventJoined, Actor: actor.Subject, Note: reason}); err != nil {
		return err
	}
	if err := save(tx, c); err != nil {
		return err
	}
	return audit.Record(tx, audit.Entry{
		Actor: actor.Subject, Action: "joinCases", Noun: "Case", NounID: &c.ID, Details: map[string]string{"lead": lead.ID.String()},
	})
}

// Part undoes a joining: the case goes on by itself.
func (s *Service) Part(ctx context.Context, actor auth.Actor, in Reasoned) (*models.Case, error) {
	if err := models.ValidReason(in.Reason); err != nil {
		return nil, err
	}
	return s.work(ctx, actor, partCase, in.On, in, func(tx *store.Tx, c *models.Case) error {
		if c.LeadID == nil {
			return models.Conflict("caseId", models.KeyNotJoined)
		}
		return part(tx, c, actor.Subject, in.Reason)
	})
}

// partCase is the one step that is done on a joined case itself.
const partCase = "partCase"

func part(tx *store.Tx, c *models.Case, subject, reason string) error {
	c.LeadID = nil
	return addEvent(tx, c, models.CaseEvent{Kind: models.EventParted, Actor: subject, Note: reason})
}

// follow answers the cases that are joined to one that is answered. A case that
// nobody had is put into the hands of who answered it.
func (s *Service) follow(tx *store.Tx, lead *models.Case, subject string, in Resolution) error {
	var ids []models.ID
	if err := tx.Model(&models.Case{}).Where("lead_id = ?", lead.ID).Order("id").Pluck("id", &ids).Error; err != nil {
		return err
	}
	for _, id := range ids {
		c, err := take(tx, everywhere, "id = ?", id)
		if err != nil {
			return err
		}
		if !c.State.Open() {
			continue // its resident took it back
		}
		if err := move(c, models.CaseStepFollow); err != nil {
			return err
		}
		if c.OfficialID == nil && lead.OfficialID != nil {
			c.OfficialID = lead.OfficialID
			if err := addEvent(tx, c, models.CaseEvent{Kind: models.EventAssigned, ToOfficialID: c.OfficialID, Actor: subject}); err != nil {
				return err
			}
		}
		if err := s.resolve(tx, c, subject, in); err != nil {
			return err
		}
		if err := save(tx, c); err != nil {
			return err
		}
	}
	return nil
}

// JoinedByCases returns the cases that are joined to each of the cases.
func (s *Service) JoinedByCases(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID][]*models.Case, error) {
	joined := map[models.ID][]*models.Case{}
	if actor.Anonymous() {
		return joined, nil // one resident does not learn of another
	}
	var rows []*models.Case
	err := s.Store.Read(ctx).Scopes(visible(actor)).Scopes(store.Among("cases.lead_id", ids)).Order("cases.id").Find(&rows).Error
	for _, c := range rows {
		joined[*c.LeadID] = append(joined[*c.LeadID], c)
	}
	return joined, err
}

// SameResident returns the other cases of each case's resident that the actor may
// see and work on, the newest first: many cases of one person are one thread. A
// resident is known within a calendar year and only where an official named one.
func (s *Service) SameResident(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID][]*models.Case, error) {
	thread := map[models.ID][]*models.Case{}
	if !actor.Is(workers...) {
		return thread, nil
	}
	db := s.Store.Read(ctx)
	var rows []*models.Case
	if err := db.Where("id IN ? AND resident_key IS NOT NULL", ids).Find(&rows).Error; err != nil {
		return nil, err
	}
	keys := make([]models.Hash, len(rows))
	for i, c := range rows {
		keys[i] = c.ResidentKey
	}
	if len(keys) == 0 {
		return thread, nil
	}
	var others []*models.Case
	err := db.Scopes(visible(actor)).Where("cases.resident_key IN ?", keys).Order("cases.opened_at DESC, cases.id DESC").Find(&others).Error
	if err != nil {
		return nil, err
	}
	for _, c := range rows {
		for _, o := range others {
			if o.ID != c.ID && o.KeyYear == c.KeyYear && bytes.Equal(o.ResidentKey, c.ResidentKey) {
				thread[c.ID] = append(thread[c.ID], o)
			}
		}
	}
	return thread, nil
}
