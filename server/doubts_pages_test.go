package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

// TestDoubtsThroughPages has HR officers, an auditor and the official concerned go through
// doubts about the evidence in Chromium, reads of it in the audit trail, and looks at the
// pages in both languages.
func TestDoubtsAndTheirTrailThroughPages(t *testing.T) {
	node, shots := browser(t)
	t.Parallel()
	s := newTestSite(t, store.SQLite)
	s.maxComplexity, s.publicURL = 50_000, ""
	s.start(t)
	hr := s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
	chainer := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, chained := s.app.Audit.Chain(r.Context())
		_, watched := s.app.Audit.Watch(r.Context())
		if err := errors.Join(chained, watched); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(chainer.Close)
	drive(t, node, "auditors.mjs", s.url, s.doubted(t, hr), shots, chainer.URL, hr,
		s.token(t, accounts.Grant{Subject: "hr-2", Role: models.RoleHR, UnitRef: "LX"}),
		s.token(t, accounts.Grant{Subject: "auditor", Role: models.RoleAuditor, UnitRef: "LX"}),
		s.token(t, accounts.Grant{Subject: "v1", Role: models.RoleOfficial, OfficialRef: "V1", UnitRef: "LX-FW"}))
}

// doubted opens a cycle and publishes a run of it that doubts invitations of V1 and
// ratings of V4.
func (s *testSite) doubted(t *testing.T, hr string) (cycle string) {
	t.Helper()
	top, err := store.Take[models.OrgUnit](s.store.Read(t.Context()).Where("ref = ?", "LX"), "OrgUnit")
	if err != nil {
		t.Fatal(err)
	}
	cycle = s.gives(t, hr, `mutation { openCycle(input: {unitId: "`+top.ID.String()+
		`", kind: ANNUAL, name: "2025", fromOn: "2025-01-01", toOn: "2025-12-31"}) { cycle { id } } }`, "openCycle", "cycle", "id")
	id := func(text string) models.ID {
		parsed, err := models.ParseID(text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	now := s.store.Now()
	before := models.DateOf(now, time.UTC)
	run := &models.AssessmentRun{
		ID: models.NewID(), CycleID: id(cycle), State: models.RunDone, RequestedBy: "hr", RequestedAt: now, FinishedAt: &now, AnswersBefore: &before,
	}
	share := func(x models.Score) *models.Score { return &x }
	flags := []*models.IntegrityFlag{
		{
			ID: models.NewID(), RunID: run.ID, OfficialID: id(s.official(t, "V1")), Kind: models.FlagHandPicked, State: models.FlagRaised, RaisedAt: now,
			Component: models.ComponentSatisfaction, Causers: []string{},
			Evidence: []models.FlagEvidence{
				{Code: models.FactFewInvited, Of: "社区治理", N: 24, Share: share(0.12), Usual: share(0.83)},
				{Code: models.FactInvitedContent, Of: "社区治理", N: 10, Share: share(0.9), Usual: share(0.6)},
			},
		},
		{
			ID: models.NewID(), RunID: run.ID, OfficialID: id(s.official(t, "V4")), Kind: models.FlagBurst, State: models.FlagRaised, RaisedAt: now,
			Component: models.ComponentSatisfaction, Causers: []string{}, Composite: share(51.25), WithoutComposite: share(58.5),
			Evidence: []models.FlagEvidence{{Code: models.FactBurstHigh, From: "2025-02", To: "2025-03", N: 25}},
		},
	}
	if err := s.store.InTx(t.Context(), func(tx *store.Tx) error {
		if err := tx.Create(run).Error; err != nil {
			return err
		}
		if err := tx.Model(&models.Cycle{}).Where("id = ?", run.CycleID).Updates(map[string]any{"run_id": run.ID, "state": models.CyclePublished}).Error; err != nil {
			return err
		}
		return tx.Create(&flags).Error
	}); err != nil {
		t.Fatal(err)
	}
	return cycle
}
