package resolvers_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"steelyard/models"
	"steelyard/store"
)

// TestTheOrganisationIsReadOnceAndNeverTooOld: who asks again costs no statement for official,
// unit and position, and whatever changes of them, whoever changes it, is in the next answer.
func TestTheOrganisationIsReadOnceAndNeverTooOld(t *testing.T) {
	each(t, func(o *office) {
		const query = `{ official(id: {ann}) { name unit { name } position } }`
		hrNorth, hrSouth := o.actor("hr-north"), o.actor("hr-south")
		tells := func(subject string, want ...string) {
			o.Helper()
			a := o.ask(subject, query)
			var got []string
			if a.get("official") != nil {
				got = []string{a.text("official.name"), a.text("official.unit.name"), a.text("official.position")}
			}
			if len(a.Errors) > 0 || !slices.Equal(got, want) {
				o.Errorf("%s is told %q, not %q (%v)", subject, got, want, a.Errors)
			}
		}
		n := o.statements()
		o.send(hrNorth, query)
		cold := n.Swap(0)
		o.send(hrNorth, query)
		if again := n.Load(); cold == 0 || again != 0 {
			o.Errorf("%d statements, %d for the same again", cold, again)
		}
		if a := o.send(hrSouth, query); a.get("official") != nil {
			o.Errorf("a neighbour is told what was kept: %v", a.data)
		}
		tells("hr-north", "Official ann", "Office north-desk", "window clerk")

		o.change("UPDATE officials SET name = 'Ann Li' WHERE id = ?", o.id("ann"))
		tells("hr-north", "Ann Li", "Office north-desk", "window clerk")
		o.change("UPDATE org_units SET name = 'North counter' WHERE id = ?", o.id("north-desk"))
		tells("hr-north", "Ann Li", "North counter", "window clerk")
		o.change("UPDATE positions SET name = 'head'")
		tells("hr-north", "Ann Li", "North counter", "head")

		// Ann moves to the south, and then her new unit to the north.
		o.change("UPDATE officials SET unit_id = ? WHERE id = ?", o.id("south"), o.id("ann"))
		tells("hr-north")
		tells("hr-south", "Ann Li", "Office south", "head")
		o.change("INSERT INTO org_unit_closures (ancestor_id, descendant_id, depth) VALUES (?, ?, 1)", o.id("north"), o.id("south"))
		tells("hr-north", "Ann Li", "Office south", "head")
		o.change("DELETE FROM org_unit_closures WHERE ancestor_id = ? AND descendant_id = ?", o.id("north"), o.id("south"))
		tells("hr-north")

		eve := &models.Official{ID: models.NewID(), Ref: "eve", UnitID: o.id("north"), PositionID: o.position(), Name: "Eve"}
		o.ids["eve"] = eve.ID.String()
		if a := o.ask("hr-north", `{ official(id: {eve}) { name } }`); a.get("official") != nil {
			o.Errorf("there is no Eve yet: %v", a.data)
		}
		o.write(eve)
		if got := o.ok("hr-north", `{ official(id: {eve}) { name } }`).text("official.name"); got != "Eve" {
			o.Errorf("Eve is %q", got)
		}
	})
}

// TestWhatChangesSomethingReadsTheOrganisationAnew: a query may be answered as of when its caller
// was recognised, a moment ago; what a mutation tells is of now.
func TestWhatChangesSomethingReadsTheOrganisationAnew(t *testing.T) {
	each(t, func(o *office) {
		id, _ := o.handIn("north")
		bob := o.actor("bob")
		const unit = `{ case { unit { name } } userErrors { code } }`
		ask := func(query string) string {
			o.Helper()
			return o.send(bob, query, "id", id).text("case.unit.name")
		}
		const query = `query($id: ID!) { case: node(id: $id) { ... on Case { unit { name } } } }`
		if got := ask(query); got != "Office north" {
			o.Fatalf("the unit is %q", got)
		}
		o.change("UPDATE org_units SET name = 'North' WHERE id = ?", o.id("north"))
		if got := ask(query); got != "Office north" {
			o.Errorf("who was recognised before the change is told %q", got)
		}
		if got := o.send(bob, `mutation($id: ID!) { case: acceptCase(input: {caseId: $id}) `+unit+` }`, "id", id).text("case.case.unit.name"); got != "North" {
			o.Errorf("a mutation tells %q", got)
		}
	})
}

// TestNoAnswerIsOlderThanItsQuestion: while somebody renames an official and their unit again and
// again, whoever asks is told a name that was theirs when they asked, or a later one.
func TestNoAnswerIsOlderThanItsQuestion(t *testing.T) {
	each(t, func(o *office) {
		const renames, readers = 60, 4
		var committed atomic.Int64
		done := make(chan struct{})
		query := strings.ReplaceAll(`{ official(id: {ann}) { name unit { name } } }`, "{ann}", `"`+o.ids["ann"]+`"`)
		owner, ann, desk := o.asOwner(), o.id("ann"), o.id("north-desk")
		var all sync.WaitGroup
		for range readers {
			all.Go(func() {
				for asked := 0; ; asked++ {
					select {
					case <-done:
						if asked == 0 {
							t.Error("nobody asked")
						}
						return
					default:
					}
					before := committed.Load()
					a := o.send(o.actor("hr-north"), query)
					for _, path := range []string{"official.name", "official.unit.name"} {
						_, number, _ := strings.Cut(a.text(path), "#")
						if n, _ := strconv.ParseInt(number, 10, 64); n < before {
							t.Errorf("%s is %q after the %d. renaming", path, a.text(path), before)
							return
						}
					}
				}
			})
		}
		for n := range int64(renames) {
			err := owner.InTx(t.Context(), func(tx *store.Tx) error {
				err := tx.Exec("UPDATE officials SET name = ? WHERE id = ?", fmt.Sprint("Ann #", n+1), ann).Error
				return errors.Join(err, tx.Exec("UPDATE org_units SET name = ? WHERE id = ?", fmt.Sprint("Desk #", n+1), desk).Error)
			})
			if err != nil {
				t.Error(err)
				break
			}
			committed.Store(n + 1)
		}
		close(done)
		all.Wait()
	})
}

// position is the one position that everybody has.
func (o *office) position() models.ID {
	o.Helper()
	var position models.Position
	if err := o.store.Read(o.Context()).Take(&position).Error; err != nil {
		o.Fatal(err)
	}
	return position.ID
}
