package backup

import (
	"archive/zip"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"gocloud.dev/blob"

	"steelyard/models"
	"steelyard/store"
)

const (
	// maxContents bounds what says what is in a backup, maxSums the list of sums.
	maxContents, maxSums = 16 << 20, 256 << 20
	// maxRow bounds a line: explanations and leaves of a tally are the longest rows.
	maxRow = 64 << 20
)

// ErrDamaged says that a file is no whole backup.
var ErrDamaged = errors.New("the file is no whole backup")

// ErrNotEmpty says that a database holds something already.
var ErrNotEmpty = errors.New("the database is not empty: restore only fills one that is; name a new one by --db")

// Archive is a backup that is open for reading.
type Archive struct {
	Contents Contents
	files    map[string]*zip.File
	sums     map[string]string
}

// Open reads what is in a backup, and that everything of it is there. It is ErrDamaged
// where something is not.
func Open(from io.ReaderAt, size int64) (*Archive, error) {
	list, err := zip.NewReader(from, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	a := &Archive{files: map[string]*zip.File{}, sums: map[string]string{}}
	for _, f := range list.File {
		if a.files[f.Name] != nil {
			return nil, fmt.Errorf("%w: %q stands in it twice", ErrDamaged, f.Name)
		}
		a.files[f.Name] = f
	}
	if err := errors.Join(a.readSums(), a.readContents()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return a, a.complete()
}

// small reads an entry that is not long.
func (a *Archive) small(name string, limit int64) (content []byte, err error) {
	f := a.files[name]
	if f == nil {
		return nil, fmt.Errorf("%s is not in it", name)
	}
	in, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	content, err = io.ReadAll(io.LimitReader(in, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = errors.New("too long")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return content, nil
}

func (a *Archive) readSums() error {
	text, err := a.small(sumsName, maxSums)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		sum, name, found := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !found || len(sum) != 2*sha256.Size || a.sums[name] != "" {
			return fmt.Errorf("%s: %q is no line of it", sumsName, line)
		}
		a.sums[name] = sum
	}
	return nil
}

func (a *Archive) readContents() error {
	text, err := a.small(contentsName, maxContents)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(text); a.sums[contentsName] != hex.EncodeToString(sum[:]) {
		return fmt.Errorf("%s is not what was written", contentsName)
	}
	if err := json.Unmarshal(text, &a.Contents); err != nil {
		return fmt.Errorf("%s: %w", contentsName, err)
	}
	return nil
}

// complete says whether the archive has exactly what its contents and sums name.
func (a *Archive) complete() error {
	if a.Contents.Format != format {
		return fmt.Errorf("the backup is of form %d, and this program reads form %d: use the program that made it (%s)", a.Contents.Format, format, a.Contents.Program)
	}
	if len(a.Contents.Steps) == 0 {
		return fmt.Errorf("%w: it does not say of which tables it is", ErrDamaged)
	}
	attachments := 0
	for name := range a.files {
		table, isTable := strings.CutPrefix(name, tablesFolder)
		switch {
		case name == sumsName || name == contentsName:
		case strings.HasPrefix(name, attachmentFolder):
			attachments++
		case isTable && a.has(strings.TrimSuffix(table, tableEnding)):
		default:
			return fmt.Errorf("%w: nobody knows what %q is", ErrDamaged, name)
		}
		if name != sumsName && a.sums[name] == "" {
			return fmt.Errorf("%w: %q has no sum", ErrDamaged, name)
		}
	}
	if len(a.files) != len(a.sums)+1 || len(a.files) != len(a.Contents.Tables)+attachments+2 || attachments != a.Contents.Attachments {
		return fmt.Errorf("%w: something that it names is not in it", ErrDamaged)
	}
	return nil
}

func (a *Archive) has(table string) bool {
	return slices.ContainsFunc(a.Contents.Tables, func(t Table) bool { return t.Name == table })
}

// Check reads everything and holds it to its sums.
func (a *Archive) Check(ctx context.Context, progress Progress) error {
	done := int64(0)
	for name := range a.sums {
		progress("check", done, int64(len(a.sums)))
		done++
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := a.read(name, func(io.Reader) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}

// read hands an entry to fn, and says whether all of it was what had been written.
func (a *Archive) read(name string, fn func(io.Reader) error) error {
	f := a.files[name]
	if f == nil {
		return fmt.Errorf("%w: %s is not in it", ErrDamaged, name)
	}
	in, err := f.Open()
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
	}
	sum := sha256.New()
	both := io.TeeReader(in, sum)
	err = fn(both)
	if err == nil {
		if _, err = io.Copy(io.Discard, both); err != nil {
			err = fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
		}
	}
	if err := errors.Join(err, in.Close()); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != a.sums[name] {
		return fmt.Errorf("%w: %s is not what was written", ErrDamaged, name)
	}
	return nil
}

// Restore makes the tables as they were when the backup was made, fills them, writes the
// attachments into the bucket, and then brings the tables up to date. Everything is
// checked before, and once more while it is read; a restore that fails leaves a database
// without rows. The database must be empty, otherwise it is ErrNotEmpty; on PostgreSQL
// it takes the owner.
func (a *Archive) Restore(ctx context.Context, st *store.Store, bucket *blob.Bucket, progress Progress) error {
	vacant, err := st.Vacant(ctx)
	if err != nil {
		return err
	}
	if !vacant {
		return ErrNotEmpty
	}
	if err := a.Check(ctx, progress); err != nil {
		return err
	}
	if err := st.MigrateTo(ctx, a.Contents.Steps); err != nil {
		return err
	}
	if err := a.restoreAttachments(ctx, bucket, progress); err != nil {
		return err
	}
	if err := a.restoreTables(ctx, st, progress); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if _, err := st.MigrateUp(ctx); err != nil {
		return err
	}
	_, err = st.Checkpoint(ctx)
	return err
}

func (a *Archive) restoreAttachments(ctx context.Context, bucket *blob.Bucket, progress Progress) error {
	done := 0
	for name, f := range a.files {
		key, is := strings.CutPrefix(name, attachmentFolder)
		if !is {
			continue
		}
		progress("attachments", int64(done), int64(a.Contents.Attachments))
		done++
		if _, err := hex.DecodeString(key); err != nil || key == "" {
			return fmt.Errorf("%w: %q is no attachment", ErrDamaged, name)
		}
		if f.UncompressedSize64 > models.MaxAttachmentSize {
			return fmt.Errorf("%w: %s is longer than an attachment", ErrDamaged, name)
		}
		err := a.read(name, func(in io.Reader) error {
			content, err := io.ReadAll(io.LimitReader(in, models.MaxAttachmentSize))
			if err != nil {
				return err
			}
			return bucket.WriteAll(ctx, key, content, nil)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *Archive) restoreTables(ctx context.Context, st *store.Store, progress Progress) error {
	var tables []store.Table
	var head string
	err := st.InSnapshot(ctx, func(snap *store.Snapshot) (err error) {
		tables, err = snap.Tables(ctx)
		return err
	})
	if err != nil {
		return err
	}
	done := int64(0)
	err = st.InTx(ctx, func(tx *store.Tx) error {
		return tx.Refill(ctx, tables, func(t store.Table, load func(store.Rows) (int64, error)) error {
			progress("tables", done, int64(len(tables)))
			done++
			return a.fill(t, load)
		})
	})
	if err != nil {
		return err
	}
	err = st.InSnapshot(ctx, func(snap *store.Snapshot) (err error) {
		head, err = auditHead(ctx, snap)
		return err
	})
	if err == nil && head != a.Contents.AuditHead {
		err = fmt.Errorf("the audit chain ends with %s, and the backup says %s", head, a.Contents.AuditHead)
	}
	return err
}

// fill loads a table, of which exactly as many rows must come as were written.
func (a *Archive) fill(t store.Table, load func(store.Rows) (int64, error)) error {
	i := slices.IndexFunc(a.Contents.Tables, func(made Table) bool { return made.Name == t.Name })
	switch {
	case i < 0 && slices.Contains(leftOut, t.Name):
		return nil
	case i < 0:
		return fmt.Errorf("%w: table %s is not in it", ErrDamaged, t.Name)
	case !slices.Equal(a.Contents.Tables[i].Columns, t.Names()):
		return fmt.Errorf("%w: table %s has other columns", ErrDamaged, t.Name)
	}
	return a.read(tablesFolder+t.Name+tableEnding, func(in io.Reader) error {
		lines := bufio.NewScanner(in)
		lines.Buffer(make([]byte, 0, 64<<10), maxRow)
		at := 0
		n, err := load(func() ([]any, error) {
			if !lines.Scan() {
				return nil, lines.Err()
			}
			at++
			return parseRow(lines.Bytes(), t.Columns)
		})
		if err != nil {
			return fmt.Errorf("%s, row %d: %w", t.Name, at, err)
		}
		if want := a.Contents.Tables[i].Rows; n != want {
			return fmt.Errorf("%w: %s has %d rows instead of %d", ErrDamaged, t.Name, n, want)
		}
		return nil
	})
}
