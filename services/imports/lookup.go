package imports

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// batch is how many rows are looked up and written at a time.
const batch = 10_000

// asked is how many keys one query asks for. All queries ask for as many, the
// last with one key repeated, so that the database prepares them once.
const asked = 500

// find runs a query that ends in IN (…) for all keys.
func (r *run) find(query string, keys []any, fn func(*store.Row) error) error {
	return r.findAnd(query, "", keys, fn)
}

// findAnd is find with something behind the keys.
func (r *run) findAnd(query, tail string, keys []any, fn func(*store.Row) error) error {
	query += " IN (?" + strings.Repeat(", ?", asked-1) + ") " + tail
	args := make([]any, asked)
	for len(keys) > 0 {
		n := copy(args, keys)
		for i := n; i < asked; i++ {
			args[i] = keys[0]
		}
		if err := r.db.Each(r.ctx, query, args, fn); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}

// lookAround notes which tables hold rows, so that nothing is looked up in an
// empty one, and which periods are sealed.
func (r *run) lookAround() error {
	r.some = map[string]bool{}
	for _, table := range loadedTables {
		err := r.db.Each(r.ctx, "SELECT 1 FROM "+table+" LIMIT 1", nil, func(*store.Row) error {
			r.some[table] = true
			return nil
		})
		if err != nil {
			return err
		}
	}
	// Imprints are salted anew for each run: nobody outside can tell their order.
	rand.Read(r.salt[:])
	return r.db.Each(r.ctx, "SELECT unit_id, from_on, to_on FROM cycles WHERE state = ?", []any{string(models.CycleFinal)},
		func(row *store.Row) error {
			r.seals = append(r.seals, seal{row.ID(0), models.Period{From: row.Date(1), To: row.Date(2)}})
			return nil
		})
}

// onlyChecks says whether rows of a table are neither written now nor compared with any that
// are there, so that nothing needs to be hashed for it.
func (r *run) onlyChecks(table string) bool { return r.tx == nil && !r.some[table] }

// imprint is 16 bytes that stand for an id in memory, in a random order.
type imprint [16]byte

func (r *run) imprint(parts ...[]byte) imprint {
	var buffer [256]byte
	b := append(buffer[:0], r.salt[:]...)
	for _, part := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	sum := sha256.Sum256(b)
	return imprint(sum[:16])
}

// load writes rows into a table. What row reads must not change any more: it may be asked later.
func (r *run) load(table, columns string, rows int, row func(i int) []any) error {
	if r.tx == nil || rows == 0 {
		return nil
	}
	tx := r.tx
	return r.write(func() error {
		i := 0
		_, err := tx.Load(r.ctx, table, strings.Fields(columns), func() ([]any, error) {
			if i == rows {
				return nil, nil
			}
			i++
			return row(i - 1), nil
		})
		return err
	})
}

// change is a column whose value in the file is another than the stored one.
type change struct {
	column string
	value  any
}

// changes gathers columns that differ.
type changes []change

func (c *changes) compare(differs bool, column string, value any) {
	if differs {
		*c = append(*c, change{column, value})
	}
}

// update writes the changed columns of a stored row and says so in the audit
// trail, by the columns' names: their values may be private.
func (r *run) update(table, noun string, id models.ID, changed changes) error {
	if r.tx == nil {
		return nil
	}
	names, values := make([]string, len(changed)), map[string]any{}
	for i, c := range changed {
		names[i], values[c.column] = c.column, c.value
	}
	if err := r.tx.Table(table).Where("id = ?", id).UpdateColumns(values).Error; err != nil {
		return err
	}
	return audit.Record(r.tx, audit.Entry{
		Actor: actor, Action: "import", Noun: noun, NounID: &id, Details: map[string]string{"columns": strings.Join(names, ";")},
	})
}
