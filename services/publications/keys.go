package publications

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"

	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// RetireKeys destroys the rater keys of the years that are over for good, and
// returns how many it did: every cycle over the year is sealed, every post of the
// year lies in one of them, and all remedies have run out. The database is told
// first, so that nothing more is hashed with the key; then the file forgets it. A
// process that stops in between, or has another file, does the rest next time.
func (s *Service) RetireKeys(ctx context.Context) (int, error) {
	var epochs []models.KeyEpoch
	if err := s.Store.Read(ctx).Order("year").Find(&epochs).Error; err != nil {
		return 0, err
	}
	n := 0
	for _, e := range epochs {
		if e.DestroyedAt == nil {
			retired, err := s.retire(ctx, e.Year)
			if err != nil || !retired {
				if err != nil {
					return n, err
				}
				continue
			}
			n++
		}
		if err := s.forget(e.Year); err != nil {
			return n, fmt.Errorf("destroy the rater key of %d: %w", e.Year, err)
		}
	}
	return n, nil
}

// forget destroys a year's key in the file; where it is gone already, nothing.
func (s *Service) forget(year int) error {
	_, err := s.Keys.Get(year)
	switch {
	case errors.Is(err, keyring.ErrDestroyed), errors.Is(err, keyring.ErrNoKey):
		return nil
	case err != nil:
		return err
	}
	return s.Keys.Destroy(year, s.Store.Now())
}

// retire notes in the database that a year's key is gone, where it may go. It is asked first
// without a transaction: mostly it may not.
func (s *Service) retire(ctx context.Context, year int) (bool, error) {
	if over, err := yearOver(s.Store.Read(ctx), models.DateOf(s.Store.Now(), s.Zone), year); err != nil || !over {
		return false, err
	}
	done := false
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		done = false
		over, err := yearOver(tx.DB, s.today(tx), year)
		if err != nil || !over {
			return err
		}
		done = true
		err = tx.Model(&models.KeyEpoch{}).Where("year = ? AND destroyed_at IS NULL", year).UpdateColumn("destroyed_at", tx.Now).Error
		if err != nil {
			return err
		}
		return audit.Record(tx, audit.Entry{
			Actor: "system", Action: "destroyRaterKey", Noun: "KeyEpoch", Details: map[string]string{"year": strconv.Itoa(year)},
		})
	})
	return done && err == nil, err
}

// yearOver says whether nothing that may still change goes by a year's key.
func yearOver(db *gorm.DB, today models.Date, year int) (bool, error) {
	first, last := models.NewDate(year, time.January, 1), models.NewDate(year, time.December, 31)
	if !today.After(last) {
		return false, nil
	}
	cycles := db.Model(&models.Cycle{}).Where("from_on <= ? AND to_on >= ?", last, first)
	of := func() *gorm.DB { return cycles.Session(&gorm.Session{}) }
	live := today.AddDays(-max(models.ReviewTerm, models.DirectAppealTerm))
	for _, open := range []*gorm.DB{
		of().Where("state <> ?", models.CycleFinal),
		db.Table("postings p").Where("p.from_on <= ? AND (p.to_on IS NULL OR p.to_on >= ?)", last, first).
			Where("NOT EXISTS (SELECT 1 FROM cycles c JOIN org_unit_closures t ON t.ancestor_id = c.unit_id "+
				"WHERE t.descendant_id = p.unit_id AND c.state = ? AND c.from_on <= ? AND c.to_on >= ?)", models.CycleFinal, last, last),
		db.Model(&models.CycleGrade{}).Where("cycle_id IN (?)", of().Select("id")).
			Where("(state = ? OR state = ? AND (told_on IS NULL OR told_on >= ?))", models.GradeProposed, models.GradeDecided, live),
		db.Model(&models.Objection{}).Where("cycle_id IN (?)", of().Select("id")).
			Where("(state = ? OR instance = ? AND (told_on IS NULL OR told_on >= ?))", models.ObjectionFiled, models.InstanceReview,
				today.AddDays(-models.AppealTerm)),
		db.Model(&models.AssessmentRun{}).Where("cycle_id IN (?)", of().Select("id")).
			Where("state IN ?", []models.RunState{models.RunQueued, models.RunRunning}),
	} {
		var n int64
		if err := open.Limit(1).Count(&n).Error; err != nil || n > 0 {
			return false, err
		}
	}
	return true, nil
}
