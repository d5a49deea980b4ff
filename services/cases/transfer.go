package cases

import (
	"context"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// Offer is a case offered to another unit.
type Offer struct {
	On
	ToUnitID models.ID
	Reason   string
}

// Transfer offers a case to another unit. The case stays with its owner, clocks
// and all, until the other unit has accepted it (首问负责).
func (s *Service) Transfer(ctx context.Context, actor auth.Actor, in Offer) (*models.Case, error) {
	if err := models.ValidReason(in.Reason); err != nil {
		return nil, err
	}
	return s.work(ctx, actor, "transferCase", in.On, in, func(tx *store.Tx, c *models.Case) error {
		// The state stays, but it must be one from which a case can be handed over.
		if _, err := c.State.Next(models.CaseStepTransfer); err != nil {
			return err
		}
		if err := disposes(actor, c); err != nil {
			return err
		}
		if in.ToUnitID == c.UnitID {
			return models.Invalid("toUnitId", models.KeySameUnit)
		}
		if _, err := store.Take[models.OrgUnit](tx.Where("id = ?", in.ToUnitID), "OrgUnit"); err != nil {
			return models.AtField("toUnitId", err)
		}
		if _, err := openTransfer(tx, c); err == nil {
			return models.Conflict("caseId", models.KeyTransferOpen)
		} else if models.CodeOf(err) != models.CodeNotFound {
			return err
		}
		return s.offer(tx, c, actor, in)
	})
}

// thirdTransfer is the offer from which on the unit above both decides: so often a
// case has been sent on that no unit looks for its owner any more.
const thirdTransfer = 3

// offer writes an offer. Whoever passes the case on is named, so that a needless
// hand-over can be charged also where nobody had the case yet.
func (s *Service) offer(tx *store.Tx, c *models.Case, actor auth.Actor, in Offer) error {
	due, err := s.workingDue(tx.DB, c.UnitID, tx.Now, s.TransferDays)
	if err != nil {
		return err
	}
	t := models.CaseTransfer{
		ID: models.NewID(), CaseID: c.ID, FromUnitID: c.UnitID, ToUnitID: in.ToUnitID, FromOfficialID: c.OfficialID,
		Reason: in.Reason, State: models.TransferOffered, OfferedAt: tx.Now, DueAt: due,
	}
	if t.FromOfficialID == nil {
		t.FromOfficialID = actor.OfficialID
	}
	var before int64
	if err := tx.Model(&models.CaseTransfer{}).Where("case_id = ?", c.ID).Count(&before).Error; err != nil {
		return err
	}
	if before+1 >= thirdTransfer {
		if err := decideAbove(tx, &t); err != nil {
			return err
		}
	}
	if err := tx.Create(&t).Error; err != nil {
		return err
	}
	if err := startClock(tx, c, models.ClockTransfer, t.DueAt); err != nil {
		return err
	}
	// No receiving official: until it is accepted the case has not changed hands.
	return addEvent(tx, c, models.CaseEvent{
		Kind: models.EventTransferred, FromOfficialID: t.FromOfficialID, ToUnitID: &t.ToUnitID,
		Actor: actor.Subject, Note: in.Reason,
	})
}

// decideAbove makes an offer final: it goes to the nearest unit that stands above
// both. Where the owner is that unit itself, its word is final. Units without a
// common one above them go on between themselves.
func decideAbove(tx *store.Tx, t *models.CaseTransfer) error {
	var common []models.OrgUnitClosure
	err := tx.Table("org_unit_closures AS a").Select("a.ancestor_id").
		Joins("JOIN org_unit_closures AS b ON b.ancestor_id = a.ancestor_id").
		Where("a.descendant_id = ? AND b.descendant_id = ?", t.FromUnitID, t.ToUnitID).
		Order("a.depth + b.depth").Limit(1).Find(&common).Error
	if err != nil || len(common) == 0 {
		return err
	}
	t.Final = true
	if above := common[0].AncestorID; above != t.FromUnitID {
		t.ToUnitID = above
	}
	return nil
}

// UnitsToOffer returns the units that a case of the actor's can be offered to, the
// nearest in the tree first: whose names these are everybody may know.
func (s *Service) UnitsToOffer(ctx context.Context, actor auth.Actor, id models.ID, first int) ([]*models.OrgUnit, error) {
	if !actor.Is(workers...) {
		return nil, models.Forbidden()
	}
	db := s.Store.Read(ctx)
	c, err := store.Take[models.Case](db.Scopes(owned(actor)).Where("cases.id = ?", id), "Case")
	if err != nil {
		return nil, models.AtField("caseId", err)
	}
	near := db.Table("org_unit_closures AS a").Select("b.descendant_id AS id, MIN(a.depth + b.depth) AS steps").
		Joins("JOIN org_unit_closures AS b ON b.ancestor_id = a.ancestor_id").
		Where("a.descendant_id = ? AND b.descendant_id <> ?", c.UnitID, c.UnitID).Group("b.descendant_id")
	var units []*models.OrgUnit
	err = db.Joins("JOIN (?) AS near ON near.id = org_units.id", near).Order("near.steps, org_units.ref").Limit(first).Find(&units).Error
	return units, err
}

// Decision is a unit's answer to a case that it was offered.
type Decision struct {
	On
	Accept bool
	Reason string // needed to refuse
	// ToUnitID is who gets the case, where the unit above both decides: itself where
	// it is left out, or a unit below it.
	ToUnitID *models.ID
}

// DecideTransfer takes or refuses a case that was offered to a unit within the
// actor's scope. Whoever made the offer cannot answer it.
func (s *Service) DecideTransfer(ctx context.Context, actor auth.Actor, in Decision) (*models.Case, error) {
	if err := models.ValidRemark("reason", in.Reason); err != nil {
		return nil, err
	}
	return s.step(ctx, actor, offered(actor), "decideTransfer", in.On, in, func(tx *store.Tx, c *models.Case) error {
		// The latest offer to this scope: where it is decided already, its state says how.
		t, err := store.Take[models.CaseTransfer](tx.Scopes(store.InScope("to_unit_id", actor.UnitID)).
			Where("case_id = ?", c.ID).Order("offered_at DESC, id DESC"), "CaseTransfer")
		if err != nil {
			return err
		}
		if err := notByOfferer(tx, c, actor); err != nil {
			return err
		}
		if in.Accept {
			to, err := receiver(tx, t, in.ToUnitID)
			if err != nil {
				return err
			}
			return acceptTransfer(tx, c, t, to, actor.Subject, in.Reason)
		}
		return endTransfer(tx, c, t, models.TransferRefused, actor.Subject, in.Reason)
	})
}

// notByOfferer refuses an answer by the account that made the latest offer: with
// both units in scope it could push a case over by itself.
func notByOfferer(tx *store.Tx, c *models.Case, actor auth.Actor) error {
	offer, err := store.Take[models.CaseEvent](tx.Where("case_id = ? AND kind = ?", c.ID, models.EventTransferred).
		Order("seq DESC"), "CaseEvent")
	if err != nil {
		return err
	}
	if offer.Actor == actor.Subject {
		return &models.Error{Code: models.CodeForbidden, Key: models.KeyOwnRecord}
	}
	return store.SecondPerson(tx.DB, actor.Subject, offer.Actor)
}

// receiver is the unit that gets a case: who was offered it or, of a final offer,
// a unit below that one.
func receiver(tx *store.Tx, t *models.CaseTransfer, named *models.ID) (models.ID, error) {
	if named == nil {
		return t.ToUnitID, nil
	}
	if !t.Final {
		return models.ID{}, models.AtField("toUnitId", models.Forbidden())
	}
	covered, err := store.Covers(tx.DB, &t.ToUnitID, *named)
	if err != nil || covered {
		return *named, err
	}
	return models.ID{}, models.AtField("toUnitId", models.NotFound("OrgUnit"))
}

// acceptTransfer gives a case to a unit, in nobody's hands.
func acceptTransfer(tx *store.Tx, c *models.Case, t *models.CaseTransfer, to models.ID, subject, reason string) error {
	if err := t.Decide(models.TransferAccepted, tx.Now, reason); err != nil {
		return err
	}
	if err := move(c, models.CaseStepTransfer); err != nil {
		return err
	}
	if err := tx.Model(t).Select("*").Updates(t).Error; err != nil {
		return err
	}
	// Taking the case over is signing for it as well; the time to answer runs on.
	if err := stopClocks(tx, c, models.ClockTransfer, models.ClockAccept); err != nil {
		return err
	}
	c.UnitID, c.OfficialID = to, nil
	c.Transfers++
	return addEvent(tx, c, models.CaseEvent{
		Kind: models.EventTransferAccepted, FromOfficialID: t.FromOfficialID, ToUnitID: &to, Actor: subject, Note: reason,
	})
}

// endTransfer lets an offer fall back to the unit that made it.
func endTransfer(tx *store.Tx, c *models.Case, t *models.CaseTransfer, to models.TransferState, subject, reason string) error {
	if err := t.Decide(to, tx.Now, reason); err != nil {
		return err
	}
	if err := tx.Model(t).Select("*").Updates(t).Error; err != nil {
		return err
	}
	if err := stopClocks(tx, c, models.ClockTransfer); err != nil {
		return err
	}
	kind := models.EventTransferRefused
	if to == models.TransferLapsed {
		kind = models.EventTransferLapsed
	}
	return addEvent(tx, c, models.CaseEvent{
		Kind: kind, ToOfficialID: t.FromOfficialID, ToUnitID: &t.FromUnitID,
		Actor: subject, Note: reason,
	})
}

func openTransfer(tx *store.Tx, c *models.Case) (*models.CaseTransfer, error) {
	return store.Take[models.CaseTransfer](
		tx.Where("case_id = ? AND state = ?", c.ID, models.TransferOffered), "CaseTransfer")
}

// lapseOpenTransfer lets an unanswered offer fall back, if there is one.
func lapseOpenTransfer(tx *store.Tx, c *models.Case) error {
	t, err := openTransfer(tx, c)
	if models.CodeOf(err) == models.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return endTransfer(tx, c, t, models.TransferLapsed, actorSystem, "")
}

// LapseTransfers lets every offer fall back that was not answered in time, and
// returns how many did; a final one takes effect instead. It is safe to run in several processes at once.
func (s *Service) LapseTransfers(ctx context.Context) (int, error) {
	overdue := func() ([]models.ID, error) {
		var ids []models.ID
		err := s.Store.Read(ctx).Model(&models.CaseTransfer{}).
			Where("state = ? AND due_at < ?", models.TransferOffered, s.Store.Now()).
			Order("due_at, id").Limit(sweepBatch).Pluck("case_id", &ids).Error
		return ids, err
	}
	return s.sweep(ctx, overdue, func(tx *store.Tx, c *models.Case) (bool, error) {
		t, err := openTransfer(tx, c)
		if models.CodeOf(err) == models.CodeNotFound || err == nil && !t.DueAt.Before(tx.Now) {
			return false, nil // answered, or offered anew, in the meantime
		}
		if err != nil {
			return false, err
		}
		if t.Final {
			// Whoever must decide and does not has the case.
			err = acceptTransfer(tx, c, t, t.ToUnitID, actorSystem, "")
		} else {
			err = endTransfer(tx, c, t, models.TransferLapsed, actorSystem, "")
		}
		if err != nil {
			return false, err
		}
		return true, audit.Record(tx, audit.Entry{Actor: actorSystem, Action: "lapseTransfer", Noun: "Case", NounID: &c.ID})
	})
}
