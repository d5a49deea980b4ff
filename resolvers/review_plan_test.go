package resolvers_test

import (
	"fmt"
	"slices"
	"testing"

	"steelyard/models"
)

const (
	propose = `mutation($round: ID!, $each: Int!, $seed: Int!, $apply: Boolean!) {
		proposeReviewAssignments(input: {roundId: $round, reviewersEach: $each, seed: $seed, apply: $apply}) {
			proposal { officials pairs leastLoad greatestLoad shortOfficials short { ref } connected partCount parts { officials units { ref } } } ` + userErrors + `} }`
	pairsOf = `query($round: ID!, $official: ID, $reviewer: ID) { reviewRound(id: $round) { name state
		assignments(first: 100, officialId: $official, reviewerId: $reviewer) { nodes { id relation official { ref } reviewer { ref } } } } }`
	amend = `mutation($round: ID!, $add: ReviewPairInput, $remove: ID, $why: String!) {
		amendReviewAssignment(input: {roundId: $round, add: $add, removeId: $remove, reason: $why}) { added { id relation } ` + userErrors + `} }`
)

// crew puts as many colleagues into a unit, with accounts of their own.
func (o *office) crew(unit string, n int) []string {
	o.Helper()
	refs := make([]string, n)
	for i := range refs {
		refs[i] = fmt.Sprint(unit, "-", i)
		official := &models.Official{ID: models.NewID(), Ref: refs[i], UnitID: o.id(unit), PositionID: o.positionOf("ann"), Name: refs[i]}
		o.ids[refs[i]] = official.ID.String()
		o.write(official)
	}
	return refs
}

// emptyRound opens a round without assignments for everybody.
func (o *office) emptyRound(subject, unit, opens string) string {
	o.Helper()
	if o.ids["cycle-"+unit] == "" {
		o.ids["cycle-"+unit] = o.cycle(subject, unit)
	}
	return o.ok(subject, `mutation { openReviewRound(input: {cycleId: {cycle-`+unit+`}, name: "n", opensOn: "`+opens+`", closesOn: "2025-03-31"}) {
		round { id } `+userErrors+`} }`).text("openReviewRound.round.id")
}

func TestReviewersAreFoundAmongThoseWhoWorkTogether(t *testing.T) {
	each(t, func(o *office) {
		o.crew("north", 5)      // with bob: six, below the root
		o.crew("north-desk", 4) // with ann: five, below the north
		o.crew("south", 3)      // with cat and dan: five, who share nothing with the rest
		o.ok("hr-north", `mutation { declareReviewConflict(input: {officialId: {ann}, otherId: {north-desk-0}, reason: "a cousin"}) { conflict { id } `+userErrors+`} }`)
		round := o.emptyRound("hr-root", "root", "2025-03-10")
		ask := func(apply bool) *answer {
			return o.ok("hr-root", propose, "round", round, "each", 3, "seed", 4, "apply", apply)
		}
		plan := ask(false)
		plan.wants("proposeReviewAssignments.proposal.officials", 16)
		plan.wants("proposeReviewAssignments.proposal.shortOfficials", 0)
		plan.wants("proposeReviewAssignments.proposal.connected", false)
		plan.wants("proposeReviewAssignments.proposal.partCount", 2)
		plan.wants("proposeReviewAssignments.proposal.parts.0.officials", 11)
		plan.wants("proposeReviewAssignments.proposal.parts.1.units.0.ref", "south")
		if least, most := plan.get("proposeReviewAssignments.proposal.leastLoad").(float64), plan.get("proposeReviewAssignments.proposal.greatestLoad").(float64); least < 2 || most > 4 {
			o.Errorf("loads from %v to %v", least, most)
		}
		if n := o.count("review_assignments"); n != 0 {
			o.Errorf("a look has left %d assignments", n)
		}

		// One case that ann handed over to dan connects north and south.
		o.sharedCase("ann", "dan")
		ask(true).wants("proposeReviewAssignments.proposal.connected", true)
		first := o.pairs("hr-root", round)
		ask(true)
		if second := o.pairs("hr-root", round); !slices.Equal(first, second) || len(first) < 48 {
			o.Errorf("the same seed proposes\n%v\nand\n%v", first, second)
		}
		for _, pair := range first {
			if pair == "ann by north-desk-0 PEER" || pair == "north-desk-0 by ann PEER" {
				o.Error("a conflict of interest is not kept:", pair)
			}
		}
		if !slices.Contains(first, "ann by dan PEER") && !slices.Contains(first, "dan by ann PEER") {
			o.Error("who shared a case are not paired")
		}
		relations := map[string]bool{}
		for _, a := range o.ok("hr-root", pairsOf, "round", round).list("reviewRound.assignments.nodes") {
			relations[a.(map[string]any)["relation"].(string)] = true
		}
		if !relations["SUPERIOR"] || !relations["SUBORDINATE"] || !relations["PEER"] || relations["SELF"] {
			o.Errorf("relations %v", relations)
		}

		for _, c := range []struct {
			name, subject, code, field string
			each                       int
		}{
			{"none", "hr-root", "INVALID", "reviewersEach", 0},
			{"too many", "hr-root", "INVALID", "reviewersEach", 31},
			{"a part of the scope alone", "hr-north", "NOT_FOUND", "roundId", 3},
			{"a neighbour", "hr-south", "NOT_FOUND", "roundId", 3},
		} {
			o.Log(c.name)
			o.refuses(c.subject, c.code, c.field, propose, "round", round, "each", c.each, "seed", 1, "apply", true)
		}
		o.ok("hr-north", pairsOf, "round", round).wants("reviewRound", nil)
		o.later(10)
		o.refuses("hr-root", "ILLEGAL_STATE", "roundId", propose, "round", round, "each", 3, "seed", 1, "apply", true)
		o.later(30)
		o.refuses("hr-root", "ILLEGAL_STATE", "roundId", propose, "round", o.emptyRound("hr-root", "root", "2025-03-01"), "each", 3, "seed", 1, "apply", true)
	})
}

// pairs are the assignments of a round in words, in alphabetical order.
func (o *office) pairs(subject, round string) []string {
	o.Helper()
	var out []string
	for _, a := range o.ok(subject, pairsOf, "round", round).list("reviewRound.assignments.nodes") {
		pair := a.(map[string]any)
		out = append(out, fmt.Sprintf("%s by %s %s", pair["official"].(map[string]any)["ref"], pair["reviewer"].(map[string]any)["ref"], pair["relation"]))
	}
	slices.Sort(out)
	return out
}

// sharedCase writes a case that one official handed over to another.
func (o *office) sharedCase(from, to string) {
	o.Helper()
	a, b, unit := o.id(from), o.id(to), o.id("north")
	c := &models.Case{
		ID: models.NewID(), Ref: "shared", Category: "x", UnitID: unit, OfficialID: &b, Channel: models.ChannelOnline,
		State: models.CaseInProgress, Title: "t", OpenedAt: *o.now.Load(),
	}
	o.write(c, &models.CaseEvent{
		ID: models.NewID(), CaseID: c.ID, Seq: 1, At: *o.now.Load(), Kind: models.EventTransferred, FromOfficialID: &a, ToOfficialID: &b,
	})
}

func TestAnAssignmentIsAmendedForAReason(t *testing.T) {
	each(t, func(o *office) {
		o.reviewRound()
		round := o.ok("bob", `{ myReviewAssignments { round { id } } }`).text("myReviewAssignments.0.round.id")
		o.crew("north", 2)
		o.grantOfficer("hr-bob", "north", "bob")
		pair := func(official, reviewer, relation string) map[string]any {
			return map[string]any{"officialId": o.ids[official], "reviewerId": o.ids[reviewer], "relation": relation}
		}
		o.ok("hr-north", amend, "round", round, "add", pair("ann", "north-0", "PEER"), "why", "they share a desk").
			wants("amendReviewAssignment.added.relation", "PEER")
		o.ok("hr-north", `mutation { declareReviewConflict(input: {officialId: {ann}, otherId: {north-1}, reason: "a cousin"}) { conflict { id } `+userErrors+`} }`)
		mine := o.assignmentOf("bob")
		for _, c := range []struct {
			name, subject, code, field string
			add                        any
			remove                     any
			why                        string
		}{
			{"without a reason", "hr-north", "INVALID", "reason", pair("bob", "north-0", "PEER"), nil, " "},
			{"nothing", "hr-north", "INVALID", "add", nil, nil, "why"},
			{"twice", "hr-north", "CONFLICT", "add", pair("ann", "north-0", "PEER"), nil, "why"},
			{"self as a peer", "hr-north", "INVALID", "add.relation", pair("ann", "ann", "PEER"), nil, "why"},
			{"a conflict of interest", "hr-north", "CONFLICT", "add.reviewerId", pair("ann", "north-1", "PEER"), nil, "why"},
			{"a stranger", "hr-north", "NOT_FOUND", "add.reviewerId", pair("ann", "cat", "PEER"), nil, "why"},
			{"the officer's own", "hr-bob", "INVALID", "add", pair("bob", "north-0", "PEER"), nil, "why"},
			{"the officer's own duty", "hr-bob", "INVALID", "removeId", nil, mine, "why"},
			{"a neighbour's round", "hr-south", "NOT_FOUND", "roundId", nil, mine, "why"},
			{"no such assignment", "hr-north", "NOT_FOUND", "removeId", nil, round, "why"},
		} {
			o.Log(c.name)
			o.refuses(c.subject, c.code, c.field, amend, "round", round, "add", c.add, "remove", c.remove, "why", c.why)
		}
		// What was handed in stays, nobody is told, and it cannot be handed in again.
		asked := o.ok("bob", duties).list("myReviewAssignments.0.questions")
		sheet := []map[string]any{{"questionId": asked[0].(map[string]any)["id"], "score": 5}}
		none := []map[string]any{}
		o.ok("bob", submitReview, "id", mine, "contact", nil, "scores", none, "answers", sheet)
		before := o.count("audit_entries")
		o.ok("hr-north", amend, "round", round, "remove", mine, "why", "they have fallen out")
		if o.count("audit_entries") != before+1 || o.count("review_claims") != 0 || o.count("peer_reviews") != 1 {
			o.Errorf("%d entries, %d claims, %d marks", o.count("audit_entries")-before, o.count("review_claims"), o.count("peer_reviews"))
		}
		o.ok("hr-north", amend, "round", round, "add", pair("ann", "bob", "PEER"), "why", "they are well again")
		o.refuses("bob", "CONFLICT", "assignmentId", submitReview, "id", o.assignmentOf("bob"), "contact", nil, "scores", none, "answers", sheet)
		o.later(40)
		o.refuses("hr-north", "ILLEGAL_STATE", "roundId", amend, "round", round, "add", pair("bob", "north-0", "PEER"), "remove", nil, "why", "late")
	})
}
