package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

// signingSuffix names the token command's signing key, beside the database.
const signingSuffix = ".signing.pem"

type tokenCmd struct {
	Role     models.Role   `required:"" placeholder:"ROLE" help:"RESIDENT, OFFICIAL, REPLY_OFFICER, HR, AUDITOR or ADMIN."`
	Subject  string        `required:"" placeholder:"NAME" help:"Whom the token is for: the account's name."`
	Unit     string        `placeholder:"REF" help:"External id of the unit that the account sees, with everything below it."`
	Official string        `placeholder:"REF" help:"External id of the official that the subject is."`
	Name     string        `placeholder:"TEXT" help:"Whom or what the account is for, in words."`
	Only     []string      `placeholder:"OPERATION" help:"Make it a machine's account, whose tokens may call these operations of the API and nothing else, such as recordEncounter."`
	Rotate   bool          `help:"Sign with a new key from now on. What the key before has signed holds until it runs out; what the one before that has signed no longer."`
	TTL      time.Duration `name:"ttl" default:"12h" help:"How long the token holds."`

	SigningKeyFile string `placeholder:"PATH" help:"Ed25519 key that signs; made where there is none. Default: beside the database."`
	TokenIssuer    string `default:"steelyard" help:"The token's iss."`
	TokenAudience  string `default:"steelyard" help:"The token's aud."`
}

// Help is the longer text of --help.
func (tokenCmd) Help() string {
	return "The account is made, or changed to what is granted; a change makes its earlier tokens worthless. " +
		"A server accepts the token when it is started with --trust-token-key, or with the public key by --public-key-file. " +
		"Its id, by which revokeToken takes back this one token, goes to the standard error."
}

func (c *tokenCmd) Run(s *session) error {
	path := c.SigningKeyFile
	if path == "" {
		var err error
		if path, err = s.flags.sideFile(signingSuffix); err != nil {
			return err
		}
	}
	st, err := s.open(store.Options{Connections: 2})
	if err != nil {
		return err
	}
	made, err := c.mint(s, st, path)
	if err := errors.Join(err, st.Close()); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.stderr, "token %s holds until %s\n", made.id, made.expires.UTC().Format(time.RFC3339)); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.stdout, made.token)
	return err
}

func (c *tokenCmd) mint(s *session, st *store.Store, path string) (minted, error) {
	if c.Rotate {
		if err := rotateKey(path); err != nil {
			return minted{}, err
		}
	}
	private, err := signingKey(path)
	if err != nil {
		return minted{}, err
	}
	signer, err := auth.NewSigner(private, c.TokenIssuer, c.TokenAudience)
	if err != nil {
		return minted{}, err
	}
	known, err := newAccounts(st)
	if err != nil {
		return minted{}, err
	}
	return grantToken(s, known, signer, c.TTL, accounts.Grant{
		Subject: c.Subject, Name: c.Name, Role: c.Role, UnitRef: c.Unit, OfficialRef: c.Official, Operations: c.Only,
	})
}

// minted is a token, with what it takes to revoke it.
type minted struct {
	token, id string
	expires   time.Time
}

// grantToken makes an account and a token for it.
func grantToken(s *session, known *accounts.Service, signer *auth.Signer, ttl time.Duration, g accounts.Grant) (minted, error) {
	account, err := known.Ensure(s.ctx, g)
	if err != nil {
		return minted{}, err
	}
	now := time.Now()
	out := minted{id: models.NewRandomID().String(), expires: now.Add(ttl)}
	viewer := auth.Viewer{Subject: g.Subject, Role: g.Role, Unit: g.UnitRef, Epoch: int64(account.TokenEpoch), TokenID: out.id}
	if out.token, err = signer.Mint(viewer, now, ttl); err != nil {
		return minted{}, err
	}
	return out, known.NoteToken(s.ctx, account.ID, out.id, out.expires)
}

// signingKey reads the key that signs tokens, and makes it where there is none.
func signingKey(path string) (ed25519.PrivateKey, error) {
	private, err := auth.ReadKeyFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return private, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the signing key's folder: %w", err)
	}
	_, private, err = ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the signing key: %w", err)
	}
	if err := auth.WriteKeyFile(path, private); errors.Is(err, fs.ErrExist) {
		return auth.ReadKeyFile(path) // another process was first
	} else if err != nil {
		return nil, err
	}
	return private, nil
}

// previousSuffix names the signing key before the one in use, beside it.
const previousSuffix = ".previous"

// rotateKey puts a new signing key in the place of the one that is there, which is kept as
// the previous one. There is a key at its path at every moment.
func rotateKey(path string) error {
	if _, err := signingKey(path); err != nil {
		return err
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make the signing key: %w", err)
	}
	next, previous := path+".next", path+previousSuffix
	if err := auth.WriteKeyFile(next, private); err != nil {
		return err
	}
	err = os.Remove(previous)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err == nil {
		err = os.Link(path, previous)
	}
	if err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		return fmt.Errorf("rotate the signing key: %w", errors.Join(err, os.Remove(next)))
	}
	return nil
}

// trustedKeys are the public keys of the signing key and of the one before it.
func trustedKeys(path string) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for _, file := range []string{path, path + previousSuffix} {
		private, err := auth.ReadKeyFile(file)
		if errors.Is(err, fs.ErrNotExist) && len(keys) > 0 {
			continue
		}
		if err != nil {
			return nil, err
		}
		keys = append(keys, private.Public().(ed25519.PublicKey))
	}
	return keys, nil
}
