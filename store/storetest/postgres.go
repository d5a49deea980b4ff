package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"steelyard/store"
)

// cluster is the PostgreSQL of this test process: a given one, or a private one
// that is started from the installed programs and stopped by [Main].
type cluster struct {
	once      sync.Once
	err       error
	adminURL  string // of the database "postgres"
	template  string
	role      string    // whom migrated databases are opened as
	password  string    // of role
	folder    string    // of a private cluster
	server    *exec.Cmd // of a private cluster
	durable   bool      // a private one keeps what it acknowledges
	databases atomic.Int64
}

var shared cluster

var errNoPrograms = errors.New("no PostgreSQL: install its programs or set STEELYARD_TEST_POSTGRES to a URL")

// Main runs a package's tests and then stops the cluster they started. Every
// package that uses PostgreSQL calls it from TestMain.
func Main(m *testing.M) int {
	code := m.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop PostgreSQL:", err)
		return max(code, 1)
	}
	return code
}

func (c *cluster) start() error {
	c.once.Do(func() {
		if c.adminURL = os.Getenv("STEELYARD_TEST_POSTGRES"); c.adminURL == "" {
			if c.err = c.startPrivate(); c.err != nil {
				return
			}
		}
		c.template = fmt.Sprintf("steelyard_template_%d", os.Getpid())
		c.err = c.makeTemplate()
	})
	return c.err
}

func (c *cluster) startPrivate() error {
	programs := findPrograms()
	if programs == "" {
		return errNoPrograms
	}
	folder, err := os.MkdirTemp(memory(), "pg")
	if err != nil {
		return err
	}
	c.folder = folder
	owner, err := clusterOwner()
	if err != nil {
		return err
	}
	if owner != nil {
		if err := os.Chown(folder, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	data := filepath.Join(folder, "data")
	initdb := exec.Command(filepath.Join(programs, "initdb"), "-D", data, "-U", "postgres",
		"--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
	initdb.Dir = folder
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if err := c.launch(); err != nil {
		return err
	}
	c.adminURL = (&url.URL{
		Scheme: "postgres", User: url.User("postgres"), Path: "/postgres",
		RawQuery: url.Values{"host": {folder}}.Encode(),
	}).String()
	return c.await()
}

// launch starts the server of a private cluster.
func (c *cluster) launch() error {
	args := []string{"-D", filepath.Join(c.folder, "data"), "-k", c.folder, "-c", "listen_addresses=", "-c", "max_connections=200"}
	if !c.durable {
		// Durability is what kill tests are for; here the disk need not keep anything.
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	owner, err := clusterOwner()
	if err != nil {
		return err
	}
	c.server = exec.Command(filepath.Join(findPrograms(), "postgres"), args...)
	c.server.Dir = c.folder
	c.server.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
	if err := c.server.Start(); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	return nil
}

// memory is a folder that lies in memory, where there is one with room to spare: to copy
// the hundreds of files of a database takes a disk twenty times as long. Empty: none.
func memory() string {
	const folder, room = "/dev/shm", 4 << 30
	var fs syscall.Statfs_t
	if err := syscall.Statfs(folder, &fs); err != nil || fs.Bavail*uint64(fs.Bsize) < room {
		return ""
	}
	return folder
}

func findPrograms() string {
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			if _, err := os.Stat(filepath.Join(filepath.Dir(real), "postgres")); err == nil {
				return filepath.Dir(real)
			}
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}

// clusterOwner is whom PostgreSQL runs as: it refuses to run as root.
func clusterOwner() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, err := strconv.ParseUint(u.Uid, 10, 32)
			if err != nil {
				return nil, err
			}
			gid, err := strconv.ParseUint(u.Gid, 10, 32)
			if err != nil {
				return nil, err
			}
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

func (c *cluster) makeTemplate() error {
	ctx := context.Background()
	if err := c.admin(ctx, "CREATE DATABASE "+c.template); err != nil {
		return err
	}
	s, err := store.Open(ctx, c.url(c.template), store.Options{Connections: 2})
	if err != nil {
		return err
	}
	_, err = s.MigrateUp(ctx)
	if err == nil {
		err = c.makeRole(ctx, s)
	}
	return errors.Join(err, s.Close())
}

// makeRole makes the role that the application has: tests work under its rights and
// policies, as the program does.
func (c *cluster) makeRole(ctx context.Context, s *store.Store) error {
	role, password := fmt.Sprintf("steelyard_app_%d", os.Getpid()), rand.Text()
	if err := c.admin(ctx, "CREATE ROLE "+role+" LOGIN PASSWORD '"+password+"'"); err != nil {
		return err
	}
	c.role, c.password = role, password
	_, err := s.Grant(ctx, role)
	return err
}

func (c *cluster) admin(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, c.adminURL)
	if err != nil {
		return fmt.Errorf("reach PostgreSQL: %w", err)
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

func (c *cluster) url(database string) string {
	u, err := url.Parse(c.adminURL)
	if err != nil {
		panic(err) // it has been connected to already
	}
	u.Path = "/" + database
	return u.String()
}

// as is a URL for the application's role.
func (c *cluster) as(dbURL string) string {
	u, err := url.Parse(dbURL)
	if err != nil {
		panic(err) // it is one of ours
	}
	u.User = url.UserPassword(c.role, c.password)
	return u.String()
}

// clone makes a database for one test; migrated says from which template, and that it
// is the application's role that opens it.
func (c *cluster) clone(ctx context.Context, migrated bool) (dbURL, name string, err error) {
	name = fmt.Sprintf("steelyard_test_%d_%d", os.Getpid(), c.databases.Add(1))
	statement, dbURL := "CREATE DATABASE "+name, c.url(name)
	if migrated {
		statement += " TEMPLATE " + c.template
		dbURL = c.as(dbURL)
	}
	return dbURL, name, c.admin(ctx, statement)
}

func (c *cluster) drop(name string) error {
	return c.admin(context.Background(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
}

func (c *cluster) stop() error {
	var err error
	if c.template != "" && c.err == nil {
		err = errors.Join(c.drop(c.template), c.admin(context.Background(), "DROP ROLE "+c.role))
	}
	if c.server != nil && c.server.Process != nil {
		err = errors.Join(err, c.server.Process.Signal(syscall.SIGINT))
		if state, waiting := c.server.Process.Wait(); waiting != nil {
			err = errors.Join(err, waiting)
		} else if !state.Success() {
			err = errors.Join(err, fmt.Errorf("postgres: %s", state))
		}
	}
	if c.folder != "" {
		err = errors.Join(err, os.RemoveAll(c.folder))
	}
	return err
}
