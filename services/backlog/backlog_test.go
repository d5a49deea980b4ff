package backlog

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"steelyard/models"
	"steelyard/privacy"
	"steelyard/store"
	"steelyard/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// texts keeps what is asked of the database.
type texts struct {
	mu   sync.Mutex
	seen []string
}

func (h *texts) Begin(ctx context.Context, text string) (context.Context, func(error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if store.KindOf(text) == store.StatementSelect {
		h.seen = append(h.seen, text)
	}
	return ctx, func(error) {}
}

// world is something of everything that waits or is late, beside what does not. %s is an
// id of the number that follows; the clock stands at noon of 2025-06-10 in UTC.
const world = `
INSERT INTO org_units VALUES (@01, 'u', NULL, 'u');
INSERT INTO positions VALUES (@02, 'clerk');
INSERT INTO services VALUES (@03, 's', 's', 'c');
INSERT INTO officials (id, ref, unit_id, position_id, name) VALUES (@04, 'o', @01, @02, 'o');
INSERT INTO cycles VALUES (@05, @01, 'ANNUAL', 'c', '2025-01-01', '2025-12-31', 'SCORING', NULL, NULL, 'X', '2025-01-01', '2025-01-01');
INSERT INTO cycles VALUES (@06, @01, 'ANNUAL', 'd', '2024-01-01', '2024-12-31', 'SCORING', NULL, NULL, 'X', '2025-01-01', '2025-01-01');
INSERT INTO cycles VALUES (@10, @01, 'ANNUAL', 'e', '2023-01-01', '2023-12-31', 'SCORING', NULL, NULL, 'X', '2025-01-01', '2025-01-01');
INSERT INTO review_rounds (id, cycle_id, name, state, opens_on, closes_on) VALUES (@07, @05, 'soon', 'OPEN', '2025-06-01', '2025-06-11'),
    (@08, @05, 'late', 'OPEN', '2025-06-01', '2025-06-30'), (@09, @05, 'over', 'CLOSED', '2025-06-01', '2025-06-11');
INSERT INTO webhooks VALUES (@11, @01, 'https://x.example', '[]', '2025-06-01', '2025-06-01');
INSERT INTO cases (id, ref, category, unit_id, key_year, channel, state, title, description, opened_at, due_at, closed_at, outcome, asked, confirmed, transfers, reopened, upheld, updated_at) VALUES
    (@21, 'c1', 'roads', @01, 2025, 'ONLINE', 'ACCEPTED', 't', 'd', '2025-06-01', '2025-06-09', NULL, '', '', '', 0, 0, false, '2025-06-01'),
    (@22, 'c2', 'roads', @01, 2025, 'ONLINE', 'ACCEPTED', 't', 'd', '2025-06-01', '2025-06-19', NULL, '', '', '', 0, 0, false, '2025-06-01'),
    (@23, 'c3', 'roads', @01, 2025, 'ONLINE', 'CONFIRMED', 't', 'd', '2025-06-01', '2025-06-02', '2025-06-03', '', '', '', 0, 0, false, '2025-06-01');
INSERT INTO notifications (id, kind, case_id, unit_id, created_at) VALUES (@31, 'CASE_ARRIVED', @21, @01, '2025-06-01');
INSERT INTO notification_deliveries VALUES (@32, @31, 'WEBHOOK', @11, 'WAITING', 0, '2025-06-10 11:59:00', NULL, '', NULL),
    (@33, @31, 'WEBHOOK', @11, 'WAITING', 0, '2025-06-10 13:00:00', NULL, '', NULL),
    (@34, @31, 'MAIL', NULL, 'WAITING', 0, '2025-06-10 11:00:00', NULL, '', NULL),
    (@35, @31, 'MAIL', NULL, 'DEAD', 9, '2025-06-01', NULL, 'TIMEOUT', '2025-06-01');`

// rating is a rating of a level and day, waiting or released, with a duty to reply since.
func rating(n int, level int, day string, released bool, due string) string {
	out := fmt.Sprintf(`INSERT INTO ratings (id, official_id, service_id, channel, level, rated_on, key_year, source, invited, dimensions, tags, released)
		VALUES (@%d, @04, @03, 'WINDOW', %d, '%s', 2025, 'WALK_IN', '', '[]', '[]', %t);`, n, level, day, released)
	if due != "" {
		out += fmt.Sprintf("INSERT INTO reply_duties (rating_id, unit_id, released_on, reply_due_on, mend_due_on) VALUES (@%d, @01, '%[2]s', '%[2]s', '%[2]s');", n, due)
	}
	return out
}

// fill runs statements, with ids in place of numbers.
func fill(t *testing.T, s *store.Store, statements string) {
	t.Helper()
	err := s.InTx(t.Context(), func(tx *store.Tx) error {
		for _, statement := range strings.Split(strings.TrimSuffix(strings.TrimSpace(statements), ";"), ";") {
			text, args := "", []any{}
			for i, part := range strings.Split(statement, "@") {
				if i == 0 {
					text = part
					continue
				}
				part += " "
				end := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' })
				id, err := models.ParseID(fmt.Sprintf("00000000-0000-4000-8000-%012s", part[:end]))
				if err != nil {
					return err
				}
				text, args = text+"?"+part[end:], append(args, id)
			}
			if err := tx.Exec(text, args...).Error; err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestWhatWaitsIsCounted on both databases, whole batches of answers alone, and at most
// once in fifteen seconds.
func TestWhatWaitsIsCounted(t *testing.T) {
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			now, h := time.Date(2025, 6, 10, 12, 0, 0, 0, time.UTC), &texts{}
			s := storetest.Open(t, d, store.Options{Now: func() time.Time { return now }, Observer: h})
			fill(t, s, world)
			fill(t, s, rating(41, 1, "2025-05-01", true, "2025-05-05")+rating(42, 2, "2025-05-01", true, "2025-05-06")+
				"INSERT INTO rating_replies VALUES (@51, @42, 'x', 'sorry', '2025-05-07');"+
				rating(43, 1, "2025-06-09", true, "2025-06-11")+rating(44, 1, "2024-06-09", true, "2024-06-11"))
			for n := 61; n < 68; n++ {
				fill(t, s, rating(n, 5, "2025-06-10", false, ""))
			}
			fill(t, s, rating(69, 5, "2025-06-08", false, ""))
			at := func(clock string) time.Time {
				moment, err := time.Parse(time.DateTime, "2025-06-10 "+clock)
				if err != nil {
					t.Fatal(err)
				}
				return moment
			}
			create := func(rows ...any) {
				t.Helper()
				err := s.InTx(t.Context(), func(tx *store.Tx) error {
					for _, row := range rows {
						if err := tx.Create(row).Error; err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			cycle := func(n int) models.ID {
				id, err := models.ParseID(fmt.Sprintf("00000000-0000-4000-8000-%012d", n))
				if err != nil {
					t.Fatal(err)
				}
				return id
			}
			started, alive, silent := at("11:00:00"), at("11:59:50"), at("11:40:00")
			create(
				&models.AssessmentRun{ID: models.NewID(), CycleID: cycle(5), State: models.RunQueued, RequestedBy: "x", RequestedAt: at("11:50:00")},
				&models.AssessmentRun{ID: models.NewID(), CycleID: cycle(6), State: models.RunRunning, Stage: "cases", RequestedBy: "x", RequestedAt: started, StartedAt: &started, HeartbeatAt: &alive},
				&models.AssessmentRun{ID: models.NewID(), CycleID: cycle(10), State: models.RunRunning, Stage: "reviews", RequestedBy: "x", RequestedAt: started, StartedAt: &started, HeartbeatAt: &silent},
				&models.AuditBlock{
					Number: 1, PreviousHash: make([]byte, 32), ClosedAt: at("10:00:00"), Count: 1, Hash: make([]byte, 32), KeyID: "k", Signature: []byte{1},
				},
				&models.AuditEntry{ID: models.NewID(), At: at("09:00:00"), Actor: "x", Action: "a", Noun: "n", NounID: new(cycle(5)), Details: map[string]string{}},
				&models.AuditEntry{ID: models.NewID(), At: at("11:58:00"), Actor: "x", Action: "a", Noun: "n", NounID: new(cycle(5)), Details: map[string]string{}},
				&models.AuditEntry{ID: models.NewID(), At: at("11:00:00"), Actor: models.ActorResident, Action: "a", Noun: "n", Details: map[string]string{}},
			)
			service := &Service{Store: s, Zone: time.UTC, Thresholds: privacy.Default()}
			h.seen = nil
			got, err := service.Figures(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			since := func(clock string) *time.Time { return new(at(clock)) }
			want := &Figures{
				At: now, Runs: map[models.RunState]int64{models.RunQueued: 1, models.RunRunning: 2}, Stages: map[string]int64{"cases": 1, "reviews": 1},
				Queues: map[Queue]Waiting{
					QueueRuns: {2, since("11:40:00")}, QueueExports: {}, QueueWebhooks: {2, since("11:59:00")}, QueueMails: {1, since("11:00:00")},
					QueueReminders: {N: 1}, QueueAudit: {1, since("11:58:00")},
				},
				Ratings: Answers{N: 5, Days: 1}, RepliesOverdue: 1, CasesOverdue: 1,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if d == store.SQLite {
				byIndex(t, s, slices.Clone(h.seen))
			}
			asked := len(h.seen)
			fill(t, s, "UPDATE cases SET due_at = '2025-06-01' WHERE id = @22;")
			for _, c := range []struct {
				after time.Duration
				asks  bool
				late  int64
			}{{Every - time.Second, false, 1}, {Every, true, 2}} {
				now = got.At.Add(c.after)
				again, err := service.Figures(t.Context())
				if err != nil || again.CasesOverdue != c.late || (len(h.seen) > asked) != c.asks {
					t.Errorf("after %s: %d cases are late, %d statements more, %v", c.after, again.CasesOverdue, len(h.seen)-asked, err)
				}
			}
		})
	}
}

// small are tables that may be read from an end: a few rows a cycle, or the last row alone.
var small = []string{"assessment_runs", "audit_blocks"}

// byIndex wants no table that grows to be read from end to end.
func byIndex(t *testing.T, s *store.Store, statements []string) {
	t.Helper()
	if len(statements) < 9 {
		t.Errorf("only %d statements were seen", len(statements))
	}
	for _, text := range statements {
		var plan []struct{ Detail string }
		if err := s.Read(t.Context()).Raw("EXPLAIN QUERY PLAN "+text, make([]any, strings.Count(text, "?"))...).Scan(&plan).Error; err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, step := range plan {
			table, scans := strings.CutPrefix(step.Detail, "SCAN ")
			if scans && !strings.Contains(table, "USING") && !slices.Contains(small, table) {
				t.Errorf("%s\nreads the whole of %s", text, table)
			}
			if strings.Contains(step.Detail, "(import_key=?)") { // NULL in all that was ever handed in
				t.Errorf("%s\nreads what has long been released: %s", text, step.Detail)
			}
		}
	}
}

// TestAnErrorIsKeptAsLong: a database that is in trouble is not asked more often.
func TestAnErrorIsKeptAsLong(t *testing.T) {
	s := storetest.Open(t, store.SQLite, store.Options{})
	service := &Service{Store: s, Zone: time.UTC}
	fill(t, s, "ALTER TABLE exports RENAME TO gone;")
	_, first := service.Figures(t.Context())
	fill(t, s, "ALTER TABLE gone RENAME TO exports;")
	if _, again := service.Figures(t.Context()); first == nil || again == nil || again.Error() != first.Error() {
		t.Errorf("first %v, then %v: the database was asked again at once", first, again)
	}
	service.at = time.Time{}
	if _, err := service.Figures(t.Context()); err != nil {
		t.Error(err)
	}
}
