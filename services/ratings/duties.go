package ratings

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// Due is what is owed on a rating, as whoever gave it sees it by receipt.
type Due struct {
	ReplyDueOn, MendDueOn        models.Date
	Mending                      *string
	MendedOn                     *models.Date
	MendingLevel                 *int
	MayRateMending, MayRateAgain bool
}

// oweReplies notes what is owed on the ratings of 1 and 2 among those that are being
// released. The time to reply begins with the release, since before it nobody can
// know of the rating.
func (s *Service) oweReplies(tx *store.Tx, fresh []models.ID) error {
	var rows []struct{ ID, UnitID models.ID }
	err := tx.Raw(`SELECT r.id, COALESCE((SELECT p.unit_id FROM postings p WHERE p.official_id = r.official_id
			AND p.from_on <= r.rated_on AND (p.to_on IS NULL OR p.to_on >= r.rated_on)
			ORDER BY p.from_on DESC, p.id DESC LIMIT 1), o.unit_id) AS unit_id
		FROM ratings r JOIN officials o ON o.id = r.official_id
		WHERE r.id IN ? AND r.level <= ? ORDER BY r.id`, fresh, models.MaxUnsatisfied).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return err
	}
	today := s.today(tx.Now)
	allowed := map[models.ID]allowance{} // by unit
	duties := make([]models.ReplyDuty, len(rows))
	for i, r := range rows {
		a, known := allowed[r.UnitID]
		if !known {
			if a, err = s.allowance(tx, r.UnitID, today); err != nil {
				return err
			}
			allowed[r.UnitID] = a
		}
		late := a.reply.AddDays(1)
		duties[i] = models.ReplyDuty{
			RatingID: r.ID, UnitID: r.UnitID, ReleasedOn: today, ReplyDueOn: a.reply, MendDueOn: a.mend, EscalateOn: &late,
		}
	}
	return tx.CreateInBatches(duties, 1000).Error
}

// allowance is until when a unit is to reply and to mend.
type allowance struct{ reply, mend models.Date }

func (s *Service) allowance(tx *store.Tx, unit models.ID, from models.Date) (a allowance, err error) {
	if a.reply, err = s.workingDay(tx, unit, from, s.ReplyDays); err != nil {
		return a, err
	}
	a.mend, err = s.workingDay(tx, unit, from, s.MendDays)
	return a, err
}

// maxEscalate bounds the duties of one transaction.
const maxEscalate = 500

// Escalate lays every late reply or mending before the next unit above, and again
// before the one above that when as much time has passed once more. It returns how
// many were laid before somebody. The server calls it regularly, in one process or
// several.
func (s *Service) Escalate(ctx context.Context) (int, error) {
	escalated := 0
	for {
		seen := 0
		err := s.Store.InTx(ctx, func(tx *store.Tx) error {
			var late []models.ReplyDuty
			err := tx.Where("escalate_on <= ?", s.today(tx.Now)).Order("escalate_on, rating_id").Limit(maxEscalate).
				Scopes(store.Lock).Find(&late).Error
			if err != nil {
				return err
			}
			seen = len(late)
			for i := range late {
				up, err := s.escalate(tx, &late[i])
				if err != nil {
					return fmt.Errorf("escalate a reply of unit %s: %w", late[i].UnitID, err)
				}
				if up {
					escalated++
				}
			}
			return nil
		})
		if err != nil || seen < maxEscalate {
			return escalated, err
		}
	}
}

// escalate lays a duty before the next unit above; at the top there is none.
func (s *Service) escalate(tx *store.Tx, d *models.ReplyDuty) (bool, error) {
	at := d.UnitID
	if d.EscalatedUnitID != nil {
		at = *d.EscalatedUnitID
	}
	unit, err := store.Take[models.OrgUnit](tx.Where("id = ?", at), "OrgUnit")
	if err != nil {
		return false, err
	}
	d.EscalateOn = nil
	if unit.ParentID == nil {
		return false, saveDuty(tx, d)
	}
	last, err := s.workingDay(tx, *unit.ParentID, s.today(tx.Now), s.ReplyDays)
	if err != nil {
		return false, err
	}
	again := last.AddDays(1)
	d.EscalatedUnitID, d.EscalateOn = unit.ParentID, &again
	if err := saveDuty(tx, d); err != nil {
		return false, err
	}
	return true, audit.Record(tx, audit.Entry{
		Actor: "system", Action: "escalateReply", Noun: "OrgUnit", NounID: &d.UnitID,
		Details: map[string]string{"to": unit.ParentID.String()},
	})
}

// saveDuty writes every field of a locked duty.
func saveDuty(tx *store.Tx, d *models.ReplyDuty) error {
	return tx.Model(d).Select("*").UpdateColumns(d).Error
}

// replied is the condition that a duty's rating has its reply.
func replied(db *gorm.DB) *gorm.DB {
	return db.Where("EXISTS (SELECT 1 FROM rating_replies p WHERE p.rating_id = reply_duties.rating_id)")
}

// unreplied is the opposite.
func unreplied(db *gorm.DB) *gorm.DB {
	return db.Where("NOT EXISTS (SELECT 1 FROM rating_replies p WHERE p.rating_id = reply_duties.rating_id)")
}
