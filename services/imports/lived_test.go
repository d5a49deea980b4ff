package imports_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"steelyard/auth"
	"steelyard/calendar"
	"steelyard/models"
	"steelyard/services/cases"
	"steelyard/services/imports"
	"steelyard/store"
	"steelyard/store/storetest"
)

// office takes steps on imported cases, as HR of the whole village.
type office struct {
	*testing.T
	*cases.Service
	hr auth.Actor
}

func newOffice(t *testing.T, s *store.Store, service *imports.Service) *office {
	t.Helper()
	days, err := calendar.Parse(bytes.NewReader(calendar.ChinaJSON()))
	if err != nil {
		t.Fatal(err)
	}
	top := scalar[models.ID](t, s, "SELECT id FROM org_units WHERE parent_id IS NULL")
	return &office{
		t, cases.New(s, service.Keys, zone, days, make([]byte, 32)),
		auth.Actor{Subject: "hr", Role: models.RoleHR, UnitID: &top},
	}
}

func (o *office) id(table, ref string) models.ID {
	return scalar[models.ID](o.T, o.Store, "SELECT id FROM "+table+" WHERE ref = ?", ref)
}

func (o *office) resolve(ref string) {
	in := cases.Resolution{Outcome: models.OutcomePartlyResolved, Account: "paid again"}
	in.CaseID = o.id("cases", ref)
	o.took(o.Resolve(context.Background(), o.hr, in))
}

func (o *office) assign(ref, official string) {
	to := o.id("officials", official)
	in := cases.Assignment{OfficialID: &to}
	in.CaseID = o.id("cases", ref)
	o.took(o.Assign(context.Background(), o.hr, in))
}

func (o *office) offer(ref, unit string) {
	in := cases.Offer{ToUnitID: o.id("org_units", unit), Reason: "theirs"}
	in.CaseID = o.id("cases", ref)
	o.took(o.Transfer(context.Background(), o.hr, in))
}

func (o *office) mediate(ref string) {
	in := cases.MediationRequest{Mediator: "Aunt Zhao"}
	in.CaseID = o.id("cases", ref)
	o.took(o.RequestMediation(context.Background(), o.hr, in))
}

func (o *office) took(_ *models.Case, err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

// ofFile finds what a report says of a file.
func ofFile(r *imports.Report, name string) imports.FileReport {
	for _, f := range r.Files {
		if f.Name == name {
			return f
		}
	}
	return imports.FileReport{}
}

func TestWhatHasLivedOnIsLeftAloneByTheSameFolder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		service := newService(t, s)
		mustImport(t, service, village)
		o := newOffice(t, s, service)
		o.resolve("C24")        // closed here, open in the folder
		o.assign("C28", "V4")   // of nobody in the folder
		o.offer("C14", "LX-FW") // its row stays as it is
		o.mediate("C07")

		before := contents(t, s, "clocks", "case_transfers", "mediations")
		report := mustImport(t, service, village)
		if diff := cmp.Diff(before, contents(t, s, "clocks", "case_transfers", "mediations")); diff != "" {
			t.Error(diff)
		}
		for _, f := range report.Files {
			kept := int64(0)
			if f.Name == "cases.csv" {
				kept = 2
			}
			if f.Unchanged != f.Read || f.Kept != kept {
				t.Errorf("%+v, want %d kept", f, kept)
			}
		}
		if n := scalar[int](t, s, "SELECT count(*) FROM audit_entries WHERE noun = 'Case' AND actor = 'import'"); n != 0 {
			t.Errorf("%d audit entries of cases that an import changed", n)
		}
		details := scalar[string](t, s, "SELECT details FROM audit_entries WHERE noun = 'Import' ORDER BY at DESC LIMIT 1")
		if !strings.Contains(details, "unchanged 28, rejected 0, kept 2") {
			t.Errorf("the audit entry says %s", details)
		}
	})
}

func TestNewsOfACaseThatHasLivedOnIsLeftOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		service := newService(t, s)
		mustImport(t, service, village)
		newOffice(t, s, service).resolve("C24")
		news := copyFolder(t, village, map[string]func(string) string{
			"cases.csv": func(text string) string {
				text = replace("2025-11-17T18:00:00+08:00,,,,,,0,0", "2025-11-17T18:00:00+08:00,2025-12-30T09:00:00+08:00,RESOLVED,YES,YES,5,0,0")(text)
				return replace("2026-01-12T18:00:00+08:00,,,,,,0,0", "2026-01-12T18:00:00+08:00,,,,,,1,0")(text)
			},
			"case_events.csv": func(text string) string {
				return text + "C24,2025-12-30T09:00:00+08:00,RESOLVED,V2,,,\nC28,2025-12-30T09:00:00+08:00,ASSIGNED,,V4,,\n"
			},
		})
		before := contents(t, s)
		report := mustImport(t, service, news)
		for name, want := range map[string]imports.FileReport{
			"cases.csv":       {Name: "cases.csv", Read: 28, Updated: 1, Unchanged: 27, Kept: 1},
			"case_events.csv": {Name: "case_events.csv", Read: 108, Inserted: 1, Unchanged: 107, Kept: 1},
		} {
			if diff := cmp.Diff(want, ofFile(report, name)); diff != "" {
				t.Error(diff)
			}
		}
		after := contents(t, s)
		if n := len(after["case_events"]) - len(before["case_events"]); n != 1 {
			t.Errorf("%d events came, want the one of C28", n)
		}
		for query, want := range map[string]string{
			"SELECT state FROM cases WHERE ref = 'C24'":                          "RESOLVED",
			"SELECT outcome FROM cases WHERE ref = 'C24'":                        "PARTLY_RESOLVED",
			"SELECT CAST(transfers AS text) FROM cases WHERE ref = 'C28'":        "1",
			"SELECT CAST(count(*) AS text) FROM clocks WHERE stopped_at IS NULL": "1",
		} {
			if got := scalar[string](t, s, query); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		// An event alone, without its case in the folder, is left out as well.
		alone := copyFolder(t, news, map[string]func(string) string{"cases.csv": func(text string) string {
			return text[:strings.Index(text, "C24,")] + text[strings.Index(text, "C25,"):]
		}})
		mustImport(t, service, alone)
		mustImport(t, service, news)
		if diff := cmp.Diff(after, contents(t, s)); diff != "" {
			t.Error(diff)
		}
	})
}

// during imports a folder and runs something when the loading run has read a file.
func during(t *testing.T, service *imports.Service, folder, file string, do func()) (*imports.Report, error) {
	t.Helper()
	read := 0
	return service.Import(context.Background(), folder, imports.Options{Progress: func(name string, _, _ int64) {
		if name == file {
			if read++; read == 2 {
				do()
			}
		}
	}})
}

// On SQLite nobody can write while an import runs.
func TestAStepTakenWhileAnImportRunsStands(t *testing.T) {
	s := storetest.Open(t, store.Postgres, store.Options{})
	service := newService(t, s)
	mustImport(t, service, village)
	o := newOffice(t, s, service)
	closed := copyFolder(t, village, map[string]func(string) string{
		"cases.csv": replace("2025-11-17T18:00:00+08:00,,,,,,0,0", "2025-11-17T18:00:00+08:00,2025-12-30T09:00:00+08:00,RESOLVED,YES,YES,5,0,0"),
		"case_events.csv": func(text string) string {
			return text + "C24,2025-12-30T09:00:00+08:00,RESOLVED,V2,,,\nC28,2025-12-30T09:00:00+08:00,ASSIGNED,,V4,,\n"
		},
	})
	report, err := during(t, service, closed, "cases.csv", func() { o.resolve("C24") })
	if err != nil {
		t.Fatal(err)
	}
	if f := ofFile(report, "cases.csv"); f.Kept != 1 || f.Updated != 0 {
		t.Errorf("%+v", f)
	}
	if got := scalar[string](t, s, "SELECT outcome FROM cases WHERE ref = 'C24'"); got != "PARTLY_RESOLVED" {
		t.Errorf("the case is %s", got)
	}
}

// A case is locked from the moment at which the import decides about it, be it
// that its row is changed, that it is left alone, or that it gets an event.
func TestCasesAreLockedWhileAnImportDecides(t *testing.T) {
	s := storetest.Open(t, store.Postgres, store.Options{})
	service := newService(t, s)
	mustImport(t, service, village)
	newOffice(t, s, service).assign("C28", "V4")
	more := copyFolder(t, village, map[string]func(string) string{
		"cases.csv": replace("2025-11-17T18:00:00+08:00,,,,,,0,0", "2025-11-17T18:00:00+08:00,,,,,,1,0"),
		"case_events.csv": func(text string) string {
			return text + "C07,2025-12-30T09:00:00+08:00,ASSIGNED,,V4,,\n"
		},
	})
	free := map[string]bool{}
	_, err := during(t, service, more, "reviews.csv", func() {
		for _, ref := range []string{"C24", "C28", "C07", "C01"} {
			err := s.InTx(context.Background(), func(tx *store.Tx) error {
				return tx.Exec("SELECT id FROM cases WHERE ref = ? FOR UPDATE NOWAIT", ref).Error
			})
			var pg *pgconn.PgError
			if free[ref] = err == nil; err != nil && (!errors.As(err, &pg) || pg.Code != "55P03") {
				t.Error(err)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]bool{"C24": false, "C28": false, "C07": false, "C01": true}, free); diff != "" {
		t.Error(diff)
	}
}

func TestARatingGivenWhileAnImportRunsIsARace(t *testing.T) {
	s := storetest.Open(t, store.Postgres, store.Options{})
	service := newService(t, s)
	mustImport(t, service, copyFolder(t, village, map[string]func(string) string{
		"ratings.csv": func(text string) string { return text[:strings.Index(text, "\n")+1] },
	}))
	before := contents(t, s)
	encounter := scalar[models.ID](t, s, "SELECT id FROM encounters WHERE ref = 'E02'")
	report, err := during(t, service, village, "ratings.csv", func() {
		err := s.InTx(context.Background(), func(tx *store.Tx) error {
			return tx.Create(&models.EncounterClaim{EncounterID: encounter}).Error
		})
		if err != nil {
			t.Error(err)
		}
	})
	if !errors.Is(err, &models.Error{Code: models.CodeConflict, Key: models.KeyImportRaced}) || report.Imported {
		t.Errorf("imported %t: %v", report.Imported, err)
	}
	after := contents(t, s)
	if len(after["encounter_claims"]) != 1 {
		t.Errorf("claims: %v", after["encounter_claims"])
	}
	delete(before, "encounter_claims")
	delete(after, "encounter_claims")
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error("half of it was kept: ", diff)
	}
}
