package resolvers_test

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"steelyard/models"
)

const undo = `mutation($r: String!, $key: String) { undoRating(input: {receipt: $r, idempotencyKey: $key}) { undone` + userErrors + `} }`

// nothing wants no trace of any rating.
func (o *office) nothing() {
	o.Helper()
	for _, table := range []string{"ratings", "encounter_claims", "reply_duties"} {
		if n := o.count(table); n != 0 {
			o.Errorf("%d rows in %s", n, table)
		}
	}
	var totals []models.RatingTotal
	if err := o.store.Read(o.Context()).Find(&totals, "level1 + level2 + level3 + level4 + level5 > 0").Error; err != nil || len(totals) > 0 {
		o.Errorf("totals %+v: %v", totals, err)
	}
	if states := o.states(); states[models.InvitationUsed] != 0 {
		o.Errorf("invitations %v", states)
	}
}

func TestARatingIsTakenBackWithinTenMinutes(t *testing.T) {
	each(t, func(o *office) {
		encounter, token := o.invite("ann", "passport", "R1")
		receipt := o.ok("", submit, "token", token, "level", 1, "key", "key of one phone").text("submitRating.receipt")
		var kept models.RatingUndo
		if err := o.store.Read(o.Context()).Take(&kept).Error; err != nil {
			o.Fatal(err)
		}
		if id := o.parse(encounter); bytes.Contains(kept.Sealed, id[:]) || bytes.Equal(kept.UndoHash, o.ratings()[0].ReceiptHash) {
			o.Error("what is kept leads from the rating to its encounter")
		}
		o.wait(10 * time.Minute)
		for range 2 {
			o.ok("", undo, "r", receipt, "key", "another random text").wants("undoRating.undone", true)
		}
		o.nothing()
		o.ok("", `query($r: String!) { ratingByReceipt(receipt: $r) { level } }`, "r", receipt).wants("ratingByReceipt", nil)
		// The first request, sent again late, brings nothing back.
		o.refuses("", "CONFLICT", "idempotencyKey", submit, "token", token, "level", 1, "key", "key of one phone")
		o.nothing()
		next := o.ok("", submit, "token", token, "level", 4).text("submitRating.receipt")
		if next == receipt || o.count("ratings") != 1 || o.count("encounter_claims") != 1 {
			o.Errorf("%d ratings of %d encounters", o.count("ratings"), o.count("encounter_claims"))
		}
		o.wait(10*time.Minute + time.Second)
		a := o.ask("", undo, "r", next)
		if code, field := a.refused(); code != "ILLEGAL_STATE" || field != "receipt" || a.get("undoRating.undone") != false {
			o.Errorf("too late: %q (%q)", code, field)
		}
		if n, err := o.app.Ratings.Forget(o.Context()); n != 0 || err != nil {
			o.Errorf("%d rows of today are forgotten: %v", n, err)
		}
		o.later(1)
		if n, err := o.app.Ratings.Forget(o.Context()); n != 2 || err != nil || o.count("rating_undos") != 0 {
			o.Errorf("%d rows of yesterday are forgotten: %v", n, err)
		}
		o.refuses("", "ILLEGAL_STATE", "receipt", undo, "r", next)
		o.refuses("", "NOT_FOUND", "receipt", undo, "r", receipt)
		o.refuses("", "NOT_FOUND", "receipt", undo, "r", "😀")
		o.refuses("", "INVALID", "idempotencyKey", undo, "r", next, "key", "short")
	})
}

// TestARatingIsTakenBackAfterItsRelease as well, and the totals are right.
func TestARatingIsTakenBackAfterItsRelease(t *testing.T) {
	each(t, func(o *office) {
		var receipts []string
		for _, resident := range []string{"R1", "R2", "R3", "R4", "R5"} {
			receipts = append(receipts, o.complain("ann", resident, nil))
		}
		o.release(5)
		id := o.owed("reply-north", nil)[0]["ratingId"].(string)
		o.ok("reply-north", replyTo, "id", id, "text", "t")
		replied := 0
		for _, r := range receipts {
			if code, _ := o.ask("", undo, "r", r).refused(); code == "CONFLICT" {
				replied++
			}
		}
		var total models.RatingTotal
		if err := o.store.Read(o.Context()).Take(&total).Error; err != nil {
			o.Fatal(err)
		}
		if replied != 1 || total.Level1 != 1 || o.count("ratings") != 1 || o.count("reply_duties") != 1 || o.states()[models.InvitationUsed] != 1 {
			o.Errorf("%d replied, totals %+v, %d ratings, invitations %v", replied, total, o.count("ratings"), o.states())
		}
	})
}

// TestTakingBackAndReleasingAtOnce loses nothing and counts nothing twice.
func TestTakingBackAndReleasingAtOnce(t *testing.T) {
	each(t, func(o *office) {
		var receipts []string
		for _, resident := range []string{"R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8"} {
			receipts = append(receipts, o.complain("ann", resident, nil))
		}
		var wg sync.WaitGroup
		for _, r := range receipts {
			wg.Go(func() { o.ok("", undo, "r", r) })
			wg.Go(func() { o.ok("", undo, "r", r) })
			wg.Go(func() {
				if _, err := o.app.Ratings.Release(o.Context()); err != nil {
					o.Error(err)
				}
			})
		}
		wg.Wait()
		for _, table := range []string{"ratings", "encounter_claims", "reply_duties"} {
			if n := o.count(table); n != 0 {
				o.Errorf("%d rows in %s", n, table)
			}
		}
		var left int64
		err := o.store.Read(o.Context()).Model(&models.RatingTotal{}).Select("COALESCE(SUM(level1 + level2 + level3 + level4 + level5), 0)").Scan(&left).Error
		if err != nil || left != 0 {
			o.Errorf("%d are counted: %v", left, err)
		}
	})
}

// TestAFurtherRatingIsTakenBack and may be given anew.
func TestAFurtherRatingIsTakenBack(t *testing.T) {
	each(t, func(o *office) {
		receipt := o.complain("ann", "R1", nil)
		o.later(1)
		o.release(1)
		id := o.owed("reply-north", nil)[0]["ratingId"]
		o.ok("reply-north", replyTo, "id", id, "text", "t")
		o.ok("reply-north", mend, "id", id, "text", "t")
		o.ok("", markMend, "r", receipt, "level", 3)
		o.ok("", undo, "r", o.ok("", again, "r", receipt, "level", 5).text("rateAgain.receipt"))
		o.ok("", again, "r", receipt, "level", 4)
		if n := o.count("ratings"); n != 2 {
			o.Errorf("%d ratings", n)
		}
	})
}
