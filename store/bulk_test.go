package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

func TestLoadTakesTheDomainsOwnTypes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		unit, position, day := models.NewID(), models.NewID(), models.NewDate(2025, time.March, 4)
		hash := models.Hash("0123456789abcdef")
		err := s.InTx(ctx, func(tx *store.Tx) error {
			if err := tx.Create(&models.OrgUnit{ID: unit, Ref: "u", Name: "u"}).Error; err != nil {
				return err
			}
			if err := tx.Create(&models.Position{ID: position, Name: "p"}).Error; err != nil {
				return err
			}
			rows := [][]any{
				{models.NewID(), "a", unit, position, "n", day, models.Date{}},
				{models.NewID(), "b", unit, position, "n", nil, day},
			}
			if _, err := tx.Load(ctx, "officials", []string{"id", "ref", "unit_id", "position_id", "name", "active_from", "active_to"}, each(rows)); err != nil {
				return err
			}
			epochs := [][]any{{2025, hash, tx.Now}}
			if _, err := tx.Load(ctx, "key_epochs", []string{"year", "fingerprint", "created_at"}, each(epochs)); err != nil {
				return err
			}
			var refs []string
			err := tx.Each(ctx, `SELECT o.ref, o.active_from, o.active_to, u.parent_id, k.fingerprint FROM officials o
				JOIN org_units u ON u.id = o.unit_id JOIN key_epochs k ON k.year = 2025 WHERE u.id = ? ORDER BY o.ref`, []any{unit}, func(r *store.Row) error {
				refs = append(refs, r.Text(0)+r.Date(1).String()+"/"+r.Date(2).String())
				if got, ok := r.Hash16(4); !r.Null(3) || !ok || string(got[:]) != string(hash) {
					t.Errorf("row of %s", r.Text(0))
				}
				return nil
			})
			if want := []string{"a2025-03-04/", "b/2025-03-04"}; !slices.Equal(refs, want) {
				t.Errorf("read %q, want %q", refs, want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if emptied, err := s.Checkpoint(ctx); err != nil || !emptied {
			t.Error(emptied, err)
		}
	})
}

func TestLoadNamesAKeyThatIsThereTwice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for name, rows := range map[string][][]any{
			"within a statement": {{models.NewID(), "a", "n"}, {models.NewID(), "a", "n"}},
			"of an earlier one":  {{models.NewID(), "b", "n"}},
		} {
			err := s.InTx(ctx, func(tx *store.Tx) error {
				if err := addUnit("b")(tx); err != nil {
					return err
				}
				_, err := tx.Load(ctx, "org_units", []string{"id", "ref", "name"}, each(rows))
				return err
			})
			if !errors.Is(err, gorm.ErrDuplicatedKey) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := countUnits(t, s); n != 0 {
			t.Errorf("%d units were kept", n)
		}
	})
}

func each(rows [][]any) store.Rows {
	return func() ([]any, error) {
		if len(rows) == 0 {
			return nil, nil
		}
		row := rows[0]
		rows = rows[1:]
		return row, nil
	}
}

// constraints are what Bare takes away and has to bring back.
func constraints(t *testing.T, s *store.Store) []string {
	t.Helper()
	if s.Dialect() == store.SQLite {
		return nil
	}
	var lines []string
	err := s.Read(context.Background()).Raw(`SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
		WHERE connamespace = 'public'::regnamespace UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1`).
		Scan(&lines).Error
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestBareTablesGetTheirConstraintsBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		s = storetest.Owner(t, s)
		ctx, before := context.Background(), constraints(t, s)
		tables := []string{"encounters", "cases", "case_events"}
		dangling := func(tx *store.Tx) error {
			return tx.Bare(ctx, tables, func(*store.Filling) error {
				row := []any{models.NewID(), models.NewID(), 1, tx.Now, "SUBMITTED", "", ""}
				_, err := tx.Load(ctx, "case_events", []string{"id", "case_id", "seq", "at", "kind", "actor", "note"}, each([][]any{row}))
				return err
			})
		}
		if err := s.InTx(ctx, dangling); err == nil {
			t.Error("an event without a case is taken")
		}
		twice := func(tx *store.Tx) error {
			return tx.Bare(ctx, []string{"positions"}, func(*store.Filling) error {
				row := []any{models.ID{7}, "seven"}
				_, err := tx.Load(ctx, "positions", []string{"id", "name"}, each([][]any{row, row}))
				return err
			})
		}
		if err := s.InTx(ctx, twice); !errors.Is(err, gorm.ErrDuplicatedKey) {
			t.Errorf("an id that comes twice: %v", err)
		}
		if err := s.InTx(ctx, func(tx *store.Tx) error { return tx.Bare(ctx, tables, func(*store.Filling) error { return nil }) }); err != nil {
			t.Error(err)
		}
		if after := constraints(t, s); !slices.Equal(before, after) || s.Dialect() == store.Postgres && len(before) < 50 {
			t.Errorf("before: %q\nafter: %q", before, after)
		}
	})
}

// TestFullTablesHaveTheirKeysBeforeOthersAreFilled: and references to what is not full yet wait.
func TestFullTablesHaveTheirKeysBeforeOthersAreFilled(t *testing.T) {
	s, ctx := storetest.Owner(t, storetest.Open(t, store.Postgres, store.Options{})), context.Background()
	before := constraints(t, s)
	unit := []any{models.ID{1}, "U", nil, "Unit"}
	load := func(tx *store.Tx, table, columns string, row []any) error {
		_, err := tx.Load(ctx, table, strings.Fields(columns), each([][]any{row}))
		return err
	}
	fill := func(more bool) error {
		return s.InTx(ctx, func(tx *store.Tx) error {
			return tx.Bare(ctx, []string{"postings", "officials", "positions", "org_units"}, func(f *store.Filling) error {
				err := errors.Join(load(tx, "org_units", "id ref parent_id name", unit),
					load(tx, "officials", "id ref unit_id position_id name", []any{models.ID{2}, "O", unit[0], models.ID{3}, "Official"}),
					f.Full(ctx, "officials", "org_units")) // whose position is still to come
				if err != nil {
					t.Fatal(err)
				}
				if err := load(tx, "positions", "id name", []any{models.ID{3}, "Clerk"}); err != nil || !more {
					return err
				}
				return load(tx, "org_units", "id ref parent_id name", unit)
			})
		})
	}
	if err := fill(true); !errors.Is(err, gorm.ErrDuplicatedKey) || !strings.Contains(err.Error(), "copy into") {
		t.Errorf("a row twice, after its table was full: %v", err)
	}
	if err := fill(false); err != nil {
		t.Error(err)
	}
	if after := constraints(t, s); !slices.Equal(before, after) {
		t.Errorf("before: %q\nafter: %q", before, after)
	}
}

// TestALogThatIsReadIsEmptiedLater: the checkpoint says that it could not, and does not
// make writers wait for the reader.
func TestALogThatIsReadIsEmptiedLater(t *testing.T) {
	s, ctx := storetest.Open(t, store.SQLite, store.Options{}), context.Background()
	note := func(name string) {
		t.Helper()
		err := s.InTx(ctx, func(tx *store.Tx) error { return tx.Create(&models.Setting{Name: name, Value: "x"}).Error })
		if err != nil {
			t.Fatal(err)
		}
	}
	empty := func(want bool) {
		t.Helper()
		if emptied, err := s.Checkpoint(ctx); err != nil || emptied != want {
			t.Errorf("emptied: %t, %v", emptied, err)
		}
	}
	note("before")
	err := s.InReadTx(ctx, func(db *gorm.DB) error {
		var n int64
		if err := db.Model(&models.Setting{}).Count(&n).Error; err != nil {
			return err
		}
		note("meanwhile")
		empty(false)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	empty(true)
}
