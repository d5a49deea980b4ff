package resolvers_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"steelyard/extract"
	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
)

// TestEverybodyFollowsWhatAPolicyPublishes: composites and ranks of a published run under a
// policy that publishes components, without those of whom few told; once for each answer.
func TestEverybodyFollowsWhatAPolicyPublishes(t *testing.T) {
	each(t, func(o *office) {
		o.secondPersons()
		o.crowd("north", 14)
		levels := map[string][]int{"bob": repeat(4, 20), "c0": repeat(4, 3)}
		for i := range 13 {
			levels[fmt.Sprint("c", i+1)] = repeat(3+i%2, 16+i)
		}
		o.evidence(levels)
		opened := func(name, from, to, policy string) string {
			o.ids["cycle"] = o.ok("hr-root", `mutation { openCycle(input: {unitId: {root}, kind: SPECIAL, name: "`+name+`", fromOn: "`+from+`", toOn: "`+to+`"}) { cycle { id } `+userErrors+`} }`).text("openCycle.cycle.id")
			o.ok("hr-root", `mutation { savePolicy(input: {cycleId: {cycle}, policy: {`+policy+`}}) { policy { id } `+userErrors+`} }`)
			o.at("2025-07-01T10:00:00+08:00")
			return o.runNow(nil)
		}
		take := func(run string, want models.Code) (*extract.Sheet, []byte) {
			o.Helper()
			var out bytes.Buffer
			_, lines, err := o.app.Assessments.ExtractPublic(o.Context(), o.parse(run), &out, nil)
			if models.CodeOf(err) != want || want != "" && out.Len() > 0 {
				o.Fatalf("%d lines, %v; want %q", lines, err, want)
			}
			if want != "" {
				return nil, nil
			}
			raw := slices.Clone(out.Bytes())
			sheet, err := extract.ReadSheet(&out)
			if err != nil || len(sheet.Lines) != lines {
				o.Fatal(lines, err)
			}
			return sheet, raw
		}
		const rules = `name: "open", publishComponents: true, satisfaction: {weight: 1, minimumN: 3}, outcomes: {weight: 0, minimumN: 5}, peerReview: {weight: 0, minimumN: 3}, practicalWork: {weight: 0, minimumN: 3}, minimumGroup: 5`
		closed := opened("closed", "2025-01-01", "2025-03-31", `name: "shut"`)
		o.signed(publish, "publishCycle", "PUBLISHED")
		take(closed, models.CodeForbidden)
		run := opened("open", "2025-01-01", "2025-03-31", rules)
		take(run, models.CodeIllegalState) // nobody has seen it yet
		o.signed(publish, "publishCycle", "PUBLISHED")

		sheet, first := take(run, "")
		policy := scoring.DefaultPolicy()
		policy.Satisfaction, policy.MinimumGroup = scoring.ComponentRule{Weight: 1, MinimumN: 3}, 5
		policy.Outcomes.Weight, policy.PeerReview.Weight, policy.PracticalWork.Weight = 0, 0, 0
		if found, _ := sheet.Recompute(policy); len(found) > 0 {
			o.Errorf("it does not follow: %v", found)
		}
		var names []string
		ranked := 0
		for _, row := range sheet.Lines {
			if row.Rank > 0 {
				ranked++
			}
			if len(row.Components) > 0 {
				names = append(names, row.Official)
			}
		}
		// c0 has three ratings, and the one with the fewest beside keeps company: or what the
		// group's mean is would tell of c0.
		if slices.Contains(names, "c0") || slices.Contains(names, "c1") || !slices.Contains(names, "c2") || ranked < 5 {
			o.Errorf("shown are %v, %d with a rank", names, ranked)
		}
		if _, again := take(run, ""); !bytes.Equal(first, again) {
			o.Error("the same run gives another file")
		}
		var entries int64
		if err := o.store.Read(o.Context()).Model(&models.AuditEntry{}).Where("action = 'extractPublic'").Count(&entries).Error; err != nil || entries != 1 {
			o.Errorf("%d entries, %v", entries, err)
		}

		// No answer stands behind two: neither of a run made anew, nor of a period that shares a day.
		o.evidence(map[string][]int{"c5": {1, 1, 1, 1, 1, 1}})
		wider := opened("wider", "2025-01-01", "2025-04-30", rules)
		o.signed(publish, "publishCycle", "PUBLISHED")
		take(wider, models.CodeConflict)
		// A neighbouring period has answers of its own.
		o.at("2025-08-01T10:00:00+08:00")
		next := opened("next", "2025-05-01", "2025-06-30", rules)
		o.signed(publish, "publishCycle", "PUBLISHED")
		take(next, "")
		o.notGivenAgain(rules, opened, take)
	})
}

// notGivenAgain tries to have the answers of an extract given a second time: by the run that
// an objection led to, and after units have moved.
func (o *office) notGivenAgain(rules string, opened func(name, from, to, policy string) string, take func(string, models.Code) (*extract.Sheet, []byte)) {
	o.Helper()
	root := o.ids["root"]
	o.ids["root"] = o.ids["north"] // the units of cycles from here on
	first := opened("of the north", "2024-10-01", "2024-12-31", rules)
	o.signed(publish, "publishCycle", "PUBLISHED")
	take(first, "")
	objection := o.ok("ann", fileObjection).text("fileObjection.objection.id")
	o.ok("hr-third", answerObjection, "id", objection, "yes", true)
	second := o.runNow(nil)
	take(second, models.CodeIllegalState)
	o.signed(publish, "publishCycle", "PUBLISHED")
	take(second, models.CodeConflict)
	take(first, models.CodeIllegalState) // not the cycle's any more

	o.change("UPDATE org_units SET parent_id = ? WHERE id = ?", o.id("south"), o.id("north-desk"))
	if err := o.asOwner().InTx(o.Context(), store.RebuildClosure); err != nil {
		o.Fatal(err)
	}
	o.ids["root"] = o.ids["south"]
	moved := opened("of the south", "2024-10-01", "2024-12-31", rules)
	o.signed(publish, "publishCycle", "PUBLISHED")
	take(moved, models.CodeConflict)
	o.ids["root"] = root
}
