package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
	"steelyard/store/storetest"
)

// asProgram lets the test's own program be steelyard: it then does what its arguments
// say, through the same main.
const asProgram = "STEELYARD_TEST_AS_PROGRAM"

// TestNothingAcknowledgedIsLostByAKill kills serve under the hands of residents, starts
// it again, and then looks at the database: whoever got a receipt finds the rating,
// nobody's stands twice, and totals and ledger agree with the ratings. Of the residents
// whose connection breaks most try again with the same key, as a page does; some give
// up, and then either the whole rating is there or nothing of it.
func TestNothingAcknowledgedIsLostByAKill(t *testing.T) {
	const seed, seats = 20250304, 16
	submissions, kills := 1000, 6 // on each database
	if testing.Short() {
		submissions, kills = 100, 2
	}
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			m := newMortal(t, storetest.URL(t, d, d == store.Postgres))
			m.start()
			tokens := m.invite(submissions)
			dice := rand.New(rand.NewPCG(seed, uint64(len(d))))
			moments := make([]int, kills)
			for i := range moments {
				moments[i] = dice.IntN(submissions * 9 / 10)
			}
			slices.Sort(moments)

			next := make(chan int)
			var seated sync.WaitGroup
			for range seats {
				seated.Go(func() {
					for i := range next {
						m.rate(tokens[i], i)
					}
				})
			}
			seated.Go(func() {
				defer close(next)
				for i := range submissions {
					next <- i
				}
			})
			for _, n := range moments {
				m.await(n)
				m.kill()
				m.start()
			}
			seated.Wait()
			m.kill()
			m.look(submissions)
		})
	}
}

// mortal is a served database whose server dies.
type mortal struct {
	*testing.T
	db    string
	args  []string
	token string // of the official who hands out links
	cmd   *exec.Cmd
	url   string
	http  *http.Client

	mu       sync.Mutex
	changed  *sync.Cond
	lives    int            // how often the server has been started
	over     bool           // it will not be started again
	done     int            // submissions that have come to an end
	receipts map[string]int // what residents hold: receipt to level
}

func newMortal(t *testing.T, db string) *mortal {
	t.Helper()
	// Where the files lie that belong to a PostgreSQL database.
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	must(t, db, "import", village, "--rejected", filepath.Join(t.TempDir(), "rejected.csv"))
	token := must(t, db, "token", "--role", "OFFICIAL", "--subject", "V1", "--official", "V1", "--unit", "LX-FW")
	m := &mortal{
		T: t, db: db, token: strings.TrimSpace(token), receipts: map[string]int{},
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}},
		args: []string{"serve", "--db", db, "--trust-token-key", "--rate-limit", "0", "--sweep-every", "100ms", "--log-level", "ERROR"},
	}
	m.changed = sync.NewCond(&m.mu)
	t.Cleanup(m.end)
	return m
}

// start runs serve until it says that it serves; the second time at the same address.
func (m *mortal) start() {
	m.Helper()
	addr := "127.0.0.1:0"
	if m.url != "" {
		addr = strings.TrimPrefix(m.url, "http://")
	}
	m.cmd = exec.CommandContext(m.Context(), os.Args[0], append(m.args, "--addr", addr)...)
	m.cmd.Env = append(os.Environ(), asProgram+"=1")
	var stderr bytes.Buffer
	m.cmd.Stderr = &stderr
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
		m.Fatalf("serve does not start: %q %v\n%s", line, errors.Join(err, m.cmd.Wait()), stderr.String())
	}
	if m.url == "" {
		m.url = url // and stays: residents read it while the next life begins
	}
	m.mu.Lock()
	m.lives++
	m.mu.Unlock()
	m.changed.Broadcast()
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

// end lets nobody wait for a server that will not come.
func (m *mortal) end() {
	m.mu.Lock()
	m.over = true
	m.mu.Unlock()
	m.changed.Broadcast()
}

// await waits until as many submissions have come to an end.
func (m *mortal) await(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.done < n {
		m.changed.Wait()
	}
}

// life is how often the server has been started.
func (m *mortal) life() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lives
}

// reborn waits for the next life after one, and says whether there is any.
func (m *mortal) reborn(after int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.lives == after && !m.over {
		m.changed.Wait()
	}
	return !m.over
}

// ask sends an operation; broken says that the connection broke before its answer.
func (m *mortal) ask(token, query string, variables map[string]any) (raw []byte, broken error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(m.Context(), "POST", m.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := m.http.Do(r)
	if err != nil {
		return nil, err
	}
	raw, err = io.ReadAll(answer.Body)
	return raw, errors.Join(err, answer.Body.Close())
}

// invite makes so many rating links.
func (m *mortal) invite(n int) []string {
	m.Helper()
	const query = `mutation($rows: [EncounterRowInput!]!) { recordEncounters(input: {rows: $rows}) { lines { invitation { token } } } }`
	var tokens []string
	for len(tokens) < n {
		rows := make([]map[string]any, min(n-len(tokens), 200))
		for i := range rows {
			rows[i] = map[string]any{"serviceRef": "YB", "channel": "WINDOW"}
		}
		raw, err := m.ask(m.token, query, map[string]any{"rows": rows})
		var got struct {
			Data struct {
				RecordEncounters struct {
					Lines []struct{ Invitation struct{ Token string } }
				}
			}
		}
		if err := errors.Join(err, json.Unmarshal(raw, &got)); err != nil || len(got.Data.RecordEncounters.Lines) != len(rows) {
			m.Fatalf("no links: %v %.500s", err, raw)
		}
		for _, l := range got.Data.RecordEncounters.Lines {
			tokens = append(tokens, l.Invitation.Token)
		}
	}
	return tokens
}

// rate is one resident. Every eighth does not try again.
func (m *mortal) rate(token string, i int) {
	const query = `mutation($token: String!, $level: Int!, $key: String!) {
		submitRating(input: {token: $token, level: $level, comment: "等了很久", idempotencyKey: $key}) { receipt userErrors { message } } }`
	defer func() {
		m.mu.Lock()
		m.done++
		m.mu.Unlock()
		m.changed.Broadcast()
	}()
	level, stubborn := i%5+1, i%8 != 0
	for {
		life := m.life()
		raw, broken := m.ask("", query, map[string]any{"token": token, "level": level, "key": fmt.Sprint("key of resident ", i)})
		if broken != nil && stubborn && m.reborn(life) {
			continue
		}
		if broken != nil {
			return
		}
		var got struct {
			Data struct{ SubmitRating struct{ Receipt string } }
		}
		if err := json.Unmarshal(raw, &got); err != nil || got.Data.SubmitRating.Receipt == "" {
			m.Errorf("resident %d is sent away: %v %s", i, err, raw)
			return
		}
		m.mu.Lock()
		m.receipts[got.Data.SubmitRating.Receipt] = level
		m.mu.Unlock()
		return
	}
}

// look compares what residents hold with what is kept.
func (m *mortal) look(submissions int) {
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
	var all []models.Rating
	if err := st.Read(m.Context()).Find(&all).Error; err != nil {
		m.Fatal(err)
	}
	byReceipt := map[string]models.Rating{}
	var released [5]int64
	for _, r := range all {
		if r.ReceiptHash != nil {
			byReceipt[string(r.ReceiptHash)] = r
		}
		if r.Released {
			released[r.Level-1]++
		}
	}
	for code, level := range m.receipts {
		receipt, err := auth.ParseReceipt(code)
		if err != nil {
			m.Fatal(err)
		}
		hash := receipt.Hash()
		if r, found := byReceipt[string(hash[:])]; !found || r.Level != level {
			m.Errorf("an acknowledged rating of %d is kept as %d (found: %v)", level, r.Level, found)
		}
	}
	if given, kept := len(m.receipts), len(byReceipt); given < submissions*7/8 || kept < given || kept > submissions {
		m.Errorf("%d of %d residents hold a receipt, and %d ratings are kept", given, submissions, kept)
	}
	var claims int64
	if err := st.Read(m.Context()).Model(&models.EncounterClaim{}).Where("encounter_id IN (?)",
		st.Read(m.Context()).Model(&models.RatingInvitation{}).Select("encounter_id")).Count(&claims).Error; err != nil {
		m.Fatal(err)
	}
	if claims != int64(len(byReceipt)) {
		m.Errorf("%d ratings of %d rated encounters", len(byReceipt), claims)
	}
	var total models.RatingTotal
	err = st.Read(m.Context()).Model(&total).
		Select("SUM(level1) level1, SUM(level2) level2, SUM(level3) level3, SUM(level4) level4, SUM(level5) level5").Take(&total).Error
	if err != nil {
		m.Fatal(err)
	}
	if got := [5]int64{total.Level1, total.Level2, total.Level3, total.Level4, total.Level5}; got != released {
		m.Errorf("totals %v, released ratings %v", got, released)
	}
}
