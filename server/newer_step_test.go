package main

import (
	"testing"

	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
	"steelyard/store/storetest"
)

// TestAServerThatRunsOutlivesANewerStep: while servers are exchanged one by one, the
// older ones go on over tables that have columns they do not know, stay ready, and nobody
// hears of statements that were planned before.
func TestAServerThatRunsOutlivesANewerStep(t *testing.T) {
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			s := newTestSite(t, d)
			s.start(t)
			hr := s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
			links := s.links(t, 8)
			everything := func(links []string) {
				t.Helper()
				for _, query := range []string{
					`{ me { subject unit { ref } } }`,
					`{ cases(first: 5) { nodes { ref events { kind } official { name unit { name } } } } }`,
					`{ officials(first: 5) { nodes { name unit { name } position } } }`,
				} {
					s.query(t, query, "Authorization", "Bearer "+hr).want(t, 200, `"data":{`)
				}
				for _, link := range links {
					if receipt, answer := s.rates(t, link, true); receipt == "" {
						t.Errorf("a resident is told %s", answer)
					}
				}
			}
			everything(links[:4])
			owner := storetest.Owner(t, s.store)
			query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%'"
			if d == store.Postgres {
				query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'goose%'"
			}
			var tables []string
			if err := owner.Read(t.Context()).Raw(query).Scan(&tables).Error; err != nil || len(tables) < 40 {
				t.Fatalf("%d tables: %v", len(tables), err)
			}
			err := owner.InTx(t.Context(), func(tx *store.Tx) error {
				for _, table := range tables {
					if err := tx.Exec("ALTER TABLE " + table + " ADD COLUMN of_tomorrow text NOT NULL DEFAULT 'x'").Error; err != nil {
						return err
					}
				}
				return tx.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, ?)", true).Error
			})
			if err != nil {
				t.Fatal(err)
			}
			everything(links[4:])
			s.send(t, "GET", "/readyz", "").want(t, 200, "ready")
		})
	}
}
