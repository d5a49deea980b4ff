package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// pipe is an observer that counts how many statements on settings are on their way at once.
type pipe struct {
	mu         sync.Mutex
	open, most int
	outcomes   []store.StatementOutcome
}

func (p *pipe) Begin(ctx context.Context, text string) (context.Context, func(error)) {
	if !strings.Contains(text, "settings") {
		return ctx, func(error) {}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open++
	p.most = max(p.most, p.open)
	return ctx, func(err error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.open--
		p.outcomes = append(p.outcomes, store.OutcomeOf(err))
	}
}

// TestStatementsThatRunTogether are counted each, sent at once where the way is long, and
// gone altogether where one of them fails.
func TestStatementsThatRunTogether(t *testing.T) {
	for d, atOnce := range map[store.Dialect]int{store.SQLite: 1, store.Postgres: 4} {
		t.Run(string(d), func(t *testing.T) {
			p := &pipe{}
			s, ctx := storetest.Open(t, d, store.Options{Observer: p}), t.Context()
			setting := func(name string) *models.Setting { return &models.Setting{Name: name, Value: "of " + name} }
			together := func(steps ...store.Step) (rows []int64, err error) {
				p.most, p.outcomes = 0, nil
				err = s.InTx(ctx, func(tx *store.Tx) (err error) { rows, err = tx.Together(steps...); return err })
				if err != nil { // SQLite's writer answers before its group has ended
					err = errors.Join(err, s.InTx(ctx, func(*store.Tx) error { return nil }))
				}
				return rows, err
			}
			count := func() (n int64) {
				t.Helper()
				if err := s.Read(ctx).Model(&models.Setting{}).Where("value LIKE 'of %'").Count(&n).Error; err != nil {
					t.Fatal(err)
				}
				return n
			}
			rows, err := together(store.Insert(setting("a")), store.InsertNew(setting("a")), store.InsertNew(setting("b")),
				func(q *gorm.DB) *gorm.DB {
					return q.Exec("UPDATE settings SET value = 'of all' WHERE value LIKE 'of %'")
				})
			if want := []int64{1, 0, 1, 2}; err != nil || !slices.Equal(rows, want) || p.most != atOnce {
				t.Errorf("written together: %v, %d at once, %v", rows, p.most, err)
			}
			var one, none models.Setting
			var all []models.Setting
			rows, err = together(
				func(q *gorm.DB) *gorm.DB { return q.Where("name = ?", "b").Take(&one) },
				func(q *gorm.DB) *gorm.DB { return q.Where("name = ?", "z").Take(&none) },
				func(q *gorm.DB) *gorm.DB { return q.Where("value = ?", "of all").Order("name").Find(&all) },
			)
			if want := []int64{1, 0, 2}; err != nil || !slices.Equal(rows, want) || one.Name != "b" || none.Name != "" || len(all) != 2 || all[1].Name != "b" {
				t.Errorf("read together: %v, %v, %v, %v, %v", rows, one, none, all, err)
			}
			rows, err = together(store.InsertNew(setting("c")), store.Insert(setting("a")), store.Insert(setting("d")))
			if !errors.Is(err, gorm.ErrDuplicatedKey) || !slices.Equal(rows, []int64{1}) || count() != 2 {
				t.Errorf("with one that is there: %v, %d rows kept, %v", rows, count(), err)
			}
			first := func() []store.Step {
				one = models.Setting{}
				return []store.Step{func(q *gorm.DB) *gorm.DB { return q.Where("name = ?", "b").Take(&one) }, store.Insert(setting("e"))}
			}
			err = s.InTxFrom(ctx, first, func(tx *store.Tx, rows []int64) error {
				if !slices.Equal(rows, []int64{1, 1}) || one.Value != "of all" {
					t.Errorf("read as it begins: %v, %v", rows, one)
				}
				return tx.Create(setting("f")).Error
			})
			if err != nil || count() != 4 {
				t.Errorf("begun by reading: %d rows, %v", count(), err)
			}
			err = s.InTxFrom(ctx, first, func(*store.Tx, []int64) error { t.Error("goes on after its first statements failed"); return nil })
			if !errors.Is(err, gorm.ErrDuplicatedKey) || count() != 4 {
				t.Errorf("begun by what is there: %v", err)
			}
			if p.open != 0 || !slices.Contains(p.outcomes, store.StatementRefused) {
				t.Errorf("%d statements have no end; outcomes %v", p.open, p.outcomes)
			}
		})
	}
}

// TestATransactionIsToldForItselfAlone: whom a connection works for outside a transaction
// stays as it was, however that ends.
func TestATransactionIsToldForItselfAlone(t *testing.T) {
	s := twoUnitsIn(t, 1)
	reach := func(tail string) context.Context {
		unit := id(t, tail)
		return store.WithReach(t.Context(), &unit, nil)
	}
	sees := func(db *gorm.DB, want, when string) {
		t.Helper()
		if got := seen(t, db, "ratings"); got != want {
			t.Errorf("%s ratings of %q are seen, want %q", when, got, want)
		}
	}
	for _, end := range []error{nil, errors.New("no")} {
		sees(s.Read(reach("a1")), "a", "before")
		err := s.InTx(reach("b1"), func(tx *store.Tx) error {
			sees(tx.DB, "b", "inside")
			return end
		})
		if !errors.Is(err, end) {
			t.Error(err)
		}
		sees(s.Read(reach("a1")), "a", "afterwards")
		sees(s.Read(t.Context()), "", "by nobody")
	}
}
