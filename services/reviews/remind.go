package reviews

import (
	"context"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/services/notify"
	"steelyard/store"
)

// Reminder asks for the reviewers of a round to be reminded.
type Reminder struct {
	RoundID        models.ID
	IdempotencyKey *string
}

// Remind tells the units of a round's reviewers when it ends, at most once a day. Every
// reviewer is named, also who has handed in: a reminder of the others alone would say
// who has, and two of them, on which day.
func (s *Service) Remind(ctx context.Context, actor auth.Actor, in Reminder) (*models.ReviewRound, error) {
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, false); err != nil {
		return nil, err
	}
	var round *models.ReviewRound
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		_, err := store.Once(tx, "remindReviewers", actor.Subject, in.IdempotencyKey, in, in.RoundID, func() error {
			round, _, err := s.roundInScope(tx.DB, actor, in.RoundID)
			if err != nil {
				return err
			}
			today := models.DateOf(tx.Now, s.Zone)
			if err := round.Accepts(today); err != nil {
				return models.AtField("roundId", err)
			}
			reminded, err := remind(tx, round, today, actor.Subject)
			if err == nil && !reminded {
				return models.Conflict("roundId", models.KeyRemindedToday)
			}
			return err
		})
		if err != nil {
			return err
		}
		round, _, err = s.roundInScope(tx.DB, actor, in.RoundID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return round, nil
}

// RemindDue reminds the reviewers of the rounds that are about to end (see
// [models.ReviewRound.Reminds]). It returns of how many rounds, and is safe to run in
// several processes at once.
func (s *Service) RemindDue(ctx context.Context) (int, error) {
	today := s.today()
	var soon []models.ReviewRound
	err := s.Store.Read(ctx).Where("state = ? AND closes_on >= ? AND closes_on <= ?", models.RoundOpen, today, today.AddDays(models.RemindBefore)).
		Order("closes_on, id").Find(&soon).Error
	if err != nil {
		return 0, err
	}
	done := 0
	for i := range soon {
		if !soon[i].Reminds(today) {
			continue
		}
		reminded := false
		err := s.Store.InTx(ctx, func(tx *store.Tx) error {
			var err error
			reminded, err = remind(tx, &soon[i], today, "system")
			return err
		})
		if err != nil {
			return done, err
		}
		if reminded {
			done++
		}
	}
	return done, nil
}

// remind tells of a round, unless it was told of today: whoever notes the day tells.
func remind(tx *store.Tx, round *models.ReviewRound, today models.Date, by string) (bool, error) {
	noted := tx.Model(&models.ReviewRound{}).
		Where("id = ? AND state = ? AND (reminded_on IS NULL OR reminded_on < ?)", round.ID, models.RoundOpen, today).Update("reminded_on", today)
	if noted.Error != nil || noted.RowsAffected == 0 {
		return false, noted.Error
	}
	var units []models.ID
	err := tx.Table("review_assignments AS a").Distinct("o.unit_id").Joins("JOIN officials o ON o.id = a.reviewer_id").
		Where("a.round_id = ?", round.ID).Order("o.unit_id").Pluck("o.unit_id", &units).Error
	if err != nil {
		return false, err
	}
	for _, unit := range units {
		if err := notify.Enqueue(tx, notify.Notice{Kind: models.NoticeReviewDue, Round: round, UnitID: unit}); err != nil {
			return false, err
		}
	}
	return true, audit.Record(tx, audit.Entry{Actor: by, Action: "remindReviewers", Noun: "ReviewRound", NounID: &round.ID})
}
