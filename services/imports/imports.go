package imports

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// actor is who an import's audit entries name.
const actor = "import"

// Service does what this package is for. All fields are needed.
type Service struct {
	Store *store.Store
	Keys  *keyring.Keyring
	// Zone is where instants become days and calendar years.
	Zone *time.Location

	share int64 // in bytes, another than the usual one
}

// Options are the choices of one import.
type Options struct {
	// SkipBadRows imports the rest of a folder that has faults.
	SkipBadRows bool
	// Rejected is the file that skipped rows are written to; empty: nowhere. It is
	// not written where no row was rejected. It holds the rows' references as they
	// are and is readable for its owner alone.
	Rejected string
	// Progress is told, about once a MiB, how many bytes of a file have been read.
	// Each file is read at least twice, to be checked, and to be loaded, but into an empty PostgreSQL database. It must be
	// quick, for on SQLite all writers wait for it, and do nothing with the database.
	Progress func(file string, done, total int64)
}

// Import reads a folder, a .zip of one, or a rejected.csv into the database.
//
// A folder with faults gives a models.Error with KeyImportRefused and the report
// that lists them; nothing has been written then. With SkipBadRows that happens
// only where the fault is not one of a row, such as a missing file. KeyKeyMissing
// says that the key file is not that of the database, KeyImportRaced that somebody
// was faster.
func (s *Service) Import(ctx context.Context, path string, o Options) (report *Report, err error) {
	src, err := openSource(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, src.close()) }()
	if !o.SkipBadRows && s.Store.Dialect() == store.Postgres {
		report, err := s.loadAtOnce(ctx, path, src, o)
		if !errors.Is(err, errInUse) {
			return report, err
		}
	}
	keys, err := s.openKeys(s.Store.Read(ctx))
	if err != nil {
		return nil, err
	}
	checked := &run{ctx: ctx, s: s, opts: o, src: src, keys: keys}
	err = s.Store.InSnapshot(ctx, func(snap *store.Snapshot) error {
		checked.db = snap
		return checked.everything()
	})
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", path, err)
	}
	report = checked.report()
	if report.FaultCount > 0 && (!o.SkipBadRows || checked.faults.fatal) {
		return report, refused(report)
	}
	checked.forget()
	if err := keys.make(s.Store.Now()); err != nil {
		return report, err
	}
	return s.load(ctx, path, checked, report)
}

func refused(report *Report) error {
	return &models.Error{Code: models.CodeInvalid, Key: models.KeyImportRefused, Args: []string{strconv.Itoa(report.FaultCount)}}
}

// load reads the folder again and writes it, in one transaction.
func (s *Service) load(ctx context.Context, path string, checked *run, report *Report) (_ *Report, err error) {
	o := checked.opts
	if o.SkipBadRows && o.Rejected != "" && len(checked.faults.rejected) > 0 {
		done, err := checked.writeRejected(o.Rejected)
		if err != nil {
			return report, err
		}
		defer func() {
			if moved := done(report.Imported); moved != nil {
				err = errors.Join(err, moved)
			} else if report.Imported {
				report.Rejected = o.Rejected
			}
		}()
	}
	var loaded *run
	err = s.Store.InTx(ctx, func(tx *store.Tx) error {
		loaded = &run{ctx: ctx, s: s, opts: o, src: checked.src, keys: checked.keys, db: tx, tx: tx}
		if err := loaded.begin(); err != nil {
			return err
		}
		if err := loaded.fill(); err != nil {
			return err
		}
		if !reflect.DeepEqual(loaded.faults.rejected, checked.faults.rejected) {
			return &models.Error{Code: models.CodeConflict, Key: models.KeyImportRaced}
		}
		return loaded.end()
	})
	if err != nil {
		return report, fmt.Errorf("load %s: %w", path, raced(err))
	}
	report = loaded.report()
	report.Imported = true
	return report, nil
}

// raced says of an error that somebody was faster where a key is there twice: the
// same folder has just been checked against what was stored.
func raced(err error) error {
	if !errors.Is(err, gorm.ErrDuplicatedKey) {
		return err
	}
	return fmt.Errorf("%w: %w", &models.Error{Code: models.CodeConflict, Key: models.KeyImportRaced}, err)
}

// reader is the database as it is read: a snapshot while the folder is checked,
// the transaction while it is loaded.
type reader interface {
	PreferIndexes(ctx context.Context) error
	Each(ctx context.Context, query string, args []any, fn func(r *store.Row) error) error
}

// run is one reading of the folder from its first file to its last. The checking
// run writes nothing; the loading run does the same again and writes.
type run struct {
	ctx  context.Context
	s    *Service
	opts Options
	src  *source
	keys *keys
	db   reader
	tx   *store.Tx // nil in the checking run

	files  [len(format)]FileReport
	faults *faults
	salt   [16]byte
	some   map[string]bool // tables that held rows when the run began
	seals  []seal
	totals totals

	ahead   int64              // microseconds since 1970 that nothing can have happened behind
	future  map[[2]int]*Notice // by file and column
	leftOut []Notice

	first
	organisation
	encounters encounterTable
	cases      caseTable
}

// everything reads all files in the order of the format.
func (r *run) everything() error {
	r.faults = newFaults()
	r.ahead, r.future = r.s.Store.Now().Add(clockSkew).UnixMicro(), map[[2]int]*Notice{}
	if r.filling == nil { // nothing is looked up then, and references are best checked by reading all
		if err := r.db.PreferIndexes(r.ctx); err != nil {
			return err
		}
	}
	if err := r.lookAround(); err != nil {
		return err
	}
	if err := r.readOrganisation(); err != nil {
		return err
	}
	if err := r.meanwhile(r.readEvidence); err != nil {
		return err
	}
	return r.keys.err
}

// readEvidence reads what was said and done, a table after the other.
func (r *run) readEvidence() error {
	for _, step := range []struct {
		read  func() error
		fills []string
	}{
		{r.readEncounters, []string{"encounters"}},
		{r.readRatings, []string{"ratings", "rating_totals", "encounter_claims"}},
		{r.readCases, []string{"cases"}},
		{r.readCaseEvents, []string{"case_events"}},
		{r.readReviews, []string{"peer_reviews"}},
		{r.readDeeds, []string{"deeds"}},
		{r.readAchievements, []string{"achievements"}},
	} {
		if err := step.read(); err != nil {
			return err
		}
		if r.filling == nil || r.tx == nil {
			continue
		}
		if err := r.write(func() error { return r.filling.Full(r.ctx, step.fills...) }); err != nil {
			return err
		}
	}
	return nil
}

// loadedTables are those that rows come into by the million.
var loadedTables = []string{"encounters", "encounter_claims", "ratings", "rating_totals", "cases", "case_events", "peer_reviews", "deeds", "achievements"}

// begin makes imports wait for one another: all lock one row.
func (r *run) begin() error {
	row := models.Setting{Name: "import.digest", Value: hex.EncodeToString(r.src.digest())}
	if err := r.tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error; err != nil {
		return fmt.Errorf("wait for other imports: %w", err)
	}
	return nil
}

// end notes the years whose keys were used, and leaves the audit entry of the whole import.
func (r *run) end() error {
	if err := r.keys.record(r.tx); err != nil {
		return err
	}
	details := map[string]string{
		"digest": hex.EncodeToString(r.src.digest()), "skipBadRows": strconv.FormatBool(r.opts.SkipBadRows),
	}
	for _, f := range r.report().Files {
		details[f.Name] = fmt.Sprintf("read %d, inserted %d, updated %d, unchanged %d, rejected %d, kept %d",
			f.Read, f.Inserted, f.Updated, f.Unchanged, f.Rejected, f.Kept)
	}
	return audit.Record(r.tx, audit.Entry{Actor: actor, Action: "import", Noun: "Import", Details: details})
}

// forget lets go of what the checking run knew, except the faults.
func (r *run) forget() {
	r.organisation, r.encounters, r.cases = organisation{}, encounterTable{}, caseTable{}
}

func (r *run) report() *Report {
	report := &Report{
		Faults: r.faults.first(), FaultCount: r.faults.count, Notices: r.notices(), Digest: hex.EncodeToString(r.src.digest()),
	}
	rejected := r.faults.perFile()
	for i, f := range r.files {
		if _, there := r.src.open[r.nameOf(uint8(i))]; there {
			f.Name, f.Rejected = format[i].name, rejected[i]
			if r.tx == nil { // nothing has been written
				f.Inserted, f.Updated, f.Unchanged, f.Kept = 0, 0, 0, 0
			}
			report.Files = append(report.Files, f)
		}
	}
	return report
}

// dependent marks a row that refers to a rejected one. Where nothing is skipped
// the first fault is enough: the folder is refused for it.
func (w *row) dependent(column int) {
	w.bad = true
	if w.run.opts.SkipBadRows {
		w.fault(column, DependsOnRejected)
	}
}
