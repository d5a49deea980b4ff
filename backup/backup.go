// Package backup writes a whole database with its attachments into one file, and makes
// an empty database out of it again.
//
// The file is a ZIP archive: `tables/NAME.jsonl` holds a table, a row a line, in the
// order of its primary key; `attachments/NAME` the bytes of an attachment; `backup.json`
// says what there is; `SHA256SUMS` has the digest of all of them, as `sha256sum -c` reads
// it. It is read in one state of the database, and the same on both databases: what was
// written from SQLite can be restored into PostgreSQL.
//
// What it never holds: rater keys, the secrets that links and tokens are signed with, the
// key of the audit chain. They lie outside the database, and belong into another place
// than its backups. Nor does it hold what is only for a day or can be asked for again
// ([leftOut]).
package backup

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"steelyard/store"
)

// format is the number of the form that this package writes, and the only one it reads.
const format = 1

// The names in the archive.
const (
	contentsName     = "backup.json"
	sumsName         = "SHA256SUMS"
	tablesFolder     = "tables/"
	tableEnding      = ".jsonl"
	attachmentFolder = "attachments/"
)

// leftOut are the tables that no backup holds. Marks of devices, what a receipt opens
// for some minutes and failed guesses are erased when their day is over, and must not
// live on in a backup; exports are asked for again.
var leftOut = []string{"counter_uses", "exports", "failed_guesses", "rating_undos"}

// Contents say what is in a backup.
type Contents struct {
	Format  int       `json:"format"`
	MadeAt  time.Time `json:"madeAt"`
	Program string    `json:"program"`
	Engine  string    `json:"engine"`
	// Steps are the migrations that the database had.
	Steps       []int64 `json:"migrations"`
	Tables      []Table `json:"tables"`
	Attachments int     `json:"attachments"`
	// Missing are attachments whose bytes were not where they should be, or damaged.
	Missing []string `json:"missingAttachments"`
	// AuditHead is the end of the audit chain, NUMBER:HASH; empty where there is none.
	AuditHead string `json:"auditHead"`
	// Runs are those that the cycles rest on.
	Runs []Run `json:"runs"`
}

// Table is a table in a backup.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Rows    int64    `json:"rows"`
}

// Run is a run that a cycle rests on.
type Run struct {
	ID             string `json:"id"`
	Cycle          string `json:"cycle"`
	EvidenceDigest string `json:"evidenceDigest"`
}

// Rows is how many rows there are in all.
func (c *Contents) Rows() (n int64) {
	for _, t := range c.Tables {
		n += t.Rows
	}
	return n
}

// Progress hears how far the work got; a total of 0 is not known.
type Progress func(stage string, done, total int64)

// Write writes a backup of a database and of the attachments in a bucket. Program and
// engine say what made it. Attachments whose bytes are missing or damaged are left out
// and listed, so that one bad file costs no backup. Whoever is to read all tables needs
// a context that reaches them.
func Write(ctx context.Context, out io.Writer, st *store.Store, bucket *blob.Bucket, program, engine string, progress Progress) (*Contents, error) {
	w := &writer{zip: zip.NewWriter(out), contents: Contents{
		Format: format, MadeAt: st.Now(), Program: program, Engine: engine, Missing: []string{}, Runs: []Run{},
	}}
	err := st.InSnapshot(ctx, func(snap *store.Snapshot) error {
		if err := w.facts(ctx, snap); err != nil {
			return err
		}
		if err := w.tables(ctx, snap, progress); err != nil {
			return err
		}
		return w.attachments(ctx, snap, bucket, progress)
	})
	if err != nil {
		return nil, fmt.Errorf("back up: %w", err)
	}
	return &w.contents, w.end()
}

type writer struct {
	zip      *zip.Writer
	contents Contents
	sums     strings.Builder
}

// entry begins an entry of the archive; its sum is taken while it is written.
func (w *writer) entry(name string) (io.Writer, hash.Hash, error) {
	out, err := w.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: w.contents.MadeAt})
	if err != nil {
		return nil, nil, err
	}
	sum := sha256.New()
	return io.MultiWriter(out, sum), sum, nil
}

// seal notes the sum of an entry that is written.
func (w *writer) seal(name string, sum hash.Hash) {
	fmt.Fprintf(&w.sums, "%x  %s\n", sum.Sum(nil), name)
}

func (w *writer) whole(name string, content []byte) error {
	out, sum, err := w.entry(name)
	if err == nil {
		_, err = out.Write(content)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	w.seal(name, sum)
	return nil
}

func (w *writer) facts(ctx context.Context, snap *store.Snapshot) (err error) {
	if w.contents.Steps, err = snap.Steps(ctx); err != nil {
		return fmt.Errorf("read the database's version: %w", err)
	}
	if w.contents.AuditHead, err = auditHead(ctx, snap); err != nil {
		return err
	}
	w.contents.Runs, err = runs(ctx, snap)
	return err
}

// auditHead is the end of the audit chain.
func auditHead(ctx context.Context, snap *store.Snapshot) (head string, err error) {
	err = snap.Each(ctx, "SELECT number, hash FROM audit_blocks ORDER BY number DESC LIMIT 1", nil, func(r *store.Row) error {
		head = fmt.Sprintf("%d:%x", r.Int(0), r.Bytes(1))
		return nil
	})
	return head, err
}

func runs(ctx context.Context, snap *store.Snapshot) ([]Run, error) {
	list := []Run{}
	err := snap.Each(ctx, `SELECT r.id, c.name, r.evidence_digest FROM cycles c JOIN assessment_runs r ON r.id = c.run_id
		WHERE r.state = 'DONE' ORDER BY c.from_on, r.id`, nil, func(r *store.Row) error {
		list = append(list, Run{r.ID(0).String(), r.Text(1), hex.EncodeToString(r.Bytes(2))})
		return nil
	})
	return list, err
}

func (w *writer) tables(ctx context.Context, snap *store.Snapshot, progress Progress) error {
	tables, err := snap.Tables(ctx)
	if err != nil {
		return err
	}
	for i, t := range tables {
		progress("tables", int64(i), int64(len(tables)))
		if slices.Contains(leftOut, t.Name) {
			continue
		}
		if err := w.table(ctx, snap, t); err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
	}
	return nil
}

func (w *writer) table(ctx context.Context, snap *store.Snapshot, t store.Table) error {
	name := tablesFolder + t.Name + tableEnding
	out, sum, err := w.entry(name)
	if err != nil {
		return err
	}
	n, line := int64(0), []byte(nil)
	err = snap.Dump(ctx, t, func(values []any) (err error) {
		if line, err = appendRow(line[:0], values); err != nil {
			return err
		}
		n++
		_, err = out.Write(line)
		return err
	})
	if err != nil {
		return err
	}
	w.seal(name, sum)
	w.contents.Tables = append(w.contents.Tables, Table{t.Name, t.Names(), n})
	return nil
}

// attachments writes the bytes of every attachment that has a row: what was erased and
// still lies in the bucket for a while goes into no backup.
func (w *writer) attachments(ctx context.Context, snap *store.Snapshot, bucket *blob.Bucket, progress Progress) error {
	digests := map[string]string{}
	err := snap.Each(ctx, "SELECT blob, digest FROM attachments", nil, func(r *store.Row) error {
		digests[r.Text(0)] = string(r.Bytes(1))
		return nil
	})
	if err != nil {
		return fmt.Errorf("list attachments: %w", err)
	}
	names := make([]string, 0, len(digests))
	for name := range digests {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		progress("attachments", int64(i), int64(len(names)))
		content, err := bucket.ReadAll(ctx, name)
		if err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			return fmt.Errorf("read attachment %s: %w", name, err)
		}
		if sum := sha256.Sum256(content); err != nil || string(sum[:]) != digests[name] {
			w.contents.Missing = append(w.contents.Missing, name)
			continue
		}
		if err := w.whole(attachmentFolder+name, content); err != nil {
			return err
		}
		w.contents.Attachments++
	}
	return nil
}

// end writes what is in the archive, the sums, and the archive's own list.
func (w *writer) end() error {
	contents, err := json.MarshalIndent(&w.contents, "", "  ")
	if err != nil {
		return err
	}
	if err := w.whole(contentsName, append(contents, '\n')); err != nil {
		return err
	}
	out, _, err := w.entry(sumsName)
	if err == nil {
		_, err = io.WriteString(out, w.sums.String())
	}
	return errors.Join(err, w.zip.Close())
}
