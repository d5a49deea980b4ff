package ratings

import (
	"context"
	"strings"

	"steelyard/models"
	"steelyard/store"
)

// Release lets the ratings that have been handed in into the totals, and parts them
// from the ledger of rated encounters, which was written in the same transaction as
// each (see [store.Answers], which also says what remains). A batch is as many
// ratings as make a figure, or what is left of an earlier day. The server calls it
// regularly; it returns how many ratings were released.
func (s *Service) Release(ctx context.Context) (int, error) {
	return s.Store.Release(ctx, store.Answers{
		Record: &models.Rating{}, Table: "ratings", Index: waiting, Imports: true, Day: "rated_on", Person: "id", Enough: s.Thresholds.Figures, Zone: s.Zone,
	}, func(tx *store.Tx, fresh []models.ID) error {
		if err := addToTotals(tx, fresh); err != nil {
			return err
		}
		if err := s.oweReplies(tx, fresh); err != nil {
			return err
		}
		return markUsed(tx)
	})
}

// waiting is the index of the ratings that wait.
const waiting = "ratings_release"

// addToTotals counts ratings in their officials' days: not before their release,
// since the total of a day with one rating is that rating. The rows are always
// taken in one order, so that two writers do not wait for each other.
func addToTotals(tx *store.Tx, ids []models.ID) error {
	var columns, counts, sums []string
	for level := '1'; level <= '5'; level++ {
		column := "level" + string(level)
		columns = append(columns, column)
		counts = append(counts, "SUM(CASE WHEN level = "+string(level)+" THEN 1 ELSE 0 END)")
		sums = append(sums, column+" = rating_totals."+column+" + excluded."+column)
	}
	return tx.Exec("INSERT INTO rating_totals (official_id, rated_on, "+strings.Join(columns, ", ")+
		") SELECT official_id, rated_on, "+strings.Join(counts, ", ")+
		" FROM ratings WHERE id IN ? GROUP BY official_id, rated_on ORDER BY official_id, rated_on"+
		" ON CONFLICT (official_id, rated_on) DO UPDATE SET "+strings.Join(sums, ", "), ids).Error
}

// markUsed notes which invitations have been used, but not while a rating waits: the
// ledger does not say to which of its encounters that belongs. It is one statement,
// which sees a rating and its entry in the ledger both or neither, and reads all
// invitations that are not used: it is left out where it would do nothing.
func markUsed(tx *store.Tx) error {
	waits := `EXISTS (SELECT 1 FROM ratings` + tx.Dialect().IndexedBy(waiting) + ` WHERE import_key IS NULL AND released = ?)`
	var some bool
	if err := tx.Raw("SELECT "+waits, false).Scan(&some).Error; err != nil || some {
		return err
	}
	return tx.Exec(`UPDATE rating_invitations SET state = ? WHERE state = 'ISSUED'
		AND EXISTS (SELECT 1 FROM encounter_claims c WHERE c.encounter_id = rating_invitations.encounter_id)
		AND NOT `+waits, models.InvitationUsed, false).Error
}
