package main

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/services/cycles"
	"steelyard/store"
	"steelyard/store/storetest"
)

// floorOfTheWayBack is how far back is gone.
const floorOfTheWayBack = 1

// TestWhatWasThereBeforeOutlivesAWayBack: steps that are taken back one by one, and gone
// again, leave every table and column that the oldest knows as it was. What only the
// others could keep goes with them.
func TestWhatWasThereBeforeOutlivesAWayBack(t *testing.T) {
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			s := newTestSite(t, d)
			s.start(t)
			for _, link := range s.links(t, 6) {
				if receipt, answer := s.rates(t, link, false); receipt == "" {
					t.Fatal(answer)
				}
			}
			s.query(t, `mutation { openCase(input: {category: "政务服务", title: "路灯坏了", description: "三天没亮"}) { receipt userErrors { message } } }`).want(t, 200, `"receipt":"`)
			s.assessed(t)
			owner := storetest.Owner(t, s.store)
			newest := shapeOf(t, owner)
			before := rowsOf(t, owner, newest)
			for taken := int64(0); taken != floorOfTheWayBack+1; {
				var err error
				if taken, err = owner.MigrateDown(t.Context()); err != nil || taken <= floorOfTheWayBack {
					t.Fatal(taken, err)
				}
			}
			oldest := shapeOf(t, owner)
			back := rowsOf(t, owner, oldest)
			if _, err := owner.MigrateUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			again := rowsOf(t, owner, newest)
			for table, columns := range oldest {
				if newest[table] == nil {
					continue // a later step keeps it otherwise, and its way back makes it anew
				}
				was := digest(before[table], columns)
				if got := digest(back[table], columns); got != was {
					t.Errorf("%s goes from %s to %s by the way back", table, was, got)
				}
				if got := digest(again[table], columns); got != was {
					t.Errorf("%s goes from %s to %s by the way back and forth", table, was, got)
				}
			}
			if len(before["assessments"]) == 0 || len(before["ratings"]) == 0 || len(newest) < len(oldest)+30 {
				t.Errorf("little was at stake: %d tables, of them %d old", len(newest), len(oldest))
			}
		})
	}
}

// assessed opens a cycle and makes its run.
func (s *testSite) assessed(t *testing.T) {
	t.Helper()
	hr, err := s.app.Accounts.Ensure(t.Context(), accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
	if err != nil {
		t.Fatal(err)
	}
	actor := auth.Actor{Subject: hr.Subject, Role: hr.Role, UnitID: hr.UnitID}
	c, err := s.app.Cycles.Open(t.Context(), actor, cycles.NewCycle{
		UnitID: *hr.UnitID, Kind: models.CycleAnnual, Name: "2025", FromOn: models.NewDate(2025, time.January, 1), ToOn: models.NewDate(2025, time.December, 31),
	})
	if err == nil {
		_, err = s.app.Assessments.Request(t.Context(), actor, c.ID, nil)
	}
	if err == nil {
		_, err = s.app.Assessments.RunNext(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// shapeOf are the tables with their columns.
func shapeOf(t *testing.T, st *store.Store) map[string][]string {
	t.Helper()
	query := `SELECT m.name || '.' || p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%'`
	if st.Dialect() == store.Postgres {
		query = `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'goose%'`
	}
	var all []string
	if err := st.Read(t.Context()).Raw(query).Scan(&all).Error; err != nil {
		t.Fatal(err)
	}
	shape := map[string][]string{}
	for _, one := range all {
		table, column, _ := strings.Cut(one, ".")
		shape[table] = append(shape[table], column)
	}
	return shape
}

// rowsOf are all rows of each table.
func rowsOf(t *testing.T, st *store.Store, shape map[string][]string) map[string][]map[string]any {
	t.Helper()
	all := map[string][]map[string]any{}
	for table := range shape {
		var rows []map[string]any
		if err := st.Read(t.Context()).Raw("SELECT * FROM " + table).Scan(&rows).Error; err != nil {
			t.Fatal(err)
		}
		all[table] = rows
	}
	return all
}

// digest is of rows in no order, by the columns that are named.
func digest(rows []map[string]any, columns []string) string {
	lines := make([]string, len(rows))
	for i, row := range rows {
		for _, column := range columns {
			lines[i] += fmt.Sprintf("%s=%v;", column, row[column])
		}
	}
	slices.Sort(lines)
	return fmt.Sprintf("%d rows %x", len(lines), sha256.Sum256([]byte(strings.Join(lines, "\n"))))[:24]
}
