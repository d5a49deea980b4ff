package reviews

import (
	"context"

	"steelyard/models"
	"steelyard/store"
)

// Release parts the reviews that have been handed in from the ledger of who has done
// so, which was written in the same transaction as each (see [store.Answers], which
// also says what remains). A batch is the reviews of as many colleagues as make a
// figure, or what is left of an earlier day. The server calls it regularly; it
// returns how many marks were released.
func (s *Service) Release(ctx context.Context) (int, error) {
	return s.Store.Release(ctx, store.Answers{
		Record: &models.PeerReview{}, Day: "submitted_on", Person: "reviewer_key",
		Enough: s.Thresholds.Figures, Zone: s.Zone,
	}, func(*store.Tx, []models.ID) error { return nil })
}
