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
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil
	}
	var children []int
	for _, path := range stats {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // it has just ended
		}
		// PID (NAME) STATE PPID …; a name may hold anything.
		line := string(raw)
		fields := strings.Fields(line[strings.LastIndexByte(line, ')')+1:])
		if len(fields) < 2 || fields[1] != strconv.Itoa(parent) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			children = append(children, pid)
		}
	}
	return children
}
