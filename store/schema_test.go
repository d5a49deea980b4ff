package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm/schema"

	"steelyard/migrations"
	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// records are every record that is stored, each with its table.
var records = []any{
	models.OrgUnit{},
	models.OrgUnitClosure{},
	models.Position{},
	models.Official{},
	models.Posting{},
	models.OrganisationState{},
	models.AccountState{},
	models.Account{},
	models.AccountToken{},
	models.Service{},
	models.KeyEpoch{},
	models.Encounter{},
	models.EncounterClaim{},
	models.RatingInvitation{},
	models.Rating{},
	models.RatingReply{},
	models.RatingTotal{},
	models.RatingMonth{},
	models.ReplyDuty{},
	models.RatingUndo{},
	models.CounterCode{},
	models.CounterUse{},
	models.RatingForm{},
	models.Case{},
	models.CaseEvent{},
	models.Clock{},
	models.CaseTransfer{},
	models.Mediation{},
	models.Deed{},
	models.Achievement{},
	models.Policy{},
	models.Cycle{},
	models.ReviewRound{},
	models.ReviewAssignment{},
	models.ReviewClaim{},
	models.PeerReview{},
	models.ReviewTemplate{},
	models.ReviewQuestion{},
	models.ReviewDraft{},
	models.ReviewConflict{},
	models.AppraisalCode{},
	models.AppraisalClaim{},
	models.AppraisalBallot{},
	models.AppraisalComment{},
	models.AssessmentRun{},
	models.Tally{},
	models.TallyBlock{},
	models.Assessment{},
	models.Explanation{},
	models.Publication{},
	models.Objection{},
	models.Seal{},
	models.SelfSummary{},
	models.GradeLimit{},
	models.GradeQuota{},
	models.CycleGrade{},
	models.CycleProposal{},
	models.PublicationEntry{},
	models.CycleResult{},
	models.EvidenceExclusion{},
	models.IntegrityFlag{},
	models.IntegrityCheck{},
	models.FlagAppeal{},
	models.AuditEntry{},
	models.AuditBlock{},
	models.AuditMember{},
	models.IdempotencyKey{},
	models.Setting{},
	models.CategoryRule{},
	models.Area{},
	models.RoutingRule{},
	models.Holiday{},
	models.Exclusion{},
	models.FailedGuess{},
	models.Webhook{},
	models.Notification{},
	models.NotificationDelivery{},
	models.CaseContact{},
	models.Attachment{},
	models.Export{},
	models.ReportDefinition{},
}

// shape is a database as it can be compared: a line a fact.
type shape struct {
	Columns, Keys, Foreign, Checks, Indexes []string
}

func (s *shape) sort() {
	for _, list := range []*[]string{&s.Columns, &s.Keys, &s.Foreign, &s.Checks, &s.Indexes} {
		slices.Sort(*list)
	}
}

func texts(t *testing.T, s *store.Store, query string, args ...any) []string {
	t.Helper()
	var rows []string
	if err := s.Read(context.Background()).Raw(query, args...).Scan(&rows).Error; err != nil {
		t.Fatal(err)
	}
	return rows
}

// kinds are what both databases call a column's kind.
var kinds = strings.NewReplacer(
	"uuid", "id or hash", "blob", "id or hash", "bytea", "id or hash",
	"timestamp with time zone", "instant", "datetime", "instant",
	"bigint", "integer", "double precision", "real",
)

func postgresShape(t *testing.T, s *store.Store) shape {
	var out shape
	for _, line := range texts(t, s, `SELECT table_name || '.' || column_name || '|' || data_type || '|' || is_nullable
		FROM information_schema.columns WHERE table_schema = current_schema() AND table_name <> 'goose_db_version'`) {
		out.Columns = append(out.Columns, kinds.Replace(line))
	}
	constraints := `SELECT conrelid::regclass || '|' || conname || '|' || pg_get_constraintdef(oid) FROM pg_constraint
		WHERE connamespace = current_schema()::regnamespace AND conrelid::regclass::text <> 'goose_db_version' AND contype = ?`
	for _, line := range texts(t, s, constraints, "f") {
		table, rest, _ := strings.Cut(line, "|")
		_, rule, _ := strings.Cut(rest, "|")
		out.Foreign = append(out.Foreign, table+" "+rule)
	}
	for _, line := range texts(t, s, constraints, "u") {
		table, rest, _ := strings.Cut(line, "|")
		_, rule, _ := strings.Cut(rest, "|")
		out.Keys = append(out.Keys, table+" "+rule)
	}
	for _, line := range texts(t, s, constraints, "p") {
		table, rest, _ := strings.Cut(line, "|")
		_, rule, _ := strings.Cut(strings.ReplaceAll(rest, `"`, ""), "|") // it quotes names that are keywords
		out.Keys = append(out.Keys, table+" "+rule)
	}
	for _, line := range texts(t, s, constraints, "c") {
		table, rest, _ := strings.Cut(line, "|")
		name, _, _ := strings.Cut(rest, "|")
		out.Checks = append(out.Checks, table+" "+name)
	}
	out.Indexes = texts(t, s, `SELECT tablename || ' ' || indexname FROM pg_indexes WHERE schemaname = current_schema()
		AND tablename <> 'goose_db_version' AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = indexname AND c.contype IN ('p', 'u'))`)
	out.sort()
	return out
}

var checkName = regexp.MustCompile(`CONSTRAINT (\w+) CHECK`)

func sqliteShape(t *testing.T, s *store.Store) shape {
	var out shape
	tables := texts(t, s, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%'`)
	for _, table := range tables {
		for _, line := range texts(t, s, `SELECT name || '|' || lower(type) || '|' ||
			CASE WHEN "notnull" = 1 OR pk > 0 THEN 'NO' ELSE 'YES' END FROM pragma_table_info(?)`, table) {
			out.Columns = append(out.Columns, table+"."+kinds.Replace(line))
		}
		for _, line := range texts(t, s, `SELECT "from" || ') REFERENCES ' || "table" || '(' || "to" || ')' FROM pragma_foreign_key_list(?)`, table) {
			out.Foreign = append(out.Foreign, table+" FOREIGN KEY ("+line)
		}
		if primary := texts(t, s, "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", table); len(primary) > 0 {
			out.Keys = append(out.Keys, table+" PRIMARY KEY ("+strings.Join(primary, ", ")+")")
		}
		for _, index := range texts(t, s, "SELECT name FROM pragma_index_list(?) WHERE origin = 'u'", table) {
			columns := texts(t, s, "SELECT name FROM pragma_index_info(?) ORDER BY seqno", index)
			out.Keys = append(out.Keys, table+" UNIQUE ("+strings.Join(columns, ", ")+")")
		}
		for _, index := range texts(t, s, "SELECT name FROM pragma_index_list(?) WHERE origin = 'c'", table) {
			out.Indexes = append(out.Indexes, table+" "+index)
		}
		for _, text := range texts(t, s, "SELECT sql FROM sqlite_master WHERE name = ?", table) {
			for _, name := range checkName.FindAllStringSubmatch(text, -1) {
				out.Checks = append(out.Checks, table+" "+name[1])
			}
		}
	}
	out.sort()
	return out
}

func TestBothDatabasesHaveTheSameShape(t *testing.T) {
	lite := sqliteShape(t, storetest.Open(t, store.SQLite, store.Options{}))
	if len(lite.Columns) < 200 || len(lite.Keys) < 40 || len(lite.Foreign) < 40 || len(lite.Checks) < 40 || len(lite.Indexes) < 30 {
		t.Fatalf("found too little to compare: %d columns, %d keys, %d foreign keys, %d checks, %d indexes",
			len(lite.Columns), len(lite.Keys), len(lite.Foreign), len(lite.Checks), len(lite.Indexes))
	}
	post := postgresShape(t, storetest.Open(t, store.Postgres, store.Options{}))
	if diff := cmp.Diff(post, lite); diff != "" {
		t.Errorf("postgres (-) and sqlite (+) differ:\n%s", diff)
	}
}

// TestChecksReadTheSame compares the rules themselves as they are written.
func TestChecksReadTheSame(t *testing.T) {
	own := strings.NewReplacer("CONCURRENTLY ", "", ` COLLATE "C"`, "") // what PostgreSQL alone has to be told
	check := regexp.MustCompile(`CONSTRAINT \w+ (CHECK|UNIQUE) .*|CREATE (UNIQUE )?INDEX .*`)
	read := func(files fs.FS, err error) (rules []string) {
		if err != nil {
			t.Fatal(err)
		}
		names, err := fs.Glob(files, "*.sql")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(files, name)
			if err != nil {
				t.Fatal(err)
			}
			for _, rule := range check.FindAllString(string(text), -1) {
				rules = append(rules, name+": "+strings.TrimSuffix(own.Replace(rule), ","))
			}
		}
		return rules
	}
	if diff := cmp.Diff(read(migrations.Postgres()), read(migrations.SQLite())); diff != "" {
		t.Errorf("postgres (-) and sqlite (+) differ:\n%s", diff)
	}
}

// TestTablesAreWhatTheRecordsExpect holds every record to its table's columns.
func TestTablesAreWhatTheRecordsExpect(t *testing.T) {
	s := storetest.Open(t, store.SQLite, store.Options{})
	var cache sync.Map
	known := map[string]bool{}
	for _, record := range records {
		parsed, err := schema.Parse(record, &cache, schema.NamingStrategy{})
		if err != nil {
			t.Fatal(err)
		}
		known[parsed.Table] = true
		want := slices.Clone(parsed.DBNames)
		have := texts(t, s, "SELECT name FROM pragma_table_info(?)", parsed.Table)
		slices.Sort(want)
		slices.Sort(have)
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("%T (-) and table %s (+) differ:\n%s", record, parsed.Table, diff)
		}
	}
	for _, table := range texts(t, s, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%'`) {
		if !known[table] {
			t.Errorf("table %s has no record", table)
		}
	}
}

func words[W ~string](list []W, empty bool) string {
	quoted := make([]string, 0, len(list)+1)
	if empty {
		quoted = append(quoted, "''")
	}
	for _, w := range list {
		quoted = append(quoted, "'"+string(w)+"'")
	}
	return "(" + strings.Join(quoted, ", ") + ")"
}

// TestChecksKnowEveryWord holds the closed lists of the domain to the checks of
// the tables.
func TestChecksKnowEveryWord(t *testing.T) {
	s := storetest.Open(t, store.SQLite, store.Options{})
	for check, list := range map[string]string{
		"accounts_role":               "role IN " + words(models.Roles, false),
		"encounters_channel":          "channel IN " + words(models.Channels, false),
		"encounters_invited":          "invited IN " + words(models.Answers, true),
		"rating_invitations_state":    "state IN " + words(models.InvitationStates, false),
		"ratings_channel":             "channel IN " + words(models.Channels, false),
		"ratings_source":              "source IN " + words(models.RatingSources, false),
		"ratings_invited":             "invited IN " + words(models.Answers, true),
		"cases_channel":               "channel IN " + words(models.Channels, false),
		"cases_state":                 "state IN " + words(models.CaseStates, false),
		"cases_outcome":               "outcome IN " + words(models.CaseOutcomes, true),
		"cases_asked":                 "asked IN " + words(models.Answers, true),
		"cases_confirmed":             "confirmed IN " + words(models.Answers, true),
		"case_events_kind":            "kind IN " + words(models.CaseEventKinds, false),
		"clocks_kind":                 "kind IN " + words(models.ClockKinds, false),
		"case_transfers_state":        "state IN " + words(models.TransferStates, false),
		"mediations_outcome":          "outcome IN " + words(models.CaseOutcomes, true),
		"deeds_kind":                  "kind IN " + words(models.DeedKinds, false),
		"deeds_confirmed":             "confirmed IN " + words(models.Answers, true),
		"achievements_kind":           "kind IN " + words(models.AchievementKinds, false),
		"cycles_kind":                 "kind IN " + words(models.CycleKinds, false),
		"cycles_state":                "state IN " + words(models.CycleStates, false),
		"accounts_kind":               "kind IN " + words(models.AccountKinds, false),
		"review_rounds_state":         "state IN " + words(models.ReviewRoundStates, false),
		"review_assignments_relation": "relation IN " + words(models.Relations, false),
		"peer_reviews_relation":       "relation IN " + words(models.Relations, false),
		"review_questions_dimension":  "dimension IN " + words(models.Dimensions, false),
		"peer_reviews_contact":        "contact IN " + words(models.ContactsWithMarks, true),
		"appraisal_codes_class":       "voter_class IN " + words(models.VoterClasses, false),
		"appraisal_ballots_class":     "voter_class IN " + words(models.VoterClasses, false),
		"peer_reviews_dimension":      "dimension IN " + words(models.Dimensions, false),
		"assessment_runs_state":       "state IN " + words(models.RunStates, false),
		"assessments_status":          "status IN " + words(models.AssessmentStatuses, false),
		"assessments_grade":           "grade IN " + words(models.GradeProposals, true),
		"objections_state":            "state IN " + words(models.ObjectionStates, false),
		"holidays_kind":               "kind IN " + words(models.HolidayKinds, false),
		"exclusions_ground":           "ground IN " + words(models.ExclusionGrounds, false),
		"exclusions_state":            "state IN " + words(models.ExclusionStates, false),
		"integrity_flags_state":       "state IN " + words(models.FlagStates, false),
		"flag_appeals_state":          "state IN " + words(models.ObjectionStates, false),

		"exports_kind":                   "kind IN " + words(models.ReportKinds, false),
		"exports_ordering":               "ordering IN " + words(models.AssessmentOrders, false),
		"exports_state":                  "state IN " + words(models.ExportStates, false),
		"report_definitions_cycle_kind":  "cycle_kind IN " + words(models.CycleKinds, true),
		"report_definitions_ordering":    "ordering IN " + words(models.AssessmentOrders, false),
		"attachments_media_type":         "media_type IN " + words(models.MediaTypes, false),
		"objections_instance":            "instance IN " + words(models.Instances, false),
		"objections_filer":               "filer IN " + words(models.Filers, false),
		"grade_limits_ground":            "ground IN " + words(models.LimitGrounds, false),
		"cycle_grades_grade":             "grade IN " + words(models.Grades, false),
		"cycle_grades_not_graded_reason": "not_graded IN " + words(models.NotGradedGrounds, true),
		"cycle_grades_engine":            "engine IN " + words(models.GradeProposals, true),
		"cycle_grades_state":             "state IN " + words(models.GradeStates, false),
		"cycle_proposals_step":           "step IN " + words(models.SignedSteps, false),
		"evidence_exclusions_kind":       "kind IN " + words(models.ExcludedKinds, false),

		"notifications_kind":              "kind IN " + words(models.NotificationKinds, false),
		"notification_deliveries_channel": "channel IN " + words(models.DeliveryChannels, false),
		"notification_deliveries_state":   "state IN " + words(models.DeliveryStates, false),
	} {
		found := texts(t, s, "SELECT name FROM sqlite_master WHERE sql LIKE ?", fmt.Sprintf("%%CONSTRAINT %s CHECK (%s)%%", check, list))
		if len(found) != 1 {
			t.Errorf("no table has CONSTRAINT %s CHECK (%s)", check, list)
		}
	}
}

// TestMigrationsGoUpDownAndUp takes every step forth and back on both databases.
func TestMigrationsGoUpDownAndUp(t *testing.T) {
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			ctx := context.Background()
			s, err := store.Open(ctx, storetest.URL(t, d, false), store.Options{Connections: 2})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			if err := s.CheckVersion(ctx); err == nil {
				t.Error("an empty database passes for one of the right version")
			}
			first, err := s.MigrateUp(ctx)
			if err != nil || first < 2 {
				t.Fatalf("%d steps up: %v", first, err)
			}
			if err := s.CheckVersion(ctx); err != nil {
				t.Error(err)
			}
			if err := s.MigrateDownTo(ctx, 0); err != nil {
				t.Fatal(err)
			}
			if err := s.CheckVersion(ctx); err == nil {
				t.Error("a database whose steps were taken back passes for one of the right version")
			}
			if again, err := s.MigrateUp(ctx); err != nil || again != first {
				t.Errorf("%d steps up the second time, %d the first: %v", again, first, err)
			}
		})
	}
}

// TestWhatIsOnlyAddedStays tries to change and to delete what may only be added.
func TestWhatIsOnlyAddedStays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		entry := models.AuditEntry{ID: models.NewRandomID(), At: s.Now(), Actor: "a", Action: "x", Noun: "Case", Details: map[string]string{}}
		if err := s.InTx(ctx, func(tx *store.Tx) error { return tx.Create(&entry).Error }); err != nil {
			t.Fatal(err)
		}
		for _, statement := range []string{"UPDATE audit_entries SET actor = 'b'", "DELETE FROM audit_entries"} {
			err := storetest.Owner(t, s).InTx(ctx, func(tx *store.Tx) error { return tx.Exec(statement).Error })
			if err == nil || !strings.Contains(err.Error(), "only ever added") {
				t.Errorf("%s: %v", statement, err)
			}
		}
	})
}

// TestStepsMayArriveInAnyOrder: a database that has a later step and lacks an
// earlier one is behind, and catches up.
func TestStepsMayArriveInAnyOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, s := context.Background(), storetest.Owner(t, s)
		err := s.InTx(ctx, func(tx *store.Tx) error {
			// The third step is two indexes that nothing later builds on.
			for _, statement := range []string{
				"DROP INDEX assessments_composite", "DROP INDEX assessments_showcase_gap", "DELETE FROM goose_db_version WHERE version_id = 3",
			} {
				if err := tx.Exec(statement).Error; err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.CheckVersion(ctx); !errors.Is(err, store.ErrBehind) {
			t.Errorf("a database that lacks a step in the middle: %v", err)
		}
		if n, err := s.MigrateUp(ctx); err != nil || n != 1 {
			t.Errorf("%d steps caught up, want 1: %v", n, err)
		}
		if err := s.CheckVersion(ctx); err != nil {
			t.Error(err)
		}
	})
}
