package keyring

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
)

// The errors that a caller can tell apart.
var (
	// ErrNoKey: the year has never had a key.
	ErrNoKey = errors.New("the year has no key")
	// ErrDestroyed: the year's key was destroyed and will not come back.
	ErrDestroyed = errors.New("the year's key is destroyed")
)

// Years outside these bounds are typing errors.
const (
	minYear = 1900
	maxYear = 9999
)

// Keyring is an open key file. It is safe for concurrent use, also by several processes.
type Keyring struct {
	path string

	mu    sync.Mutex
	info  fs.FileInfo // of the file that years was read from
	years map[int]entry
}

// Create makes an empty key file, mode 0600, and opens it. An existing file gives an error that matches fs.ErrExist.
func Create(path string) (*Keyring, error) {
	r := &Keyring{path: path}
	err := r.locked(func() error {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			if err == nil {
				err = fs.ErrExist
			}
			return err
		}
		return writeFile(path, map[int]entry{})
	})
	if err != nil {
		return nil, fmt.Errorf("create keyring %s: %w", path, err)
	}
	return Open(path)
}

// Open reads an existing key file. A file that others than its owner may read is refused, and so is one that holds
// anything not understood: a key lost in reading would be lost at the next writing.
func Open(path string) (*Keyring, error) {
	r := &Keyring{path: path}
	if err := r.refresh(); err != nil {
		return nil, fmt.Errorf("open keyring: %w", err)
	}
	return r, nil
}

// OpenOrCreate opens the key file and makes it first where there is none. Processes that start together get the same.
func OpenOrCreate(path string) (*Keyring, error) {
	r, err := Open(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return r, err
	}
	r, err = Create(path)
	if errors.Is(err, fs.ErrExist) {
		return Open(path)
	}
	return r, err
}

// Get returns the key of a calendar year, or an error that matches ErrNoKey or ErrDestroyed. It sees what other
// processes have done to the file.
func (r *Keyring) Get(year int) (YearKey, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.refresh(); err != nil {
		return YearKey{}, fmt.Errorf("keyring: %w", err)
	}
	return r.key(year)
}

// Ensure returns the key of a calendar year and makes one where the year has none yet. A destroyed year gives an error
// that matches ErrDestroyed.
func (r *Keyring) Ensure(year int) (YearKey, error) {
	if year < minYear || year > maxYear {
		return YearKey{}, fmt.Errorf("keyring: %d is not a calendar year between %d and %d", year, minYear, maxYear)
	}
	key, err := r.Get(year)
	if !errors.Is(err, ErrNoKey) {
		return key, err
	}
	if err := r.Keep(year, Draft()); err != nil {
		return YearKey{}, err
	}
	return r.Get(year)
}

// Draft is a key that no year has.
func Draft() (k YearKey) {
	rand.Read(k.secret[:])
	return k
}

// Keep makes a draft the key of a calendar year, unless it has one, or had one, already: who has used the draft
// looks whether it is the year's.
func (r *Keyring) Keep(year int, draft YearKey) error {
	return r.change(func(years map[int]entry) error {
		if _, found := years[year]; !found {
			years[year] = entry{key: draft.secret, fingerprint: fingerprint(draft.secret)}
		}
		return nil
	})
}

// Destroy forgets the key of a calendar year for good and notes the date. Destroying twice is no error; a year that
// never had a key is one, since the order was then for another file.
func (r *Keyring) Destroy(year int, at time.Time) error {
	return r.change(func(years map[int]entry) error {
		e, found := years[year]
		if !found {
			return fmt.Errorf("%d: %w", year, ErrNoKey)
		}
		if e.destroyedOn == "" {
			years[year] = entry{fingerprint: e.fingerprint, destroyedOn: at.Format(time.DateOnly)}
		}
		return nil
	})
}

// Fingerprint returns 16 hexadecimal digits that tell a year's key from another without giving it away; they outlive
// the key. A database notes them, so that a wrong key file is found out before it spoils anything.
func (r *Keyring) Fingerprint(year int) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.refresh(); err != nil {
		return "", fmt.Errorf("keyring: %w", err)
	}
	e, found := r.years[year]
	if !found {
		return "", fmt.Errorf("keyring: %d: %w", year, ErrNoKey)
	}
	return e.fingerprint, nil
}

func (r *Keyring) key(year int) (YearKey, error) {
	e, found := r.years[year]
	switch {
	case !found:
		return YearKey{}, fmt.Errorf("keyring: %d: %w", year, ErrNoKey)
	case e.destroyedOn != "":
		return YearKey{}, fmt.Errorf("keyring: %d, on %s: %w", year, e.destroyedOn, ErrDestroyed)
	}
	return YearKey{secret: e.key}, nil
}

// refresh reads the file again if it is another one than last time: every change renames a new file into place.
func (r *Keyring) refresh() error {
	info, err := os.Stat(r.path)
	if err != nil {
		return err
	}
	if r.info != nil && os.SameFile(r.info, info) && r.info.ModTime().Equal(info.ModTime()) && r.info.Size() == info.Size() {
		return nil
	}
	return withLock(r.path, shared, func() error {
		years, info, err := readFile(r.path)
		if err != nil {
			return err
		}
		r.years, r.info = years, info
		return nil
	})
}

// change applies f to what the file holds now, under the lock, and writes the result.
func (r *Keyring) change(f func(years map[int]entry) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.locked(func() error {
		years, _, err := readFile(r.path)
		if err != nil {
			return err
		}
		if err := f(years); err != nil {
			return err
		}
		return replaceFile(r.path, years)
	})
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	return nil
}

func (r *Keyring) locked(f func() error) error { return withLock(r.path, exclusive, f) }

func fingerprint(secret [keyBytes]byte) string {
	h := hmac.New(sha256.New, secret[:])
	h.Write([]byte("steelyard keyring fingerprint v1"))
	return hex.EncodeToString(h.Sum(nil)[:8])
}
