package reviews

import (
	"context"
	"encoding/json"
	"fmt"

	"gorm.io/gorm/clause"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// SaveDraft keeps a review that is not handed in yet, in place of what was kept
// before. Only its reviewer can read it; handing in, and the end of the round, erase
// it. It is sealed with the key of the year in which the round opens.
func (s *Service) SaveDraft(ctx context.Context, actor auth.Actor, assignment models.ID, sheet Sheet) error {
	if actor.OfficialID == nil {
		return models.Forbidden()
	}
	if err := sheet.validate(); err != nil {
		return err
	}
	text, err := json.Marshal(sheet)
	if err != nil {
		return fmt.Errorf("write a draft: %w", err)
	}
	return s.Store.InTx(ctx, func(tx *store.Tx) error {
		a, round, err := s.duty(tx, actor, assignment, models.DateOf(tx.Now, s.Zone))
		if err != nil {
			return err
		}
		questions, err := questionsOf(tx.DB, round.TemplateID)
		if err != nil {
			return err
		}
		if _, err := sheet.answered(questions); err != nil {
			return err
		}
		var claims int64
		if err := tx.Model(&models.ReviewClaim{}).Where("assignment_id = ?", a.ID).Count(&claims).Error; err != nil {
			return err
		}
		if claims > 0 {
			return models.Conflict("assignmentId", models.KeyReviewDone)
		}
		key, epoch, err := s.Keys.Epoch(round.OpensOn.Year(), tx.Now)
		if err != nil {
			return models.AtField("assignmentId", err)
		}
		if err := store.NoteKeyYear(tx, epoch); err != nil {
			return models.AtField("assignmentId", err)
		}
		sealed, err := key.Seal(text, a.ID[:])
		if err != nil {
			return err
		}
		return tx.Clauses(clause.OnConflict{
			Columns: []clause.Column{{Name: "assignment_id"}}, DoUpdates: clause.AssignmentColumns([]string{"sealed"}),
		}).Create(&models.ReviewDraft{AssignmentID: a.ID, Sealed: sealed}).Error
	})
}

// open reads a draft of a round that opens in a year.
func (s *Service) open(year int, assignment models.ID, sealed []byte) (*Sheet, error) {
	key, err := s.Keys.Get(year)
	if err != nil {
		return nil, fmt.Errorf("read a draft: %w", err)
	}
	text, err := key.Open(sealed, assignment[:])
	if err != nil {
		return nil, fmt.Errorf("read a draft: %w", err)
	}
	sheet := &Sheet{}
	if err := json.Unmarshal(text, sheet); err != nil {
		return nil, fmt.Errorf("read a draft: %w", err)
	}
	return sheet, nil
}
