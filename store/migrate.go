package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"steelyard/migrations"
)

// Migration is one step and whether it has been applied.
type Migration struct {
	Version int64
	Name    string
	Applied bool
}

// ErrBehind says that the database lacks tables or columns that this program
// needs: `migrate up` mends it.
var ErrBehind = errors.New("the database is behind this program: run `steelyard migrate up`")

// ErrAhead says that a newer program has changed the database.
var ErrAhead = errors.New("the database is ahead of this program: use the newer program")

// lockWait is how long a step waits for a table that somebody holds. Behind it everybody
// else would wait as well, those who only read among them: so it gives up, keeps nothing,
// and is run again at a better moment.
const lockWait = 5 * time.Second

// migrating runs fn with the steps, on connections of its own.
func (s *Store) migrating(fn func(p *goose.Provider) error) (err error) {
	db := s.sql
	if s.writer != nil {
		db = s.writer.pool.sql
	}
	if s.dialect == Postgres {
		config := s.pool.Config()
		config.ConnConfig.RuntimeParams["lock_timeout"] = strconv.FormatInt(s.lockWait.Milliseconds(), 10)
		pool, err := pgxpool.NewWithConfig(context.Background(), config)
		if err != nil {
			return fmt.Errorf("open database: %w", err)
		}
		defer pool.Close()
		db = stdlib.OpenDBFromPool(pool)
		defer func() { err = errors.Join(err, db.Close()) }()
	}
	p, err := s.provider(db)
	if err != nil {
		return err
	}
	err = fn(p)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "55P03" {
		err = fmt.Errorf("somebody held a table for longer than %s; the step was given up: run it again, or end who holds it (pg_stat_activity): %w", s.lockWait, err)
	}
	return err
}

func (s *Store) provider(db *sql.DB) (*goose.Provider, error) {
	dialect, steps := goose.DialectSQLite3, migrations.SQLite
	// Steps that were written side by side may arrive in any order.
	options := []goose.ProviderOption{goose.WithAllowOutofOrder(true)}
	if s.dialect == Postgres {
		dialect, steps = goose.DialectPostgres, migrations.Postgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	files, err := steps()
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, db, files, options...)
}

// MigrateUp applies every step that is missing and returns how many it applied.
func (s *Store) MigrateUp(ctx context.Context) (int, error) {
	var done []*goose.MigrationResult
	err := s.migrating(func(p *goose.Provider) (err error) {
		done, err = p.Up(Widen(ctx, Commands)) // steps change rows, too
		return err
	})
	if err != nil {
		return len(done), fmt.Errorf("migrate up: %w", err)
	}
	return len(done), nil
}

// MigrateTo applies the steps of a database that was made elsewhere, up to and with its
// newest. One that this program does not know is [ErrAhead]; where the program has one
// between them that the other lacks, it is refused as well.
func (s *Store) MigrateTo(ctx context.Context, made []int64) error {
	known, err := steps()
	if err != nil {
		return err
	}
	slices.Sort(known)
	for i, step := range made {
		if i >= len(known) || !slices.Contains(known, step) {
			return ErrAhead
		}
		if known[i] != step {
			return fmt.Errorf("step %d was not applied there: use the program that it was made with, and migrate up first", known[i])
		}
	}
	if len(made) == 0 {
		return nil
	}
	err = s.migrating(func(p *goose.Provider) error {
		_, err := p.UpTo(Widen(ctx, Commands), made[len(made)-1])
		return err
	})
	if err != nil {
		return fmt.Errorf("migrate up to %d: %w", made[len(made)-1], err)
	}
	return nil
}

// MigrateDown takes the newest step back and returns its version, or 0 where
// there was none.
func (s *Store) MigrateDown(ctx context.Context) (int64, error) {
	var done *goose.MigrationResult
	err := s.migrating(func(p *goose.Provider) (err error) {
		done, err = p.Down(Widen(ctx, Commands))
		return err
	})
	if errors.Is(err, goose.ErrNoNextVersion) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("migrate down: %w", err)
	}
	return done.Source.Version, nil
}

// MigrateDownTo takes back every step after version.
func (s *Store) MigrateDownTo(ctx context.Context, version int64) error {
	err := s.migrating(func(p *goose.Provider) error {
		_, err := p.DownTo(Widen(ctx, Commands), version)
		return err
	})
	if err != nil {
		return fmt.Errorf("migrate down to %d: %w", version, err)
	}
	return nil
}

// Migrations lists all steps in order.
func (s *Store) Migrations(ctx context.Context) ([]Migration, error) {
	var status []*goose.MigrationStatus
	err := s.migrating(func(p *goose.Provider) (err error) {
		status, err = p.Status(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("migration status: %w", err)
	}
	out := make([]Migration, len(status))
	for i, m := range status {
		out[i] = Migration{m.Source.Version, m.Source.Path, m.State == goose.StateApplied}
	}
	return out, nil
}

// CheckVersion returns nil where the database is exactly what this program
// needs, [ErrBehind] or [ErrAhead] where it is not. It changes nothing.
func (s *Store) CheckVersion(ctx context.Context) error {
	empty, err := s.Empty(ctx)
	if err != nil {
		return err
	}
	if empty {
		return ErrBehind
	}
	var have []int64
	if err := s.Read(ctx).Raw("SELECT version_id FROM goose_db_version WHERE is_applied AND version_id > 0").Scan(&have).Error; err != nil {
		return fmt.Errorf("read the database's version: %w", err)
	}
	want, err := steps()
	if err != nil {
		return err
	}
	for _, step := range have {
		if !slices.Contains(want, step) {
			return ErrAhead
		}
	}
	for _, step := range want {
		if !slices.Contains(have, step) {
			return ErrBehind
		}
	}
	return nil
}

// Empty says whether the database holds no tables of ours at all.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	query := "SELECT count(*) FROM sqlite_master WHERE name = 'goose_db_version'"
	if s.dialect == Postgres {
		query = "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'goose_db_version'"
	}
	var n int64
	if err := s.Read(ctx).Raw(query).Scan(&n).Error; err != nil {
		return false, fmt.Errorf("look for tables: %w", err)
	}
	return n == 0, nil
}

// steps are the numbers of all steps that this program knows.
func steps() ([]int64, error) {
	files, err := migrations.SQLite()
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	numbers := make([]int64, len(names))
	for i, name := range names {
		if numbers[i], err = goose.NumericComponent(name); err != nil {
			return nil, err
		}
	}
	return numbers, nil
}
