package resolvers_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"steelyard/models"
)

const remind = `mutation($round: ID!, $key: String) { remindReviewers(input: {roundId: $round, idempotencyKey: $key}) { round { remindedOn } ` + userErrors + `} }`

// reminders are what was told of rounds, in alphabetical order: the unit, and who is
// asked for how many sheets.
func (e *ear) reminders() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []string
	for _, m := range e.heard {
		line := m.UnitRef
		for _, a := range m.Round.Reviewers {
			line += fmt.Sprint(" ", a.Ref, ":", a.Sheets)
		}
		list = append(list, line)
	}
	slices.Sort(list)
	e.heard = nil
	return strings.Join(list, ", ")
}

// remindDue wants reminders of so many rounds, of two processes at once.
func (o *office) remindDue(want int) {
	o.Helper()
	var told atomic.Int64
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			n, err := o.app.Reviews.RemindDue(o.Context())
			if err != nil {
				o.Error(err)
			}
			told.Add(int64(n))
		})
	}
	wg.Wait()
	if told.Load() != int64(want) {
		o.Errorf("reminded of %d rounds, want %d", told.Load(), want)
	}
}

func TestReviewersAreRemindedBeforeTheEndAndOnTheLastDay(t *testing.T) {
	each(t, func(o *office) {
		hooks, _ := o.listen()
		o.hook("hr-north", "north", "REVIEW_DUE")
		o.hook("hr-south", "south", "REVIEW_DUE")
		o.ok("hr-north", openRound, "cycle", o.cycle("hr-north", "north"), "opens", "2025-03-01", "closes", "2025-03-31")
		const everybody = "north bob:2, north-desk ann:1"
		for _, day := range []struct {
			on     string
			rounds int
			told   string
		}{
			{"2025-03-27", 0, ""},
			{"2025-03-28", 1, everybody},
			{"2025-03-29", 0, ""},
			{"2025-03-31", 1, everybody},
			{"2025-04-01", 0, ""},
		} {
			o.at(day.on + "T10:00:00+08:00")
			o.remindDue(day.rounds)
			o.remindDue(0)
			o.deliver(2 * day.rounds)
			for _, m := range hooks.heard {
				if m.Kind != models.NoticeReviewDue || m.Round.Name != "spring" || m.Round.DueOn.String() != "2025-03-31" || m.CaseRef != "" {
					o.Errorf("%s: heard %+v", day.on, m)
				}
			}
			if told := hooks.reminders(); told != day.told {
				o.Errorf("%s: told %q, want %q", day.on, told, day.told)
			}
		}
	})
}

// TestAReminderDoesNotSayWhoHasHandedIn: what is told is the same before and after.
func TestAReminderDoesNotSayWhoHasHandedIn(t *testing.T) {
	each(t, func(o *office) {
		hooks, _ := o.listen()
		o.hook("hr-north", "north", "REVIEW_DUE")
		o.reviewRound()
		round := o.ok("ann", `{ myReviewAssignments { round { id } } }`).text("myReviewAssignments.0.round.id")
		told := func() string {
			o.ok("hr-north", remind, "round", round)
			o.deliver(2)
			return hooks.reminders()
		}
		before := told()
		o.ok("bob", `mutation($id: ID!) { submitPeerReview(input: {assignmentId: $id, scores: [], contact: NONE}) { submitted `+userErrors+`} }`, "id", o.assignmentOf("bob"))
		o.later(1)
		if after := told(); o.count("review_claims") != 1 || before == "" || after != before {
			o.Errorf("told %q before and %q after", before, after)
		}
	})
}

func TestHRRemindsOnceADay(t *testing.T) {
	each(t, func(o *office) {
		o.reviewRound()
		round := o.ok("ann", `{ myReviewAssignments { round { id } } }`).text("myReviewAssignments.0.round.id")
		o.refuses("hr-south", "NOT_FOUND", "roundId", remind, "round", round)
		o.refuses("hr-north", "NOT_FOUND", "roundId", remind, "round", o.ids["cycle"])
		audits := o.count("audit_entries")
		var wg sync.WaitGroup
		var taken atomic.Int64
		for range 10 {
			wg.Go(func() {
				if o.ask("hr-north", remind, "round", round).get("remindReviewers.round") != nil {
					taken.Add(1)
				}
			})
		}
		wg.Wait()
		if taken.Load() != 1 || o.count("notifications") != 2 || o.count("audit_entries") != audits+1 {
			o.Errorf("%d of 10 were taken, %d notifications", taken.Load(), o.count("notifications"))
		}
		o.refuses("hr-north", "CONFLICT", "roundId", remind, "round", round)
		o.at("2025-03-28T10:00:00+08:00")
		for range 2 {
			o.ok("hr-north", remind, "round", round, "key", "of mine").wants("remindReviewers.round.remindedOn", "2025-03-28")
		}
		o.remindDue(0) // HR has done so today
		if o.count("notifications") != 4 {
			o.Errorf("%d notifications, want 4", o.count("notifications"))
		}
		o.at("2025-04-01T10:00:00+08:00")
		o.refuses("hr-north", "ILLEGAL_STATE", "roundId", remind, "round", round)
	})
}
