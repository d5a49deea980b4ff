package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"

	"gocloud.dev/blob"

	"steelyard/backup"
	"steelyard/scoring"
	"steelyard/store"
)

// keptApart is what the program keeps in files of its own, which no backup holds.
const keptApart = "rater keys (--key-file), link secret (--secret-file), keys of tokens and of the audit chain"

type backupCmd struct {
	File        string `arg:"" type:"path" placeholder:"FILE" help:"Where the backup goes; nobody but its owner can read it. One that is there is replaced once the new one is whole."`
	Attachments string `placeholder:"PLACE" help:"Where attachments lie: a folder, or s3://BUCKET. Default: beside an SQLite database, else in the user's configuration folder."`
}

// Help is the longer text of --help.
func (backupCmd) Help() string {
	return "The server may go on: the backup is one state of the database. It never holds " + keptApart + ": keep a copy of those in another place, " +
		"since with a year's key and the database raters can be recognised. A ZIP archive of lines of JSON; sha256sum -c SHA256SUMS checks what is in it."
}

func (c *backupCmd) Run(s *session) error {
	st, err := s.open(store.Options{Connections: 2, System: true})
	if err != nil {
		return err
	}
	bucket, err := s.flags.bucket(s.ctx, c.Attachments)
	if err != nil {
		return errors.Join(err, st.Close())
	}
	return errors.Join(c.write(s, st, bucket), bucket.Close(), st.Close())
}

func (c *backupCmd) write(s *session, st *store.Store, bucket *blob.Bucket) error {
	g := newGauge(s.stderr)
	defer g.end()
	sum := sha256.New()
	var made *backup.Contents
	err := replaceSecretFile(c.File, func(w io.Writer) (err error) {
		made, err = backup.Write(s.ctx, io.MultiWriter(w, sum), st, bucket, commit, scoring.Version, g.at)
		return err
	})
	if err != nil {
		return err
	}
	g.end()
	if _, err := fmt.Fprintf(s.stdout, "backup      %s\nsha256      %x\n", c.File, sum.Sum(nil)); err != nil {
		return err
	}
	if err := tellBackup(s.stdout, made); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.stdout, "not in it   %s: keep a copy of them elsewhere\n", keptApart); err != nil {
		return err
	}
	if n := len(made.Missing); n > 0 {
		return fmt.Errorf("the backup is whole but for %d attachments whose bytes are missing or damaged: %s lists them", n, "backup.json")
	}
	return nil
}

// tellBackup says what a backup holds, in the words that verify says of the database.
func tellBackup(w io.Writer, c *backup.Contents) error {
	head := c.AuditHead
	if head == "" {
		head = "none: nothing was chained yet"
	}
	_, err := fmt.Fprintf(w, "made at     %s by %s, engine %s\ntables      %d with %d rows, step %d\nattachments %d\nhead        %s\n",
		c.MadeAt.Format("2006-01-02T15:04:05Z07:00"), c.Program, c.Engine, len(c.Tables), c.Rows(), c.Steps[len(c.Steps)-1], c.Attachments, head)
	for _, r := range c.Runs {
		if err == nil {
			_, err = fmt.Fprintf(w, "run         %s of %s, evidence digest %s\n", r.ID, r.Cycle, r.EvidenceDigest)
		}
	}
	return err
}

type restoreCmd struct {
	File        string `arg:"" type:"existingfile" placeholder:"FILE" help:"The backup."`
	Attachments string `placeholder:"PLACE" help:"Where attachments go: a folder, or s3://BUCKET. Default: beside an SQLite database, else in the user's configuration folder."`
	AppRole     string `placeholder:"NAME" help:"Give this role of PostgreSQL what the application needs; without it, the one that had it where the backup was made."`
	Check       bool   `help:"Only check that the file is a whole backup; no database is opened."`
}

// Help is the longer text of --help.
func (restoreCmd) Help() string {
	return "The database must be empty or not there; on PostgreSQL run it as the owner. Every sum is checked before anything is written, and all rows are " +
		"written or none. A backup of an older program is brought up to date. Put the key files back beside it, then run audit verify --head HEAD and assess " +
		"--verify RUN with the figures that are printed."
}

func (c *restoreCmd) Run(s *session) error {
	file, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("read the backup: %w", err)
	}
	return errors.Join(c.read(s, file), file.Close())
}

func (c *restoreCmd) read(s *session, file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	from, err := backup.Open(file, info.Size())
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	g := newGauge(s.stderr)
	defer g.end()
	if c.Check {
		err = from.Check(s.ctx, g.at)
	} else {
		err = c.restore(s, from, g)
	}
	if err != nil {
		return err
	}
	g.end()
	did := "restored    %s into %s\n"
	if c.Check {
		did = "whole       %s%.0s\n"
	}
	if _, err := fmt.Fprintf(s.stdout, did, c.File, store.Redacted(s.flags.DB)); err != nil {
		return err
	}
	return tellBackup(s.stdout, &from.Contents)
}

func (c *restoreCmd) restore(s *session, from *backup.Archive, g *gauge) error {
	st, err := store.Open(s.ctx, s.flags.DB, store.Options{Connections: 2, Bulk: true, System: true})
	if err != nil {
		return err
	}
	bucket, err := s.flags.bucket(s.ctx, c.Attachments)
	if err != nil {
		return errors.Join(err, st.Close())
	}
	err = from.Restore(s.ctx, st, bucket, g.at)
	if err == nil {
		if _, err = st.Grant(s.ctx, c.AppRole); err != nil {
			err = fmt.Errorf("everything is restored, but the application's role has no rights yet (migrate up --app-role NAME gives them): %w", err)
		}
	}
	return errors.Join(err, bucket.Close(), st.Close())
}
