package resolvers_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

const (
	flagFields = `id kind title state decidedBy decision carried appealUntil official { ref } cycle { id } runId evidence { text code count share usual fromMonth subject }
		effect { text component composite without } appeal { state dueOn reason decision }`
	flagList   = `query($f: IntegrityFlagFilter) { integrityFlags(filter: $f, first: 100) { nodes { ` + flagFields + ` } pageInfo { hasNextPage } } }`
	decideFlag = `mutation($id: ID!, $yes: Boolean!, $key: String) { decideFlag(input: {id: $id, confirmed: $yes, reason: "I have read the file", idempotencyKey: $key}) {
		flag { ` + flagFields + ` } ` + userErrors + `} }`
	appealFlag   = `mutation($id: ID!, $key: String) { appealFlag(input: {id: $id, reason: "it was the day of the fair", idempotencyKey: $key}) { flag { ` + flagFields + ` } ` + userErrors + `} }`
	decideAppeal = `mutation($id: ID!, $yes: Boolean!) { decideFlagAppeal(input: {id: $id, upheld: $yes, reason: "the fair was that day"}) { flag { ` + flagFields + ` } ` + userErrors + `} }`
)

// doubtful makes a quarter in which twenty officials work alike, but for one trick
// each: c0 has bought ratings, c1 comments of one hand, c2 a telephone that says
// otherwise; c3 invites few, c4 calls much a decision against the resident, c5 serves
// themself, c6 resolves at the last moment, c8 stops the clock at the last moment, which
// the end of the pause then moves; c9 enters the cases that are said to be solved.
func (o *office) doubtful() {
	o.Helper()
	o.crowd("north", 20)
	key, err := o.keys.Ensure(2025)
	if err != nil {
		o.Fatal(err)
	}
	own := key.Resident("c5")
	rater := key.Rater(string(own[:]))
	var encounters []*models.Encounter
	var ratings []*models.Rating
	var cases []*models.Case
	var events []*models.CaseEvent
	for i := range 20 {
		ref := fmt.Sprint("c", i)
		rating := func(day, level int, channel models.Channel) *models.Rating {
			r := &models.Rating{
				ID: models.NewRandomID(), OfficialID: o.id(ref), ServiceID: o.id("passport"), Channel: channel, Level: level,
				RatedOn: models.NewDate(2025, time.January, 6).AddDays(day % 80), KeyYear: 2025, Source: models.RatingSourceEncounter, Invited: models.AnswerYes,
				Released: true, Dimensions: []models.DimensionLevel{}, Tags: []string{},
			}
			ratings = append(ratings, r)
			return r
		}
		for n := range 54 {
			level := 3 + (n-n/3-1+i)%3
			if n%3 == 0 {
				level = 2 + (n/3+i)%3 // the telephone pleases nobody
			}
			channel := models.ChannelWindow
			if n%3 == 0 {
				channel = models.ChannelPhone
				if i == 2 && n > 3 {
					level = 5
				} else if i == 2 {
					level = 3
				}
			} else if i == 2 && n > 4 {
				level = 2 + n%2
			}
			if i != 2 && n < i%5*12 { // some are better than others
				level = min(level+1, 5)
			}
			refused := n%9 == 1 || n%18 == 0
			if refused && i != 2 {
				level = max(level-2, 1)
			}
			r := rating(n*7+i, level, channel)
			r.Adverse = refused || i == 4 && level < 4
			comment := fmt.Sprintf("they took their time, number %d of %d", n, i)
			if i == 1 && n < 9 {
				comment = "the best official whom I have ever met"
			}
			r.Comment = &comment
		}
		if i == 0 {
			for range 24 {
				rating(40, 5, models.ChannelWindow)
			}
		}
		for n := range 24 {
			e := &models.Encounter{
				ID: models.NewID(), Ref: fmt.Sprint(ref, "-", n), OfficialID: o.id(ref), ServiceID: o.id("passport"), Channel: models.ChannelWindow,
				OccurredAt: time.Date(2025, 2, 1+n, 2, 0, 0, 0, time.UTC), Invited: models.AnswerYes, KeyYear: 2025,
			}
			if (n+i)%6 == 0 || i == 3 && n > 2 {
				e.Invited = models.AnswerNo
			}
			e.Adverse = (n+i)%6 == 0 || i == 4 && n > 3
			encounters = append(encounters, e)
		}
		for n := range 14 {
			opened := time.Date(2025, 1, 10+n, 2, 0, 0, 0, time.UTC)
			due, closed := opened.AddDate(0, 0, 20), opened.AddDate(0, 0, 10)
			moved := due.AddDate(0, 0, -5) // the date that the end of the pause replaced
			paused := opened.AddDate(0, 0, 2)
			if i == 8 || n == (i+3)%14 {
				paused, closed = moved.Add(-2*time.Hour), opened.AddDate(0, 0, 16)
			}
			if i == 6 || n == i%14 {
				closed = due.Add(-time.Hour)
			}
			resumed, official := paused.Add(time.Hour), o.id(ref)
			c := &models.Case{
				ID: models.NewID(), Ref: fmt.Sprint("case-", ref, "-", n), Category: "road", UnitID: o.id("north"), OfficialID: &official, Channel: models.ChannelHotline,
				State: models.CaseConfirmed, Title: "a hole", OpenedAt: opened, DueAt: &due, ClosedAt: &closed, Outcome: models.OutcomeResolved, Confirmed: models.AnswerYes, UpdatedAt: closed,
			}
			by := "resident"
			if i == 9 || i == 10 && n < 2 {
				by = ref
			}
			cases = append(cases, c)
			events = append(events, &models.CaseEvent{
				ID: models.NewID(), CaseID: c.ID, Seq: 1, At: opened, Kind: models.EventSubmitted, ToUnitID: &c.UnitID, Actor: by,
			}, &models.CaseEvent{
				ID: models.NewID(), CaseID: c.ID, Seq: 2, At: paused, Kind: models.EventPaused, FromOfficialID: &official, Actor: "hr-third",
			}, &models.CaseEvent{
				ID: models.NewID(), CaseID: c.ID, Seq: 3, At: resumed, Kind: models.EventResumed, Actor: "hr-third", DueAt: &moved,
			}, &models.CaseEvent{
				ID: models.NewID(), CaseID: c.ID, Seq: 4, At: closed, Kind: models.EventResolved, Outcome: models.OutcomeResolved, FromOfficialID: &official, Actor: "hr-third",
			})
		}
	}
	// A case with c7 themself that was closed before the quarter is none of it.
	before, served := time.Date(2024, 12, 1, 2, 0, 0, 0, time.UTC), o.id("c7")
	self := key.Resident("c7")
	cases = append(cases, &models.Case{
		ID: models.NewID(), Ref: "case-before", Category: "road", UnitID: o.id("north"), OfficialID: &served, Channel: models.ChannelHotline, ResidentKey: self[:],
		State: models.CaseClosedUnconfirmed, Title: "a hole", OpenedAt: before, ClosedAt: &before, Outcome: models.OutcomeResolved, UpdatedAt: before,
	})
	slices.SortFunc(ratings, func(a, b *models.Rating) int { return strings.Compare(a.ID.String(), b.ID.String()) })
	encounters[5*24].ResidentKey = own[:]
	ratings[slices.IndexFunc(ratings, func(r *models.Rating) bool { return r.OfficialID == o.id("c5") })].RaterKey = rater[:]
	o.write(&encounters, &ratings, &cases, &events)
	o.write(&models.RatingInvitation{
		ID: models.NewID(), TokenHash: models.Hash(own[:]), EncounterID: encounters[3*24].ID, State: models.InvitationIssued, IssuedBy: "hr-second",
		IssuedAt: encounters[0].OccurredAt, ExpiresAt: encounters[0].OccurredAt.AddDate(0, 1, 0),
	})
	o.ids["cycle"] = o.ok("hr-root", `mutation { openCycle(input: {unitId: {root}, kind: QUARTERLY, name: "first quarter", fromOn: "2025-01-01", toOn: "2025-03-31"}) {
		cycle { id } `+userErrors+`} }`).text("openCycle.cycle.id")
}

// examined wants so many runs to be looked at.
func (o *office) examined(want int) {
	o.Helper()
	if n, err := o.app.Integrity.Examine(o.Context()); err != nil || n != want {
		o.Fatalf("%d runs examined, want %d: %v", n, want, err)
	}
}

// flags are those that a subject sees, by official and kind.
func (o *office) flags(subject string) map[string]map[string]any {
	o.Helper()
	found := map[string]map[string]any{}
	for _, n := range o.ok(subject, flagList).list("integrityFlags.nodes") {
		f := n.(map[string]any)
		found[f["official"].(map[string]any)["ref"].(string)+" "+f["kind"].(string)] = f
	}
	return found
}

func TestAPersonDecidesWhatIsDoubted(t *testing.T) {
	each(t, func(o *office) {
		o.secondPersons()
		o.doubtful()
		for _, ref := range []string{"c0", "c9", "c10"} {
			o.grant(accounts.Grant{Subject: ref, Role: models.RoleOfficial, OfficialRef: ref})
		}
		o.at("2025-04-01T10:00:00+08:00")
		o.ok("hr-root", `mutation { startScoring(input: {cycleId: {cycle}}) { cycle { state } `+userErrors+`} }`)
		first := o.runNow(nil)
		o.examined(1)
		o.examined(0)
		seen := o.flags("hr-root")
		want := []string{"c0 BURST", "c1 DUPLICATES", "c2 ONE_SIDED", "c3 HAND_PICKED", "c4 OFTEN_ADVERSE", "c5 SELF_DEALING", "c6 DEADLINE_EDITS", "c8 DEADLINE_EDITS", "c9 SELF_DEALING"}
		if got := sortedKeys(seen); !slices.Equal(got, want) {
			o.Fatalf("flags %v, want %v", got, want)
		}
		o.checkEvidence(seen)
		o.checkWhoSees(seen)
		o.at("2025-04-01T11:00:00+08:00")
		o.checkWhoDecides(seen)

		// The next run finds the same facts: nobody is asked twice, and what was dismissed counts in full.
		weighed := seen["c0 BURST"]["effect"].(map[string]any)["composite"].(float64)
		withheld := seen["c4 OFTEN_ADVERSE"]["effect"].(map[string]any)
		second := o.runNow(nil)
		o.examined(1)
		again := o.flags("hr-root")
		if got := sortedKeys(again); !slices.Equal(got, want) {
			o.Fatalf("flags %v in the second run", got)
		}
		burst, picked := again["c0 BURST"], again["c3 HAND_PICKED"]
		if burst["state"] != "DISMISSED" || burst["carried"] != true || burst["decision"] != "I have read the file" || burst["runId"] != second {
			o.Errorf("the decision does not stand: %v", burst)
		}
		if effect := burst["effect"].(map[string]any); !(effect["composite"].(float64) > weighed+0.5) || !strings.Contains(effect["text"].(string), "Dismissed") {
			o.Errorf("dismissed, and the composite goes from %v to %v", weighed, effect)
		}
		marked := again["c4 OFTEN_ADVERSE"]["effect"].(map[string]any)["composite"].(float64)
		if was, without := withheld["composite"].(float64), withheld["without"].(float64); !(without > was+5) || math.Abs(marked-without) > 3 {
			o.Errorf("marks beyond the usual: %v, %v without that, and %v when a person has found them right", was, without, marked)
		}
		if picked["state"] != "CONFIRMED" || picked["carried"] != true || again["c1 DUPLICATES"]["state"] != "RAISED" {
			o.Errorf("carried: %v, %v", picked, again["c1 DUPLICATES"]["state"])
		}
		o.refuses("hr-third", "CONFLICT", "id", decideFlag, "id", seen["c1 DUPLICATES"]["id"], "yes", true)
		for _, run := range []string{first, second} {
			v, err := o.app.Assessments.Verify(o.Context(), o.parse(run), nil)
			if err != nil || !v.OK() {
				o.Errorf("a run cannot be made again: %d differences, %v", len(v.Differences), err)
			}
		}
		o.checkAppeal(picked["id"].(string), seen["c3 HAND_PICKED"]["id"].(string))

		// Other facts are another question: one more rating of the burst's day.
		o.change("UPDATE ratings SET level = 4 WHERE id = (SELECT id FROM ratings WHERE official_id = ? AND rated_on = '2025-02-15' AND level = 5 ORDER BY id LIMIT 1)", o.id("c0"))
		o.change("UPDATE ratings SET rated_on = '2025-02-15' WHERE id = (SELECT id FROM ratings WHERE official_id = ? AND rated_on <> '2025-02-15' AND level = 5 ORDER BY id LIMIT 1)", o.id("c0"))
		// One more answer does not show in what is told of many.
		o.write(&models.Rating{
			ID: models.NewRandomID(), OfficialID: o.id("c2"), ServiceID: o.id("passport"), Channel: models.ChannelPhone, Level: 1,
			RatedOn: models.NewDate(2025, time.March, 30), KeyYear: 2025, Source: models.RatingSourceEncounter, Invited: models.AnswerYes,
			Released: true, Dimensions: []models.DimensionLevel{}, Tags: []string{},
		})
		o.runNow(nil)
		o.examined(1)
		if was, is := fmt.Sprint(again["c2 ONE_SIDED"]["evidence"]), fmt.Sprint(o.flags("hr-root")["c2 ONE_SIDED"]["evidence"]); is != was {
			o.Errorf("one more answer makes %s of %s", is, was)
		}
		if f := o.flags("hr-root")["c0 BURST"]; f["state"] != "RAISED" || f["carried"] != false {
			o.Errorf("a larger burst is taken for the one that was dismissed: %v", f)
		}
	})
}

// TestARunThatCannotBeExaminedKeepsNoneWaiting, and so for the counting of ratings.
func TestARunThatCannotBeExaminedKeepsNoneWaiting(t *testing.T) {
	o := newOffice(t, store.SQLite)
	o.change("CREATE TABLE bad (id blob)")
	const bad = 10 // as many as one round looks at
	for i := range bad + 1 {
		name := fmt.Sprint("bad ", i)
		if i == bad {
			name = "good"
		}
		o.ids["cycle"] = o.ok("hr-root", `mutation { openCycle(input: {unitId: {root}, kind: QUARTERLY, name: "`+name+`", fromOn: "2025-01-01", toOn: "2025-02-28"}) {
			cycle { id } `+userErrors+`} }`).text("openCycle.cycle.id")
		today := models.NewDate(2025, time.March, 4)
		finished := o.store.Now().Add(time.Duration(i) * time.Minute)
		run := &models.AssessmentRun{
			ID: models.NewID(), CycleID: o.id("cycle"), State: models.RunDone, RequestedBy: "hr", RequestedAt: finished, FinishedAt: &finished, AnswersBefore: &today,
		}
		o.write(run)
		o.change("UPDATE cycles SET run_id = ?, state = 'PUBLISHED' WHERE id = ?", run.ID, o.id("cycle"))
		if i < bad {
			o.change("INSERT INTO bad VALUES (?)", run.ID)
		}
	}
	for table, look := range map[string]func(context.Context) (int, error){"integrity_checks": o.app.Integrity.Examine, "tallies": o.app.Assessments.Tally} {
		o.change("CREATE TRIGGER bad_" + table + " BEFORE INSERT ON " + table + " WHEN NEW.run_id IN (SELECT id FROM bad) BEGIN SELECT RAISE(ABORT, 'bad'); END")
		if _, err := look(o.Context()); err == nil {
			t.Errorf("%s: nothing fails", table)
		}
		// What failed waits, and the round goes to what is behind it.
		if _, err := look(o.Context()); err != nil || o.count(table) != 1 {
			t.Errorf("%s: %d are done in the next round, %v", table, o.count(table), err)
		}
		if _, err := look(o.Context()); err != nil {
			t.Errorf("%s: what failed is looked at again at once: %v", table, err)
		}
		o.change("DROP TRIGGER bad_" + table)
		o.at(o.now.Load().Add(2 * time.Minute).Format(time.RFC3339))
		if _, err := look(o.Context()); err != nil || o.count(table) != bad+1 {
			t.Errorf("%s: with what failed %d are done later, %v", table, o.count(table), err)
		}
	}
}

func sortedKeys(m map[string]map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// checkEvidence wants lines that name what was done, and nobody who answered.
func (o *office) checkEvidence(seen map[string]map[string]any) {
	o.Helper()
	for flag, want := range map[string]string{
		"c0 BURST":          "2025-02 to 2025-02: at least 25 ratings of 4 and 5 within a short time, far more than at other times.",
		"c1 DUPLICATES":     "2025-01 to 2025-03: one and the same comment under at least 5 ratings, seldom seen elsewhere.",
		"c2 ONE_SIDED":      "the telephone: of at least 15 ratings 90% are 4 and 5, of all the rest of this official's 10%; that source makes no such difference for others.",
		"c3 HAND_PICKED":    "Service passport: of 24 encounters 12% were invited to rate, of colleagues' 83%.",
		"c4 OFTEN_ADVERSE":  "Service passport: of 24 encounters 88% are marked as decisions against the resident, of colleagues' 17%.",
		"c5 SELF_DEALING":   "1 encounters are with the official themself.",
		"c6 DEADLINE_EDITS": "Of 14 resolutions 100% came in the last two days before the case was due, of colleagues' 7%.",
		"c8 DEADLINE_EDITS": "Of 14 pauses 100% began in the last two days before the case was due, of colleagues' 7%.",
		"c9 SELF_DEALING":   "Of 14 cases that were confirmed as solved 100% had been entered by the official, who saw the receipts, of colleagues' 1%.",
	} {
		lines := seen[flag]["evidence"].([]any)
		if got := lines[0].(map[string]any)["text"]; got != want {
			o.Errorf("%s: %q, want %q", flag, got, want)
		}
	}
	for _, line := range seen["c5 SELF_DEALING"]["evidence"].([]any) {
		if l := line.(map[string]any); l["code"] == "SELF_RATED" && (l["count"] != nil || l["share"] != nil) {
			o.Errorf("what one person said is told: %v", l)
		}
	}
	effect := seen["c0 BURST"]["effect"].(map[string]any)
	if with, without := effect["composite"], effect["without"]; with == nil || without == nil || without.(float64) <= with.(float64) {
		o.Errorf("what bought ratings lost: %v", effect)
	}
	if e := seen["c3 HAND_PICKED"]["effect"].(map[string]any); e["composite"] != nil || !strings.Contains(e["text"].(string), "nothing was weighed down") {
		o.Errorf("what nothing was weighed down for: %v", e)
	}
}

// checkWhoSees: officers and auditors their scope, an official the own flags once
// somebody has decided, and scores with the publication alone.
func (o *office) checkWhoSees(seen map[string]map[string]any) {
	o.Helper()
	for subject, n := range map[string]int{"hr-root": 9, "auditor": 9, "hr-north": 9, "hr-south": 0, "c0": 0, "cat": 0} {
		if got := len(o.flags(subject)); got != n {
			o.Errorf("%s sees %d flags, want %d", subject, got, n)
		}
	}
	one := `query($id: ID!) { node(id: $id) { ... on IntegrityFlag { kind } } }`
	if o.ok("hr-south", one, "id", seen["c0 BURST"]["id"]).get("node") != nil || o.ok("c0", one, "id", seen["c0 BURST"]["id"]).get("node") != nil {
		o.Error("a flag out of sight is fetched by its id")
	}
	o.ok("auditor", one, "id", seen["c0 BURST"]["id"]).wants("node.kind", "BURST")
	for filter, n := range map[string]int{`{kind: BURST}`: 1, `{state: CONFIRMED}`: 0, `{officialId: {c3}}`: 1, `{cycleId: {cycle}}`: 9, `{cycleId: {c3}}`: 0, `{unitId: {north}}`: 9, `{unitId: {south}}`: 0, `{appealWaits: true}`: 0, `{appealWaits: false, unitId: {root}}`: 9} {
		if got := len(o.ok("hr-root", `{ integrityFlags(filter: `+filter+`) { nodes { id } } }`).list("integrityFlags.nodes")); got != n {
			o.Errorf("%s finds %d flags, want %d", filter, got, n)
		}
	}
	page := o.ok("hr-root", `{ integrityFlags(first: 4) { nodes { id } pageInfo { hasNextPage endCursor } } }`)
	rest := o.ok("hr-root", `query($a: String) { integrityFlags(first: 5, after: $a) { nodes { id } pageInfo { hasNextPage } } }`, "a", page.text("integrityFlags.pageInfo.endCursor"))
	if len(page.list("integrityFlags.nodes")) != 4 || len(rest.list("integrityFlags.nodes")) != 5 || rest.get("integrityFlags.pageInfo.hasNextPage") != false {
		o.Error("the pages do not hold all")
	}
	n := o.statements()
	few := fewest(n, func() { o.ok("hr-root", flagList, "f", map[string]any{"kind": "BURST"}) })
	if all := fewest(n, func() { o.ok("hr-root", flagList) }); all > few {
		o.Errorf("%d statements for nine flags, %d for one", all, few)
	}
}

// checkWhoDecides dismisses the burst of c0 and confirms the invitations of c3.
func (o *office) checkWhoDecides(seen map[string]map[string]any) {
	o.Helper()
	burst, picked := seen["c0 BURST"]["id"], seen["c3 HAND_PICKED"]["id"]
	o.refuses("hr-south", "NOT_FOUND", "id", decideFlag, "id", burst, "yes", true)
	o.refuses("hr-second", "FORBIDDEN", "id", decideFlag, "id", picked, "yes", false)                         // who handed out the links
	o.refuses("hr-third", "FORBIDDEN", "id", decideFlag, "id", seen["c6 DEADLINE_EDITS"]["id"], "yes", false) // whose steps they are
	o.change("UPDATE accounts SET official_id = ? WHERE subject = 'hr-third'", o.id("c3"))
	o.refuses("hr-third", "NOT_FOUND", "id", decideFlag, "id", picked, "yes", false) // their own, and nobody has decided yet
	o.ok("hr-third", decideFlag, "id", burst, "yes", false, "key", "k").wants("decideFlag.flag.state", "DISMISSED")
	o.ok("hr-third", decideFlag, "id", burst, "yes", false, "key", "k").wants("decideFlag.flag.decidedBy", "hr-third")
	o.refuses("hr-north", "ILLEGAL_STATE", "", decideFlag, "id", burst, "yes", true)
	o.ok("hr-third", decideFlag, "id", seen["c4 OFTEN_ADVERSE"]["id"], "yes", false)
	if own := o.flags("c0")["c0 BURST"]; own == nil || own["effect"].(map[string]any)["composite"] != nil || own["appealUntil"] != nil {
		o.Errorf("what c0 sees while results are sealed: %v", own)
	}
	o.ok("hr-north", decideFlag, "id", picked, "yes", true).wants("decideFlag.flag.appealUntil", "2025-04-23")
	o.refuses("hr-third", "FORBIDDEN", "id", decideFlag, "id", picked, "yes", false) // their own
	var entries int64
	err := o.store.Read(o.Context()).Model(&models.AuditEntry{}).Where("action = 'decideFlag' AND noun = 'IntegrityFlag'").Count(&entries).Error
	if err != nil || entries != 3 {
		o.Errorf("%d audit entries of three decisions: %v", entries, err)
	}
}

// checkAppeal appeals against the flag that carries a decision on, and the one that
// was decided goes with it.
func (o *office) checkAppeal(carried, origin string) {
	o.Helper()
	o.grant(accounts.Grant{Subject: "c3", Role: models.RoleOfficial, OfficialRef: "c3"})
	o.refuses("c0", "NOT_FOUND", "id", appealFlag, "id", carried)
	o.refuses("c0", "ILLEGAL_STATE", "id", appealFlag, "id", o.flags("c0")["c0 BURST"]["id"])
	o.refuses("hr-root", "NOT_FOUND", "id", decideAppeal, "id", carried, "yes", true)
	o.at("2025-04-24T10:00:00+08:00")
	o.refuses("c3", "GONE", "id", appealFlag, "id", carried)
	o.at("2025-04-23T10:00:00+08:00")
	filed := o.ok("c3", appealFlag, "id", carried, "key", "k")
	filed.wants("appealFlag.flag.appeal.state", "FILED")
	filed.wants("appealFlag.flag.appeal.dueOn", "2025-05-23") // twenty working days, Labour Day and its make-up day between
	o.ok("c3", appealFlag, "id", carried, "key", "k").wants("appealFlag.flag.appeal.state", "FILED")
	waiting := o.ok("hr-root", flagList, "f", map[string]any{"appealWaits": true}).list("integrityFlags.nodes")
	if len(waiting) != 1 || waiting[0].(map[string]any)["id"] != carried {
		o.Errorf("an appeal waits, and is not found: %v", waiting)
	}
	o.refuses("c3", "CONFLICT", "id", appealFlag, "id", origin)
	o.refuses("hr-north", "FORBIDDEN", "", decideAppeal, "id", carried, "yes", true) // who confirmed it
	for _, twin := range []string{"hr-north", "hr-twin"} {
		o.grant(accounts.Grant{Subject: twin, Role: models.RoleHR, UnitRef: "north", OfficialRef: "dan"})
	}
	o.refuses("hr-twin", "FORBIDDEN", "", decideAppeal, "id", carried, "yes", true) // the same person
	o.refuses("hr-second", "FORBIDDEN", "id", decideAppeal, "id", carried, "yes", true)
	o.refuses("hr-third", "FORBIDDEN", "id", decideAppeal, "id", carried, "yes", true)
	o.ok("hr-root", decideAppeal, "id", carried, "yes", true).wants("decideFlagAppeal.flag.state", "DISMISSED")
	o.refuses("hr-root", "ILLEGAL_STATE", "", decideAppeal, "id", carried, "yes", true)
	query := `query($id: ID!) { node(id: $id) { ... on IntegrityFlag { state decidedBy appeal { state decidedBy decision } } } }`
	for _, id := range []string{carried, origin} {
		got := o.ok("hr-root", query, "id", id)
		got.wants("node.state", "DISMISSED")
		got.wants("node.decidedBy", "hr-north")
		got.wants("node.appeal.decidedBy", "hr-root")
	}
}
