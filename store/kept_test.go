package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"

	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// TestWhatIsKeptIsOfTheStateAskedFor: nothing is read twice in one state, nothing of another
// is told, and of no state nothing is kept.
func TestWhatIsKeptIsOfTheStateAskedFor(t *testing.T) {
	var kept store.Kept[int, string]
	world, fails := "a", error(nil)
	var read []int
	fetch := func(_ context.Context, keys []int) (map[int]string, string, error) {
		read = append(read, keys...)
		found := map[int]string{}
		for _, key := range keys {
			if key > 0 {
				found[key] = fmt.Sprint(key, world)
			}
		}
		return found, world, fails
	}
	away := errors.New("away")
	for _, step := range []struct {
		name         string
		state, world string // who asks was told one, the database is in the other
		keys         []int
		fails        error
		want         map[int]string
		read         []int
	}{
		{name: "nothing is kept yet", state: "a", world: "a", keys: []int{1, 2}, want: map[int]string{1: "1a", 2: "2a"}, read: []int{1, 2}},
		{name: "the same again", state: "a", world: "a", keys: []int{2, 1}, want: map[int]string{1: "1a", 2: "2a"}},
		{name: "one more", state: "a", world: "a", keys: []int{1, 3}, want: map[int]string{1: "1a", 3: "3a"}, read: []int{3}},
		{name: "what is not there is asked for anew", state: "a", world: "a", keys: []int{1, -1}, want: map[int]string{1: "1a"}, read: []int{-1}},
		{name: "nothing at all", state: "a", world: "a", want: map[int]string{}},
		{name: "who was told nothing", world: "a", keys: []int{1}, want: map[int]string{1: "1a"}, read: []int{1}},
		{name: "a failure", state: "b", world: "b", keys: []int{1}, fails: away, read: []int{1}},
		{name: "has thrown nothing away", state: "a", world: "b", keys: []int{1}, want: map[int]string{1: "1a"}},
		{name: "another state", state: "b", world: "b", keys: []int{1}, want: map[int]string{1: "1b"}, read: []int{1}},
		{name: "has taken the place of the former", state: "b", world: "b", keys: []int{2}, want: map[int]string{2: "2b"}, read: []int{2}},
		{name: "a change between two questions", state: "b", world: "c", keys: []int{1, 3}, want: map[int]string{1: "1b", 3: "3c"}, read: []int{3}},
		{name: "is not mixed with the former", state: "c", world: "c", keys: []int{1, 3}, want: map[int]string{1: "1c", 3: "3c"}, read: []int{1}},
		{name: "a state that has no name", state: "c", world: "", keys: []int{4}, want: map[int]string{4: "4"}, read: []int{4}},
		{name: "is not kept", state: "", world: "", keys: []int{4}, want: map[int]string{4: "4"}, read: []int{4}},
	} {
		world, fails, read = step.world, step.fails, nil
		got, err := kept.Get(store.InState(t.Context(), step.state), step.keys, fetch)
		if !errors.Is(err, step.fails) || !maps.Equal(got, step.want) || fmt.Sprint(read) != fmt.Sprint(step.read) {
			t.Errorf("%s: %v (%v), read %v; want %v (%v), read %v", step.name, got, err, read, step.want, step.fails, step.read)
		}
	}
}

// TestAChangeOfTheOrganisationChangesItsState: of each table, in each way, with the change
// itself and not without it; and nothing else does.
func TestAChangeOfTheOrganisationChangesItsState(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		owner := storetest.Owner(t, s)
		state := func() (state string) {
			if err := s.Read(t.Context()).Raw("SELECT coalesce(" + store.OrganisationState + ", '')").Scan(&state).Error; err != nil {
				t.Fatal(err)
			}
			return state
		}
		unit, position := models.NewID(), models.NewID()
		official := models.Official{ID: models.NewID(), Ref: "a", UnitID: unit, PositionID: position, Name: "A"}
		last := state()
		if last != "" {
			t.Fatalf("without an organisation there is the state %q", last)
		}
		for _, step := range []struct {
			name    string
			changes bool
			do      func(tx *store.Tx) error
		}{
			{"a unit", true, func(tx *store.Tx) error { return tx.Create(&models.OrgUnit{ID: unit, Ref: "u", Name: "U"}).Error }},
			{"its name", true, func(tx *store.Tx) error { return tx.Exec("UPDATE org_units SET name = 'V'").Error }},
			{"a position", true, func(tx *store.Tx) error { return tx.Create(&models.Position{ID: position, Name: "clerk"}).Error }},
			{"its name", true, func(tx *store.Tx) error { return tx.Exec("UPDATE positions SET name = 'head'").Error }},
			{"an official", true, func(tx *store.Tx) error { return tx.Create(&official).Error }},
			{"an official's name", true, func(tx *store.Tx) error { return tx.Exec("UPDATE officials SET name = 'B'").Error }},
			{"lines", true, func(tx *store.Tx) error {
				return tx.Create(&models.OrgUnitClosure{AncestorID: unit, DescendantID: unit}).Error
			}},
			{"a line", true, func(tx *store.Tx) error { return tx.Exec("UPDATE org_unit_closures SET depth = 0").Error }},
			{"a service", false, func(tx *store.Tx) error {
				return tx.Create(&models.Service{ID: models.NewID(), Ref: "s", Name: "S"}).Error
			}},
			{"another setting", false, func(tx *store.Tx) error { return tx.Save(&models.Setting{Name: "x", Value: "y"}).Error }},
			{"no line any more", true, func(tx *store.Tx) error { return tx.Exec("DELETE FROM org_unit_closures").Error }},
			{"no official", true, func(tx *store.Tx) error { return tx.Exec("DELETE FROM officials").Error }},
			{"no position", true, func(tx *store.Tx) error { return tx.Exec("DELETE FROM positions").Error }},
			{"no unit", true, func(tx *store.Tx) error { return tx.Exec("DELETE FROM org_units").Error }},
			{"no word, and a unit", true, func(tx *store.Tx) error {
				if err := tx.Exec("DELETE FROM organisation_states").Error; err != nil {
					return err
				}
				return tx.Create(&models.OrgUnit{ID: unit, Ref: "u", Name: "U"}).Error
			}},
		} {
			undone := errors.New("undone")
			err := owner.InTx(t.Context(), func(tx *store.Tx) error { return errors.Join(step.do(tx), undone) })
			if now := state(); now != last || !errors.Is(err, undone) {
				t.Errorf("%s, taken back: %q after %q (%v)", step.name, now, last, err)
			}
			if err := owner.InTx(t.Context(), step.do); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			if now := state(); now == "" || (now != last) != step.changes {
				t.Errorf("%s: %q after %q", step.name, now, last)
			}
			last = state()
		}
	})
}
