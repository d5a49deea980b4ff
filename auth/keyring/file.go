package keyring

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

const (
	keyBytes    = 32
	fileVersion = 1
	// maxFileBytes is far above what all calendar years need.
	maxFileBytes = 4 << 20
)

// entry is a year: a key, or the trace of a destroyed one.
type entry struct {
	key         [keyBytes]byte
	fingerprint string
	destroyedOn string // a date; empty while the key lives
}

// file is the JSON form.
type file struct {
	Version int               `json:"version"`
	Years   map[int]fileEntry `json:"years"`
}

type fileEntry struct {
	Key         string `json:"key,omitempty"` // base64
	Fingerprint string `json:"fingerprint"`
	DestroyedOn string `json:"destroyedOn,omitempty"`
}

// readFile reads and checks the key file and returns the state of the very file that it read.
func readFile(path string) (years map[int]entry, info fs.FileInfo, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if info, err = f.Stat(); err != nil {
		return nil, nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, nil, fmt.Errorf("%s: mode %04o lets others read the keys; use chmod 600", path, info.Mode().Perm())
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, nil, err
	}
	years, err = parseFile(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return years, info, nil
}

func parseFile(raw []byte) (map[int]entry, error) {
	if len(raw) > maxFileBytes {
		return nil, fmt.Errorf("more than %d bytes", maxFileBytes)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	var in file
	if err := decoder.Decode(&in); err != nil {
		return nil, fmt.Errorf("not a keyring: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("not a keyring: text after the object")
	}
	if in.Version != fileVersion {
		return nil, fmt.Errorf("keyring version %d, this program knows %d", in.Version, fileVersion)
	}
	years := make(map[int]entry, len(in.Years))
	for year, fe := range in.Years {
		e, err := fe.entry()
		if err != nil {
			return nil, fmt.Errorf("year %d: %w", year, err)
		}
		if year < minYear || year > maxYear {
			return nil, fmt.Errorf("year %d is not between %d and %d", year, minYear, maxYear)
		}
		years[year] = e
	}
	return years, nil
}

func (fe fileEntry) entry() (entry, error) {
	if fe.DestroyedOn != "" {
		if _, err := time.Parse(time.DateOnly, fe.DestroyedOn); err != nil || fe.Key != "" || fe.Fingerprint == "" {
			return entry{}, errors.New("a destroyed year has a date and a fingerprint, and no key")
		}
		return entry{fingerprint: fe.Fingerprint, destroyedOn: fe.DestroyedOn}, nil
	}
	secret, err := base64.StdEncoding.Strict().DecodeString(fe.Key)
	if err != nil || len(secret) != keyBytes {
		return entry{}, fmt.Errorf("the key is not %d bytes of base64", keyBytes)
	}
	e := entry{key: [keyBytes]byte(secret), fingerprint: fe.Fingerprint}
	if e.fingerprint != fingerprint(e.key) {
		return entry{}, errors.New("the fingerprint does not belong to the key")
	}
	return e, nil
}

// writeFile puts years into place: temporary file in the same directory, sync, rename, sync of the directory.
func writeFile(path string, years map[int]entry) (err error) {
	out := file{Version: fileVersion, Years: make(map[int]fileEntry, len(years))}
	for year, e := range years {
		fe := fileEntry{Fingerprint: e.fingerprint, DestroyedOn: e.destroyedOn}
		if e.destroyedOn == "" {
			fe.Key = base64.StdEncoding.EncodeToString(e.key[:])
		}
		out.Years[year] = fe
	}
	raw, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	// CreateTemp makes the file with mode 0600.
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	_, err = temp.Write(append(raw, '\n'))
	if err == nil {
		err = temp.Sync()
	}
	err = errors.Join(err, temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return syncDir(filepath.Dir(path))
}

// replaceFile is writeFile for an existing file, whose old bytes are overwritten afterwards, so that a destroyed key
// does not lie about in a block that no file names any more. The order matters: the new file is in place first.
func replaceFile(path string, years map[int]entry) (err error) {
	old, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, old.Close()) }()
	info, err := old.Stat()
	if err != nil {
		return err
	}
	if err := writeFile(path, years); err != nil {
		return err
	}
	if _, err := old.WriteAt(make([]byte, info.Size()), 0); err != nil {
		return fmt.Errorf("overwrite the old keyring: %w", err)
	}
	return old.Sync()
}

// syncDir makes a rename last through a power failure. Windows cannot sync a directory and needs no such call.
func syncDir(path string) (err error) {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	return dir.Sync()
}
