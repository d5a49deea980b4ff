package resolvers_test

import (
	"fmt"
	"slices"
	"testing"

	"steelyard/models"
	"steelyard/privacy"
	"steelyard/store"
)

// officerLook is all that a run tells the HR officer who has it made: its evidence's
// digest, every figure, and what other policies would give.
func (o *office) officerLook() string {
	o.Helper()
	o.runNow(nil)
	seen := o.ok("hr-root", `{ assessmentRun(id: {made}) { evidenceDigest }
		assessmentReport(cycleId: {cycle}, first: 100) { nodes { official { ref } status composite compositeLow compositeHigh rank reliability withoutHalo flags
			components { component value se n counts weight } explanation { parts { code points value evidence(first: 50) { source month kind value weight effect } } }
			peers { officials figures { component value others mean spread } } } }
		unitReport(cycleId: {cycle}, unitId: {north}) { all { officials scored mean components { component mean } } distribution
			groups { peerGroup here { officials mean } scope { officials mean } } }
		unsungOfficials(cycleId: {cycle}, first: 100) { totalCount } showcaseGaps(cycleId: {cycle}, first: 100) { totalCount } }`)
	o.ok("hr-root", whatIf, "cycle", o.ids["other"]) // so that the last answer is not taken from memory
	other := o.ok("hr-root", whatIf, "cycle", o.ids["cycle"])
	return fmt.Sprint(seen.data, other.data)
}

const whatIf = `mutation($cycle: ID!) { comparePolicies(input: {cycleId: $cycle, scenarios: [{without: HALO}]}) { comparison {
	officials(first: 100) { nodes { official { ref } scores { status composite rank } weights { compositeLow compositeHigh } } } }` + userErrors + `} }`

// runningCycle has twelve officials with twenty ratings each in January, in a quarter that
// goes on until the end of March.
func (o *office) runningCycle() {
	o.Helper()
	o.secondPersons()
	o.crowd("north", 11)
	levels := map[string][]int{"ann": repeat(4, 20)}
	for i := range 11 {
		levels[fmt.Sprint("c", i)] = repeat(3+i%3, 20)
	}
	o.evidence(levels)
	for name, unit := range map[string]string{"cycle": "root", "other": "south"} {
		o.ids[name] = o.ok("hr-root", `mutation { openCycle(input: {unitId: {`+unit+`}, kind: QUARTERLY, name: "first quarter",
			fromOn: "2025-01-01", toOn: "2025-03-31"}) { cycle { id } `+userErrors+`} }`).text("openCycle.cycle.id")
	}
}

// TestRunsOneAfterTheOtherTellOfNoFewAnswers plays the HR officer who has a run made
// before and after every single rating, every mark of a case and every review.
func TestRunsOneAfterTheOtherTellOfNoFewAnswers(t *testing.T) {
	t.Parallel()
	o := newOffice(t, store.SQLite)
	o.runningCycle()
	id, receipt := o.handIn("north-desk")
	for _, step := range []string{"acceptCase", "assignCase", "startCase"} {
		o.ok("ann", `mutation($id: ID!) { `+step+`(input: {caseId: $id}) {`+userErrors+`} }`, "id", id)
	}
	o.step("ann", "resolveCase", id, `outcome: RESOLVED, account: "done"`, "RESOLVED")
	o.ok("", confirm, "r", receipt, "solved", true, "mark", 5)
	var tokens []string // who was served is known to HR; who answered is not
	for range 14 {
		_, token := o.invite("ann", "passport", "")
		tokens = append(tokens, token)
	}
	last := o.officerLook()
	o.change("UPDATE cases SET satisfaction = 1 WHERE id = ?", o.parse(id))
	if o.officerLook() != last {
		t.Error("two runs tell what mark a case got")
	}
	changes, since := 0, 1 // the mark is an answer too
	for day := range 14 {
		o.ok("", submit, "token", tokens[day], "level", 1+4*(day%2), "comment", "一句话")
		since++
		if o.officerLook() != last {
			t.Errorf("a rating is seen before its release, on day %d", day)
		}
		o.later(1)
		o.release(1)
		if now := o.officerLook(); now != last {
			if since < privacy.Default().Figures {
				t.Errorf("two runs differ after %d answers", since)
			}
			changes, since, last = changes+1, 0, now
		}
	}
	if changes == 0 {
		t.Error("no rating of a fortnight is counted")
	}
	// When the quarter is over everything counts, and the mark of the case as well.
	o.at("2025-04-01T10:00:00+08:00")
	final := o.officerLook()
	o.change("UPDATE cases SET satisfaction = 5 WHERE id = ?", o.parse(id))
	if final == last || o.officerLook() == final {
		t.Error("the last run lacks ratings or the mark of the case")
	}
}

// TestARoundIsSealedUntilItEnds plays the HR officer who has a run made before and after
// a review is handed in and released.
func TestARoundIsSealedUntilItEnds(t *testing.T) {
	t.Parallel()
	o := newOffice(t, store.SQLite)
	o.runningCycle()
	// In a cycle that is scored no review is handed in; but its evidence is that of others too.
	year := o.cycle("hr-root", "root")
	round := o.ok("hr-root", openRound, "cycle", year, "opens", "2025-03-01", "closes", "2025-03-20").text("openReviewRound.round.id")
	last := o.officerLook()
	o.ok("bob", `mutation($id: ID!) { submitPeerReview(input: {assignmentId: $id, scores: [{dimension: ABILITY, score: 2}]}) { submitted `+userErrors+`} }`, "id", o.assignmentOf("bob"))
	o.later(1)
	if n, err := o.app.Reviews.Release(o.Context()); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if o.officerLook() != last {
		t.Error("a run tells of a review while its round goes on")
	}
	o.ok("hr-root", `mutation($id: ID!) { closeReviewRound(input: {roundId: $id}) { round { state } `+userErrors+`} }`, "id", round)
	o.later(1)
	if o.officerLook() == last {
		t.Error("the review of a round that is over does not count")
	}
}

// TestTwoPeriodsOfParticipationTellOfNoFewAnswers asks for who answered over all pairs of
// days around the ends of months, of all units, on every day on which answers come in.
func TestTwoPeriodsOfParticipationTellOfNoFewAnswers(t *testing.T) {
	t.Parallel()
	o := newOffice(t, store.SQLite)
	day := models.NewDate(2025, 1, 3)
	for i, n := range []int{6, 3, 5, 1, 9, 2, 7} { // of ann: by service and month
		for k := range n {
			o.write(&models.Rating{
				ID: models.NewRandomID(), OfficialID: o.id("ann"), ServiceID: o.id([]string{"passport", "housing"}[i%2]), Channel: models.ChannelWindow, Level: 3,
				RatedOn: day.AddDays(31*(i/2) + k), KeyYear: 2025, Source: models.RatingSourceEncounter, Invited: models.AnswerYes, Released: true,
				Dimensions: []models.DimensionLevel{}, Tags: []string{},
			})
		}
	}
	for _, at := range []string{"2025-01-02T09:00:00+08:00", "2025-02-10T09:00:00+08:00"} {
		o.at(at)
		for _, service := range []string{"passport", "housing"} {
			o.invite("ann", service, "")
		}
	}
	o.at("2025-05-03T09:00:00+08:00")
	var days []string
	for month := 1; month <= 5; month++ {
		first := models.NewDate(2025, models.NewDate(2025, 1, 1).Start(zone).AddDate(0, month-1, 1).Month(), 1)
		days = append(days, first.AddDays(-1).String(), first.String(), first.AddDays(1).String())
	}
	seen := map[string][]int{}
	for i, from := range days {
		for _, to := range days[i:] {
			for _, unit := range []string{"root", "north", "north-desk"} {
				a := o.ok("hr-root", participation, "from", from, "to", to, "unit", o.ids[unit])
				for _, n := range a.list("participation.nodes") {
					row := n.(map[string]any)
					if answers, is := row["answers"].(float64); is {
						of := row["service"].(map[string]any)["ref"].(string)
						seen[of] = append(seen[of], int(answers))
					}
				}
			}
		}
	}
	for service, counts := range seen {
		slices.Sort(counts)
		for i, n := range counts {
			if n < 5 || i > 0 && n != counts[i-1] && n-counts[i-1] < 5 {
				t.Errorf("%s: counts of %v, which differ by less than five", service, slices.Compact(counts))
				break
			}
		}
	}
	if len(seen) == 0 {
		t.Error("nothing is seen at all")
	}
}
