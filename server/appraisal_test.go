package main

import (
	"fmt"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

// TestAVoterInABrowser hands in a ballot of a democratic appraisal on its page, in both
// languages on a small phone.
func TestAVoterInABrowser(t *testing.T) {
	node, shots := browser(t)
	for _, lang := range []string{"zh-CN", "en"} {
		t.Run(lang, func(t *testing.T) {
			today := time.Date(2026, time.March, 3, 2, 0, 0, 0, time.UTC)
			s := newTestSiteAt(t, store.SQLite, func() time.Time { return today })
			s.start(t)
			drive(t, node, "appraisal.mjs", lang, s.url+"/appraisal/"+s.appraisalCode(t), shots)
			var ballots int64
			if err := s.store.Read(t.Context()).Model(&models.AppraisalBallot{}).Count(&ballots).Error; err != nil || ballots != 1 {
				t.Errorf("%d ballots: %v", ballots, err)
			}
		})
	}
}

// appraisalCode is a code of an appraisal of two officials.
func (s *testSite) appraisalCode(t *testing.T) string {
	t.Helper()
	hr := s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
	unit := s.gives(t, hr, "{ me { unit { id } } }", "me", "unit", "id")
	official := func(n int) string {
		return s.gives(t, hr, "{ officials(first: 3) { nodes { id } } }", "officials", "nodes", n, "id")
	}
	cycle := s.gives(t, hr, fmt.Sprintf(`mutation { openCycle(input: {unitId: %q, kind: ANNUAL, name: "2026", fromOn: "2026-01-01", toOn: "2026-12-31"}) {
		cycle { id } userErrors { message } } }`, unit), "openCycle", "cycle", "id")
	round := s.gives(t, hr, fmt.Sprintf(`mutation { openReviewRound(input: {cycleId: %q, name: "民主测评 2026", opensOn: "2026-03-01", closesOn: "2026-03-31",
		assignments: [{officialId: %q, reviewerId: %q, relation: PEER}, {officialId: %q, reviewerId: %q, relation: PEER}]}) { round { id } userErrors { message } } }`,
		cycle, official(0), official(2), official(1), official(2)), "openReviewRound", "round", "id")
	return s.gives(t, hr, fmt.Sprintf(`mutation { issueAppraisalCodes(input: {roundId: %q, voterClass: A, count: 1}) { codes userErrors { message } } }`, round),
		"issueAppraisalCodes", "codes", 0)
}
