package resolvers_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/store"
)

// invite records an encounter of an official and returns its id and the token of
// a rating link for it.
func (o *office) invite(subject, service, resident string) (encounter, token string) {
	o.Helper()
	recorded := o.ok(subject, `mutation($resident: String) {
		recordEncounter(input: {serviceId: {`+service+`}, channel: WINDOW, residentRef: $resident}) {
			encounter { id official { ref } service { ref } }`+userErrors+`} }`, "resident", resident)
	encounter = recorded.text("recordEncounter.encounter.id")
	issued := o.ok(subject, `mutation($id: ID!) {
		issueRatingInvitation(input: {encounterId: $id, issuedFrom: "desk 3"}) {
			invitation { token url qrSvg qrPng expiresAt }`+userErrors+`} }`, "id", encounter)
	return encounter, issued.text("issueRatingInvitation.invitation.token")
}

const submit = `mutation($token: String!, $level: Int!, $key: String, $comment: String, $tags: [String!], $dimensions: [DimensionLevelInput!]) {
	submitRating(input: {token: $token, level: $level, idempotencyKey: $key, comment: $comment, tags: $tags, dimensions: $dimensions}) {
		receipt rating { id level comment tags submittedOn service { ref } dimensions { dimension level } reply { text } }` + userErrors + `} }`

func TestARatingTravelsFromTheLinkToTheReceipt(t *testing.T) {
	each(t, func(o *office) {
		_, token := o.invite("ann", "passport", "R1")
		offer := o.ok("", `query($t: String!) { ratingInvitation(token: $t) { officialName unitName occurredOn service { ref } } }`, "t", token)
		offer.wants("ratingInvitation.officialName", "Official ann")
		offer.wants("ratingInvitation.unitName", "Office north-desk")
		offer.wants("ratingInvitation.occurredOn", "2025-03-04")

		rated := o.ok("", submit, "token", token, "level", 2, "comment", "等了很久 🙁 \"quoted\"", "tags", []string{"slow"},
			"dimensions", []map[string]any{{"dimension": "speed", "level": 1}})
		rated.wants("submitRating.rating.level", 2)
		rated.wants("submitRating.rating.submittedOn", "2025-03-04")
		receipt := rated.text("submitRating.receipt")

		found := o.ok("", `query($r: String!) { ratingByReceipt(receipt: $r) { level comment tags submittedOn dimensions { dimension level } reply { text } service { ref } } }`,
			"r", strings.ToLower(receipt))
		found.wants("ratingByReceipt.comment", "等了很久 🙁 \"quoted\"")
		found.wants("ratingByReceipt.tags.0", "slow")
		found.wants("ratingByReceipt.dimensions.0.level", 1)
		found.wants("ratingByReceipt.service.ref", "passport")
		found.wants("ratingByReceipt.reply", nil)
		if o.count("rating_totals") != 0 || o.count("encounter_claims") != 1 {
			o.Error("the rating is in the totals before its release, or the encounter not claimed")
		}
	})
}

func TestATokenIsUsedOnceByAHundredAtOnce(t *testing.T) {
	each(t, func(o *office) {
		_, token := o.invite("ann", "passport", "R1")
		var wg sync.WaitGroup
		answers := make([]*answer, 100)
		for i := range answers {
			wg.Go(func() { answers[i] = o.ask("", submit, "token", token, "level", i%5+1) })
		}
		wg.Wait()
		taken := 0
		for _, a := range answers {
			if a.get("submitRating.receipt") != nil {
				taken++
			} else if code, field := a.refused(); code != "GONE" || field != "token" {
				o.Errorf("refused with %s (%s): %+v", code, field, a.Errors)
			}
		}
		if taken != 1 || o.count("ratings") != 1 || o.count("encounter_claims") != 1 {
			o.Errorf("%d of 100 got a receipt, %d ratings are stored", taken, o.count("ratings"))
		}
	})
}

// TestEnoughRatingsDoNotWaitForOneThatWaits: they are kept beside it, on the database that can.
func TestEnoughRatingsDoNotWaitForOneThatWaits(t *testing.T) {
	o := newOffice(t, store.Postgres)
	encounter, waits := o.invite("ann", "passport", "R0")
	tokens := make([]string, 16)
	for i := range tokens {
		_, tokens[i] = o.invite("ann", "passport", fmt.Sprintf("R%d", i+1))
	}
	owner, locked, leave, undone := o.asOwner(), make(chan struct{}), make(chan struct{}), errors.New("undone")
	var all sync.WaitGroup
	all.Go(func() { // another process is about to claim the encounter
		err := owner.InTx(t.Context(), func(tx *store.Tx) error {
			err := tx.Exec("INSERT INTO encounter_claims (encounter_id) VALUES (?)", o.parse(encounter)).Error
			close(locked)
			<-leave
			return errors.Join(err, undone)
		})
		if !errors.Is(err, undone) {
			t.Error(err)
		}
	})
	<-locked
	var last *answer
	all.Go(func() { last = o.ask("", submit, "token", waits, "level", 4) })
	for held := int64(0); held == 0; time.Sleep(time.Millisecond) {
		if err := owner.Read(t.Context()).Raw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&held).Error; err != nil {
			t.Fatal(err)
		}
	}
	kept := make(chan *answer, len(tokens))
	for _, token := range tokens {
		all.Go(func() { kept <- o.ask("", submit, "token", token, "level", 4) })
	}
	for range tokens {
		select {
		case a := <-kept:
			if a.get("submitRating.receipt") == nil {
				t.Errorf("not kept: %+v", a)
			}
		case <-time.After(20 * time.Second):
			close(leave)
			t.Fatal("they wait for the one that waits")
		}
	}
	close(leave)
	all.Wait()
	if last.get("submitRating.receipt") == nil || o.count("ratings") != 17 {
		t.Errorf("the one that waited is told %+v, and %d are kept", last, o.count("ratings"))
	}
}

// TestWhatOneCannotDoIsNoFaultOfTheOthers: ratings that are handed in at once are written
// together, and each gets its own answer.
func TestWhatOneCannotDoIsNoFaultOfTheOthers(t *testing.T) {
	each(t, func(o *office) {
		tokens := make([]string, 12)
		for i := range tokens {
			_, tokens[i] = o.invite("ann", "passport", fmt.Sprintf("R%d", i))
		}
		unknown := strings.Repeat("A", len(tokens[0]))
		var wg sync.WaitGroup
		var mu sync.Mutex
		receipts, codes := map[string][]any{}, map[string]int{}
		ask := func(token string, more ...any) {
			wg.Go(func() {
				a := o.ask("", submit, append([]any{"token", token, "level", 4}, more...)...)
				mu.Lock()
				defer mu.Unlock()
				if r := a.get("submitRating.receipt"); r != nil {
					receipts[token] = append(receipts[token], r)
					return
				}
				code, field := a.refused()
				codes[code+" "+field]++
			})
		}
		for i, token := range tokens {
			switch i % 3 {
			case 0: // one click
				ask(token)
			case 1: // a double click with a key, which gets one answer
				ask(token, "key", "key of one phone")
				ask(token, "key", "key of one phone")
			case 2: // two without, of whom one comes first, and a mark that is on no form
				ask(token)
				ask(token)
				ask(token, "tags", []string{"on no form"})
			}
			ask(unknown)
		}
		wg.Wait()
		for i, token := range tokens {
			want := 1 + i%3%2
			if got := receipts[token]; len(got) != want || got[0] != got[want-1] {
				o.Errorf("token %d got the receipts %v", i, got)
			}
		}
		if gone := codes["GONE token"]; gone != 12+4 || codes["INVALID tags.0"] != 4 || len(codes) != 2 {
			o.Errorf("refused: %v", codes)
		}
		for _, table := range []string{"ratings", "encounter_claims", "rating_undos"} {
			if n := o.count(table); n != 12 {
				o.Errorf("%d rows of %s", n, table)
			}
		}
	})
}

// TestOneThatAnotherProcessWasFasterWithIsRefusedAlone: a transaction for several finds an
// encounter claimed that was free as it looked, and the others are kept all the same.
func TestOneThatAnotherProcessWasFasterWithIsRefusedAlone(t *testing.T) {
	each(t, func(o *office) {
		if o.store.Dialect() == store.SQLite {
			return // has one writer: nobody claims between its look and its claim
		}
		var encounters, tokens [3]string
		for i := range tokens {
			encounters[i], tokens[i] = o.invite("ann", "passport", fmt.Sprintf("R%d", i))
		}
		var answers [3]*answer
		var wg sync.WaitGroup
		submit := func(i int) { wg.Go(func() { answers[i] = o.ask("", submit, "token", tokens[i], "level", 4) }) }
		first, second := o.claimElsewhere(encounters[0]), o.claimElsewhere(encounters[1])
		submit(0) // goes first, and waits
		o.oneWaits()
		submit(1)
		submit(2)
		time.Sleep(50 * time.Millisecond) // both come to wait for it
		first()
		o.oneWaits()
		second()
		wg.Wait()
		for i, a := range answers {
			if i == 2 {
				a.text("submitRating.receipt")
			} else if code, field := a.refused(); code != "GONE" || field != "token" {
				o.Errorf("%d is refused with %q of %q", i, code, field)
			}
		}
		if n := o.count("ratings"); n != 1 {
			o.Errorf("%d ratings", n)
		}
	})
}

// TestRatingsThatWaitGoTogether, in one transaction, where so much is asked at once.
func TestRatingsThatWaitGoTogether(t *testing.T) {
	each(t, func(o *office) {
		if o.store.Dialect() == store.SQLite {
			return // keeps no transaction's number in a row
		}
		for try := range 5 { // a slow machine may have some come too late
			var encounters, tokens [6]string
			for i := range tokens {
				encounters[i], tokens[i] = o.invite("ann", "passport", fmt.Sprintf("R%d-%d", try, i))
			}
			var wg sync.WaitGroup
			ask := func(token string) { wg.Go(func() { o.ask("", submit, "token", token, "level", 4) }) }
			first := o.claimElsewhere(encounters[0])
			ask(tokens[0]) // goes first, and waits
			o.oneWaits()
			for _, token := range tokens[1:] {
				ask(token)
			}
			time.Sleep(50 * time.Millisecond)
			first()
			wg.Wait()
			var ratings, transactions int
			row := o.store.Read(o.Context()).Raw("SELECT count(*), count(DISTINCT xmin::text) FROM ratings").Row()
			if err := row.Scan(&ratings, &transactions); err != nil || ratings != 5*(try+1) {
				o.Fatalf("%d ratings: %v", ratings, err)
			}
			if transactions < ratings {
				return
			}
		}
		o.Error("each has a transaction of its own")
	})
}

// claimElsewhere has another process claim an encounter, and commit when it is told to.
func (o *office) claimElsewhere(encounter string) (commit func()) {
	claimed, told, over := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		over <- o.store.InTx(o.Context(), func(tx *store.Tx) error {
			err := tx.Create(&models.EncounterClaim{EncounterID: o.parse(encounter)}).Error
			close(claimed)
			<-told
			return err
		})
	}()
	<-claimed
	return func() {
		close(told)
		if err := <-over; err != nil {
			o.Error(err)
		}
	}
}

// oneWaits returns when one transaction waits for another's claim.
func (o *office) oneWaits() {
	o.Helper()
	for range 500 {
		var waiting int64
		err := o.store.Read(o.Context()).Raw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'transactionid'").Scan(&waiting).Error
		if err != nil {
			o.Fatal(err)
		}
		if waiting == 1 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	o.Fatal("nobody ever waits")
}

// TestARepeatGetsTheFirstAnswer: a double click with one key is one rating with
// one receipt; a repeat without the key learns nothing.
func TestARepeatGetsTheFirstAnswer(t *testing.T) {
	each(t, func(o *office) {
		_, token := o.invite("ann", "passport", "R1")
		var wg sync.WaitGroup
		receipts := make([]any, 20)
		for i := range receipts {
			wg.Go(func() {
				receipts[i] = o.ask("", submit, "token", token, "level", 4, "key", "key of one phone").get("submitRating.receipt")
			})
		}
		wg.Wait()
		for _, r := range receipts {
			if r == nil || r != receipts[0] {
				o.Fatalf("receipts differ: %v", receipts)
			}
		}
		if n := o.count("ratings"); n != 1 {
			o.Errorf("%d ratings", n)
		}
		o.refuses("", "GONE", "token", submit, "token", token, "level", 4)
		o.refuses("", "GONE", "token", submit, "token", token, "level", 4, "key", "another phone's key")
	})
}

// TestAGuessableKeyIsRefused: the official knows the token, and with a guessed key
// would read the rating.
func TestAGuessableKeyIsRefused(t *testing.T) {
	each(t, func(o *office) {
		_, token := o.invite("ann", "passport", "R1")
		o.refuses("", "INVALID", "idempotencyKey", submit, "token", token, "level", 4, "key", "1")
		o.refuses("", "INVALID", "idempotencyKey", submit, "token", token, "level", 4, "key", strings.Repeat("k", 201))
		o.ok("", submit, "token", token, "level", 4, "key", "")
		o.refuses("", "GONE", "token", submit, "token", token, "level", 4, "key", "")
	})
}

// TestAFailureIsNotTakenForAGoneLink: a database that does not answer says nothing
// about a link.
func TestAFailureIsNotTakenForAGoneLink(t *testing.T) {
	each(t, func(o *office) {
		_, token := o.invite("ann", "passport", "R1")
		o.ok("", submit, "token", token, "level", 4, "key", "key of one phone")
		o.change("ALTER TABLE ratings RENAME COLUMN receipt_hash TO receipt_hash_lost")
		if code, _ := o.ask("", submit, "token", token, "level", 4, "key", "key of one phone").refused(); code != "INTERNAL" {
			o.Errorf("refused with %q", code)
		}
	})
}

const offer = `query($t: String!) { ratingInvitation(token: $t) { officialName occurredOn expiresAt } }`

// TestAnOfferSaysNothingOfTheRating: the official who handed the link out sees the
// same before and after, and gets another link as before.
func TestAnOfferSaysNothingOfTheRating(t *testing.T) {
	each(t, func(o *office) {
		encounter, token := o.invite("ann", "passport", "R1")
		issue := `mutation($id: ID!, $key: String) { issueRatingInvitation(input: {encounterId: $id, idempotencyKey: $key}) { invitation { token }` + userErrors + `} }`
		second := o.ok("ann", issue, "id", encounter, "key", "k").text("issueRatingInvitation.invitation.token")
		before := fmt.Sprint(o.ok("", offer, "t", token).data)
		o.ok("", submit, "token", token, "level", 1)
		same := func() {
			o.Helper()
			if after := fmt.Sprint(o.ok("", offer, "t", token).data); after != before {
				o.Errorf("before the rating %s, after it %s", before, after)
			}
			o.ok("ann", issue, "id", encounter, "key", "k").wants("issueRatingInvitation.invitation.token", second)
			third := o.ok("ann", issue, "id", encounter).text("issueRatingInvitation.invitation.token")
			for _, link := range []string{token, second, third} {
				o.ok("", offer, "t", link).wants("ratingInvitation.officialName", "Official ann")
				o.refuses("", "GONE", "token", submit, "token", link, "level", 5)
			}
		}
		same()
		o.later(1)
		o.release(1)
		same()
		o.change("UPDATE rating_invitations SET state = 'REVOKED'")
		o.ok("", offer, "t", token).wants("ratingInvitation.officialName", "Official ann")
		o.refuses("", "GONE", "token", submit, "token", token, "level", 5)
		o.later(28)
		o.ok("", offer, "t", token).wants("ratingInvitation.officialName", "Official ann")
		o.later(1)
		o.ok("", offer, "t", token).wants("ratingInvitation", nil)
	})
}

// forged returns a token that looks like the given one and is another.
func forged(token string) string {
	if first := "A"; token[:1] != first {
		return first + token[1:]
	}
	return "B" + token[1:]
}

// TestWhyATokenIsRefusedStaysUnknown: used, expired, revoked and invented tokens
// have one answer.
func TestWhyATokenIsRefusedStaysUnknown(t *testing.T) {
	each(t, func(o *office) {
		_, used := o.invite("ann", "passport", "R1")
		o.ok("", submit, "token", used, "level", 5)
		_, expired := o.invite("ann", "passport", "R2")
		encounter, revoked := o.invite("ann", "passport", "R3")
		o.change("UPDATE rating_invitations SET state = 'REVOKED' WHERE encounter_id = ?", o.parse(encounter))
		o.later(31)
		first := ""
		for name, token := range map[string]string{
			"used": used, "expired": expired, "revoked": revoked, "invented": forged(used), "empty": "", "long": strings.Repeat("A", 5000),
		} {
			o.ok("", offer, "t", token).wants("ratingInvitation", nil)
			a := o.ask("", submit, "token", token, "level", 5)
			got := fmt.Sprint(a.data, a.Errors)
			if first == "" {
				first = got
			}
			if got != first {
				o.Errorf("%s: %s\nothers: %s", name, got, first)
			}
		}
	})
}

func TestABadRatingNamesItsField(t *testing.T) {
	each(t, func(o *office) {
		_, token := o.invite("ann", "passport", "R1")
		o.refuses("", "INVALID", "level", submit, "token", token, "level", 6)
		o.refuses("", "INVALID", "level", submit, "token", token, "level", 0)
		o.refuses("", "INVALID", "comment", submit, "token", token, "level", 3, "comment", strings.Repeat("长", 2001))
		o.refuses("", "INVALID", "comment", submit, "token", token, "level", 3, "comment", "a\u0000b")
		o.refuses("", "INVALID", "tags", submit, "token", token, "level", 3, "tags", strings.Split(strings.Repeat("x,", 11), ","))
		o.refuses("", "INVALID", "dimensions.0.level", submit, "token", token, "level", 3, "dimensions", []map[string]any{{"dimension": "speed", "level": 9}})
		// None of these has used the link.
		o.ok("", submit, "token", token, "level", 3, "comment", strings.Repeat("长", 2000))
	})
}

func TestLinksAreForOnesOwnEncounters(t *testing.T) {
	each(t, func(o *office) {
		encounter, _ := o.invite("ann", "passport", "R1")
		issue := `mutation($id: ID!) { issueRatingInvitation(input: {encounterId: $id}) { invitation { token }` + userErrors + `} }`
		o.refuses("bob", "NOT_FOUND", "encounterId", issue, "id", encounter)
		o.refuses("hr-south", "NOT_FOUND", "encounterId", issue, "id", encounter)
		o.ok("hr-north", issue, "id", encounter)
		record := `mutation { recordEncounter(input: {officialId: {ann}, serviceId: {passport}, channel: PHONE}) { encounter { id }` + userErrors + `} }`
		o.refuses("bob", "NOT_FOUND", "officialId", record)
		o.refuses("hr-south", "NOT_FOUND", "officialId", record)
		o.ok("hr-root", record)
		o.refuses("ann", "NOT_FOUND", "serviceId", `mutation { recordEncounter(input: {serviceId: {ann}, channel: PHONE}) { encounter { id }`+userErrors+`} }`)
	})
}

const recordAt = `mutation($at: DateTime, $key: String) { recordEncounter(input: {serviceId: {passport}, channel: PHONE, occurredAt: $at, residentRef: "R1", idempotencyKey: $key}) { encounter { id }` + userErrors + `} }`

// TestAnEncounterIsOfATimeThatIsOpen: neither to come nor long ago, nor of a day on
// which something final rests.
func TestAnEncounterIsOfATimeThatIsOpen(t *testing.T) {
	each(t, func(o *office) {
		for _, at := range []string{"2025-03-05T10:00:00Z", "1850-01-01T00:00:00Z", "2023-03-04T01:00:00Z"} {
			o.refuses("ann", "INVALID", "occurredAt", recordAt, "at", at)
		}
		o.ok("ann", recordAt, "at", "2023-03-05T01:00:00Z")
		o.ok("ann", recordAt, "at", "2024-02-01T01:00:00Z")

		// ann works in north-desk now, but was in the south until the end of 2024.
		o.change("UPDATE postings SET from_on = '2025-01-01' WHERE official_id = ?", o.id("ann"))
		o.write(&models.Posting{
			ID: models.NewID(), OfficialID: o.id("ann"), UnitID: o.id("south"), PositionID: o.positionOf("ann"),
			FromOn: models.SinceEver, ToOn: models.NewDate(2024, 12, 31),
		})
		o.final("hr-south", "south", "2024-02-01", "2024-02-29")
		o.final("hr-root", "root", "2025-02-01", "2025-02-28")
		o.final("hr-south", "south", "2025-01-01", "2025-01-31") // not ann's
		for at, sealed := range map[string]bool{
			"2024-01-31T15:59:00Z": false, "2024-01-31T16:00:00Z": true, // midnight in the zone
			"2024-02-10T00:00:00Z": true, "2025-02-10T00:00:00Z": true, "2025-01-10T00:00:00Z": false, "2025-03-01T00:00:00Z": false,
		} {
			if code, field := o.ask("ann", recordAt, "at", at).refused(); sealed != (code == "INVALID" && field == "occurredAt") {
				o.Errorf("%s: refused with %q (%q)", at, code, field)
			}
		}
		if err := o.keys.Destroy(2023, *o.now.Load()); err != nil {
			o.Fatal(err)
		}
		o.refuses("ann", "INVALID", "occurredAt", recordAt, "at", "2023-03-06T01:00:00Z")
		o.change("UPDATE key_epochs SET destroyed_at = created_at WHERE year = 2024")
		o.refuses("ann", "INVALID", "occurredAt", recordAt, "at", "2024-06-06T01:00:00Z")
	})
}

// final makes a cycle that is sealed.
func (o *office) final(subject, unit, from, to string) {
	o.Helper()
	id := o.ok(subject, `mutation($from: Date!, $to: Date!) { openCycle(input: {unitId: {`+unit+`}, kind: SPECIAL, name: "sealed", fromOn: $from, toOn: $to}) {
		cycle { id }`+userErrors+`} }`, "from", from, "to", to).text("openCycle.cycle.id")
	o.change("UPDATE cycles SET state = 'FINAL' WHERE id = ?", o.parse(id))
}

func (o *office) positionOf(official string) models.ID {
	o.Helper()
	var row models.Official
	if err := o.store.Read(o.Context()).Take(&row, "id = ?", o.id(official)).Error; err != nil {
		o.Fatal(err)
	}
	return row.PositionID
}

// TestAnEncounterLeavesATrace: who recorded it, and nothing of the resident.
func TestAnEncounterLeavesATrace(t *testing.T) {
	each(t, func(o *office) {
		id := o.ok("ann", recordAt, "key", "k").text("recordEncounter.encounter.id")
		o.ok("ann", recordAt, "key", "k").wants("recordEncounter.encounter.id", id)
		var entries []models.AuditEntry
		if err := o.store.Read(o.Context()).Find(&entries, "action = 'recordEncounter'").Error; err != nil {
			o.Fatal(err)
		}
		if len(entries) != 1 || entries[0].Actor != "ann" || *entries[0].NounID != o.parse(id) || len(entries[0].Details) != 0 {
			o.Errorf("the trail has %+v", entries)
		}
	})
}

// TestAnotherKeyFileIsRefused: a lost key file must not be made anew unnoticed.
func TestAnotherKeyFileIsRefused(t *testing.T) {
	each(t, func(o *office) {
		_, token := o.invite("ann", "passport", "R1")
		o.ok("hr-north", openRound, "cycle", o.cycle("hr-north", "north"), "opens", "2025-03-01", "closes", "2025-03-31")
		mine := o.keys
		other, err := keyring.OpenOrCreate(filepath.Join(o.TempDir(), "other.keys"))
		if err != nil {
			o.Fatal(err)
		}
		o.app.Ratings.Keys, o.app.Reviews.Keys = other, other
		hand := `mutation($id: ID!) { submitPeerReview(input: {assignmentId: $id, scores: [{dimension: ABILITY, score: 4}]}) { submitted ` + userErrors + `} }`
		duty := o.assignmentOf("ann")
		for range 2 {
			for name, a := range map[string]*answer{
				"submitRating":     o.ask("", submit, "token", token, "level", 4),
				"recordEncounter":  o.ask("ann", recordAt),
				"submitPeerReview": o.ask("ann", hand, "id", duty),
			} {
				if code, _ := a.refused(); code != "UNAVAILABLE" {
					o.Errorf("%s with another key: %q", name, code)
				}
			}
		}
		o.app.Ratings.Keys, o.app.Reviews.Keys = mine, mine
		o.ok("", submit, "token", token, "level", 4)
		o.ok("ann", hand, "id", duty)
	})
}

// TestTwoAtOnceGetTheSameLink: also its id, which must exist.
func TestTwoAtOnceGetTheSameLink(t *testing.T) {
	each(t, func(o *office) {
		encounter, _ := o.invite("ann", "passport", "R1")
		issue := `mutation($id: ID!) { issueRatingInvitation(input: {encounterId: $id, idempotencyKey: "k2"}) { invitation { id expiresAt }` + userErrors + `} }`
		var wg sync.WaitGroup
		links := make([]string, 20)
		for i := range links {
			wg.Go(func() {
				links[i] = fmt.Sprint(o.ask("ann", issue, "id", encounter).get("issueRatingInvitation.invitation"))
			})
		}
		wg.Wait()
		for _, link := range links {
			if link != links[0] {
				o.Fatalf("links differ: %v", links)
			}
		}
		id, _, _ := strings.Cut(strings.SplitAfter(links[0], "id:")[1], "]")
		var n int64
		if err := o.store.Read(o.Context()).Model(&models.RatingInvitation{}).Where("id = ?", o.parse(id)).Count(&n).Error; err != nil || n != 1 {
			o.Errorf("%d invitations with the id %s: %v", n, id, err)
		}
	})
}

// TestOneKeyMakesOneEncounterAndOneLink: a clerk's double click is harmless.
func TestOneKeyMakesOneEncounterAndOneLink(t *testing.T) {
	each(t, func(o *office) {
		record := `mutation { recordEncounter(input: {serviceId: {passport}, channel: WINDOW, idempotencyKey: "k1"}) { encounter { id }` + userErrors + `} }`
		var wg sync.WaitGroup
		ids := make([]any, 10)
		for i := range ids {
			wg.Go(func() { ids[i] = o.ask("ann", record).get("recordEncounter.encounter.id") })
		}
		wg.Wait()
		for _, id := range ids {
			if id == nil || id != ids[0] {
				o.Fatalf("encounters differ: %v", ids)
			}
		}
		issue := `mutation($id: ID!) { issueRatingInvitation(input: {encounterId: $id, idempotencyKey: "k2"}) { invitation { id token }` + userErrors + `} }`
		first, second := o.ok("ann", issue, "id", ids[0]), o.ok("ann", issue, "id", ids[0])
		second.wants("issueRatingInvitation.invitation.token", first.text("issueRatingInvitation.invitation.token"))
		second.wants("issueRatingInvitation.invitation.id", first.text("issueRatingInvitation.invitation.id"))
	})
}
