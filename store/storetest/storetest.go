// Package storetest gives tests a migrated database of their own, on SQLite and
// on PostgreSQL, and counts the statements that are sent to it.
package storetest

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
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

// Open returns an empty, migrated database that goes away with the test. On PostgreSQL
// it is opened as the application's role, whom the policies bind. What brings no reach
// of its own reaches everything: tests that act through a service alone are the
// program itself, and requests bring theirs.
func Open(t testing.TB, d store.Dialect, opts store.Options) *store.Store {
	t.Helper()
	opts.System = true
	return open(t, URL(t, d, true), opts)
}

// Owner opens the same PostgreSQL database as who owns its tables, for what the
// application must not do; an SQLite database has no other role, and is returned.
func Owner(t testing.TB, s *store.Store) *store.Store {
	t.Helper()
	if s.Dialect() == store.SQLite {
		return s
	}
	u, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	return open(t, shared.url(strings.TrimPrefix(u.Path, "/")), store.Options{Connections: 2, System: true, Now: s.Now})
}

func open(t testing.TB, dbURL string, opts store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), dbURL, opts)
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

// URL returns where a database of its own is for this test: for the application's
// role, or without migrated for who may make its tables, which it does not hold.
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
	_, emptying := s.Checkpoint(ctx)
	err = errors.Join(err, emptying, s.Close())
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})
