package storetest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Mortal is a PostgreSQL of one test's own, which dies and comes back on the same
// folder. It keeps what it has acknowledged, as the usual one of the tests does not.
type Mortal struct {
	cluster
	t testing.TB
}

// NewMortal starts one, which ends with the test. Where there is no PostgreSQL the test
// is skipped, but with CI=true it fails.
func NewMortal(t testing.TB) *Mortal {
	t.Helper()
	m := &Mortal{t: t}
	m.durable = true
	err := m.startPrivate()
	if errors.Is(err, errNoPrograms) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(m.halt(), os.RemoveAll(m.folder)); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// halt ends the cluster with everything that is connected to it.
func (m *Mortal) halt() error {
	if m.server == nil || m.server.Process == nil || m.server.ProcessState != nil {
		return nil
	}
	return errors.Join(m.server.Process.Signal(syscall.SIGQUIT), exited(m.server.Wait()))
}

// exited drops the error that says how a process ended that was told to end.
func exited(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil
	}
	return err
}

// Database makes a migrated database, and says where it is for the application's role and
// for the owner of its tables.
func (m *Mortal) Database() (app, owner string) {
	m.t.Helper()
	m.template = "steelyard_mortal"
	if err := m.makeTemplate(); err != nil {
		m.t.Fatal(err)
	}
	owner = m.url(m.template)
	return m.as(owner), owner
}

// Place makes an empty folder where the cluster's own lie: others PostgreSQL may not reach.
func (m *Mortal) Place() string {
	m.t.Helper()
	place := filepath.Join(m.folder, "place")
	if err := os.Mkdir(place, 0o700); err != nil {
		m.t.Fatal(err)
	}
	return place
}

// MoveTo moves a database into a folder, with all that will be written to its tables; the log
// stays where it is. Nobody may be connected to it.
func (m *Mortal) MoveTo(dbURL, folder string) {
	m.t.Helper()
	owner, err := clusterOwner()
	if err == nil && owner != nil {
		err = os.Chown(folder, int(owner.Uid), int(owner.Gid))
	}
	config, parsed := pgx.ParseConfig(dbURL)
	if err = errors.Join(err, parsed); err != nil {
		m.t.Fatal(err)
	}
	m.Do("CREATE TABLESPACE elsewhere LOCATION '"+folder+"'", "ALTER DATABASE "+config.Database+" SET TABLESPACE elsewhere")
}

// Kill ends the server and each of its processes at once, with SIGKILL: nobody of them
// gets to say or write a word.
func (m *Mortal) Kill() {
	m.t.Helper()
	// Stopped first, so that no process begins while they are counted.
	if err := m.server.Process.Signal(syscall.SIGSTOP); err != nil {
		m.t.Fatal(err)
	}
	children := childrenOf(m.server.Process.Pid)
	if len(children) == 0 {
		m.t.Error("PostgreSQL has no processes to be killed")
	}
	if err := m.server.Process.Kill(); err != nil {
		m.t.Fatal(err)
	}
	for _, pid := range children {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			m.t.Error(err)
		}
	}
	if err := exited(m.server.Wait()); err != nil {
		m.t.Fatal(err)
	}
	// As long as one of them still ends it holds the memory that they share, and the next
	// server refuses to start.
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for _, pid := range children {
		for lives(pid) && m.t.Context().Err() == nil {
			<-tick.C
		}
	}
}

// lives says whether a process has not ended yet; one that has, and for which nobody has
// asked, is a zombie.
func lives(pid int) bool {
	_, state, err := stat(pid)
	return err == nil && state != "Z" && state != "X"
}

// Restart starts the server on the same folder and waits until it answers.
func (m *Mortal) Restart(ctx context.Context) {
	m.t.Helper()
	if err := m.launch(); err != nil {
		m.t.Fatal(err)
	}
	if err := m.await(); err != nil {
		m.t.Fatal(errors.Join(err, ctx.Err()))
	}
}

// childrenOf are the processes that a process has started: each of PostgreSQL's has a
// group of its own.
func childrenOf(parent int) []int {
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	var children []int
	for _, folder := range folders {
		pid, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			continue
		}
		if of, _, err := stat(pid); err == nil && of == parent {
			children = append(children, pid)
		}
	}
	return children
}

// stat is what the system says of a process: who started it, and its state.
func stat(pid int) (parent int, state string, err error) {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, "", err // it has ended
	}
	// PID (NAME) STATE PPID …; a name may hold anything.
	line := string(raw)
	fields := strings.Fields(line[strings.LastIndexByte(line, ')')+1:])
	if len(fields) < 2 {
		return 0, "", errors.New("/proc is not as expected")
	}
	parent, err = strconv.Atoi(fields[1])
	return parent, fields[0], err
}
