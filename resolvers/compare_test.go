package resolvers_test

import (
	"strings"
	"testing"

	"steelyard/models"
	"steelyard/store"
)

const comparison = `comparison { asOf sides { policy without agreement regraded document }
	matters: officials(sensitive: true, first: 100) { totalCount nodes { sensitive } } others: officials(sensitive: false, first: 1) { totalCount }
	officials(first: 100) { totalCount pageInfo { hasNextPage endCursor } nodes { official { ref } unit { ref } peerGroup sensitive
		scores { status composite compositeChange rank rankChange grade } weights { compositeLow compositeHigh rankLow rankHigh top } } } }`

// checkComparison asks what other policies would give: the cycle's own side is the
// run's, to the printed digit.
func (o *office) checkComparison(rows []map[string]any) {
	o.Helper()
	asked := o.ok("hr", `mutation { comparePolicies(input: {cycleId: {cycle}, idempotencyKey: "one entry", scenarios: [
		{policy: {name: "peers weigh half", satisfaction: {weight: 0.2, minimumN: 5}, outcomes: {weight: 0.25, minimumN: 5}, peerReview: {weight: 0.5, minimumN: 3}, practicalWork: {weight: 0.05, minimumN: 3}, draws: 200}},
		{preset: IMMEDIATE_RESPONSE}, {without: HALO}]}) { `+comparison+userErrors+`} }`)
	if len(asked.list("comparePolicies.userErrors")) > 0 {
		o.Fatal(asked.list("comparePolicies.userErrors"))
	}
	asked.wants("comparePolicies.comparison.officials.totalCount", len(rows))
	asked.wants("comparePolicies.comparison.sides.0.agreement", 1)
	asked.wants("comparePolicies.comparison.sides.0.regraded", 0)
	asked.wants("comparePolicies.comparison.sides.3.without", "HALO")
	own := map[any]map[string]any{}
	for _, r := range rows {
		own[r["official"].(map[string]any)["ref"].(string)+r["unit"].(string)] = r
	}
	last, moved, sensitive := 1e9, 0, 0
	for _, n := range asked.list("comparePolicies.comparison.officials.nodes") {
		row := n.(map[string]any)
		key := row["official"].(map[string]any)["ref"].(string) + row["unit"].(map[string]any)["ref"].(string)
		scores := row["scores"].([]any)
		base := scores[0].(map[string]any)
		if run := own[key]; run == nil || run["composite"] != base["composite"] || run["rank"] != base["rank"] {
			o.Fatalf("%s: the run has %v, the comparison %v", key, run, base)
		}
		far := 0.0
		for _, s := range scores[1:] {
			if c, ok := s.(map[string]any)["rankChange"].(float64); ok {
				far = max(far, c, -c)
			}
		}
		if far > last {
			o.Fatalf("%s moves by %v ranks, further than the one before (%v)", key, far, last)
		}
		last = far
		if far > 1 {
			moved++
		}
		if row["sensitive"] == true {
			sensitive++
		}
	}
	matters := asked.list("comparePolicies.comparison.matters.nodes")
	for _, n := range matters {
		if n.(map[string]any)["sensitive"] != true {
			o.Errorf("%v is among the sensitive", n)
		}
	}
	some, _ := asked.get("comparePolicies.comparison.matters.totalCount").(float64)
	rest, _ := asked.get("comparePolicies.comparison.others.totalCount").(float64)
	if int(some+rest) != len(rows) || len(matters) != min(int(some), 100) || len(matters) < sensitive {
		o.Errorf("%v sensitive, %d of them listed, and %v others of %d", some, len(matters), rest, len(rows))
	}
	if moved == 0 || sensitive == 0 {
		o.Errorf("%d move, %d are sensitive", moved, sensitive)
	}
}

// checkComparisonRefuses wants clear errors, and one audit entry for a repeat.
func (o *office) checkComparisonRefuses() {
	o.Helper()
	ask := func(scenarios string) string {
		return `mutation { comparePolicies(input: {cycleId: {cycle}, scenarios: [` + scenarios + `]}) { comparison { asOf }` + userErrors + `} }`
	}
	o.refuses("hr", "INVALID", "scenarios", ask(``))
	o.refuses("hr", "INVALID", "scenarios", ask(strings.Repeat(`{without: HALO} `, 5)))
	o.refuses("hr", "INVALID", "scenarios.0", ask(`{preset: DEFAULT, policy: {name: "x"}}`))
	o.refuses("hr", "INVALID", "scenarios.1.policy.satisfaction.weight", ask(`{without: HALO} {policy: {name: "x", satisfaction: {weight: 7, minimumN: 1}}}`))
	o.refuses("hr", "NOT_FOUND", "scenarios.0.policyId", ask(`{policyId: "`+models.NewID().String()+`"}`))
	o.refuses("hr-b03", "NOT_FOUND", "cycleId", ask(`{without: HALO}`))
	count := func() (n int64) {
		if err := o.store.Read(o.Context()).Model(&models.AuditEntry{}).Where("action = ?", "comparePolicies").Count(&n).Error; err != nil {
			o.Fatal(err)
		}
		return n
	}
	before := count()
	for range 2 {
		o.ok("hr", `mutation { comparePolicies(input: {cycleId: {cycle}, idempotencyKey: "asked twice", scenarios: [{without: HALO}]}) { comparison { asOf } } }`)
	}
	if after := count(); after != before+1 {
		o.Errorf("%d entries for one question and its repeat", after-before)
	}
}

func TestPresetsArePolicies(t *testing.T) {
	each(t, func(o *office) {
		o.ok("hr-north", `{ policyPresets { preset name document } }`).wants("policyPresets.2.preset", "IMMEDIATE_RESPONSE")
	})
}

// TestAComparisonOfNothing: a cycle whose unit has nobody, and one without evidence.
func TestAComparisonOfNothing(t *testing.T) {
	each(t, func(o *office) {
		ask := `mutation { comparePolicies(input: {cycleId: {cycle}, scenarios: [{without: CASE_MIX}]}) { ` + comparison + userErrors + `} }`
		o.ids["cycle"] = o.cycle("hr-north", "north")
		o.ok("hr-north", ask).wants("comparePolicies.comparison.sides.0.agreement", nil)
		if err := o.store.InTx(o.Context(), func(tx *store.Tx) error { return tx.Exec("DELETE FROM postings").Error }); err != nil {
			o.Fatal(err)
		}
		o.at("2025-03-05T12:00:00+08:00") // what was fitted before has run out
		o.ok("hr-north", ask).wants("comparePolicies.comparison.officials.totalCount", 0)
	})
}
