package ratings

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/privacy"
	"steelyard/store"
	"steelyard/store/storetest"
)

// afterLook does something once, when used invitations have been looked for.
type afterLook struct{ do func() }

func (a *afterLook) Begin(ctx context.Context, text string) (context.Context, func(error)) {
	return ctx, func(error) {
		if do := a.do; do != nil && strings.HasPrefix(text, "SELECT") && strings.Contains(text, "encounter_claims") {
			a.do = nil
			do()
		}
	}
}

// TestWhatComesBeforeItsReleaseIsNoted: an invitation that is used after used ones were looked for,
// and whose rating is released with theirs, is noted as used as well, and not with the next rating.
func TestWhatComesBeforeItsReleaseIsNoted(t *testing.T) {
	look := &afterLook{}
	s := storetest.Open(t, store.SQLite, store.Options{Observer: look})
	unit, position := models.OrgUnit{ID: models.NewID(), Ref: "u", Name: "u"}, models.Position{ID: models.NewID(), Name: "clerk"}
	service := models.Service{ID: models.NewID(), Ref: "s", Name: "s", Category: "c"}
	official := models.Official{ID: models.NewID(), Ref: "o", UnitID: unit.ID, PositionID: position.ID, Name: "o"}
	write := func(rows ...any) {
		t.Helper()
		if err := s.InTx(context.Background(), func(tx *store.Tx) error {
			for _, row := range rows {
				if err := tx.Create(row).Error; err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
	write(&unit, &position, &service, &official)
	now := s.Now()
	rated := func(n int) {
		e := models.Encounter{
			ID: models.NewID(), Ref: fmt.Sprint(n), OfficialID: official.ID, ServiceID: service.ID, KeyYear: now.Year(), Channel: models.ChannelWindow, OccurredAt: now,
		}
		write(&e, &models.RatingInvitation{
			ID: models.NewID(), TokenHash: []byte{byte(n)}, EncounterID: e.ID, State: models.InvitationIssued, IssuedBy: "x", IssuedFrom: "x",
			IssuedAt: now, ExpiresAt: now.Add(time.Hour),
		}, &models.EncounterClaim{EncounterID: e.ID}, &models.Rating{
			ID: models.NewRandomID(), OfficialID: official.ID, ServiceID: service.ID, Channel: models.ChannelWindow, Level: 4, RatedOn: models.DateOf(now, time.UTC),
			KeyYear: now.Year(), Source: models.RatingSourceEncounter, Dimensions: []models.DimensionLevel{}, Tags: []string{},
		})
	}
	for n := range 5 {
		rated(n)
	}
	look.do = func() { rated(5) }
	if n, err := (&Service{Store: s, Zone: time.UTC, Thresholds: privacy.Default()}).Release(t.Context()); n != 6 || err != nil {
		t.Fatalf("%d ratings were released, %v", n, err)
	}
	var used int64
	if err := s.Read(t.Context()).Model(&models.RatingInvitation{}).Where("state = ?", models.InvitationUsed).Count(&used).Error; err != nil || used != 6 {
		t.Errorf("%d of six invitations are noted as used, %v", used, err)
	}
}
