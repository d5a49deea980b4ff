package reviews

import (
	"context"

	"steelyard/models"
	"steelyard/store"
)

// Release parts the reviews that have been handed in from the ledger of who has done
// so, which was written in the same transaction as each (see [store.Answers], which
// also says what remains), and ballots and their comments from the ledger of used codes. A batch is the reviews of as many colleagues as make a
// figure, or what is left of an earlier day. The server calls it regularly; it
// returns how many answers were released.
func (s *Service) Release(ctx context.Context) (int, error) {
	n, err := s.Store.Release(ctx, store.Answers{
		Record: &models.PeerReview{}, Table: "peer_reviews", Index: "peer_reviews_release", Imports: true, Day: "submitted_on", Person: "reviewer_key",
		Enough: s.Thresholds.Figures, Zone: s.Zone,
	}, nothingElse)
	if err != nil {
		return n, err
	}
	for table, record := range map[string]any{"appraisal_ballots": &models.AppraisalBallot{}, "appraisal_comments": &models.AppraisalComment{}} {
		more, err := s.Store.Release(ctx, store.Answers{
			Record: record, Table: table, Day: "submitted_on", Person: "id", Enough: s.Thresholds.Figures, Zone: s.Zone,
		}, nothingElse)
		n += more
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// nothingElse belongs to the release of what is counted when it is asked for.
func nothingElse(*store.Tx, []models.ID) error { return nil }
