package store_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// twoUnits is a row of each protected table for each of two units below one: X stands
// for a or b, and the official, the case and the rest of a unit have its letter.
const twoUnits = `
INSERT INTO org_units VALUES (ID(X1), 'unit X', ID(01), 'X');
INSERT INTO officials (id, ref, unit_id, position_id, name) VALUES (ID(X2), 'official X', ID(X1), ID(02), 'X');
INSERT INTO encounters VALUES (ID(X3), 'e X', ID(X2), ID(03), NULL, 2025, 'WINDOW', '2025-03-01', 'YES');
INSERT INTO rating_invitations VALUES (ID(X4), '\xX0', ID(X3), 'ISSUED', 'X', '', '2025-03-01', '2025-04-01');
INSERT INTO ratings (id, official_id, service_id, channel, level, rated_on, key_year, source, invited, dimensions, tags, receipt_hash)
    VALUES (ID(X5), ID(X2), ID(03), 'WINDOW', 1, '2025-03-02', 2025, 'ENCOUNTER', 'YES', '[]', '[]', '\xX1');
INSERT INTO rating_replies VALUES (ID(X6), ID(X5), 'X', 'sorry', '2025-03-03');
INSERT INTO reply_duties (rating_id, unit_id, released_on, reply_due_on, mend_due_on) VALUES (ID(X5), ID(X1), '2025-03-02', '2025-03-03', '2025-03-23');
INSERT INTO cycles VALUES (ID(X7), ID(X1), 'ANNUAL', 'X', '2025-01-01', '2025-12-31', 'COLLECTING', NULL, NULL, 'X', '2025-01-01', '2025-01-01');
INSERT INTO review_rounds (id, cycle_id, name, state, opens_on, closes_on) VALUES (ID(X8), ID(X7), 'X', 'OPEN', '2025-03-01', '2025-03-31');
INSERT INTO review_assignments VALUES (ID(X9), ID(X8), ID(X2), ID(X2), 'SELF');
INSERT INTO review_drafts VALUES (ID(X9), '\x00');
INSERT INTO peer_reviews (id, official_id, reviewer_key, key_year, relation, dimension, score, submitted_on, round_id)
    VALUES (ID(Xa), ID(X2), '\x00', 2025, 'PEER', 'ABILITY', 4, '2025-03-04', ID(X8));
INSERT INTO appraisal_ballots VALUES (ID(Xb), ID(X8), 'A', '[]', '2025-03-04', true);
INSERT INTO appraisal_comments VALUES (ID(Xc), ID(X8), 'words', '2025-03-04', true);
INSERT INTO cases (id, ref, receipt_hash, category, unit_id, official_id, key_year, channel, state, title, description, opened_at, outcome, asked, confirmed,
    transfers, reopened, upheld, updated_at) VALUES (ID(Xd), 'case X', '\xX2', 'roads', ID(X1), ID(X2), 2025, 'ONLINE', 'SUBMITTED', 't', 'd', '2025-03-01', '', '', '',
    0, 0, false, '2025-03-01');
INSERT INTO case_events (id, case_id, seq, at, kind, actor, note) VALUES (ID(Xe), ID(Xd), 1, '2025-03-01', 'SUBMITTED', 'resident', '');
INSERT INTO mediations (id, case_id, mediator, started_at, resident_agreed, unit_agreed, outcome, agreement_summary)
    VALUES (ID(Xf), ID(Xd), 'm', '2025-03-01', false, false, '', '');
INSERT INTO case_contacts VALUES (ID(Xd), '\x00', 'en', '2025-03-01');
INSERT INTO attachments VALUES (ID(Xe), ID(Xd), 'blob X', 'image/png', 1, '\x00', true, '2025-03-01')`

// district is twoUnits with the unit above and what both share.
var district = regexp.MustCompile(`ID\((..)\)`).ReplaceAllString(`
INSERT INTO org_units VALUES (ID(01), 'top', NULL, 'top');
INSERT INTO positions VALUES (ID(02), 'clerk');
INSERT INTO services VALUES (ID(03), 's', 's', 'c');`+
	strings.ReplaceAll(twoUnits, "X", "a")+";"+strings.ReplaceAll(twoUnits, "X", "b"), "'00000000-0000-4000-8000-0000000000$1'")

// protected are the tables of twoUnits that policies keep, by their keys.
var protected = map[string]string{
	"encounters": "id", "ratings": "id", "rating_replies": "id", "reply_duties": "rating_id", "review_drafts": "assignment_id",
	"peer_reviews": "id", "appraisal_ballots": "id", "appraisal_comments": "id", "cases": "id", "case_events": "id",
	"mediations": "id", "case_contacts": "case_id", "attachments": "id",
}

func id(t testing.TB, tail string) models.ID {
	t.Helper()
	id, err := models.ParseID("00000000-0000-4000-8000-0000000000" + tail)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// twoUnitsIn opens a database of two units as the application's role does, with as many
// connections, and without reach for whoever brings none.
func twoUnitsIn(t *testing.T, connections int) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.URL(t, store.Postgres, true), store.Options{Connections: connections})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	err = s.InTx(store.Widen(t.Context(), store.Commands), func(tx *store.Tx) error {
		for _, statement := range strings.Split(district, ";") {
			if err := tx.Exec(statement).Error; err != nil {
				return err
			}
		}
		return store.RebuildClosure(tx)
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// seen are the units of which a query without any filter finds rows in a table.
func seen(t *testing.T, db *gorm.DB, table string) string {
	t.Helper()
	var keys []models.ID
	if err := db.Table(table).Order(protected[table]).Pluck(protected[table], &keys).Error; err != nil {
		t.Fatal(err)
	}
	units := ""
	for _, key := range keys {
		units += key.String()[34:35]
	}
	return units
}

// TestAForgottenFilterFindsNoNeighbour reads every protected table without a filter,
// for one whom it should give the rows of a unit, of both, of a receipt, or none.
func TestAForgottenFilterFindsNoNeighbour(t *testing.T) {
	s := twoUnitsIn(t, 1) // one connection for all: what it was told before is no longer so
	unit := func(tail string) *models.ID { id := id(t, tail); return &id }
	ctx := t.Context()
	official := store.WithReach(ctx, nil, unit("b2"))
	ofRating, ofCase := []string{"ratings", "rating_replies", "reply_duties"}, []string{"cases", "case_events", "mediations", "case_contacts", "attachments"}
	for _, c := range []struct {
		whom   string
		ctx    context.Context
		want   string
		tables []string // nil: all
	}{
		{"nobody", ctx, "", nil},
		{"the unit above", store.WithReach(ctx, unit("01"), nil), "ab", nil},
		{"a unit", store.WithReach(ctx, unit("a1"), unit("a2")), "a", nil},
		{"the other unit", store.WithReach(ctx, unit("b1"), unit("b2")), "b", nil},
		{"a stranger", store.WithReach(ctx, nil, nil), "", nil},
		{"the program", store.Widen(ctx, store.Background), "ab", nil},
		{"an official without a unit", official, "b", append([]string{"encounters", "review_drafts"}, ofCase...)},
		{"who shows a receipt of a rating", store.Show(ctx, []byte{0xb1}), "b", ofRating},
		{"who shows a receipt of a case", store.Show(ctx, []byte{0xa2}), "a", ofCase},
		{"who shows an invitation", store.Show(ctx, []byte{0xa0}), "a", []string{"encounters"}},
		{"two who show receipts, by way of a third", store.OnlyShown(store.WithReach(ctx, unit("01"), nil), []byte{0xa1}, []byte{0xb1}), "ab", ofRating},
	} {
		for table := range protected {
			want := c.want
			if c.tables != nil && !slices.Contains(c.tables, table) {
				want = ""
			}
			if table == "review_drafts" && strings.HasPrefix(c.whom, "the unit above") {
				want = "" // no scope makes a draft readable
			}
			if got := seen(t, s.Read(c.ctx), table); got != want {
				t.Errorf("%s sees rows of %q in %s, want %q", c.whom, got, table, want)
			}
		}
	}
	// A receipt that is shown holds for the rest of the request.
	request := store.WithReach(ctx, nil, nil)
	store.Show(request, []byte{0xb2})
	if got := seen(t, s.Read(request), "case_events"); got != "b" {
		t.Errorf("the history of a case whose receipt was shown is of %q", got)
	}
}

// TestEveryWayToTheDatabaseIsBound tries the others: transactions, snapshots on
// several connections, streams of rows, and bulk loading.
func TestEveryWayToTheDatabaseIsBound(t *testing.T) {
	s, unit := twoUnitsIn(t, 4), id(t, "a1")
	ctx := store.WithReach(t.Context(), &unit, nil)
	count := func(each func(query string, fn func(r *store.Row) error) error) (n int64) {
		t.Helper()
		err := each("SELECT count(*) FROM ratings", func(r *store.Row) error { n = r.Int(0); return nil })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	var found []int64
	err := s.InTx(ctx, func(tx *store.Tx) error {
		inTx := func() int64 {
			return count(func(q string, fn func(r *store.Row) error) error { return tx.Each(ctx, q, nil, fn) })
		}
		found = append(found, inTx())
		if err := tx.Widen(store.OneAnswer, func() error { found = append(found, inTx()-1); return nil }); err != nil {
			return err
		}
		found = append(found, inTx())
		changed := tx.Exec("UPDATE cases SET title = 'mine'")
		found = append(found, changed.RowsAffected)
		return changed.Error
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.InReadTx(ctx, func(db *gorm.DB) error {
		var n int64
		err := db.Table("ratings").Count(&n).Error
		found = append(found, n)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.InSnapshot(ctx, func(snap *store.Snapshot) error {
		both := make([]int64, 2)
		reader := func(i int) func(context.Context, *store.Snapshot) error {
			return func(ctx context.Context, snap *store.Snapshot) error {
				both[i] = count(func(q string, fn func(r *store.Row) error) error { return snap.Each(ctx, q, nil, fn) })
				return nil
			}
		}
		err := snap.Together(ctx, reader(0), reader(1))
		found = append(found, both...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range found {
		if n != 1 {
			t.Errorf("way %d of %d reaches %d rows, want those of one unit", i+1, len(found), n)
		}
	}
	for unit, want := range map[string]string{"a1": "", "b1": "row-level security"} {
		given := false
		err := s.InTx(ctx, func(tx *store.Tx) error {
			_, err := tx.Load(ctx, "reply_duties", []string{"rating_id", "unit_id", "released_on", "reply_due_on", "mend_due_on"}, func() ([]any, error) {
				if given {
					return nil, nil
				}
				given = true
				day := models.NewDate(2025, 3, 3)
				return []any{id(t, "b5"), id(t, unit), day, day, day}, nil
			})
			if err == nil {
				err = tx.Exec("DELETE FROM reply_duties WHERE mend_due_on = '2025-03-03'").Error
			}
			return err
		})
		if unit == "a1" {
			// The row's key is taken by the other unit: the table says so, and not what it holds.
			want = "duplicated key"
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("loading a row of unit %s: %v, want %q", unit, err, want)
		}
	}
}

// TestWhatIsReadUntoldIsBoundByNoPolicy: who asks is looked up on a connection as it
// stands, and whoever comes after is bound as ever.
func TestWhatIsReadUntoldIsBoundByNoPolicy(t *testing.T) {
	s, a, b := twoUnitsIn(t, 1), id(t, "a1"), id(t, "b1")
	read := []string{"accounts", "account_tokens", "org_units", "org_unit_closures", "officials", "organisation_states", "account_states"}
	var bound []string
	if err := s.Read(t.Context()).Raw("SELECT relname FROM pg_class WHERE relrowsecurity AND relname IN ?", read).Scan(&bound).Error; err != nil || len(bound) > 0 {
		t.Errorf("policies bind %v, %v", bound, err)
	}
	for _, step := range []struct {
		ctx  context.Context
		want string
	}{{store.WithReach(t.Context(), &a, nil), "a"}, {store.WithReach(t.Context(), &b, nil), "b"}, {t.Context(), ""}} {
		var units int64
		if err := s.Read(store.Untold(step.ctx)).Table("org_units").Count(&units).Error; err != nil || units != 3 {
			t.Errorf("%d units, %v", units, err)
		}
		if got := seen(t, s.Read(step.ctx), "ratings"); got != step.want {
			t.Errorf("after an untold read rows of %q, want %q", got, step.want)
		}
	}
}

// widenings are where the reach of a request or of the program is widened, a file a
// line: a new one is a decision, and docs/adr/0013 its place.
var widenings = []string{
	"server/demo_welcome.go Commands", "server/listen.go Background", "server/listen.go Background",
	"services/accounts/accounts.go Untold", "services/assessments/public.go PublicFigures", "services/assessments/read.go Evidence", "services/attachments/attachments.go SignedLink",
	"services/audit/chainer.go Background", "services/audit/chainer.go Background", "services/backlog/backlog.go Background",
	"services/cases/close.go OneAnswer", "services/cases/public.go PublicFigures", "services/cases/public.go PublicFigures", "services/cases/route.go PublicFigures",
	"services/cases/transparency.go PublicFigures", "services/integrity/examine.go Evidence", "services/publications/exclude.go Evidence", "services/publications/exclude.go Evidence",
	"services/ratings/undo.go TakenBack", "services/reviews/amend.go Drafts", "services/reviews/appraisal.go AnonymousAnswer",
	"services/reviews/close.go Drafts", "services/reviews/submit.go AnonymousAnswer",
}

// TestWideningsAreFewAndNamed finds each use.
func TestWideningsAreFewAndNamed(t *testing.T) {
	use := regexp.MustCompile(`\.Widen\((?:[a-z.]+, )?store\.(\w+)|store\.(Untold)\(`)
	var found []string
	for _, room := range []string{"../server", "../services", "../resolvers", "../web", "../open311", "../report"} {
		err := filepath.WalkDir(room, func(path string, entry os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range use.FindAllStringSubmatch(string(text), -1) {
				found = append(found, strings.TrimPrefix(path, "../")+" "+m[1]+m[2])
			}
			if n := strings.Count(string(text), ".Widen(") + strings.Count(string(text), ".Untold("); err == nil && n != len(use.FindAllString(string(text), -1)) {
				t.Errorf("%s widens in a way that this test cannot read", path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(found)
	if !slices.Equal(found, widenings) {
		t.Errorf("the reach is widened at\n%s\nwant\n%s", strings.Join(found, "\n"), strings.Join(widenings, "\n"))
	}
}
