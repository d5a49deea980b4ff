package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"steelyard/auth/keyring"
	"steelyard/calendar"
	"steelyard/messages"
	"steelyard/report"
	"steelyard/store"
)

// defaultDB is the database where none is named.
const defaultDB = "sqlite:steelyard.db"

// EveryCommand holds the flags that every command has.
type EveryCommand struct {
	DB       string `name:"db" placeholder:"URL" help:"sqlite:PATH or postgres://USER@HOST/NAME. Default: sqlite:steelyard.db; for demo a temporary file."`
	KeyFile  string `placeholder:"PATH" help:"Rater keys, outside the database and its backups. Default: beside an SQLite database, else in the user's configuration folder."`
	Calendar string `type:"existingfile" placeholder:"FILE" help:"Working days as JSON. Default: the State Council's arrangements that this version knows."`
	Timezone string `default:"Asia/Shanghai" help:"The zone in which the organisation keeps its dates."`
	Font     string `type:"existingfile" placeholder:"FILE.ttf" help:"A TrueType file for names with rare characters that the built-in typeface of PDF and PNG lacks."`
	Lang     string `default:"zh-CN" enum:"zh-CN,en" help:"The language of files and messages: zh-CN or en."`
}

func (c *EveryCommand) zone() (*time.Location, error) {
	zone, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return nil, fmt.Errorf("--timezone %q is not known: use a name such as Asia/Shanghai", c.Timezone)
	}
	return zone, nil
}

// days are the working days that clocks go by.
func (c *EveryCommand) days() (*calendar.Calendar, error) { return readCalendar(c.Calendar) }

// font is the typeface behind the built-in one; nil where none is named.
func (c *EveryCommand) font() ([]byte, error) {
	if c.Font == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(c.Font)
	if err != nil {
		return nil, fmt.Errorf("read --font: %w", err)
	}
	if err := report.CheckFont(raw); err != nil {
		return nil, fmt.Errorf("--font %s: %w", c.Font, err)
	}
	return raw, nil
}

func (c *EveryCommand) lang() messages.Lang { return messages.Lang(c.Lang) }

// sideFile is where a file that belongs to the database is by default: beside
// an SQLite file, else in the user's configuration folder, under a name that two
// databases do not share.
func (c *EveryCommand) sideFile(suffix string) (string, error) {
	if path, ok := strings.CutPrefix(c.DB, "sqlite:"); ok {
		return path + suffix, nil
	}
	u, err := url.Parse(c.DB)
	if err != nil {
		return "", errors.New("--db cannot be read as a URL")
	}
	folder, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("no place for %s files; name one by a flag: %w", suffix, err)
	}
	sum := sha256.Sum256([]byte(u.Host + u.Path + "?" + u.Query().Get("host")))
	name := strings.Trim(strings.ReplaceAll(u.Path, "/", "_"), "_") + "-" + hex.EncodeToString(sum[:4]) + suffix
	return filepath.Join(folder, "steelyard", name), nil
}

func (c *EveryCommand) keyFile() (string, error) {
	if c.KeyFile != "" {
		return c.KeyFile, nil
	}
	return c.sideFile(".keys")
}

func (c *EveryCommand) keyring() (*keyring.Keyring, error) {
	path, err := c.keyFile()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the key file's folder: %w", err)
	}
	return keyring.OpenOrCreate(path)
}

// there says whether an SQLite database is where it is said to be: to open one makes it.
func (c *EveryCommand) there() error {
	path, isSQLite := strings.CutPrefix(c.DB, "sqlite:")
	if !isSQLite {
		return nil
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is not there: steelyard import DIR or steelyard migrate up makes it", path)
	}
	return nil
}

// open opens a database that must be exactly what this program needs.
func (s *session) open(opts store.Options) (*store.Store, error) {
	if err := s.flags.there(); err != nil {
		return nil, err
	}
	st, err := store.Open(s.ctx, s.flags.DB, opts)
	if err != nil {
		return nil, err
	}
	if err := st.CheckVersion(s.ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
}
