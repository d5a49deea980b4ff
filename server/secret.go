package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"steelyard/auth"
)

// secretSuffix names the secret file, beside the database.
const secretSuffix = ".secret"

// secretBytes is the size of the server's secret.
const secretBytes = 32

// secrets are what rating links and webhooks are signed with, receipts are derived
// from and residents' addresses are sealed with. Every process that serves one
// database needs the same.
type secrets struct {
	invitations *auth.Invitations
	receipts    []byte
	webhooks    [][]byte // the current first
	contacts    [][]byte // the current first
	attachments []byte
	guesses     []byte
	pictures    *auth.Links // to attachments
	exports     *auth.Links
	sessions    [][]byte // the current first
	audit       auditKeys
}

// openSecrets reads the secret file, and makes it where there is none. What was
// signed or sealed with one of the previous files still holds.
func openSecrets(file string, previous []string) (secrets, error) {
	current, err := readSecret(file)
	if errors.Is(err, fs.ErrNotExist) {
		current, err = makeSecret(file)
	}
	if err != nil {
		return secrets{}, err
	}
	all := [][]byte{current}
	for _, path := range previous {
		secret, err := readSecret(path)
		if err != nil {
			return secrets{}, err
		}
		all = append(all, secret)
	}
	invitations := keysFor(all, "invitations")
	links, err := auth.NewInvitations(invitations[0], invitations[1:]...)
	if err != nil {
		return secrets{}, err
	}
	// A use each: a link to the one never opens the other.
	files, pictures := keysFor(all, "exports"), keysFor(all, "attachment links")
	exported, err := auth.NewLinks(files[0], files[1:]...)
	if err != nil {
		return secrets{}, err
	}
	pictured, err := auth.NewLinks(pictures[0], pictures[1:]...)
	return secrets{
		invitations: links, exports: exported, pictures: pictured, receipts: keyFor(current, "receipts"), webhooks: keysFor(all, "webhooks"),
		contacts: keysFor(all, "contacts"), sessions: keysFor(all, "sessions"), attachments: keyFor(current, "attachments"), guesses: keyFor(current, "guesses"),
	}, err
}

// keysFor derives the keys for one use from several secrets, in their order.
func keysFor(secrets [][]byte, use string) [][]byte {
	keys := make([][]byte, len(secrets))
	for i, secret := range secrets {
		keys[i] = keyFor(secret, use)
	}
	return keys
}

// keyFor derives the key for one use: HMAC-SHA-256(secret, "steelyard server v1 " use).
func keyFor(secret []byte, use string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte("steelyard server v1 " + use))
	return h.Sum(nil)
}

// readSecret reads a file that holds 32 bytes in base64. One that others than its
// owner may read is refused.
func readSecret(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read the secret file: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("secret file %s: mode %04o lets others read it; use chmod 600", path, info.Mode().Perm())
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the secret file: %w", err)
	}
	secret, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(raw)))
	if err != nil || len(secret) != secretBytes {
		return nil, fmt.Errorf("secret file %s does not hold %d bytes in base64", path, secretBytes)
	}
	return secret, nil
}

// makeSecret draws a secret and writes it to a file that is not there yet. Of
// processes that start together, one makes it and the others read that.
func makeSecret(path string) ([]byte, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the secret file's folder: %w", err)
	}
	secret := make([]byte, secretBytes)
	rand.Read(secret)
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("make the secret file: %w", err)
	}
	_, err = temp.WriteString(base64.StdEncoding.EncodeToString(secret) + "\n")
	if err == nil {
		err = temp.Sync()
	}
	err = errors.Join(err, temp.Close())
	if err == nil {
		err = os.Link(temp.Name(), path) // unlike a rename, it replaces nothing
	}
	err = errors.Join(err, os.Remove(temp.Name()))
	if errors.Is(err, fs.ErrExist) {
		return readSecret(path)
	}
	if err != nil {
		return nil, fmt.Errorf("make the secret file: %w", err)
	}
	return secret, nil
}
