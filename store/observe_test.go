package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// heard is an observer that keeps what it hears.
type heard struct {
	mu         sync.Mutex
	open       int
	statements []string // kind, outcome and normalised text
}

func (h *heard) Begin(ctx context.Context, text string) (context.Context, func(error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open++
	return ctx, func(err error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.open--
		h.statements = append(h.statements, string(store.KindOf(text))+" "+string(store.OutcomeOf(err))+" "+store.Normalised(text))
	}
}

// said are the statements since the last time that hold a word.
func (h *heard) said(t *testing.T, word string) string {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open != 0 {
		t.Errorf("%d statements have not ended: %q", h.open, h.statements)
	}
	found := slices.DeleteFunc(h.statements, func(s string) bool { return !strings.Contains(s, word) })
	h.statements = nil
	return strings.Join(found, "\n")
}

// TestEveryStatementIsHeardOnce whichever way it is run, with its kind and outcome, and
// with no argument.
func TestEveryStatementIsHeardOnce(t *testing.T) {
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			h := &heard{}
			s, ctx := storetest.Open(t, d, store.Options{Observer: h}), t.Context()
			setting := func(name string) *models.Setting { return &models.Setting{Name: name, Value: name} }
			want := func(what, word, want string, err error, fails bool) {
				t.Helper()
				if (err != nil) != fails {
					t.Errorf("%s: %v", what, err)
				}
				if got := strings.ReplaceAll(strings.ReplaceAll(h.said(t, word), `"`, ""), "`", ""); got != want {
					t.Errorf("%s is heard as\n%s\nwant\n%s", what, got, want)
				}
			}
			h.said(t, "")
			clerk := setting("clerk")
			in := func(do func(tx *store.Tx) error) error {
				err := s.InTx(ctx, do)
				if err != nil { // SQLite's writer answers before it ends a group that keeps nothing: wait for its next
					return errors.Join(err, s.InTx(ctx, func(*store.Tx) error { return nil }))
				}
				return nil
			}
			err := in(func(tx *store.Tx) error { return tx.Create(clerk).Error })
			want("gorm's insert", "settings", "insert ok INSERT INTO settings (name,value) VALUES (?)", err, false)
			err = in(func(tx *store.Tx) error { return tx.Create(clerk).Error })
			want("a row that is there", "settings", "insert refused INSERT INTO settings (name,value) VALUES (?)", err, true)
			err = in(func(tx *store.Tx) error { return tx.Model(clerk).Update("value", "planted-name").Error })
			want("gorm's update", "settings", "update ok UPDATE settings SET value=? WHERE name = ?", err, false)
			rows := []*models.Setting{setting("a"), setting("b"), setting("c")}
			err = in(func(tx *store.Tx) error { return tx.Create(rows).Error })
			want("an insert of several", "settings", "insert ok INSERT INTO settings (name,value) VALUES (?)", err, false)
			var names []string
			err = s.Read(ctx).Model(clerk).Where("value IN ?", []string{"planted-name", "x"}).Pluck("name", &names).Error
			want("gorm's query", "settings", "select ok SELECT name FROM settings WHERE value IN (?)", err, len(names) != 1)
			err = s.Read(ctx).Raw("SELECT nothing FROM settings").Scan(&names).Error
			want("a mistake", "settings", "select error SELECT nothing FROM settings", err, true)
			seen := 0
			err = s.InSnapshot(ctx, func(snap *store.Snapshot) error {
				return snap.Each(ctx, "SELECT name FROM settings WHERE value <> ?", []any{"planted-name"}, func(*store.Row) error { seen++; return nil })
			})
			want("a query straight by the driver", "settings", "select ok SELECT name FROM settings WHERE value <> ?", err, seen < 3)
			loaded := 0
			err = in(func(tx *store.Tx) error {
				_, err := tx.Load(ctx, "settings", []string{"name", "value"}, func() ([]any, error) {
					if loaded++; loaded > 2 {
						return nil, nil
					}
					name := "planted-load " + string(rune('0'+loaded))
					return []any{name, name}, nil
				})
				return err
			})
			load := "insert ok INSERT INTO settings (name, value) VALUES (?)"
			if d == store.Postgres {
				load = "copy ok COPY settings"
			}
			want("a load", "settings", load, err, false)
			err = in(func(*store.Tx) error { return errors.New("no") })
			if got := h.said(t, "transaction ok"); err == nil || !strings.Contains(strings.ToUpper(got), "BEGIN") || !strings.Contains(strings.ToUpper(got), "ROLLBACK") {
				t.Errorf("%v: a transaction is heard as\n%s", err, got)
			}
			gone, cancel := context.WithCancel(ctx)
			cancel()
			err = s.Read(gone).Raw("SELECT name FROM settings").Scan(&names).Error
			if got := h.said(t, "settings"); err == nil || got != "" && got != "select cancelled SELECT name FROM settings" {
				t.Errorf("%v: who has gone is heard as %q", err, got)
			}
		})
	}
}

// TestAStatementIsNormalised: what differs in values alone is the same, and its kind is
// that of its verb.
func TestAStatementIsNormalised(t *testing.T) {
	for _, c := range []struct {
		text string
		kind store.StatementKind
		want string
	}{
		{"SELECT a FROM b WHERE c = $1 AND d = 'it''s' AND e=12.5e3", store.StatementSelect, "SELECT a FROM b WHERE c = ? AND d = ? AND e=?"},
		{"select  a\n\tFROM b -- planted\n WHERE /* planted */ c IN ($1,$2, $3)", store.StatementSelect, "select a FROM b WHERE c IN (?)"},
		{"INSERT INTO a VALUES (?,?),(?,?), (?,?)", store.StatementInsert, "INSERT INTO a VALUES (?)"},
		{"WITH gone AS (DELETE FROM a RETURNING *) INSERT INTO a SELECT * FROM gone", store.StatementInsert, "WITH gone AS (DELETE FROM a RETURNING *) INSERT INTO a SELECT * FROM gone"},
		{"WITH RECURSIVE up AS (SELECT 1) SELECT * FROM up", store.StatementSelect, "WITH RECURSIVE up AS (SELECT ?) SELECT * FROM up"},
		{`SET x = E'it\'s planted'`, store.StatementOther, "SET x = ?"},
		{"SELECT $tag$ planted ' $tag$, $$ planted $$", store.StatementSelect, "SELECT ?"},
		{"SELECT 'never closed", store.StatementSelect, "SELECT ?"},
		{"begin isolation level repeatable read", store.StatementTransaction, "begin isolation level repeatable read"},
		{"", store.StatementOther, ""},
	} {
		if got := store.Normalised(c.text); got != c.want {
			t.Errorf("%q is normalised to %q, want %q", c.text, got, c.want)
		}
		if got := store.KindOf(c.text); got != c.kind {
			t.Errorf("%q is %s, want %s", c.text, got, c.kind)
		}
	}
	if long := store.Normalised(strings.Repeat("名", 5000)); len(long) > 2000 || strings.Trim(long, "名") != "" {
		t.Errorf("%d bytes are left of a long statement", len(long))
	}
}

// FuzzNormalised: whatever is quoted in a statement, nothing of it is left.
func FuzzNormalised(f *testing.F) {
	for _, seed := range []string{"", "it's", `\`, "$x$", "--", "*/", "王", "\x00\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		quoted := "'" + strings.ReplaceAll(value, "'", "''") + "'"
		got := store.Normalised("SELECT a FROM b WHERE c = " + quoted + " AND d = " + quoted + " LIMIT 7")
		if got != "SELECT a FROM b WHERE c = ? AND d = ? LIMIT ?" {
			t.Errorf("%q leaves %q", value, got)
		}
		if again := store.Normalised(store.Normalised(value)); len(again) > 2000 {
			t.Errorf("%d bytes of %q", len(again), value)
		}
		store.KindOf(value)
	})
}
