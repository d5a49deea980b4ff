package cases_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/services/cases"
	"steelyard/store"
	"steelyard/store/storetest"
)

// overdue are cases that wait for their residents' word, by state, the first for
// the longest.
func overdue(t *testing.T, s *store.Store, states ...models.CaseState) []models.Case {
	t.Helper()
	var list []models.Case
	err := s.InTx(context.Background(), func(tx *store.Tx) error {
		unit := models.OrgUnit{ID: models.NewID(), Ref: "u", Name: "u"}
		if err := tx.Create(&unit).Error; err != nil {
			return err
		}
		for i, state := range states {
			id, due := models.NewID(), tx.Now.AddDate(0, 0, i-len(states))
			list = append(list, models.Case{
				ID: id, Ref: id.String(), Category: "c", UnitID: unit.ID, Channel: models.ChannelPhone, State: state,
				Title: "lamp of Mr Li", OpenedAt: due.AddDate(0, 0, -20), UpdatedAt: tx.Now,
			})
			if err := tx.Create(&list[i]).Error; err != nil {
				return err
			}
			clock := models.Clock{ID: models.NewID(), CaseID: id, Kind: models.ClockConfirm, StartedAt: list[i].OpenedAt, DueAt: due}
			if err := tx.Create(&clock).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestACaseThatCannotLapseKeepsNoOtherWaiting(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var logged bytes.Buffer
		usual := slog.Default()
		slog.SetDefault(slog.New(slog.NewTextHandler(&logged, nil)))
		t.Cleanup(func() { slog.SetDefault(usual) })

		list := overdue(t, s, models.CaseInProgress, models.CaseResolved, models.CaseInProgress, models.CaseResolved)
		service := cases.New(s, nil, time.UTC, nil, nil)
		for i, want := range []int{2, 0} {
			n, err := service.LapseUnconfirmed(context.Background())
			if n != want || models.CodeOf(err) != models.CodeIllegalState {
				t.Errorf("sweep %d: %d lapsed, want %d: %v", i+1, n, want, err)
			}
		}
		for i, want := range []models.CaseState{
			models.CaseInProgress, models.CaseClosedUnconfirmed, models.CaseInProgress, models.CaseClosedUnconfirmed,
		} {
			var c models.Case
			if err := s.Read(context.Background()).Take(&c, "id = ?", list[i].ID).Error; err != nil {
				t.Fatal(err)
			}
			if c.State != want {
				t.Errorf("case %d is %s, want %s", i+1, c.State, want)
			}
		}
		for _, i := range []int{0, 2} {
			if n := strings.Count(logged.String(), list[i].ID.String()); n != 2 {
				t.Errorf("case %d was logged %d times in two sweeps", i+1, n)
			}
		}
		if strings.Contains(logged.String(), "Mr Li") {
			t.Errorf("personal data in the log: %s", &logged)
		}
	})
}
