package resolvers_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

// release releases ratings and wants a number of them.
func (o *office) release(want int) {
	o.Helper()
	n, err := o.app.Ratings.Release(o.Context())
	if err != nil {
		o.Fatal(err)
	}
	if n != want {
		o.Errorf("%d ratings were released, want %d", n, want)
	}
}

// rate lets as many residents rate an official, with long comments for every other.
func (o *office) rate(official string, residents int) {
	o.Helper()
	for i := range residents {
		_, token := o.invite(official, "passport", fmt.Sprint("R", i))
		comment := strings.Repeat("长", 1+i%2*1999)
		o.ok("", submit, "token", token, "level", i%5+1, "comment", comment, "tags", []string{"slow", "clear"}, "key", "key of one phone")
	}
}

func (o *office) states() map[models.InvitationState]int {
	o.Helper()
	var rows []models.RatingInvitation
	if err := o.store.Read(o.Context()).Find(&rows).Error; err != nil {
		o.Fatal(err)
	}
	states := map[models.InvitationState]int{}
	for _, r := range rows {
		states[r.State]++
	}
	return states
}

func (o *office) ratings() []models.Rating {
	o.Helper()
	var rows []models.Rating
	if err := o.store.Read(o.Context()).Order("id").Find(&rows).Error; err != nil {
		o.Fatal(err)
	}
	return rows
}

var sameDay = cmp.Comparer(func(a, b models.Date) bool { return a == b })

func TestRatingsAreReleasedInBatches(t *testing.T) {
	each(t, func(o *office) {
		o.invite("ann", "passport", "nobody rates this")
		o.rate("ann", 4)
		o.release(0)
		if used := o.states()[models.InvitationUsed]; used != 0 || o.count("rating_totals") != 0 {
			o.Errorf("before the release %d invitations are marked, and %d totals are there", used, o.count("rating_totals"))
		}
		before := o.ratings()
		o.rate("bob", 2)
		o.release(6)
		if states := o.states(); states[models.InvitationUsed] != 6 || states[models.InvitationIssued] != 1 {
			o.Errorf("invitations %v", states)
		}
		// It is all there, and nothing of it has changed.
		after := slices.DeleteFunc(o.ratings(), func(r models.Rating) bool { return r.OfficialID != o.id("ann") })
		for i := range before {
			before[i].Released = true
		}
		if diff := cmp.Diff(before, after, sameDay); diff != "" {
			o.Errorf("the release changes ratings (- before, + after):\n%s", diff)
		}
		var totals []models.RatingTotal
		if err := o.store.Read(o.Context()).Order("level4 DESC").Find(&totals).Error; err != nil {
			o.Fatal(err)
		}
		day := models.NewDate(2025, 3, 4)
		want := []models.RatingTotal{
			{OfficialID: o.id("ann"), RatedOn: day, Level1: 1, Level2: 1, Level3: 1, Level4: 1},
			{OfficialID: o.id("bob"), RatedOn: day, Level1: 1, Level2: 1},
		}
		if diff := cmp.Diff(want, totals, sameDay); diff != "" {
			o.Errorf("totals (- want, + got):\n%s", diff)
		}
		// A reply to a released rating does not stand in the way of the next release.
		o.write(&models.RatingReply{ID: models.NewID(), RatingID: after[0].ID, Author: "reply-north", Text: "t", RepliedOn: day})

		// The last one of a day does not wait for the next day's.
		o.rate("ann", 1)
		o.release(0)
		if used := o.states()[models.InvitationUsed]; used != 6 {
			o.Errorf("%d invitations are marked", used)
		}
		o.later(1)
		o.rate("ann", 1)
		o.release(1)
		o.release(0)
		// Today's waits still, and the ledger does not say which of the two it is.
		if used := o.states()[models.InvitationUsed]; used != 6 {
			o.Errorf("%d invitations are marked while one rating waits", used)
		}
		o.later(1)
		o.release(1)
		if states := o.states(); states[models.InvitationUsed] != 8 || o.count("rating_replies") != 1 || o.count("ratings") != 8 {
			o.Errorf("invitations %v, %d replies, %d ratings", states, o.count("rating_replies"), o.count("ratings"))
		}
	})
}

func TestARatingIsReleasedOnceByManyAtOnce(t *testing.T) {
	each(t, func(o *office) {
		o.rate("ann", 7)
		var wg sync.WaitGroup
		released := make([]int, 8)
		for i := range released {
			wg.Go(func() {
				var err error
				if released[i], err = o.app.Ratings.Release(o.Context()); err != nil {
					o.Error(err)
				}
			})
		}
		wg.Wait()
		sum := 0
		for _, n := range released {
			sum += n
		}
		var total models.RatingTotal
		if err := o.store.Read(o.Context()).Take(&total).Error; err != nil {
			o.Fatal(err)
		}
		if n := total.Level1 + total.Level2 + total.Level3 + total.Level4 + total.Level5; sum != 7 || n != 7 {
			o.Errorf("%v were released, and %d are counted", released, n)
		}
	})
}

// marks are the numbers of transactions that PostgreSQL keeps with a table's rows.
func (o *office) marks(column string, tables ...string) []string {
	o.Helper()
	var all []string
	for _, table := range tables {
		var some []string
		query := o.asOwner().Read(o.Context()).Table(table).Where(column + "::text <> '0'")
		if err := query.Pluck(column+"::text", &some).Error; err != nil {
			o.Fatal(err)
		}
		all = append(all, some...)
	}
	return all
}

// linked says how many of the marks of answers stand in the other tables.
func (o *office) linked(answers string, tables ...string) int {
	o.Helper()
	others := append(o.marks("xmin", tables...), o.marks("xmax", tables...)...)
	n := 0
	for _, mark := range o.marks("xmin", answers) {
		if slices.Contains(others, mark) {
			n++
		}
	}
	return n
}

// TestTheLedgerDoesNotLeadToTheRatings looks for what PostgreSQL itself keeps.
func TestTheLedgerDoesNotLeadToTheRatings(t *testing.T) {
	o := newOffice(t, store.Postgres)
	ledger := []string{"encounters", "encounter_claims", "audit_entries", "key_epochs", "officials", "services"}
	o.invite("ann", "passport", "nobody rates this")
	o.rate("ann", 12)
	if o.linked("ratings", "encounter_claims") != 12 {
		t.Fatal("the test does not see the connection that there is before the release")
	}
	o.release(12)
	o.wantRandomIDs("ratings")
	// References are checked again, in the release's name.
	if n := o.linked("ratings", ledger[:4]...); n != 0 {
		t.Errorf("%d ratings share a transaction with the ledger", n)
	}
	batch := o.marks("xmin", "ratings")
	slices.Sort(batch)
	if len(slices.Compact(batch)) != 1 {
		t.Errorf("ratings of %d transactions: %v", len(batch), batch)
	}
	for _, table := range []string{"rating_invitations", "rating_totals"} {
		n := 0
		for _, mark := range o.marks("xmin", table) {
			if mark == batch[0] {
				n++
			}
		}
		if want := map[string]int{"rating_invitations": 12, "rating_totals": 1}[table]; n != want {
			t.Errorf("%d rows of %s are of the release, want all %d that belong to it", n, table, want)
		}
	}
	// Nor do places, nor what lies aside of them because it is long.
	var places, ids []string
	db := o.store.Read(t.Context())
	if err := db.Raw("SELECT id::text FROM ratings ORDER BY ctid").Scan(&places).Error; err != nil {
		t.Fatal(err)
	}
	if err := db.Raw("SELECT id::text FROM ratings ORDER BY id").Scan(&ids).Error; err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(places, ids) {
		t.Error("the places of the ratings are not in the order of their ids")
	}

	// One that comes late goes with its day.
	o.rate("ann", 1)
	o.later(1)
	o.release(1)
	batch = o.marks("xmin", "ratings")
	slices.Sort(batch)
	if n := o.linked("ratings", ledger[:4]...); n != 0 || len(slices.Compact(batch)) != 1 {
		t.Errorf("%d ratings share a transaction with the ledger; the last of the day was released by itself: %v", n, batch)
	}
}

// TestLongCommentsAreWrittenAnew: PostgreSQL keeps long texts in a table aside, with
// transactions of their own.
func TestLongCommentsAreWrittenAnew(t *testing.T) {
	o := newOffice(t, store.Postgres)
	o.change("ALTER TABLE ratings ALTER COLUMN comment SET STORAGE EXTERNAL") // not compressed, hence aside
	o.rate("ann", 10)
	var aside string
	err := o.store.Read(t.Context()).Raw("SELECT reltoastrelid::regclass::text FROM pg_class WHERE oid = 'ratings'::regclass").Scan(&aside).Error
	if err != nil {
		t.Fatal(err)
	}
	if o.linked(aside, "encounter_claims") == 0 {
		t.Fatal("the test finds no long texts aside")
	}
	o.release(10)
	if n := o.linked(aside, "encounter_claims"); n != 0 {
		t.Errorf("%d pieces of comments share a transaction with the ledger", n)
	}
}

// TestTheLedgerDoesNotLeadToTheReviews is the same for colleagues: a batch is as many
// of them, not as many marks.
func TestTheLedgerDoesNotLeadToTheReviews(t *testing.T) {
	each(t, func(o *office) {
		var pairs []string
		for i := range 6 {
			ref := fmt.Sprint("colleague", i)
			official := &models.Official{
				ID: models.NewID(), Ref: ref, UnitID: o.id("north"), PositionID: o.positionOf("ann"), Name: ref,
			}
			o.ids[ref] = official.ID.String()
			o.write(official)
			o.grant(accounts.Grant{Subject: ref, Role: models.RoleOfficial, UnitRef: "north", OfficialRef: ref})
			pairs = append(pairs, "{officialId: {ann}, reviewerId: {"+ref+"}, relation: PEER}")
		}
		o.ok("hr-north", `mutation($cycle: ID!) { openReviewRound(input: {cycleId: $cycle, name: "spring", opensOn: "2025-03-01", closesOn: "2025-03-31", assignments: [`+
			strings.Join(pairs, ", ")+`]}) { round { id } `+userErrors+`} }`, "cycle", o.cycle("hr-north", "north"))
		hand := func(ref string) {
			o.Helper()
			o.ok(ref, `mutation($id: ID!) { submitPeerReview(input: {assignmentId: $id, scores: [{dimension: ABILITY, score: 4}, {dimension: MORALITY, score: 3}]}) {
				submitted `+userErrors+`} }`, "id", o.assignmentOf(ref))
		}
		release := func(want int) {
			o.Helper()
			if n, err := o.app.Reviews.Release(o.Context()); err != nil || n != want {
				o.Errorf("%d marks were released, want %d: %v", n, want, err)
			}
		}
		for i := range 4 {
			hand(fmt.Sprint("colleague", i))
		}
		release(0)
		hand("colleague4")
		postgres := o.store.Dialect() == store.Postgres
		if postgres && o.linked("peer_reviews", "review_claims") != 10 {
			o.Fatal("the test does not see the connection that there is before the release")
		}
		release(10)
		hand("colleague5")
		release(0)
		o.later(1)
		release(2)
		if n := o.count("peer_reviews"); n != 12 {
			o.Errorf("%d marks", n)
		}
		o.wantRandomIDs("peer_reviews")
		if !postgres {
			return
		}
		if n := o.linked("peer_reviews", "review_claims", "review_assignments", "audit_entries", "key_epochs"); n != 0 {
			o.Errorf("%d marks share a transaction with the ledger", n)
		}
		batch := o.marks("xmin", "peer_reviews")
		slices.Sort(batch)
		if len(slices.Compact(batch)) != 1 {
			o.Errorf("the last review of the day was released by itself: %v", batch)
		}
	})
}

// TestARushIsReleasedWhole, however few go in one transaction, and whoever must wait for
// company keeps nobody else.
func TestARushIsReleasedWhole(t *testing.T) {
	each(t, func(o *office) {
		rush := func(from, n int) {
			for i := range n {
				_, token := o.invite("ann", "passport", fmt.Sprint("R", from+i))
				o.ok("", submit, "token", token, "level", 4)
			}
		}
		rush(0, 120)
		o.later(1)
		rush(120, 2)
		o.release(120)
		o.later(1)
		o.release(2)
	})
}
