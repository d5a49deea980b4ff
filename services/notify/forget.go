package notify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"steelyard/models"
	"steelyard/store"
)

const (
	// keep is how long what was told is kept for whoever asks why they heard of it.
	keep = 90 * 24 * time.Hour
	// maxForgotten bounds what one transaction deletes: on SQLite residents wait for it.
	maxForgotten = 500
)

// closedForGood are the states in which nothing more is told to a resident.
var closedForGood = []models.CaseState{models.CaseConfirmed, models.CaseRejected, models.CaseWithdrawn}

// Forget deletes contacts of cases that are over, and notifications that are older
// than 90 days, once nothing of theirs waits. It returns how many it deleted.
func (s *Service) Forget(ctx context.Context) (int, error) {
	old := s.Store.Now().Add(-keep)
	contacts, err := s.forget(ctx, "case_id", `case_contacts
		WHERE EXISTS (SELECT 1 FROM cases WHERE cases.id = case_contacts.case_id AND (state IN ? OR closed_at < ?))
		AND NOT EXISTS (SELECT 1 FROM notifications n JOIN notification_deliveries d ON d.notification_id = n.id
			WHERE n.case_id = case_contacts.case_id AND d.state = ?)`, []any{slices.Clone(closedForGood), old, models.DeliveryWaiting},
		"DELETE FROM case_contacts WHERE case_id")
	if err != nil {
		return contacts, fmt.Errorf("forget contacts: %w", err)
	}
	told, err := s.forget(ctx, "id", `notifications
		WHERE created_at < ? AND NOT EXISTS
			(SELECT 1 FROM notification_deliveries w WHERE w.notification_id = notifications.id AND w.state = ?)`, []any{old, models.DeliveryWaiting},
		"DELETE FROM notification_deliveries WHERE notification_id", "DELETE FROM notifications WHERE id")
	if err != nil {
		return contacts + told, fmt.Errorf("forget what was told: %w", err)
	}
	return contacts + told, nil
}

// forget deletes rows by their key, the last of the statements from a table whose rows a
// condition names. They are looked for outside of a transaction, since mostly there are none.
func (s *Service) forget(ctx context.Context, key, condition string, args []any, deletes ...string) (int, error) {
	all := 0
	for {
		var keys []models.ID
		if err := s.Store.Read(ctx).Raw("SELECT "+key+" FROM "+condition+" LIMIT ?", append(slices.Clone(args), maxForgotten)...).Scan(&keys).Error; err != nil {
			return all, err
		}
		if len(keys) == 0 {
			return all, nil
		}
		gone := 0
		err := s.Store.InTx(ctx, func(tx *store.Tx) error {
			still := " IN (SELECT " + key + " FROM " + condition + " AND " + key + " IN ?)"
			for _, statement := range deletes {
				done := tx.Exec(statement+still, append(slices.Clone(args), keys)...)
				if done.Error != nil {
					return done.Error
				}
				gone = int(done.RowsAffected)
			}
			return nil
		})
		if err != nil {
			return all, err
		}
		if all += gone; gone == 0 || len(keys) < maxForgotten {
			return all, nil
		}
	}
}
