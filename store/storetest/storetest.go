// Package storetest gives tests a migrated database of their own, on SQLite and
// on PostgreSQL, and counts the statements that are sent to it.
package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"steelyard/store"
)

// await waits until the private cluster answers.
func (c *cluster) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, c.adminURL)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(errors.New("PostgreSQL did not start in time"), err)
		}
	}
}

// Each runs a test on both databases, each time on an empty, migrated one. On a
// machine without PostgreSQL that half is skipped, but with CI=true it fails.
func Each(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) { test(t, Open(t, d, store.Options{})) })
	}
}

// Open returns an empty, migrated database that goes away with the test.
func Open(t testing.TB, d store.Dialect, opts store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), URL(t, d, true), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// URL returns where a database of its own is for this test; without migrated it
// holds no tables.
func URL(t testing.TB, d store.Dialect, migrated bool) string {
	t.Helper()
	if d == store.SQLite {
		path := filepath.Join(t.TempDir(), "steelyard.db")
		if migrated {
			content, err := liteTemplate()
			if err == nil {
				err = os.WriteFile(path, content, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		return "sqlite:" + path
	}
	if err := shared.start(); errors.Is(err, errNoPrograms) && os.Getenv("CI") != "true" {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	dbURL, name, err := shared.clone(context.Background(), migrated)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shared.drop(name); err != nil {
			t.Error(err)
		}
	})
	return dbURL
}

// liteTemplate is the file of an empty, migrated SQLite database: a copy costs a
// hundredth of the migrations.
var liteTemplate = sync.OnceValues(func() (content []byte, err error) {
	folder, err := os.MkdirTemp("", "steelyard-template")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	ctx, path := context.Background(), filepath.Join(folder, "steelyard.db")
	s, err := store.Open(ctx, "sqlite:"+path, store.Options{})
	if err != nil {
		return nil, err
	}
	_, err = s.MigrateUp(ctx)
	err = errors.Join(err, s.Checkpoint(ctx), s.Close())
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})
