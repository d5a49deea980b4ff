package resolvers_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"steelyard/models"
	"steelyard/scoring"
	"steelyard/services/accounts"
)

const (
	owedReplies = `query($filter: OwedReplyFilter, $first: Int! = 20, $after: String) { owedReplies(filter: $filter, first: $first, after: $after) {
		pageInfo { hasNextPage endCursor } nodes { ratingId unit { ref } owes overdue releasedOn replyDueOn mendDueOn escalatedTo { ref }
		official { ref } service { ref } level tags comment contact reply { text } mending mendedOn } } }`
	replyTo      = `mutation($id: ID!, $text: String!, $key: String) { replyToRating(input: {ratingId: $id, text: $text, idempotencyKey: $key}) { reply { text repliedOn }` + userErrors + `} }`
	mend         = `mutation($id: ID!, $text: String!, $key: String) { recordMending(input: {ratingId: $id, account: $text, idempotencyKey: $key}) { owed { owes mending mendedOn }` + userErrors + `} }`
	markMend     = `mutation($r: String!, $level: Int!, $key: String) { rateMending(input: {receipt: $r, level: $level, idempotencyKey: $key}) { rating { level due { mendingLevel mayRateAgain } }` + userErrors + `} }`
	again        = `mutation($r: String!, $level: Int!, $key: String, $comment: String) { rateAgain(input: {receipt: $r, level: $level, idempotencyKey: $key, comment: $comment}) { receipt rating { level service { ref } }` + userErrors + `} }`
	submitWith   = `mutation($token: String!, $level: Int!, $comment: String, $contact: String) { submitRating(input: {token: $token, level: $level, comment: $comment, contact: $contact}) { receipt rating { id }` + userErrors + `} }`
	dueByReceipt = `query($r: String!) { ratingByReceipt(receipt: $r) { level reply { text repliedOn } due { replyDueOn mendDueOn mending mendedOn mendingLevel mayRateMending mayRateAgain } } }`
)

// complain has a resident rate an official with 1 and returns the receipt.
func (o *office) complain(official, resident string, contact any) (receipt string) {
	o.Helper()
	_, token := o.invite(official, "passport", resident)
	return o.ok("", submitWith, "token", token, "level", 1, "comment", "等了一上午", "contact", contact).text("submitRating.receipt")
}

// owed are the duties that a reply officer sees.
func (o *office) owed(subject string, filter map[string]any) []map[string]any {
	o.Helper()
	var out []map[string]any
	for _, n := range o.ok(subject, owedReplies, "filter", filter).list("owedReplies.nodes") {
		out = append(out, n.(map[string]any))
	}
	return out
}

// TestABadRatingIsRepliedToMendedAndRatedAgain goes the whole way of one rating.
func TestABadRatingIsRepliedToMendedAndRatedAgain(t *testing.T) {
	each(t, func(o *office) {
		receipt := o.complain("ann", "R1", nil)
		if len(o.owed("reply-north", nil)) != 0 {
			o.Error("a rating is owed a reply before its release")
		}
		o.ok("", dueByReceipt, "r", receipt).wants("ratingByReceipt.due", nil)
		o.refuses("", "ILLEGAL_STATE", "receipt", markMend, "r", receipt, "level", 3)
		o.later(1) // Wednesday
		o.release(1)
		rows := o.owed("reply-north", nil)
		if len(rows) != 1 {
			o.Fatalf("owed: %v", rows)
		}
		id, one := rows[0]["ratingId"].(string), rows[0]
		if one["owes"] != "REPLY" || one["replyDueOn"] != "2025-03-06" || one["mendDueOn"] != "2025-03-26" || one["overdue"] != false {
			o.Errorf("owed: %v", one)
		}
		// One released rating of the official makes no figure: neither who nor how.
		if one["official"] != nil || one["level"] != nil || one["comment"] != nil || one["contact"] != nil || one["service"] != nil {
			o.Errorf("a single rating is shown: %v", one)
		}
		o.refuses("reply-north", "INVALID", "text", replyTo, "id", id, "text", " ")
		o.refuses("reply-north", "INVALID", "text", replyTo, "id", id, "text", strings.Repeat("长", 2001))
		o.refuses("reply-north", "ILLEGAL_STATE", "ratingId", mend, "id", id, "text", "done")
		reply := func() *answer {
			return o.ok("reply-north", replyTo, "id", id, "text", "对不起，我们加开一个窗口。", "key", "k1")
		}
		reply().wants("replyToRating.reply.repliedOn", "2025-03-05")
		reply().wants("replyToRating.reply.text", "对不起，我们加开一个窗口。")
		o.refuses("reply-north", "CONFLICT", "ratingId", replyTo, "id", id, "text", "another")
		o.refuses("reply-north", "CONFLICT", "idempotencyKey", replyTo, "id", id, "text", "another", "key", "k1")
		seen := o.ok("", dueByReceipt, "r", receipt)
		seen.wants("ratingByReceipt.reply.text", "对不起，我们加开一个窗口。")
		seen.wants("ratingByReceipt.due.mayRateMending", false)
		o.refuses("", "ILLEGAL_STATE", "receipt", markMend, "r", receipt, "level", 4)

		o.ok("reply-north", mend, "id", id, "text", "窗口已加开。", "key", "k2").wants("recordMending.owed.owes", "NOTHING")
		o.ok("reply-north", mend, "id", id, "text", "窗口已加开。", "key", "k2").wants("recordMending.owed.mendedOn", "2025-03-05")
		o.refuses("reply-north", "CONFLICT", "ratingId", mend, "id", id, "text", "more")
		o.ok("", dueByReceipt, "r", receipt).wants("ratingByReceipt.due.mayRateMending", true)
		o.refuses("", "ILLEGAL_STATE", "receipt", again, "r", receipt, "level", 5)
		o.refuses("", "INVALID", "level", markMend, "r", receipt, "level", 6)
		o.ok("", markMend, "r", receipt, "level", 4).wants("rateMending.rating.due.mendingLevel", 4)
		o.ok("", markMend, "r", receipt, "level", 4)
		o.refuses("", "CONFLICT", "receipt", markMend, "r", receipt, "level", 5)

		second := o.ok("", again, "r", receipt, "level", 2, "key", "key of one phone")
		next := second.text("rateAgain.receipt")
		second.wants("rateAgain.rating.service.ref", "passport")
		o.ok("", again, "r", receipt, "level", 2, "key", "key of one phone").wants("rateAgain.receipt", next)
		o.refuses("", "CONFLICT", "receipt", again, "r", receipt, "level", 5)
		o.later(1)
		o.release(1)
		// It is owed a reply as any other, but leads to no third one.
		rows = o.owed("reply-north", nil)
		if len(rows) != 1 || rows[0]["ratingId"] == id {
			o.Fatalf("owed: %v", rows)
		}
		id = rows[0]["ratingId"].(string)
		o.ok("reply-north", replyTo, "id", id, "text", "t")
		o.ok("reply-north", mend, "id", id, "text", "t")
		o.ok("", markMend, "r", next, "level", 4).wants("rateMending.rating.due.mayRateAgain", false)
		o.refuses("", "CONFLICT", "receipt", again, "r", next, "level", 5)
		if o.count("ratings") != 2 || o.count("encounter_claims") != 1 {
			o.Errorf("%d ratings of %d encounters", o.count("ratings"), o.count("encounter_claims"))
		}
		if len(o.owed("reply-north", map[string]any{"owes": "NOTHING"})) != 2 || len(o.owed("reply-north", nil)) != 0 {
			o.Error("the queue does not tell what is done")
		}
	})
}

// TestWhoSeesABadRating: who asked to be contacted is seen by the unit's reply officer
// alone; neighbours find nothing, and who was rated neither.
func TestWhoSeesABadRating(t *testing.T) {
	each(t, func(o *office) {
		o.grant(accounts.Grant{Subject: "reply-south", Role: models.RoleReplyOfficer, UnitRef: "south"})
		o.grant(accounts.Grant{Subject: "reply-ann", Role: models.RoleReplyOfficer, UnitRef: "root", OfficialRef: "ann"})
		o.complain("ann", "R1", " 138 0000 0000 ")
		_, token := o.invite("ann", "passport", "R2")
		o.ok("", submitWith, "token", token, "level", 3, "contact", "not needed")
		var kept int64
		if err := o.store.Read(o.Context()).Model(&models.Rating{}).Where("contact IS NOT NULL").Count(&kept).Error; err != nil || kept != 1 {
			o.Errorf("%d contacts are kept: %v", kept, err)
		}
		for _, r := range o.ratings() {
			if strings.Contains(string(r.Contact), "138") {
				o.Error("how a resident is reached is stored in the clear")
			}
		}
		o.later(1)
		o.release(2)
		rows := o.owed("reply-north", nil)
		if len(rows) != 1 || rows[0]["contact"] != "138 0000 0000" || rows[0]["level"] != 1.0 || rows[0]["comment"] != "等了一上午" {
			o.Fatalf("owed: %v", rows)
		}
		if official, _ := rows[0]["official"].(map[string]any); official["ref"] != "ann" {
			o.Errorf("owed: %v", rows[0])
		}
		id := rows[0]["ratingId"].(string)
		for _, other := range []string{"reply-south", "reply-ann"} {
			if rows := o.owed(other, nil); len(rows) != 0 {
				o.Errorf("%s sees %v", other, rows)
			}
			o.refuses(other, "NOT_FOUND", "ratingId", replyTo, "id", id, "text", "t")
			o.refuses(other, "NOT_FOUND", "ratingId", mend, "id", id, "text", "t")
		}
		o.refuses("reply-north", "NOT_FOUND", "ratingId", replyTo, "id", models.NewRandomID().String(), "text", "t")
		if o.count("rating_replies") != 0 {
			o.Error("a refused reply is stored")
		}
		// The key is destroyed: nobody reads it any more, and the queue stands.
		if err := o.keys.Destroy(2025, *o.now.Load()); err != nil {
			o.Fatal(err)
		}
		if rows := o.owed("reply-north", nil); len(rows) != 1 || rows[0]["contact"] != nil {
			o.Errorf("owed: %v", rows)
		}
	})
}

// TestTheBatchShowsMarksFromFiveAndWordsFromTen of the official's released ratings.
func TestTheBatchShowsMarksFromFiveAndWordsFromTen(t *testing.T) {
	each(t, func(o *office) {
		o.complain("ann", "R0", nil)
		for i := 1; i < 10; i++ {
			_, token := o.invite("ann", "passport", fmt.Sprint("S", i))
			o.ok("", submit, "token", token, "level", 5)
			if i != 4 && i != 9 {
				continue
			}
			o.release(5)
			if one := o.owed("reply-north", nil)[0]; one["level"] != nil && i == 4 {
				o.Errorf("while more may come in: %v", one)
			}
			o.later(1) // what is shown is of days that are over
			one := o.owed("reply-north", nil)[0]
			if one["level"] != 1.0 || (one["comment"] != nil) != (i == 9) {
				o.Errorf("with %d ratings: %v", i+1, one)
			}
		}
	})
}

// TestLateRepliesGoUp to the unit above, and further while nothing is done.
func TestLateRepliesGoUp(t *testing.T) {
	each(t, func(o *office) {
		receipt := o.complain("ann", "R1", nil)
		o.later(1)
		o.release(1) // on Wednesday, due on Thursday
		up := func(want int, to any, overdue bool) {
			o.Helper()
			var wg sync.WaitGroup
			sum := make([]int, 4)
			for i := range sum {
				wg.Go(func() {
					var err error
					if sum[i], err = o.app.Ratings.Escalate(o.Context()); err != nil {
						o.Error(err)
					}
				})
			}
			wg.Wait()
			if n := sum[0] + sum[1] + sum[2] + sum[3]; n != want {
				o.Errorf("%d duties went up, want %d", n, want)
			}
			one := o.owed("reply-north", map[string]any{"overdue": overdue, "escalated": to != nil})
			if len(one) != 1 || one[0]["overdue"] != overdue {
				o.Fatalf("owed: %v", one)
			}
			if above, _ := one[0]["escalatedTo"].(map[string]any); above["ref"] != to && to != nil {
				o.Errorf("laid before %v, want %v", above, to)
			}
		}
		up(0, nil, false)
		o.later(1)
		up(0, nil, false)
		o.later(1) // Friday
		up(1, "north", true)
		up(0, "north", true)
		o.later(3) // Monday: another working day is in time
		up(0, "north", true)
		o.later(1)
		up(1, "root", true)
		o.later(5)
		up(0, "root", true)
		id := o.owed("reply-north", nil)[0]["ratingId"]
		o.ok("reply-north", replyTo, "id", id, "text", "t")
		up(0, "root", false)
		o.later(20) // the time for mending is over as well
		up(0, "root", true)
		// Then the resident has the word without the unit's.
		o.ok("", dueByReceipt, "r", receipt).wants("ratingByReceipt.due.mayRateMending", true)
		o.ok("", markMend, "r", receipt, "level", 1)
	})
}

// TestTheQueueIsPaged and costs as many statements for many rows as for few.
func TestTheQueueIsPaged(t *testing.T) {
	each(t, func(o *office) {
		for i := range 7 {
			o.complain([]string{"ann", "bob"}[i%2], fmt.Sprint("R", i), fmt.Sprint("tel ", i))
		}
		o.release(7)
		seen, after := map[any]bool{}, any(nil)
		for range 4 {
			a := o.ok("reply-north", owedReplies, "first", 2, "after", after)
			for _, n := range a.list("owedReplies.nodes") {
				seen[n.(map[string]any)["ratingId"]] = true
			}
			after = a.get("owedReplies.pageInfo.endCursor")
		}
		if len(seen) != 7 {
			o.Errorf("%d rows on four pages", len(seen))
		}
		n := o.statements()
		few := fewest(n, func() { o.ok("reply-north", owedReplies, "first", 1) })
		if many := fewest(n, func() { o.ok("reply-north", owedReplies, "first", 7) }); many > few {
			o.Errorf("%d statements for seven rows, %d for one", many, few)
		}
		o.refuses("reply-north", "INVALID", "after", owedReplies, "after", "bm90aGluZw")
	})
}

// TestTheFurtherRatingCountsInPlaceOfTheFirst in a period that holds both, and not in
// one that ended before it.
func TestTheFurtherRatingCountsInPlaceOfTheFirst(t *testing.T) {
	each(t, func(o *office) {
		receipt := o.complain("ann", "R1", nil)
		o.later(1)
		o.release(1)
		id := o.owed("reply-north", nil)[0]["ratingId"]
		o.ok("reply-north", replyTo, "id", id, "text", "t")
		o.ok("reply-north", mend, "id", id, "text", "t")
		o.ok("", markMend, "r", receipt, "level", 5)
		o.at("2025-04-02T10:00:00+08:00")
		o.ok("", again, "r", receipt, "level", 5)
		for _, to := range []models.Date{models.NewDate(2025, 3, 31), models.NewDate(2025, 4, 30)} {
			period := models.Period{From: models.NewDate(2025, 3, 1), To: to}
			computed, err := o.app.Assessments.Compute(o.Context(), nil, period, scoring.DefaultPolicy(), nil)
			if err != nil {
				o.Fatal(err)
			}
			if computed.Evidence.Ratings != 1 {
				o.Errorf("until %s %d ratings count, want 1", to, computed.Evidence.Ratings)
			}
		}
	})
}

// TestTheTimeToReplyKeepsTheUnitsHolidays: the days that a unit keeps otherwise move
// its replies as they move its cases, and not its neighbour's.
func TestTheTimeToReplyKeepsTheUnitsHolidays(t *testing.T) {
	each(t, func(o *office) {
		o.rule("hr-root", "feast", "saveHoliday", "holiday", `unitId: {north}, on: "2025-03-06", kind: HOLIDAY, name: "三月三"`)
		o.complain("ann", "R1", nil)
		o.complain("cat", "R2", nil)
		o.later(1) // Wednesday
		o.release(2)
		o.grant(accounts.Grant{Subject: "reply-south", Role: models.RoleReplyOfficer, UnitRef: "south"})
		for subject, due := range map[string]string{"reply-north": "2025-03-07", "reply-south": "2025-03-06"} {
			if owed := o.owed(subject, nil); len(owed) != 1 || owed[0]["replyDueOn"] != due {
				o.Errorf("%s sees %v, want one reply due on %s", subject, owed, due)
			}
		}
	})
}
