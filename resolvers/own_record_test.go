package resolvers_test

import (
	"fmt"
	"slices"
	"testing"

	"steelyard/graph"
	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

// ownWork are the mutations in which whoever has a role over others may name the own
// record, each with the reason.
var ownWork = map[string]string{
	"declareReviewConflict": "every official declares the own conflicts",
	"recordEncounter":       "an encounter is recorded by whoever had it",
	"requestExport":         "it changes nothing, and shows what the report does",
}

// withOfficial are the tables whose rows are somebody's record.
func (o *office) withOfficial() []string {
	o.Helper()
	query := "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name IN ('id', 'official_id') GROUP BY m.name HAVING count(*) = 2"
	if o.store.Dialect() == store.Postgres {
		query = "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name IN ('id', 'official_id') GROUP BY table_name HAVING count(*) = 2"
	}
	var tables []string
	if err := o.store.Read(o.Context()).Raw(query).Scan(&tables).Error; err != nil || len(tables) < 12 {
		o.Fatalf("%q: %v", tables, err)
	}
	slices.Sort(tables)
	return tables
}

// concerned are the officials whose records an input names: by themselves, or by
// something of theirs.
func (o *office) concerned(input map[string]any) (refs []string) {
	o.Helper()
	for _, value := range input {
		text, is := value.(string)
		id, err := models.ParseID(text)
		if !is || err != nil {
			continue
		}
		for _, table := range append(o.withOfficial(), "officials") {
			column := "official_id"
			if table == "officials" {
				column = "id"
			}
			var found []string
			err := o.store.Read(o.Context()).Raw("SELECT ref FROM officials WHERE id IN (SELECT "+column+" FROM "+table+" WHERE id = ?)", id).Scan(&found).Error
			if err != nil {
				o.Fatal(err)
			}
			refs = append(refs, found...)
		}
	}
	return refs
}

// tryOwn sends what is right as somebody who has the same role in the same unit and is
// the official whom it concerns: nobody acts on the own record.
func (o *office) tryOwn(t *trial, query string, good map[string]any) {
	o.Helper()
	if t.subject == "" {
		return
	}
	var account models.Account
	if err := o.store.Read(o.Context()).Take(&account, "subject = ?", t.subject).Error; err != nil {
		o.Fatal(err)
	}
	if account.Role == models.RoleOfficial || account.UnitID == nil {
		return // one's own work
	}
	unit, err := store.Take[models.OrgUnit](o.store.Read(o.Context()).Where("id = ?", *account.UnitID), "OrgUnit")
	if err != nil {
		o.Fatal(err)
	}
	for _, ref := range o.concerned(good) {
		if ownWork[t.mutation] != "" {
			return
		}
		alias := t.subject + ", who is " + ref
		o.grant(accounts.Grant{Subject: alias, Role: account.Role, UnitRef: unit.Ref, OfficialRef: ref})
		o.writes()
		code, _ := o.ask(alias, query, "input", good).refused()
		if written := o.writes(); code == "" || code == "INTERNAL" || len(written) > 0 {
			o.Errorf("%s by %s: %q, and %v is written", t.mutation, alias, code, written)
		}
	}
}

// TestNoOwnWorkIsExcusedInVain: every excuse is of a mutation that there is.
func TestNoOwnWorkIsExcusedInVain(t *testing.T) {
	mutations := graph.NewExecutableSchema(graph.Config{}).Schema().Mutation.Fields
	for name, reason := range ownWork {
		if mutations.ForName(name) == nil || len(fmt.Sprint(reason)) < 10 {
			t.Errorf("there is no mutation %s, or no reason", name)
		}
	}
}
