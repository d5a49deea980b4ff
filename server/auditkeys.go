package main

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// auditSuffix names the key that signs the audit chain, beside the database.
const auditSuffix = ".audit.pem"

// goOverChain is how often the whole audit chain is gone over.
const goOverChain = time.Hour

// AuditKeys are the flags of the keys that sign the audit chain.
type AuditKeys struct {
	AuditKeyFile   string   `placeholder:"PATH" help:"Ed25519 key that signs the audit chain; made where nothing is chained yet. Every process that serves the database needs the same, and whoever may write to the database should not be able to read it. Default: beside an SQLite database, else in the user's configuration folder."`
	AuditPublicKey []string `placeholder:"FILE" help:"Public keys of earlier audit keys, in PEM: their blocks still hold."`
}

// auditKeys are the keys themselves.
type auditKeys struct {
	private ed25519.PrivateKey
	trusted []ed25519.PublicKey
}

// file is where the signing key is.
func (k *AuditKeys) file(s *session) (string, error) {
	if k.AuditKeyFile != "" {
		return k.AuditKeyFile, nil
	}
	return s.flags.sideFile(auditSuffix)
}

// open reads the keys, and makes the signing key where nothing is chained yet.
func (k *AuditKeys) open(s *session, st *store.Store) (auditKeys, error) {
	keys, err := k.public()
	if err != nil {
		return keys, err
	}
	path, private, err := k.find(s, st)
	if err == nil && private == nil {
		private, err = signingKey(path)
	}
	keys.private = private
	return keys, err
}

// find looks for the signing key; nil where there is none and none is needed yet. A
// chain whose key is missing, or another, is refused, since nobody could tell a new
// key from that of somebody who wrote the chain anew.
func (k *AuditKeys) find(s *session, st *store.Store) (path string, private ed25519.PrivateKey, err error) {
	if path, err = k.file(s); err != nil {
		return path, nil, err
	}
	signedBy, err := chainKey(s, st)
	if err != nil {
		return path, nil, err
	}
	private, err = auth.ReadKeyFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && signedBy == "":
		return path, nil, nil
	case errors.Is(err, fs.ErrNotExist):
		return path, nil, fmt.Errorf("the audit chain is signed by key %s, and %s is not there: bring it back, name it by --audit-key-file, "+
			"or, if it is lost, go on with another by steelyard audit new-key", signedBy, path)
	case err != nil:
		return path, nil, err
	}
	if ours := auth.KeyID(private.Public().(ed25519.PublicKey)); signedBy != "" && ours != signedBy {
		return path, nil, fmt.Errorf("the audit chain is signed by key %s, and %s holds %s: name the right one by --audit-key-file", signedBy, path, ours)
	}
	return path, private, nil
}

// public reads the keys that vouch for earlier blocks.
func (k *AuditKeys) public() (keys auditKeys, err error) {
	for _, path := range k.AuditPublicKey {
		key, err := auth.ReadPublicKeyFile(path)
		if err != nil {
			return keys, err
		}
		keys.trusted = append(keys.trusted, key)
	}
	return keys, nil
}

// chainKey is the id of the key that signed the chain's end; empty where nothing is
// chained.
func chainKey(s *session, st *store.Store) (string, error) {
	last, err := store.Take[models.AuditBlock](st.Read(s.ctx).Order("number DESC").Limit(1), "AuditBlock")
	if models.CodeOf(err) == models.CodeNotFound {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the audit chain: %w", err)
	}
	return last.KeyID, nil
}
