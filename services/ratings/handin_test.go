package ratings

import (
	"context"
	"errors"
	"testing"

	"steelyard/models"
)

// TestWhoGivesUpBeforeTheTurnIsNotWritten: there is not even a database here.
func TestWhoGivesUpBeforeTheTurnIsNotWritten(t *testing.T) {
	gone, leave := context.WithCancel(t.Context())
	leave()
	h := &handedIn{asked: gone}
	outcomes, err := (&Service{}).keepTogether(t.Context(), []*handedIn{h})
	if err != nil || !errors.Is(outcomes[h], context.Canceled) {
		t.Errorf("who gave up is told %v, and all are told %v", outcomes[h], err)
	}
}

// TestRatingsOfTwoYearsDoNotGoTogether: each is hashed with the key of its own.
func TestRatingsOfTwoYearsDoNotGoTogether(t *testing.T) {
	both := []*handedIn{
		{asked: t.Context(), epoch: models.KeyEpoch{Year: 2025}}, {asked: t.Context(), epoch: models.KeyEpoch{Year: 2026}},
	}
	outcomes, err := (&Service{}).keepTogether(t.Context(), both)
	if err != nil || !errors.Is(outcomes[both[0]], errAlone) || !errors.Is(outcomes[both[1]], errAlone) {
		t.Errorf("they are told %v, and all %v", outcomes, err)
	}
}
