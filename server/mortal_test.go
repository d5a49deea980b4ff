package main

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// asProgram lets the test's own program be steelyard: it then does what its arguments
// say, through the same main.
const asProgram = "STEELYARD_TEST_AS_PROGRAM"

// mortal is a served database that dies, and comes back with everything that it has
// acknowledged. Whoever works with it waits meanwhile, and then asks again.
type mortal struct {
	*testing.T
	db      string
	cluster *storetest.Mortal // nil: SQLite
	args    []string
	cmd     *exec.Cmd
	url     string
	http    *http.Client
	tokens  map[string]string // by subject

	log        *syncBuffer    // what all its servers have said
	beforeLife []func() error // what is closed before it is served

	mu        sync.Mutex // over what follows
	changed   *sync.Cond
	dead      bool
	over      bool // it dies no more, and nobody begins anything new
	lives     int  // how often it has begun to live
	aimed     string
	hit       chan struct{} // closed once who is aimed at sends something
	importing *os.Process
	kept      map[string][]acknowledged // by who was answered, since the last death
	sentAway  int                       // how often a server that lives had no answer
}

// newMortal makes a database with the village in it, whose officials and HR officers have
// tokens.
func newMortal(t *testing.T, d store.Dialect) *mortal {
	t.Helper()
	m := &mortal{
		T: t, tokens: map[string]string{}, kept: map[string][]acknowledged{}, hit: make(chan struct{}), log: &syncBuffer{},
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}},
	}
	m.changed = sync.NewCond(&m.mu)
	// Where the files lie that belong to a PostgreSQL database.
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	if d == store.SQLite {
		m.db = storetest.URL(t, d, true)
	} else {
		m.cluster = storetest.NewMortal(t)
		m.db, _ = m.cluster.Database()
	}
	must(t, m.db, "import", village, "--rejected", filepath.Join(t.TempDir(), "rejected.csv"))
	for _, args := range [][]string{
		{"OFFICIAL", "V1", "LX-FW", "--official", "V1"},
		{"HR", "hr", "LX"},
		{"HR", "hr-second", "LX"},
	} {
		token := must(t, m.db, append([]string{"token", "--role", args[0], "--subject", args[1], "--unit", args[2]}, args[3:]...)...)
		m.tokens[args[1]] = strings.TrimSpace(token)
	}
	m.args = []string{"serve", "--db", m.db, "--trust-token-key", "--rate-limit", "0", "--at-once", "0", "--sweep-every", "100ms", "--log-level", "ERROR"}
	t.Cleanup(func() {
		m.end()
		if said := m.log.String(); t.Failed() {
			t.Logf("the servers said last:\n%s", said[max(0, len(said)-4000):])
		}
	})
	return m
}

// open opens the database for a look, which is closed again: a handle that stays would
// keep SQLite's log from being recovered.
func (m *mortal) open(look func(st *store.Store)) {
	m.Helper()
	st, err := store.Open(m.Context(), m.db, store.Options{Connections: 2, System: true})
	if err != nil {
		m.Fatal(err)
	}
	defer func() {
		if err := st.Close(); err != nil {
			m.Error(err)
		}
	}()
	look(st)
}

// program is a command of the program, as a process of its own.
func (m *mortal) program(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(m.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

// start runs serve until it says that it serves; the second time at the same address.
func (m *mortal) start() {
	m.Helper()
	addr := strings.TrimPrefix(m.url, "http://")
	if addr == "" {
		addr = ownAddress(m.T)
	}
	m.cmd = m.program(append(m.args, "--addr", addr)...)
	m.cmd.Stderr = m.log
	out, err := m.cmd.StdoutPipe()
	if err == nil {
		err = m.cmd.Start()
	}
	if err != nil {
		m.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	url, says := strings.CutPrefix(strings.TrimSpace(line), "serving at ")
	if err != nil || !says {
		m.Fatalf("serve does not start: %q %v", line, errors.Join(err, m.cmd.Wait()))
	}
	if m.url == "" {
		m.url = url // and stays: others read it while the next life begins
	}
}

// ownAddress is a free address with a port that the system gives to nobody who leaves the
// choice to it: while a server is dead another program could get it.
func ownAddress(t *testing.T) string {
	t.Helper()
	var err error
	for range 100 {
		var l net.Listener
		if l, err = net.Listen("tcp", fmt.Sprint("127.0.0.1:", 12_000+rand.IntN(20_000))); err == nil {
			if err = l.Close(); err == nil {
				return l.Addr().String()
			}
		}
	}
	t.Fatal(err)
	return ""
}

// kill takes the server away in the middle of whatever it does.
func (m *mortal) kill() {
	m.Helper()
	if err := m.cmd.Process.Kill(); err != nil {
		m.Fatal(err)
	}
	var exit *exec.ExitError
	if err := m.cmd.Wait(); !errors.As(err, &exit) || exit.Exited() {
		m.Fatalf("serve was not killed but ended: %v", err)
	}
}

// dies kills server, database or both, and an import that is under way, and brings back
// what was killed. Between death and life the database is looked at.
func (m *mortal) dies(server, database bool, between func(st *store.Store)) {
	m.Helper()
	m.mu.Lock()
	m.dead = true
	if m.importing != nil {
		// It may have ended just now.
		if err := m.importing.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			m.Error(err)
		}
	}
	m.mu.Unlock()
	if database {
		m.cluster.Kill()
	}
	if server {
		m.kill()
	}
	if database {
		m.cluster.Restart(m.Context())
	}
	m.open(func(st *store.Store) {
		between(st)
		m.timePasses(st)
	})
	if server {
		m.start()
	}
	m.revives()
}

// revives tells everybody that there is life again.
func (m *mortal) revives() {
	m.mu.Lock()
	m.dead = false
	m.lives++
	m.mu.Unlock()
	m.changed.Broadcast()
}

// timePasses lets the leases of those that have died run out.
func (m *mortal) timePasses(st *store.Store) {
	err := st.InTx(m.Context(), func(tx *store.Tx) error {
		return tx.Model(&models.AssessmentRun{}).Where("state = ?", models.RunRunning).
			UpdateColumn("heartbeat_at", tx.Now.Add(-models.RunLease-time.Second)).Error
	})
	if err != nil {
		m.Error(err)
	}
}

// end lets nobody begin anything new.
func (m *mortal) end() {
	m.mu.Lock()
	m.over = true
	m.mu.Unlock()
	m.changed.Broadcast()
}

// await waits until something holds, and says whether it does before all is over.
func (m *mortal) await(holds func() bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for !holds() && !m.over {
		m.changed.Wait()
	}
	return !m.over
}

// alive waits until there is life.
func (m *mortal) alive() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.dead && m.Context().Err() == nil {
		m.changed.Wait()
	}
}

// aim has the next death come when somebody sends something.
func (m *mortal) aim(at string) (hit <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.aimed, m.hit = at, make(chan struct{})
	return m.hit
}

// sends says that somebody is about to send something.
func (m *mortal) sends(who string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.aimed == who {
		m.aimed = ""
		close(m.hit)
	}
}
