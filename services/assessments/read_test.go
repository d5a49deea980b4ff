package assessments

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
	"steelyard/store/storetest"
)

// evidence reads a unit's evidence of a period; an empty unit is everything.
func (o *office) evidence(unit string, period models.Period) *reading {
	o.t.Helper()
	got, err := o.read(o.t.Context(), scope{unit: o.maybe(unit), period: period}, func(string, int, int) {})
	if err != nil {
		o.t.Fatal(err)
	}
	if err := got.ev.Validate(); err != nil {
		o.t.Fatal(err)
	}
	return got
}

func dates(days []scoring.Day) []string {
	out := make([]string, len(days))
	for i, d := range days {
		out[i] = models.DateFromEpochDay(int32(d)).String()
	}
	slices.Sort(out)
	return out
}

func want[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestReadTakesWhatCountsByItsOwnDay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		o.official("A", "clerk", [3]string{"north", "2020-01-01", ""})
		for _, on := range []string{"2025-02-28", "2025-03-01", "2025-03-31", "2025-04-01"} {
			o.rating("A", "easy", on, 4, "")
			o.review("A", "X"+on, 2025, models.RelationPeer, 4, on)
		}
		for i, at := range []string{
			"2025-02-28 23:59:59.999999", "2025-03-01 00:00:00", "2025-03-31 23:59:59.999999", "2025-04-01 00:00:00",
		} {
			o.deed(fmt.Sprint("D", i), "A", at)
			o.achievement("A", at)
			o.encounter(fmt.Sprint("E", i), "A", at, models.Answers[i%2])
		}
		ev := o.evidence("", march).ev
		both := []string{"2025-03-01", "2025-03-31"}
		want(t, "ratings", dates(ev.Ratings.Day), both)
		want(t, "reviews", dates(ev.Reviews.Day), both)
		want(t, "deeds", dates(ev.Deeds.Day), both)
		want(t, "achievements", dates(ev.Achievements.Day), both)
		want(t, "response", ev.Response, []scoring.Response{{Encounters: 2, Invited: 1, Answered: 2}})
		if ev.From != scoring.Day(march.From.EpochDay()) || ev.To != scoring.Day(march.To.EpochDay()) {
			t.Errorf("the period is %d to %d", ev.From, ev.To)
		}
	})
}

func TestReadGivesEachPieceToThePostOfItsDay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		// A moves on the 11th, has no post on the 20th, and is back from the 21st.
		o.official("A", "clerk", [3]string{"north", "2020-01-01", "2025-03-10"}, [3]string{"south", "2025-03-11", "2025-03-19"},
			[3]string{"north-1", "2025-03-21", ""})
		o.official("late", "clerk", [3]string{"south", "2020-01-01", ""})
		// Two posts at once: the one that began later counts.
		o.official("twice", "clerk", [3]string{"north", "2019-01-01", ""}, [3]string{"south", "2020-01-01", ""})
		o.rating("twice", "easy", "2025-03-05", 5, "")
		o.encounter("E-twice", "twice", "2025-03-05 09:00:00", models.AnswerYes)
		if err := s.InTx(t.Context(), func(tx *store.Tx) error {
			return tx.Model(&models.Official{}).Where("ref = ?", "late").Updates(map[string]any{
				"active_from": day("2025-03-15"), "active_to": day("2025-03-20"),
			}).Error
		}); err != nil {
			t.Fatal(err)
		}
		for _, d := range []string{"2025-03-10", "2025-03-11", "2025-03-20", "2025-03-21"} {
			o.rating("A", "easy", d, 5, "")
			o.encounter("E"+d, "A", d+" 23:30:00", models.AnswerYes)
		}
		o.rating("late", "easy", "2025-03-14", 5, "")
		o.rating("late", "easy", "2025-03-15", 5, "")
		ev := o.evidence("", march).ev
		var posts []string
		for i, p := range ev.Postings {
			n := 0
			for _, posting := range ev.Ratings.Posting {
				if posting == int32(i) {
					n++
				}
			}
			posts = append(posts, fmt.Sprintf("%s %s %s..%s person %d: %d ratings, %d encounters", p.Official, p.Unit,
				models.DateFromEpochDay(int32(p.From)), models.DateFromEpochDay(int32(p.To)), p.Person, n, ev.Response[i].Encounters))
		}
		want(t, "postings", posts, []string{
			"A north 2025-03-01..2025-03-10 person 0: 1 ratings, 1 encounters",
			"A south 2025-03-11..2025-03-19 person 0: 1 ratings, 1 encounters",
			"A north-1 2025-03-21..2025-03-31 person 0: 1 ratings, 1 encounters",
			"late south 2025-03-15..2025-03-20 person 1: 1 ratings, 0 encounters",
			"twice north 2025-03-01..2025-03-31 person 2: 0 ratings, 0 encounters",
			"twice south 2025-03-01..2025-03-31 person 2: 1 ratings, 1 encounters",
		})
	})
}

func TestReadKeepsToTheScope(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		o.official("A", "clerk", [3]string{"north-1", "2020-01-01", "2025-03-15"}, [3]string{"south", "2025-03-16", ""})
		o.official("B", "clerk", [3]string{"south", "2020-01-01", ""})
		for _, official := range []string{"A", "B"} {
			o.rating(official, "easy", "2025-03-10", 5, "")
			o.rating(official, "easy", "2025-03-20", 5, "")
		}
		o.matter("in-north", "north", "A", "2025-03-02 09:00:00", "2025-03-10 09:00:00", nil)
		o.matter("moved-on", "south", "B", "2025-03-02 09:00:00", "2025-03-12 09:00:00", nil)
		o.event("moved-on", 1, "2025-03-02 10:00:00", models.EventAssigned, "", "A")
		o.event("moved-on", 2, "2025-03-05 10:00:00", models.EventTransferred, "A", "B")
		o.matter("of-south", "south", "B", "2025-03-02 09:00:00", "2025-03-12 09:00:00", nil)
		o.matter("nobodys", "north-1", "", "2025-03-02 09:00:00", "", nil)
		o.matter("nobodys-south", "south", "", "2025-03-02 09:00:00", "", nil)

		ids := func(unit string) []string {
			c := o.evidence(unit, march).ev.Cases
			slices.Sort(c.ID)
			return c.ID
		}
		north := o.evidence("north", march).ev
		if len(north.Postings) != 1 || north.Postings[0].Unit != "north-1" || len(north.Ratings.Posting) != 1 {
			t.Errorf("north has postings %+v with %d ratings", north.Postings, len(north.Ratings.Posting))
		}
		want(t, "cases of north", ids("north"), []string{"in-north", "moved-on", "nobodys"})
		want(t, "cases of south", ids("south"), []string{"moved-on", "nobodys-south", "of-south"})
		want(t, "cases of everything", ids(""), []string{"in-north", "moved-on", "nobodys", "nobodys-south", "of-south"})
		if o.evidence("", march).ev.Digest() != o.evidence("town", march).ev.Digest() {
			t.Error("the top of the organisation is not all of it")
		}

		nowhere := models.NewID()
		_, err := o.read(t.Context(), scope{unit: &nowhere, period: march}, func(string, int, int) {})
		if !errors.Is(err, models.NotFound("OrgUnit")) {
			t.Errorf("a unit that there is not gives %v", err)
		}
	})
}

func TestReadSeesCasesAsTheyStoodAtTheEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		o.official("A", "clerk", [3]string{"north", "2020-01-01", ""})
		o.official("B", "clerk", [3]string{"south", "2020-01-01", ""})
		five := func(c *models.Case) {
			level := 5
			c.Asked, c.Confirmed, c.Satisfaction, c.State = models.AnswerYes, models.AnswerYes, &level, models.CaseConfirmed
		}
		o.matter("before", "north", "A", "2025-02-01 09:00:00", "2025-02-28 23:59:59.999999", five)
		o.matter("first-moment", "north", "A", "2025-02-01 09:00:00", "2025-03-01 00:00:00", five)
		o.matter("last-moment", "north", "A", "2025-03-31 23:59:59", "2025-03-31 23:59:59.999999", five)
		o.matter("closed-after", "north", "A", "2025-03-31 23:59:59.999999", "2025-04-01 00:00:00", five)
		o.matter("opened-after", "north", "A", "2025-04-01 00:00:00", "", nil)
		o.matter("old-and-open", "north", "A", "2001-03-02 09:00:00", "", nil)
		o.matter("handed-over-after", "south", "B", "2025-03-02 09:00:00", "2025-04-20 09:00:00", five)
		o.event("handed-over-after", 1, "2025-03-02 09:00:00", models.EventAssigned, "", "A")
		o.event("handed-over-after", 2, "2025-04-02 09:00:00", models.EventTransferred, "A", "B")
		o.event("handed-over-after", 3, "2025-04-20 09:00:00", models.EventResolved, "", "")

		ev := o.evidence("", march).ev
		c := &ev.Cases
		var got []string
		for i, id := range c.ID {
			holder := "nobody"
			if p := c.Posting[i]; p != scoring.None {
				holder = ev.Postings[p].Official
			}
			got = append(got, fmt.Sprintf("%s with %s, closed %t, outcome %d, confirmed %d, satisfaction %d",
				id, holder, c.Closed[i] != scoring.NoTime, c.Outcome[i], c.Confirmed[i], c.Satisfaction[i]))
		}
		slices.Sort(got)
		want(t, "cases", got, []string{
			"closed-after with A, closed false, outcome 0, confirmed 0, satisfaction 0",
			"first-moment with A, closed true, outcome 1, confirmed 1, satisfaction 5",
			"handed-over-after with A, closed false, outcome 0, confirmed 0, satisfaction 0",
			"last-moment with A, closed true, outcome 1, confirmed 1, satisfaction 5",
			"old-and-open with A, closed false, outcome 0, confirmed 0, satisfaction 0",
		})
		want(t, "marks", dates(ev.Ratings.Day), []string{"2025-03-01", "2025-03-31"})
		if len(ev.Events.Case) != 1 {
			t.Errorf("%d events, want the one that lies within the period", len(ev.Events.Case))
		}
		if end := clock("2025-04-01 00:00:00").Unix(); c.End != end {
			t.Errorf("the end is %d, want %d", c.End, end)
		}
	})
}

func TestReadNamesKindsThatEvidenceUses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		o.official("A", "clerk", [3]string{"north", "2020-01-01", ""})
		o.rating("A", "hard", "2025-03-10", 5, "")
		o.matter("c", "north", "A", "2025-03-02 09:00:00", "", nil)
		ev := o.evidence("", march).ev
		parents := map[string]string{}
		for _, k := range ev.Kinds {
			parents[k.ID] = "none"
			if k.Parent != scoring.None {
				parents[k.ID] = ev.Kinds[k.Parent].ID
			}
		}
		want(t, "kinds and their parents", parents, map[string]string{
			"service:hard":                     "service-category:welfare / money",
			"service-category:welfare / money": "service-category:welfare",
			"service-category:welfare":         "none",
			"category:roads / lamps":           "category:roads",
			"category:roads":                   "none",
		})
		if k := ev.Kinds[ev.Ratings.Kind[0]]; k.ID != "service:hard" || k.Name != "Hardship allowance" {
			t.Errorf("the rating's kind is %+v", k)
		}
	})
}

func TestReadRecognisesReviewersWhoAreAssessed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		o.official("A", "clerk", [3]string{"north", "2020-01-01", ""})
		o.official("B", "clerk", [3]string{"north", "2020-01-01", ""})
		o.review("A", "B", 2025, models.RelationPeer, 5, "2025-03-03")
		o.review("B", "stranger", 2025, models.RelationExternal, 5, "2025-03-03")
		o.review("A", "B", 2024, models.RelationPeer, 5, "2025-03-04") // under another year's key
		persons := func() map[string]int {
			ev := o.evidence("", march).ev
			who := map[string]int{}
			for _, p := range ev.Reviews.ReviewerPerson {
				if p == scoring.None {
					who["stranger"]++
				} else {
					who[ev.Postings[slices.IndexFunc(ev.Postings, func(q scoring.Posting) bool { return q.Person == p })].Official]++
				}
			}
			return who
		}
		want(t, "reviewers", persons(), map[string]int{"B": 2, "stranger": 1})

		if err := o.Keys.Destroy(2024, time.Date(2025, 4, 1, 0, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
		want(t, "reviewers without 2024", persons(), map[string]int{"B": 1, "stranger": 2})

		right := o.Keys
		foreign, err := keyring.Create(filepath.Join(t.TempDir(), "others"))
		if err != nil {
			t.Fatal(err)
		}
		o.Keys = foreign
		o.refuses("a key that is not there")
		if _, err := foreign.Ensure(2025); err != nil {
			t.Fatal(err)
		}
		if _, err := foreign.Ensure(2024); err != nil {
			t.Fatal(err)
		}
		_, epoch, err := right.Epoch(2025, o.Store.Now())
		if err != nil {
			t.Fatal(err)
		}
		o.add(&epoch)
		o.refuses("another key than the database knows")
	})
}

// refuses expects the error that names a missing key.
func (o *office) refuses(what string) {
	o.t.Helper()
	_, err := o.read(o.t.Context(), scope{period: march}, func(string, int, int) {})
	var own *models.Error
	if !errors.As(err, &own) || own.Key != models.KeyKeyMissing {
		o.t.Errorf("%s gives %v", what, err)
	}
}

// The digest is of external ids and of who is the same person, never of ids and
// hashes that two databases do not share.
func TestReadGivesTheSameEvidenceOnEveryDatabase(t *testing.T) {
	var digests []string
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, reversed := range []bool{false, true} {
			o := newOffice(t, storetest.Open(t, s.Dialect(), store.Options{}))
			fill(o, reversed)
			digests = append(digests, fmt.Sprintf("%x", o.evidence("", march).ev.Digest()))
		}
	})
	for _, d := range digests {
		if d != digests[0] {
			t.Fatalf("digests differ: %v", digests)
		}
	}
}

// fill puts evidence of all sorts into an office, forwards or backwards; the
// hashes of persons differ with the direction.
func fill(o *office, reversed bool) {
	salt := "f"
	if reversed {
		salt = "b"
	}
	o.official("A", "clerk", [3]string{"north", "2020-01-01", ""})
	o.official("B", "clerk", [3]string{"north-1", "2020-01-01", "2025-03-14"}, [3]string{"south", "2025-03-15", ""})
	o.official("C", "warden", [3]string{"south", "2020-01-01", ""})
	var steps []func()
	for i := range 60 {
		official := []string{"A", "B", "C"}[i%3]
		on := march.From.AddDays(i % 31).String()
		who := fmt.Sprint(salt, i%17)
		steps = append(steps, func() { o.rating(official, []string{"easy", "hard"}[i%2], on, 1+i%5, who) })
		if i%2 == 0 {
			ref := fmt.Sprint("C", i)
			steps = append(steps, func() {
				o.matter(ref, "north", official, on+" 09:00:00", "", func(c *models.Case) { c.ResidentKey = resident(who) })
				o.event(ref, 1, on+" 09:00:00", models.EventAssigned, "", official)
			})
		}
		if i%5 == 0 {
			steps = append(steps, func() {
				o.deed(fmt.Sprint("D", i), official, on+" 10:00:00")
				o.achievement(official, on+" 11:00:00")
				o.encounter(fmt.Sprint("E", i), official, on+" 12:00:00", models.AnswerYes)
				o.review(official, []string{"A", "C", "X"}[i%3], 2025, models.RelationPeer, 3+(i/5)%3-(i/15)%2, on)
			})
		}
	}
	if reversed {
		slices.Reverse(steps)
	}
	for _, step := range steps {
		step()
	}
}

func TestWordsStandInTheEnginesOrder(t *testing.T) {
	type pair struct{ engine, word string }
	at := func(i int, words []string) string { return words[i] }
	texts := func(n int, word func(int) string) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = word(i)
		}
		return out
	}
	channels := texts(len(models.Channels), func(i int) string { return string(models.Channels[i]) })
	events := texts(len(models.CaseEventKinds), func(i int) string { return string(models.CaseEventKinds[i]) })
	relations := texts(len(models.Relations), func(i int) string { return string(models.Relations[i]) })
	dimensions := texts(len(models.Dimensions), func(i int) string { return string(models.Dimensions[i]) })
	kinds := texts(len(models.AchievementKinds), func(i int) string { return string(models.AchievementKinds[i]) })
	results := texts(len(outcomes), func(i int) string { return string(outcomes[i]) })
	for _, p := range []pair{
		{at(int(scoring.ChannelWindow), channels), "WINDOW"},
		{at(int(scoring.ChannelHotline), channels), "HOTLINE"},
		{at(int(scoring.ChannelHomeVisit), channels), "HOME_VISIT"},
		{at(int(scoring.ChannelOther), channels), "OTHER"},
		{at(int(scoring.EventSubmitted), events), "SUBMITTED"},
		{at(int(scoring.EventAssigned), events), "ASSIGNED"},
		{at(int(scoring.EventTransferred), events), "TRANSFERRED"},
		{at(int(scoring.EventTransferAccepted), events), "TRANSFER_ACCEPTED"},
		{at(int(scoring.EventTransferRefused), events), "TRANSFER_REFUSED"},
		{at(int(scoring.EventPaused), events), "PAUSED"},
		{at(int(scoring.EventResumed), events), "RESUMED"},
		{at(int(scoring.EventResolved), events), "RESOLVED"},
		{at(int(scoring.EventReopened), events), "REOPENED"},
		{at(int(scoring.EventClosed), events), "CLOSED"},
		{at(int(scoring.RelationSuperior), relations), "SUPERIOR"},
		{at(int(scoring.RelationSelf), relations), "SELF"},
		{at(int(scoring.RelationExternal), relations), "EXTERNAL"},
		{at(int(scoring.DimensionMorality), dimensions), "MORALITY"},
		{at(int(scoring.DimensionDiligence), dimensions), "DILIGENCE"},
		{at(int(scoring.DimensionIntegrity), dimensions), "INTEGRITY"},
		{at(int(scoring.AchievementAward), kinds), "AWARD"},
		{at(int(scoring.AchievementDemonstrationProject), kinds), "DEMONSTRATION_PROJECT"},
		{at(int(scoring.AchievementCampaign), kinds), "CAMPAIGN"},
		{at(int(scoring.OutcomeOpen), results), ""},
		{at(int(scoring.OutcomePartlyResolved), results), "PARTLY_RESOLVED"},
		{at(int(scoring.OutcomeWithdrawn), results), "WITHDRAWN"},
		{string(sources[scoring.SourceRating]), "ENCOUNTER"},
		{string(sources[scoring.SourceWalkIn]), "WALK_IN"},
		{string(ternaries[scoring.Yes]), "YES"},
		{string(ternaries[scoring.No]), "NO"},
	} {
		if p.engine != p.word {
			t.Errorf("%s stands where the engine has %s", p.engine, p.word)
		}
	}
}

// TestReadWaitsForTheRelease: a run before and a run after a single answer must not
// tell it.
func TestReadWaitsForTheRelease(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		o.official("A", "clerk", [3]string{"north", "2020-01-01", ""})
		o.rating("A", "easy", "2025-03-01", 4, "")
		o.review("A", "X", 2025, models.RelationPeer, 4, "2025-03-02")
		period := models.Period{From: day("2025-01-01"), To: day("2025-12-31")}
		for _, c := range []struct {
			released bool
			n        int
		}{{false, 0}, {true, 1}} {
			for _, table := range []string{"ratings", "peer_reviews"} {
				if err := s.InTx(t.Context(), func(tx *store.Tx) error {
					return tx.Exec("UPDATE "+table+" SET released = ?", c.released).Error
				}); err != nil {
					t.Fatal(err)
				}
			}
			ev := o.evidence("", period).ev
			want(t, fmt.Sprintf("ratings, released: %v", c.released), len(ev.Ratings.Level), c.n)
			want(t, fmt.Sprintf("reviews, released: %v", c.released), len(ev.Reviews.Posting), c.n)
		}
	})
}
