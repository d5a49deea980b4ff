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
	Rotate   bool          `help:"Sign with a new key from now on. What the key before has signed holds until it runs out; what the one before that has signed no longer."`
	TTL      time.Duration `name:"ttl" default:"12h" help:"How long the token holds."`

	SigningKeyFile string `placeholder:"PATH" help:"Ed25519 key that signs; made where there is none. Default: beside the database."`
	TokenIssuer    string `default:"steelyard" help:"The token's iss."`
	TokenAudience  string `default:"steelyard" help:"The token's aud."`
}

// Help is the longer text of --help.
func (tokenCmd) Help() string {
	return "The account is made, or changed to what is granted; a change makes its earlier tokens worthless. " +
		"A server accepts the token when it is started with --trust-token-key, or with the public key by --public-key-file."
}

func (c *tokenCmd) Run(s *session) error {
	path := c.SigningKeyFile
	if path == "" {
		var err error
		if path, err = s.common.sideFile(signingSuffix); err != nil {
			return err
		}
	}
	st, err := s.open(store.Options{Connections: 2})
	if err != nil {
		return err
	}
	token, err := c.mint(s, st, path)
	if err := errors.Join(err, st.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.stdout, token)
	return err
}

func (c *tokenCmd) mint(s *session, st *store.Store, path string) (string, error) {
	if c.Rotate {
		if err := rotateKey(path); err != nil {
			return "", err
		}
	}
	private, err := signingKey(path)
	if err != nil {
		return "", err
	}
	signer, err := auth.NewSigner(private, c.TokenIssuer, c.TokenAudience)
	if err != nil {
		return "", err
	}
	return grantToken(s, &accounts.Service{Store: st}, signer, c.TTL, accounts.Grant{
		Subject: c.Subject, Role: c.Role, UnitRef: c.Unit, OfficialRef: c.Official,
	})
}

// grantToken makes an account and a token for it.
func grantToken(s *session, known *accounts.Service, signer *auth.Signer, ttl time.Duration, g accounts.Grant) (string, error) {
	account, err := known.Ensure(s.ctx, g)
	if err != nil {
		return "", err
	}
	viewer := auth.Viewer{Subject: g.Subject, Role: g.Role, Unit: g.UnitRef, Epoch: int64(account.TokenEpoch)}
	return signer.Mint(viewer, time.Now(), ttl)
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
