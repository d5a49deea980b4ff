package resolvers_test

import (
	"fmt"
	"testing"
)

const participation = `query($from: Date!, $to: Date!, $unit: ID, $first: Int! = 20, $after: String) {
	participation(filter: {fromOn: $from, toOn: $to, unitId: $unit}, first: $first, after: $after) {
		nodes { official { ref } service { ref } encounters invited answers } pageInfo { hasNextPage endCursor } } }`

// rows are the rows of a participation as official/service: encounters, invited, answers.
func (a *answer) participants() map[string]string {
	a.o.Helper()
	rows := map[string]string{}
	for _, n := range a.list("participation.nodes") {
		row := n.(map[string]any)
		key := row["official"].(map[string]any)["ref"].(string) + "/" + row["service"].(map[string]any)["ref"].(string)
		rows[key] = fmt.Sprint(row["encounters"], " ", row["invited"], " ", row["answers"])
	}
	return rows
}

// TestADecisionAgainstTheResidentIsSaidBeforehand: with the encounter, by its recording
// alone; the rating takes it with it, and how often it is said is seen.
func TestADecisionAgainstTheResidentIsSaidBeforehand(t *testing.T) {
	each(t, func(o *office) {
		record := `mutation($adverse: Boolean, $key: String) { recordEncounter(input: {serviceId: {passport}, channel: WINDOW, adverse: $adverse, idempotencyKey: $key}) {
			encounter { id adverse } ` + userErrors + `} }`
		against := o.ok("ann", record, "adverse", true, "key", "k")
		against.wants("recordEncounter.encounter.adverse", true)
		o.refuses("ann", "CONFLICT", "idempotencyKey", record, "adverse", false, "key", "k") // no second thoughts
		o.ok("ann", record).wants("recordEncounter.encounter.adverse", false)
		issue := `mutation($id: ID!) { issueRatingInvitation(input: {encounterId: $id}) { invitation { token } ` + userErrors + `} }`
		token := o.ok("ann", issue, "id", against.text("recordEncounter.encounter.id")).text("issueRatingInvitation.invitation.token")
		o.ok("", submit, "token", token, "level", 1)
		day := `mutation($csv: String) { recordEncounters(input: {csv: $csv}) { lines { encounter { adverse } invitation { token } userErrors { field } } ` + userErrors + `} }`
		o.refuses("ann", "INVALID", "lines.0.adverse", day, "csv", "service_id,channel,adverse\npassport,WINDOW,perhaps\n")
		lines := o.ok("ann", day, "csv", "service_id,channel,adverse\npassport,WINDOW,YES\npassport,WINDOW,NO\npassport,WINDOW,\n")
		for i, want := range []bool{true, false, false} {
			lines.wants(fmt.Sprint("recordEncounters.lines.", i, ".encounter.adverse"), want)
		}
		o.ok("", submit, "token", lines.text("recordEncounters.lines.1.invitation.token"), "level", 5)
		for _, r := range o.ratings() {
			if r.Adverse != (r.Level == 1) {
				o.Errorf("a rating of %d has the mark %v", r.Level, r.Adverse)
			}
		}
		seen := o.ok("hr-north", `{ participation(filter: {fromOn: "2025-01-01", toOn: "2025-12-31"}) { nodes { encounters adverse } } }`)
		seen.wants("participation.nodes.0.encounters", 5)
		seen.wants("participation.nodes.0.adverse", 2)
	})
}

// TestWhoIsNotInvitedIsSeen, and answers only where a whole month of them can be shown.
func TestWhoIsNotInvitedIsSeen(t *testing.T) {
	each(t, func(o *office) {
		o.rate("ann", 6) // of passport, in March
		for range 3 {    // of housing: three follow from nine less six
			_, token := o.invite("ann", "housing", "")
			o.ok("", submit, "token", token, "level", 5)
		}
		o.rate("bob", 5)
		for range 2 {
			o.ok("bob", `mutation { recordEncounter(input: {serviceId: {passport}, channel: WINDOW}) { encounter { id }`+userErrors+`} }`)
		}
		o.rate("cat", 5)
		year := []any{"from", "2025-01-01", "to", "2025-12-31"}
		want := func(subject string, want map[string]string, more ...any) {
			o.Helper()
			got := o.ok(subject, participation, append(more, year...)...).participants()
			if fmt.Sprint(got) != fmt.Sprint(want) {
				o.Errorf("%s sees %v, want %v", subject, got, want)
			}
		}
		o.later(1)
		o.release(19)
		// The month has not ended.
		want("hr-north", map[string]string{"ann/passport": "6 6 <nil>", "ann/housing": "3 3 <nil>", "bob/passport": "7 5 <nil>"})
		o.at("2025-04-02T09:00:00+08:00")
		want("hr-north", map[string]string{"ann/passport": "6 6 <nil>", "ann/housing": "3 3 <nil>", "bob/passport": "7 5 5"})
		want("hr-south", map[string]string{"cat/passport": "5 5 5"})
		want("auditor", map[string]string{"cat/passport": "5 5 5"}, "unit", o.ids["south"])
		want("hr-south", map[string]string{}, "unit", o.ids["north"])
		// Part of a month has encounters and no answers.
		year = []any{"from", "2025-03-02", "to", "2025-12-31"}
		want("hr-south", map[string]string{"cat/passport": "5 5 <nil>"})
		year = []any{"from", "2025-02-01", "to", "2025-03-31"}
		want("hr-south", map[string]string{"cat/passport": "5 5 5"})

		o.refuses("hr-north", "INVALID", "filter.toOn", participation, "from", "2025-01-02", "to", "2025-01-01")
		o.refuses("hr-north", "INVALID", "filter.toOn", participation, "from", "2024-01-02", "to", "2025-12-31")
		seen := map[string]string{}
		var after any
		for range 3 {
			a := o.ok("hr-north", participation, "from", "2025-01-01", "to", "2025-12-31", "first", 1, "after", after)
			for k, v := range a.participants() {
				seen[k] = v
			}
			after = a.get("participation.pageInfo.endCursor")
		}
		if len(seen) != 3 {
			o.Errorf("in pages of one: %v", seen)
		}
	})
}

// TestLateRepliesAreTheUnits and shown from five on.
func TestLateRepliesAreTheUnits(t *testing.T) {
	each(t, func(o *office) {
		const figures = `{ unitTransparency(unitId: {north}) { repliesOwed repliesLate } }`
		for i := range 6 {
			_, token := o.invite("ann", "passport", fmt.Sprint("R", i))
			o.ok("", submit, "token", token, "level", 1)
		}
		o.release(6)
		first := o.ok("reply-north", `{ owedReplies { nodes { ratingId } } }`)
		for i := range 3 {
			o.ok("reply-north", `mutation($r: ID!) { replyToRating(input: {ratingId: $r, text: "sorry"}) { reply { text }`+userErrors+`} }`,
				"r", first.text(fmt.Sprintf("owedReplies.nodes.%d.ratingId", i)))
		}
		o.ok("", figures).wants("unitTransparency.repliesOwed", nil)
		o.at("2025-04-02T09:00:00+08:00")
		shown := o.ok("", figures)
		shown.wants("unitTransparency.repliesOwed", 6)
		shown.wants("unitTransparency.repliesLate", 0.5)
		o.change("UPDATE reply_duties SET unit_id = ? WHERE rating_id IN (SELECT rating_id FROM rating_replies)", o.id("south"))
		// Three and three of six: neither is enough.
		o.ok("", figures).wants("unitTransparency.repliesOwed", nil)
	})
}
