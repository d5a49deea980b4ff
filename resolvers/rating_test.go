package resolvers_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
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
		if o.count("rating_totals") != 1 || o.count("encounter_claims") != 1 {
			t.Error("the rating is not in the totals, or the encounter not claimed")
		}
	})
}

func TestATokenIsUsedOnceByFiftyAtOnce(t *testing.T) {
	each(t, func(o *office) {
		_, token := o.invite("ann", "passport", "R1")
		var wg sync.WaitGroup
		answers := make([]*answer, 50)
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
			o.Errorf("%d of 50 got a receipt, %d ratings are stored", taken, o.count("ratings"))
		}
	})
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
			"used": used, "expired": expired, "revoked": revoked, "invented": used[:42] + "A", "empty": "", "long": strings.Repeat("A", 5000),
		} {
			o.ok("", `query($t: String!) { ratingInvitation(token: $t) { officialName } }`, "t", token).wants("ratingInvitation", nil)
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
		o.refuses("bob", "NOT_FOUND", "", issue, "id", encounter)
		o.refuses("hr-south", "NOT_FOUND", "", issue, "id", encounter)
		o.ok("hr-north", issue, "id", encounter)
		record := `mutation { recordEncounter(input: {officialId: {ann}, serviceId: {passport}, channel: PHONE}) { encounter { id }` + userErrors + `} }`
		o.refuses("bob", "NOT_FOUND", "", record)
		o.refuses("hr-south", "NOT_FOUND", "", record)
		o.ok("hr-root", record)
		o.refuses("ann", "INVALID", "occurredAt", `mutation { recordEncounter(input: {serviceId: {passport}, channel: PHONE, occurredAt: "2025-03-05T10:00:00Z"}) { encounter { id }`+userErrors+`} }`)
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
