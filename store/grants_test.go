package store_test

import (
	"slices"
	"strings"
	"testing"

	"steelyard/store"
	"steelyard/store/storetest"
)

// kept are the tables whose rows the application only ever adds: what tells how a
// result came about, and the results.
var kept = []string{
	"assessments", "audit_entries", "case_events", "cycle_results", "explanations", "policies", "publication_entries", "publications", "seals", "tallies", "tally_blocks",
}

// TestTheApplicationCannotTouchWhatIsKept tries, as the application's role, to change
// what is only ever added, and to get rid of what keeps it.
func TestTheApplicationCannotTouchWhatIsKept(t *testing.T) {
	s := storetest.Open(t, store.Postgres, store.Options{Connections: 1})
	var attempts []string
	for _, table := range kept {
		column := "id"
		switch table {
		case "explanations":
			column = "assessment_id"
		case "tallies", "tally_blocks":
			column = "run_id"
		case "cycle_results", "publication_entries":
			column = "official_id"
		}
		attempts = append(attempts, "UPDATE "+table+" SET "+column+" = "+column, "DELETE FROM "+table, "TRUNCATE "+table,
			"ALTER TABLE "+table+" DISABLE TRIGGER ALL", "DROP TABLE "+table, "ALTER TABLE "+table+" ADD COLUMN more text")
	}
	attempts = append(attempts, "ALTER TABLE ratings NO FORCE ROW LEVEL SECURITY", "ALTER TABLE ratings DISABLE ROW LEVEL SECURITY",
		"DROP POLICY ratings_reach ON ratings", "TRUNCATE ratings", "CREATE TABLE aside (x int)", "SET session_replication_role = replica",
		"DROP TRIGGER cycles_seal_update ON cycles", "CREATE OR REPLACE FUNCTION refuse_sealed() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
		"CREATE OR REPLACE FUNCTION scope_everything() RETURNS boolean LANGUAGE sql AS 'SELECT true'", "SET ROLE pg_read_all_data", "ALTER ROLE CURRENT_USER BYPASSRLS",
		"DELETE FROM goose_db_version", "DELETE FROM cycles", "DELETE FROM cases")
	for _, statement := range attempts {
		err := s.InTx(t.Context(), func(tx *store.Tx) error { return tx.Exec(statement).Error })
		if err == nil || !strings.Contains(err.Error(), "SQLSTATE 42501") {
			t.Errorf("%s: %v, want insufficient privilege", statement, err)
		}
	}
}

// TestTheGrantsKnowEveryTable holds the grants to the schema: a table that stands in
// none is the application's for nothing.
func TestTheGrantsKnowEveryTable(t *testing.T) {
	s := storetest.Open(t, store.Postgres, store.Options{Connections: 1})
	var lacking []string
	err := s.Read(t.Context()).Raw(`SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
		AND NOT has_table_privilege(oid, 'SELECT') ORDER BY relname`).Scan(&lacking).Error
	if err != nil {
		t.Fatal(err)
	}
	if len(lacking) > 0 {
		t.Errorf("the application may not read %v: say in grants what it does with them", lacking)
	}
	role, err := s.Role(t.Context())
	if err != nil || role.Fault() != "" || len(role.Missing) > 0 {
		t.Errorf("tests run as %+v, %v", role, err)
	}
	owner := storetest.Owner(t, s)
	above, err := owner.Role(t.Context())
	if err != nil || above.Fault() == "" {
		t.Errorf("who owns the tables passes for %+v, %v", above, err)
	}
	for name, want := range map[string]string{above.Name: "would not bind it", "nobody at all": "CREATE ROLE"} {
		if _, err := owner.Grant(t.Context(), name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("granting to %s: %v", name, err)
		}
	}
	// A table that comes later is given to the role that was named before.
	if err := owner.InTx(t.Context(), func(tx *store.Tx) error { return tx.Exec("REVOKE INSERT ON seals FROM " + role.Name).Error }); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Role(t.Context()); err != nil || !slices.Equal(r.Missing, []string{"seals"}) {
		t.Errorf("what the role lacks is %v, %v", r.Missing, err)
	}
	if again, err := owner.Grant(t.Context(), ""); err != nil || again != role.Name {
		t.Errorf("granted to %q, %v", again, err)
	}
	if r, err := s.Role(t.Context()); err != nil || len(r.Missing) > 0 {
		t.Errorf("after granting again the role lacks %v, %v", r.Missing, err)
	}
}
