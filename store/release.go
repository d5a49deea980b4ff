package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"steelyard/models"
)

// Answers is a table of anonymous answers that are handed in one by one and
// released in batches.
//
// The transaction that stores an answer also writes the ledger, which says whose
// answer was given. PostgreSQL keeps with every row the number of the transaction
// that wrote it (xmin), and a place in the table (ctid), by which the two find each
// other without any key. So an answer waits, and its release writes it anew together
// with others: all rows of a release have that one transaction's number, and places
// in the order of their random ids. SQLite keeps neither, and goes the same way.
//
// What remains: until the release the connection is there for whoever can read the
// tables themselves, and after it in PostgreSQL's dead rows until vacuum removes
// them, and in its log.
type Answers struct {
	Record any    // a pointer to the kind of record, e.g. &models.Rating{}
	Day    string // the column of the day on which an answer was given
	Person string // the column by which those who answered are told apart
	Enough int    // how many persons make a batch
	Zone   *time.Location
	Table  string // of the records
	Index  string // by which those that wait are found, among imported ones; empty: the database knows
	// Imports says that the table has imported answers as well, which do not wait.
	Imports bool
}

// ours is the condition on rows that were handed in here.
func (a Answers) ours() string {
	if a.Imports {
		return "import_key IS NULL AND released = ?"
	}
	return "released = ?"
}

const (
	// maxRelease bounds the rows of one transaction, and maxReleaseSQLite where nobody else can
	// write meanwhile: who hands in an answer waits for no longer than for a few others.
	maxRelease       = 2000
	maxReleaseSQLite = 50
	// company is how many rows of its day go once more with a late answer.
	company = 100
)

// Release releases what has waited long enough and returns how many answers that
// were. It is called regularly, by one process or several. Today's answers go as soon
// as enough persons have given them, those of earlier days in any case, since no more
// can come. Where too few of an earlier day still wait, rows of that day that were
// released before go with them: the last one in the evening would be alone otherwise.
//
// also does in the same transaction what belongs to the release of these ids.
func (s *Store) Release(ctx context.Context, a Answers, also func(tx *Tx, fresh []models.ID) error) (int, error) {
	released := 0
	for {
		var fresh []models.ID
		var more bool
		err := s.InTx(ctx, func(tx *Tx) error {
			var again []models.ID
			var err error
			if fresh, again, more, err = a.ready(tx); err != nil || len(fresh) == 0 {
				return err
			}
			if err := a.rewrite(tx, slices.Concat(fresh, again)); err != nil {
				return err
			}
			return also(tx, fresh)
		})
		if err != nil {
			return released, err
		}
		released += len(fresh)
		if !more || len(fresh) == 0 {
			return released, nil
		}
	}
}

// ready locks rows that wait and returns those that may go, with the rows that were
// released before and give them company. What another process is releasing is left
// to it, and not counted. More may wait behind them.
func (a Answers) ready(tx *Tx) (fresh, again []models.ID, more bool, err error) {
	most := maxRelease
	if tx.kind == SQLite {
		most = maxReleaseSQLite
	}
	var waiting []struct {
		ID  models.ID
		Day models.Date
	}
	from := " FROM " + a.Table + tx.Dialect().IndexedBy(a.Index) + " WHERE " + a.ours()
	err = tx.Raw("SELECT id, "+a.Day+" AS day"+from+" ORDER BY "+a.Day+", id LIMIT ? "+tx.Dialect().SkipLocked(), false, most).Scan(&waiting).Error
	if err != nil {
		return nil, nil, false, err
	}
	byDay := map[models.Date][]models.ID{}
	for _, w := range waiting {
		byDay[w.Day] = append(byDay[w.Day], w.ID)
	}
	today := models.DateOf(tx.Now, a.Zone)
	for day, ids := range byDay {
		var persons int64
		if err := tx.Model(a.Record).Distinct(a.Person).Scopes(Among("id", ids)).Count(&persons).Error; err != nil {
			return nil, nil, false, err
		}
		few := persons < int64(a.Enough)
		if few && !day.Before(today) {
			continue
		}
		fresh = append(fresh, ids...)
		if !few {
			continue
		}
		var others []models.ID
		err := tx.Raw("SELECT id"+from+" AND "+a.Day+" = ? ORDER BY id LIMIT ?", true, day, company).Scan(&others).Error
		if err != nil {
			return nil, nil, false, err
		}
		again = append(again, others...)
	}
	return fresh, again, len(waiting) == most, nil
}

// rewrite writes rows anew, as released, in the order of their ids.
//
// PostgreSQL deletes and inserts them: an update would leave them on the page where
// they lie while it has room, and would leave long texts where they lie in any case,
// with the number of the transaction that brought them. On SQLite these tables are
// kept in the order of their ids.
func (a Answers) rewrite(tx *Tx, ids []models.ID) error {
	if tx.kind == SQLite {
		return tx.Model(a.Record).Scopes(Among("id", ids)).UpdateColumn("released", true).Error
	}
	statement := &gorm.Statement{DB: tx.DB}
	if err := statement.Parse(a.Record); err != nil {
		return err
	}
	columns := slices.DeleteFunc(slices.Clone(statement.Schema.DBNames), func(c string) bool { return c == "released" })
	table, list := statement.Schema.Table, strings.Join(columns, ", ")
	return tx.Exec("WITH gone AS (DELETE FROM "+table+" WHERE id IN ? RETURNING *) INSERT INTO "+table+
		" ("+list+", released) SELECT "+list+", true FROM gone ORDER BY id", ids).Error
}

// OpenDay is the first day to which anonymous answers may still be added: today, or an
// earlier one of which some wait for their release, or may still be taken back.
func OpenDay(db *gorm.DB, now time.Time, zone *time.Location) (models.Date, error) {
	open := models.DateOf(now.Add(-models.UndoFor), zone)
	for _, a := range []Answers{
		{Table: "ratings", Index: "ratings_release", Day: "rated_on", Imports: true},
		{Table: "peer_reviews", Index: "peer_reviews_release", Day: "submitted_on", Imports: true},
	} {
		var waiting []models.Date
		query := "SELECT " + a.Day + " FROM " + a.Table + Dialect(db.Name()).IndexedBy(a.Index) + " WHERE " + a.ours() + " ORDER BY " + a.Day + " LIMIT 1"
		if err := db.Raw(query, false).Scan(&waiting).Error; err != nil {
			return open, err
		}
		if len(waiting) > 0 && waiting[0].Before(open) {
			open = waiting[0]
		}
	}
	return open, nil
}
