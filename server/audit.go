package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"steelyard/auditchain"
	"steelyard/auth"
	"steelyard/services/audit"
	"steelyard/store"
)

type auditCmd struct {
	Verify    auditVerifyCmd    `cmd:"" help:"Go over the audit chain, of the database or of an extract."`
	Export    auditExportCmd    `cmd:"" help:"Write an extract of the audit chain that can be checked without the database."`
	PublicKey auditPublicKeyCmd `cmd:"" help:"Print the public key that the audit chain is checked with."`
	NewKey    auditNewKeyCmd    `cmd:"" help:"Go on with a new key where the old one was lost or is to be replaced."`
}

type auditVerifyCmd struct {
	AuditKeys

	File      string   `type:"existingfile" placeholder:"EXTRACT" help:"Check an extract; no database is needed."`
	Head      string   `placeholder:"NUMBER:HASH" help:"A head that was kept elsewhere: what was cut off behind it is found, too."`
	PublicKey []string `type:"existingfile" placeholder:"FILE" help:"Public keys in PEM that the chain must be signed with, got from elsewhere than the chain. With them nothing is written to the database."`
}

// Help is the longer text of --help.
func (auditVerifyCmd) Help() string {
	return "Names the first place at which the chain does not hold, and then ends with exit code 1. Without --public-key the " +
		"database's chain is continued first and checked with the key beside it, and an extract with the keys that it names itself."
}

func (c *auditVerifyCmd) Run(s *session) error {
	kept, err := c.head()
	if err != nil {
		return err
	}
	keys := auditKeys{}
	for _, path := range append(c.PublicKey, c.AuditPublicKey...) {
		key, err := auth.ReadPublicKeyFile(path)
		if err != nil {
			return err
		}
		keys.trusted = append(keys.trusted, key)
	}
	if c.File != "" {
		return c.extract(s, keys, kept)
	}
	st, err := s.open(store.Options{Connections: 2})
	if err != nil {
		return err
	}
	return errors.Join(c.database(s, st, keys, kept), st.Close())
}

func (c *auditVerifyCmd) head() (*auditchain.Head, error) {
	if c.Head == "" {
		return nil, nil
	}
	head, err := auditchain.ParseHead(c.Head)
	return &head, err
}

func (c *auditVerifyCmd) database(s *session, st *store.Store, keys auditKeys, kept *auditchain.Head) (err error) {
	if len(c.PublicKey) == 0 {
		if keys, err = c.open(s, st); err != nil {
			return err
		}
	}
	service := newAudit(st, keys)
	if keys.private != nil {
		if _, err := service.ChainAll(s.ctx); err != nil {
			return err
		}
	}
	v, err := service.Verify(s.ctx, kept)
	if err != nil {
		return broken(err)
	}
	if err := tellChain(s.stdout, &v.Report); err != nil || v.Waiting == 0 {
		return err
	}
	_, err = fmt.Fprintf(s.stdout, "waiting    %d entries are in no block yet, and nothing holds them\n", v.Waiting)
	return err
}

func (c *auditVerifyCmd) extract(s *session, keys auditKeys, kept *auditchain.Head) error {
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("read the extract: %w", err)
	}
	checked, err := auditchain.VerifyExtract(f, newAudit(nil, keys).Keys(), auth.KeyID, kept)
	if err := errors.Join(err, f.Close()); err != nil {
		return broken(err)
	}
	if err := tellChain(s.stdout, &checked.Report); err != nil {
		return err
	}
	if checked.Unit != "" {
		if _, err := fmt.Fprintf(s.stdout, "extract    of unit %s: %d entries of others are given by their digest alone\n", checked.Unit, checked.Withheld); err != nil {
			return err
		}
	}
	if checked.OwnKeys {
		_, err = fmt.Fprintln(s.stdout, "key        nobody vouches for it but the extract itself: give the one that you were given elsewhere by --public-key")
	}
	return err
}

// errChain ends a verification that found a fault.
var errChain = errors.New("the audit chain does not hold")

// broken names the place of a fault first.
func broken(err error) error {
	var fault *auditchain.Fault
	if !errors.As(err, &fault) {
		return err
	}
	return fmt.Errorf("%w: %w", errChain, fault)
}

func tellChain(w io.Writer, r *auditchain.Report) error {
	if r.Blocks == 0 {
		_, err := fmt.Fprintln(w, "the audit chain is empty")
		return err
	}
	_, err := fmt.Fprintf(w, "the audit chain holds: %d entries in %d blocks, %s to %s; %d are of anonymous writes\nhead       %s\n",
		r.Entries, r.Blocks, r.Since.UTC().Format(time.RFC3339), r.Until.UTC().Format(time.RFC3339), r.Anonymous, r.Head)
	return err
}

type auditExportCmd struct {
	AuditKeys

	Out  string `required:"" type:"path" placeholder:"FILE" help:"Where the extract goes."`
	Unit string `placeholder:"REF" help:"Show entries that concern this unit, by its external id, and everything below it; the others by their digest alone."`
}

// Help is the longer text of --help.
func (auditExportCmd) Help() string {
	return "JSON, an object a line; docs/audit.md describes it. Entries of anonymous writes are given by their digest alone. " +
		"The head that is printed is worth keeping elsewhere."
}

func (c *auditExportCmd) Run(s *session) error {
	st, err := s.open(store.Options{Connections: 2})
	if err != nil {
		return err
	}
	return errors.Join(c.export(s, st), st.Close())
}

func (c *auditExportCmd) export(s *session, st *store.Store) error {
	keys, err := c.open(s, st)
	if err != nil {
		return err
	}
	service := newAudit(st, keys)
	if _, err := service.ChainAll(s.ctx); err != nil {
		return err
	}
	var head auditchain.Head
	err = replaceSecretFile(c.Out, func(w io.Writer) (err error) {
		head, err = service.Export(s.ctx, w, c.Unit)
		return err
	})
	if err != nil {
		return err
	}
	if head.Number == 0 {
		_, err = fmt.Fprintf(s.stdout, "the audit chain is empty\nextract    %s\n", c.Out)
		return err
	}
	_, err = fmt.Fprintf(s.stdout, "head       %s\nextract    %s\n", head, c.Out)
	return err
}

type auditPublicKeyCmd struct{ AuditKeys }

// Help is the longer text of --help.
func (auditPublicKeyCmd) Help() string {
	return "PEM, as --public-key takes it. Whoever checks the chain should get it once, from somebody who has it from here."
}

func (c *auditPublicKeyCmd) Run(s *session) error {
	path, err := c.file(s)
	if err != nil {
		return err
	}
	private, err := auth.ReadKeyFile(path)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		return fmt.Errorf("write the public key: %w", err)
	}
	return pem.Encode(s.stdout, &pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

type auditNewKeyCmd struct{ AuditKeys }

// Help is the longer text of --help.
func (auditNewKeyCmd) Help() string {
	return "Move the old key file away first; a file that is there is never replaced. An entry in the chain says which key follows " +
		"which. Blocks of the old key hold wherever its public key is given by --audit-public-key or --public-key."
}

func (c *auditNewKeyCmd) Run(s *session) error {
	path, err := c.file(s)
	if err != nil {
		return err
	}
	st, err := s.open(store.Options{Connections: 2})
	if err != nil {
		return err
	}
	return errors.Join(c.replace(s, st, path), st.Close())
}

func (c *auditNewKeyCmd) replace(s *session, st *store.Store, path string) error {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make the audit key: %w", err)
	}
	if err := auth.WriteKeyFile(path, private); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there, and a key file is never replaced: move it away first, and keep it", path)
	} else if err != nil {
		return err
	}
	id := auth.KeyID(private.Public().(ed25519.PublicKey))
	service := newAudit(st, auditKeys{private: private})
	if err := service.NewKey(s.ctx); err != nil {
		return errors.Join(err, dropUnused(s.ctx, service, path, id))
	}
	_, err = fmt.Fprintf(s.stdout, "the audit chain goes on with key %s in %s\n", id, path)
	return err
}

// dropUnused removes the file of a key with which the chain did not go on, so that the
// next try finds its place free. A key that the chain may end with is kept: without it
// nobody could go on.
func dropUnused(ctx context.Context, service *audit.Service, path, id string) error {
	tip, err := service.Tip(context.WithoutCancel(ctx)) // also where the command was interrupted
	switch {
	case err != nil:
		return fmt.Errorf("%s is kept, since the chain may end with key %s: %w", path, id, err)
	case tip != nil && tip.KeyID == id:
		return fmt.Errorf("the audit chain goes on with key %s in %s nevertheless", id, path)
	}
	return os.Remove(path)
}
