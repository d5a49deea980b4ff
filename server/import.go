package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"steelyard/messages"
	"steelyard/models"
	"steelyard/report"
	"steelyard/services/imports"
	"steelyard/store"
)

type importCmd struct {
	Dir string `arg:"" type:"path" help:"The folder, a .zip of it, or a rejected.csv that has been mended."`

	SkipBadRows bool   `help:"Import the rest where rows are bad; without it one fault stops everything."`
	Rejected    string `default:"rejected.csv" type:"path" placeholder:"FILE" help:"Where rows go that --skip-bad-rows left out."`
	Errors      string `type:"path" placeholder:"FILE.csv" help:"Write the faults to this file, too: file, line, column, value, kind, sentence."`
}

// Help is the longer text of --help.
func (importCmd) Help() string {
	return "examples/village is a small folder with every file. An empty or missing database is made first. Importing the same folder again changes nothing. " +
		"Cases on which somebody has taken a step since they were imported are left as they are. " +
		"On SQLite an import into a database in use keeps all other writers waiting until it has ended. " +
		"Faults are listed one a line as file:line column=value: what would be right; the exit code is then 1. " +
		"A .csv file that is none of the format, a time in the future and a column that was left out are named as well and stop nothing."
}

func (c *importCmd) Run(s *session) error {
	if _, err := os.Stat(c.Dir); err != nil {
		return fmt.Errorf("read the folder: %w", err)
	}
	st, err := s.openOrMake()
	if err != nil {
		return err
	}
	report, err := c.load(s, st)
	err = errors.Join(err, st.Close())
	if report == nil {
		return err
	}
	return errors.Join(c.tell(s, report), err)
}

func (c *importCmd) load(s *session, st *store.Store) (*imports.Report, error) {
	zone, err := s.flags.zone()
	if err != nil {
		return nil, err
	}
	keys, err := s.flags.keyring()
	if err != nil {
		return nil, err
	}
	if err := checkKeys(st, keys, s); err != nil {
		return nil, err
	}
	g := newGauge(s.stderr)
	defer g.end()
	service := imports.Service{Store: st, Keys: keys, Zone: zone}
	return service.Import(s.ctx, c.Dir, imports.Options{SkipBadRows: c.SkipBadRows, Rejected: c.Rejected, Progress: g.at})
}

// openOrMake opens the database. One that is empty or missing gets its tables,
// and is loaded without waiting for the disk at each step: should the power fail,
// it is simply loaded again.
func (s *session) openOrMake() (*store.Store, error) {
	st, err := store.Open(s.ctx, s.flags.DB, store.Options{System: true})
	if err != nil {
		return nil, err
	}
	empty, err := st.Empty(s.ctx)
	if err == nil && !empty {
		err = st.CheckVersion(s.ctx)
	}
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	if !empty {
		return st, nil
	}
	if err := st.Close(); err != nil {
		return nil, err
	}
	if st, err = store.Open(s.ctx, s.flags.DB, store.Options{System: true, Bulk: true}); err != nil {
		return nil, err
	}
	if _, err := st.MigrateUp(s.ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
}

// tell says what an import found and did.
func (c *importCmd) tell(s *session, r *imports.Report) error {
	l := s.flags.lang()
	for _, f := range r.Faults {
		if _, err := fmt.Fprintln(s.stdout, faultLine(l, f)); err != nil {
			return err
		}
	}
	if more := r.FaultCount - len(r.Faults); more > 0 {
		if _, err := fmt.Fprintf(s.stdout, "… and %d more\n", more); err != nil {
			return err
		}
	}
	if c.Errors != "" {
		if err := writeFaults(c.Errors, l, r.Faults); err != nil {
			return err
		}
	}
	if !r.Imported {
		return tellNotices(s.stdout, l, r.Notices)
	}
	table := tabwriter.NewWriter(s.stdout, 0, 8, 2, ' ', 0)
	if _, err := fmt.Fprintln(table, "file\tread\tinserted\tupdated\tunchanged\trejected"); err != nil {
		return err
	}
	for _, f := range r.Files {
		if _, err := fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\n", f.Name, f.Read, f.Inserted, f.Updated, f.Unchanged, f.Rejected); err != nil {
			return err
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, f := range r.Files {
		if f.Kept == 0 {
			continue
		}
		if _, err := fmt.Fprintf(s.stdout, "%s: %d rows left out, since work on their cases has gone on here\n", f.Name, f.Kept); err != nil {
			return err
		}
	}
	if err := tellNotices(s.stdout, l, r.Notices); err != nil {
		return err
	}
	if r.Rejected != "" {
		if _, err := fmt.Fprintf(s.stdout, "rejected rows: %s\n", r.Rejected); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(s.stdout, "digest %s\n", r.Digest)
	return err
}

// faultLine is file:line column=value: sentence.
func faultLine(l messages.Lang, f imports.Fault) string {
	at := place(f.File, f.Line)
	if f.Column != "" {
		at += " " + f.Column + "=" + strconv.Quote(f.Value)
	}
	return oneLine(at + ": " + messages.Fault(l, string(f.Kind), f.File, f.Column, f.Value))
}

// tellNotices writes what is no fault and hardly meant so.
func tellNotices(to io.Writer, l messages.Lang, notices []imports.Notice) error {
	for _, n := range notices {
		at := place(n.File, n.Line)
		if n.Value != "" {
			at += " " + n.Column + "=" + strconv.Quote(n.Value)
		}
		if _, err := fmt.Fprintln(to, oneLine(at+": "+messages.Notice(l, string(n.Kind), n.Column, n.Rows, n.Free))); err != nil {
			return err
		}
	}
	return nil
}

// place is where something is seen; line 0 is the whole file.
func place(file string, line int) string {
	if line == 0 {
		return file
	}
	return file + ":" + strconv.Itoa(line)
}

// oneLine is a line for a terminal that does nothing there but stand: names and values are
// those of a stranger's file.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t':
			return ' '
		case models.ControlCharacter(r):
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// writeFaults writes the faults as CSV. Their values come from the file that is at fault.
func writeFaults(path string, l messages.Lang, faults []imports.Fault) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write the faults: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	out := bufio.NewWriter(file)
	err = report.Texts(out, "file", "line", "column", "value", "kind", "sentence")
	for _, f := range faults {
		if err == nil {
			err = report.Texts(out, f.File, strconv.Itoa(f.Line), f.Column, f.Value, string(f.Kind),
				messages.Fault(l, string(f.Kind), f.File, f.Column, f.Value))
		}
	}
	if err := errors.Join(err, out.Flush()); err != nil {
		return fmt.Errorf("write the faults: %w", err)
	}
	return nil
}
