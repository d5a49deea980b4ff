package integrity

import (
	"context"
	"strings"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// Appeal is what an official says against a flag that was confirmed.
type Appeal struct {
	FlagID         models.ID
	Reason         string
	IdempotencyKey *string
}

// File takes the appeal of the official concerned, once a flag and within fifteen
// working days after the day of the decision, by the calendar of the official's unit.
//
// Errors for callers: NOT_FOUND for a flag that is not the actor's own, ILLEGAL_STATE
// for one that is not confirmed, CONFLICT for a second appeal, GONE after the term.
func (s *Service) File(ctx context.Context, actor auth.Actor, in Appeal) (*models.IntegrityFlag, error) {
	in.Reason = strings.TrimSpace(in.Reason)
	if err := models.ValidReason(in.Reason); err != nil {
		return nil, err
	}
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, false); err != nil {
		return nil, err
	}
	if actor.OfficialID == nil {
		return nil, models.AtField("id", models.NotFound("IntegrityFlag"))
	}
	var f *models.IntegrityFlag
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		var err error
		f, err = store.Take[models.IntegrityFlag](store.Lock(tx.DB).Scopes(visible(actor)).
			Where("id = ? AND official_id = ?", in.FlagID, *actor.OfficialID), "IntegrityFlag")
		if err != nil {
			return models.AtField("id", err)
		}
		_, err = store.Once(tx, "appealFlag", actor.Subject, in.IdempotencyKey, in, f.ID, func() error { return s.file(tx, actor, f, in.Reason) })
		return err
	})
	if err != nil {
		return nil, err
	}
	return f, s.sealEffects(ctx, actor, []*models.IntegrityFlag{f})
}

func (s *Service) file(tx *store.Tx, actor auth.Actor, f *models.IntegrityFlag, reason string) error {
	var before int64
	if err := tx.Model(&models.FlagAppeal{}).Where("flag_id = ?", f.Origin()).Count(&before).Error; err != nil {
		return err
	}
	switch {
	case before > 0:
		return models.Conflict("id", models.KeyAlreadyExists, "FlagAppeal")
	case f.State != models.FlagConfirmed:
		return &models.Error{Code: models.CodeIllegalState, Field: "id", Key: models.KeyFlagNotConfirmed}
	}
	today := models.DateOf(tx.Now, s.Zone)
	if today.After(f.AppealUntil) {
		return &models.Error{Code: models.CodeGone, Field: "id", Key: models.KeyAppealLate, Args: []string{f.AppealUntil.String()}}
	}
	due, err := s.workingDays(tx, f, today, models.FlagAppealDecision)
	if err != nil {
		return err
	}
	appeal := &models.FlagAppeal{
		ID: models.NewID(), FlagID: f.Origin(), Reason: reason, FiledBy: actor.Subject, FiledAt: tx.Now, DueOn: due, State: models.ObjectionFiled,
	}
	if err := tx.Create(appeal).Error; err != nil {
		return err
	}
	return audit.Record(tx, audit.Entry{
		Actor: actor.Subject, Action: "appealFlag", Noun: "IntegrityFlag", NounID: &f.ID,
		Details: map[string]string{"kind": string(f.Kind), "dueOn": due.String()},
	})
}

// workingDays counts working days on from a day, by the calendar of the unit that the
// official belongs to.
func (s *Service) workingDays(tx *store.Tx, f *models.IntegrityFlag, from models.Date, n int) (models.Date, error) {
	official, err := store.Take[models.Official](tx.Where("id = ?", f.OfficialID), "Official")
	if err != nil {
		return models.Date{}, err
	}
	days, err := store.WorkingDays(tx.DB, s.Days, official.UnitID)
	if err != nil {
		return models.Date{}, err
	}
	return store.ModelDate(days.AddWorkingDays(store.CalendarDate(from), n)), nil
}
