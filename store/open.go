package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"
)

// Store is an open database.
type Store struct {
	dialect Dialect
	url     string
	read    *gorm.DB // SQLite: the readers' pool; PostgreSQL: the one pool
	sql     *sql.DB  // behind read
	pool    *pgxpool.Pool
	writer  *writer // SQLite only
	watch   *watch  // over the replicas; nil where there are none
	system  bool    // see Options.System
	now     func() time.Time

	lockWait time.Duration // of a step of the migrations
}

// Options tune a store.
type Options struct {
	// Connections is the size of the pool; 0 means 20. On SQLite that many read at most, and
	// no more than four for each processor; another connection writes.
	Connections int
	// Bulk relaxes SQLite's durability until Close: only for loading an empty
	// database, which is simply loaded again when the power fails.
	Bulk bool
	// BusyTimeout is how long SQLite waits while another process writes; 0 means
	// ten seconds.
	BusyTimeout time.Duration
	// LockWait is how long a step of the migrations waits on PostgreSQL for a table that
	// somebody holds; 0 means five seconds.
	LockWait time.Duration
	// System says that whoever brings no [Reach] is the program itself, and reaches
	// everything: for commands that serve nobody.
	System bool
	// Replicas are the URLs of PostgreSQL's streaming replicas, which answer what
	// [Store.Elsewhere] lets them.
	Replicas []string
	// ReplicaLag is how old the state of a replica may be that is asked; 0 means two seconds.
	ReplicaLag time.Duration
	// Observer hears of every statement; nil means nobody.
	Observer Observer
	// Now is the clock; nil means the system's.
	Now func() time.Time
}

// Open opens the database that a URL names: sqlite:PATH or postgres://….
// It makes the SQLite file if there is none, and no table.
func Open(ctx context.Context, dbURL string, opts Options) (*Store, error) {
	if opts.Connections == 0 {
		opts.Connections = 20
	}
	if opts.BusyTimeout == 0 {
		opts.BusyTimeout = 10 * time.Second
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.LockWait == 0 {
		opts.LockWait = lockWait
	}
	if opts.ReplicaLag == 0 {
		opts.ReplicaLag = 2 * time.Second
	}
	s := &Store{url: dbURL, system: opts.System, now: func() time.Time { return opts.Now().UTC().Truncate(time.Microsecond) }}
	s.lockWait = opts.LockWait
	path, isSQLite := strings.CutPrefix(dbURL, "sqlite:")
	switch {
	case isSQLite && len(opts.Replicas) > 0:
		return nil, errors.New("an SQLite database has no replicas")
	case isSQLite && path != "":
		return s, s.openSQLite(path, opts)
	case strings.HasPrefix(dbURL, "postgres://"), strings.HasPrefix(dbURL, "postgresql://"):
		return s, s.openPostgres(ctx, dbURL, opts)
	}
	return nil, fmt.Errorf("database %q: want sqlite:PATH or postgres://USER@HOST/NAME", Redacted(dbURL))
}

// poolConfig is how the primary and the replicas are connected to.
func (s *Store) poolConfig(dbURL string, opts Options) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(dbURL)
	if err != nil {
		// The parser's own error may quote the password.
		return nil, fmt.Errorf("database URL %s cannot be read", Redacted(dbURL))
	}
	config.MaxConns = int32(opts.Connections)
	config.AfterConnect = func(_ context.Context, c *pgx.Conn) error {
		c.TypeMap().RegisterType(&pgtype.Type{
			Name: "timestamptz", OID: pgtype.TimestamptzOID,
			Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
		})
		return nil
	}
	config.PrepareConn = s.prepare
	if opts.Observer != nil {
		config.ConnConfig.Tracer = pgTracer{opts.Observer}
	}
	// Policies make queries look dear that are not, since what they ask is skipped: code
	// would be compiled for longer than the query takes.
	if _, given := config.ConnConfig.RuntimeParams["jit"]; !given {
		config.ConnConfig.RuntimeParams["jit"] = "off"
	}
	return config, nil
}

func (s *Store) openPostgres(ctx context.Context, dbURL string, opts Options) error {
	s.dialect = Postgres
	config, err := s.poolConfig(dbURL, opts)
	if err != nil {
		return err
	}
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	if err = s.pool.Ping(ctx); err != nil {
		s.pool.Close()
		return fmt.Errorf("reach database %s: %w", Redacted(dbURL), err)
	}
	s.sql = stdlib.OpenDBFromPool(s.pool)
	// The pool keeps the connections and counts them. database/sql keeps none, so that
	// each is taken from the pool for one context, and told whom it works for.
	dialector := postgres.New(postgres.Config{Conn: patient{s.sql, s.renew}}).(*postgres.Dialector)
	if s.read, err = gorm.Open(postgresDialector{*dialector}, s.gormConfig(false)); err != nil {
		return err
	}
	s.read.ClauseBuilders["LIMIT"] = literalLimit
	if err := s.read.Callback().Query().Replace("gorm:query", s.query); err != nil {
		return err
	}
	if err := s.openReplicas(ctx, opts); err != nil {
		return errors.Join(err, s.Close())
	}
	return nil
}

// literalLimit writes how many rows are wanted into the statement. As an argument it would
// be unknown to the planner, which then reckons with a tenth of all rows, finds the plan
// that it could keep dear, and plans anew each time.
func literalLimit(c clause.Clause, b clause.Builder) {
	limit, ok := c.Expression.(clause.Limit)
	if !ok || limit.Limit == nil || *limit.Limit < 0 || limit.Offset > 0 {
		c.Build(b)
		return
	}
	b.WriteString("LIMIT " + strconv.Itoa(*limit.Limit))
}

func (s *Store) openSQLite(path string, opts Options) error {
	s.dialect = SQLite
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("make the database's folder: %w", err)
	}
	// Made here, so that nobody but its owner can read it; its WAL takes after it.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	synchronous := "FULL"
	if opts.Bulk {
		synchronous = "NORMAL"
	}
	// Each connection keeps pages of its own, beside those that the system keeps: what a
	// load of everything needs would be held by a server for each of its readers.
	cacheKiB := 8 << 10
	if opts.Bulk {
		cacheKiB = 64 << 10
	}
	readers := min(opts.Connections, readersPerProcessor*runtime.GOMAXPROCS(0))
	reader, err := s.openSQLitePool(path, synchronous, cacheKiB, readers, opts)
	if err != nil {
		return err
	}
	s.read, s.sql = reader.gorm, reader.sql
	w, err := s.openSQLitePool(path, synchronous, cacheKiB, 1, opts)
	if err != nil {
		return errors.Join(err, s.sql.Close())
	}
	s.writer = startWriter(w)
	return nil
}

// readersPerProcessor is how many read at once on SQLite, which works in this process: more of
// them would not be sooner, and each keeps pages of its own.
const readersPerProcessor = 4

type sqlitePool struct {
	gorm *gorm.DB
	sql  *sql.DB
}

func (s *Store) openSQLitePool(path, synchronous string, cacheKiB, connections int, opts Options) (sqlitePool, error) {
	q := url.Values{
		"_txlock": {"immediate"}, "_timezone": {"UTC"}, "_time_format": {"sqlite"}, "_texttotime": {"1"},
		"_pragma": {
			fmt.Sprintf("busy_timeout(%d)", opts.BusyTimeout.Milliseconds()), "journal_mode(WAL)", "synchronous(" + synchronous + ")",
			"foreign_keys(1)", "secure_delete(1)", // what is erased is gone from the file
			"temp_store(2)", fmt.Sprintf("cache_size(-%d)", cacheKiB),
		},
	}
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
	db, err := openLite(dsn, opts.Observer)
	if err != nil {
		return sqlitePool{}, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	if err := db.Ping(); err != nil {
		return sqlitePool{}, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	g, err := gorm.Open(dialector{conn: db}, s.gormConfig(true))
	if err != nil {
		return sqlitePool{}, errors.Join(err, db.Close())
	}
	return sqlitePool{g, db}, nil
}

// gormConfig is the same for both; PostgreSQL's statements are kept by pgx.
func (s *Store) gormConfig(prepare bool) *gorm.Config {
	return &gorm.Config{
		PrepareStmt:            prepare,
		SkipDefaultTransaction: true,
		TranslateError:         true,
		NowFunc:                s.now,
		NamingStrategy:         schema.NamingStrategy{},
		Logger: slowOnly{logger.NewSlogLogger(slog.Default(), logger.Config{
			SlowThreshold: slow, LogLevel: logger.Warn,
			ParameterizedQueries: true, IgnoreRecordNotFoundError: true,
		})},
	}
}

// slow is how long a statement takes that is worth a line.
const slow = 2 * time.Second

// slowOnly logs slow statements and no failed ones: an error is returned, and
// whoever handles it knows whether it is worth a line. Values are never logged.
type slowOnly struct{ logger.Interface }

// LogMode implements logger.Interface.
func (l slowOnly) LogMode(level logger.LogLevel) logger.Interface {
	return slowOnly{l.Interface.LogMode(level)}
}

// Trace implements logger.Interface.
func (l slowOnly) Trace(ctx context.Context, begin time.Time, fc func() (string, int64), _ error) {
	if time.Since(begin) > slow { // gorm would write each statement out first, and then ask
		l.Interface.Trace(ctx, begin, fc, nil)
	}
}

// Close waits for the writer's last group and closes every connection.
func (s *Store) Close() error {
	var err error
	if s.writer != nil {
		err = s.writer.stop()
	}
	if s.watch != nil {
		err = errors.Join(err, s.watch.close())
	}
	if s.sql != nil {
		err = errors.Join(err, s.sql.Close())
	}
	if s.pool != nil {
		s.pool.Close()
	}
	return err
}

// Pool says how the connections for reading, on PostgreSQL all connections, are
// used.
func (s *Store) Pool() sql.DBStats {
	if s.pool == nil {
		return s.sql.Stats()
	}
	of := s.pool.Stat()
	return sql.DBStats{
		MaxOpenConnections: int(of.MaxConns()), OpenConnections: int(of.TotalConns()),
		InUse: int(of.AcquiredConns()), Idle: int(of.IdleConns()),
		WaitCount: of.EmptyAcquireCount(), WaitDuration: of.EmptyAcquireWaitTime(),
		MaxIdleTimeClosed: of.MaxIdleDestroyCount(), MaxLifetimeClosed: of.MaxLifetimeDestroyCount(),
	}
}

// Waiting is how many transactions wait for SQLite's one writer; on PostgreSQL none does.
func (s *Store) Waiting() int {
	if s.writer == nil {
		return 0
	}
	return len(s.writer.jobs) + len(s.writer.aside)
}

// Dialect says which database it is.
func (s *Store) Dialect() Dialect { return s.dialect }

// Now is the store's clock: UTC, whole microseconds.
func (s *Store) Now() time.Time { return s.now() }

// URL is where the database is, without a password.
func (s *Store) URL() string { return Redacted(s.url) }

// Read returns a handle for queries outside a transaction. It must not write.
func (s *Store) Read(ctx context.Context) *gorm.DB { return s.read.WithContext(ctx) }

// SQL is the pool behind Read, for the few readers that need rows without gorm.
func (s *Store) SQL() *sql.DB { return s.sql }

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.sql.PingContext(ctx) }

// Redacted is a database URL without its password.
func Redacted(dbURL string) string {
	u, err := url.Parse(dbURL)
	if err != nil {
		return "(unreadable)"
	}
	return u.Redacted()
}
