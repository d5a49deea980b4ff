package ratings

import (
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/store"
)

// Release lets the ratings that have been handed in into the totals, and parts them
// from the ledger of rated encounters, which was written in the same transaction as
// each (see [store.Answers], which also says what remains). A batch is as many
// ratings as make a figure, or what is left of an earlier day. The server calls it
// regularly; it returns how many ratings were released.
func (s *Service) Release(ctx context.Context) (int, error) {
	db := s.Store.Read(ctx)
	if some, err := waits(db); err != nil || !some {
		return 0, err
	}
	used, err := usedUnnoted(db)
	if err != nil {
		return 0, err
	}
	n, err := s.Store.Release(ctx, store.Answers{
		Record: &models.Rating{}, Table: "ratings", Index: waiting, Imports: true, Day: "rated_on", Person: "id", Enough: s.Thresholds.Figures, Zone: s.Zone,
	}, func(tx *store.Tx, fresh []models.ID) error {
		if err := addToTotals(tx, fresh); err != nil {
			return err
		}
		if err := s.oweReplies(tx, fresh); err != nil {
			return err
		}
		_, err := markUsed(tx, used[:min(maxNoted, len(used))])
		return err
	})
	if err != nil || n == 0 {
		return n, err
	}
	return n, s.noteUsed(ctx)
}

// noteUsed notes which invitations have been used, those of ratings among them that came and
// were released since it was looked before the release. Where ratings come without a pause, one
// waits already: then those that the release itself has noted are all, until the next.
func (s *Service) noteUsed(ctx context.Context) error {
	used, err := usedUnnoted(s.Store.Read(ctx))
	if err != nil {
		return err
	}
	for some := range slices.Chunk(used, maxNoted) {
		none := false
		err := s.Store.InTx(ctx, func(tx *store.Tx) (err error) {
			none, err = markUsed(tx, some)
			return err
		})
		if err != nil || !none {
			return err
		}
	}
	return nil
}

// waiting is the index of the ratings that wait.
const waiting = "ratings_release"

const (
	// maxUnnoted bounds how many invitations are noted as used after one release, and
	// maxNoted how many of them in one transaction: on SQLite residents wait for it.
	maxUnnoted = 10_000
	maxNoted   = 500
)

// usedUnnoted are invitations that have been used, as the ledger says, and are not noted
// as such.
func usedUnnoted(db *gorm.DB) ([]models.ID, error) {
	var ids []models.ID
	err := db.Model(&models.RatingInvitation{}).Where("state = 'ISSUED' AND "+claimed).Limit(maxUnnoted).Pluck("id", &ids).Error
	return ids, err
}

// claimed is the condition on invitations to encounters that have been rated.
const claimed = "EXISTS (SELECT 1 FROM encounter_claims c WHERE c.encounter_id = rating_invitations.encounter_id)"

// waits says whether a rating waits for its release.
func waits(db *gorm.DB) (some bool, err error) {
	err = db.Raw("SELECT "+someWait(db), false).Scan(&some).Error
	return some, err
}

// someWait asks for the first by day, which only the index has at hand: where any would do,
// PostgreSQL reads all ratings until it has one, and to the end where none waits.
func someWait(db *gorm.DB) string {
	return "(SELECT min(rated_on) FROM ratings" + store.Dialect(db.Name()).IndexedBy(waiting) + " WHERE import_key IS NULL AND released = ?) IS NOT NULL"
}

// markUsed notes of invitations that they have been used, but not while a rating waits: the
// ledger does not say to which of its encounters that belongs. It is one statement,
// which sees a rating and its entry in the ledger both or neither. It says whether none waited.
func markUsed(tx *store.Tx, ids []models.ID) (bool, error) {
	if some, err := waits(tx.DB); err != nil || some || len(ids) == 0 {
		return !some, err
	}
	return true, tx.Model(&models.RatingInvitation{}).Scopes(store.Among("id", ids)).
		Where("state = 'ISSUED' AND "+claimed+" AND NOT "+someWait(tx.DB), false).UpdateColumn("state", models.InvitationUsed).Error
}

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
