// Command topology works with several servers of one database while parts of it are made to
// fail, and says how long that was felt and whether anything acknowledged was lost:
// see bench/topology.sh.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// texts is a flag that may be given several times.
type texts []string

func (t *texts) String() string { return strings.Join(*t, " ") }

// Set adds one.
func (t *texts) Set(s string) error {
	*t = append(*t, s)
	return nil
}

// given is what a resident holds in the end: what they sent, and the receipt for it.
type given struct {
	query     string
	variables map[string]any
	receipt   string
}

// town is everybody who works, and what became of it.
type town struct {
	urls         texts
	official, hr string
	client       *http.Client
	turn         atomic.Uint64
	over         atomic.Bool

	mu      sync.Mutex
	held    []given
	answers map[string][]time.Time // of each kind of work, when it was answered
	errors  map[string]int         // by code
}

func main() {
	t := &town{client: &http.Client{Timeout: 10 * time.Second}, answers: map[string][]time.Time{}, errors: map[string]int{}}
	var failures texts
	flag.Var(&t.urls, "url", "a server; repeatable")
	flag.Var(&failures, "fail", "NAME=SHELL COMMAND that makes something fail; repeatable, in turn")
	flag.StringVar(&t.official, "official", "", "the token of an official who makes links")
	flag.StringVar(&t.hr, "hr", "", "the token of an HR officer")
	listen := flag.String("machine", "127.0.0.1:18810", "where a unit's machine listens, which is told of cases")
	every := flag.Duration("every", 20*time.Second, "how long to work before each failure and after the last")
	flag.Parse()
	if err := t.run(failures, *every, *listen); err != nil {
		fmt.Fprintln(os.Stderr, "topology:", err)
		os.Exit(1)
	}
}

// run works, lets things fail in turn, and compares in the end.
func (t *town) run(failures texts, every time.Duration, listen string) error {
	beside, err := newJobs(t, listen)
	if err != nil {
		return err
	}
	var working sync.WaitGroup
	working.Go(beside.ask)
	for seat := range 4 {
		working.Go(func() { t.reside(seat) })
	}
	for range 4 {
		working.Go(t.read)
	}
	wait(every)
	fmt.Printf("| what happens | longest without a write | longest without a read |\n|---|---:|---:|\n")
	for _, f := range failures {
		name, command, _ := strings.Cut(f, "=")
		begun := time.Now()
		if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", name, err, out)
		}
		wait(every - time.Since(begun))
		fmt.Printf("| %s | %s | %s |\n", name, t.silence("write", begun), t.silence("read", begun))
	}
	t.over.Store(true)
	working.Wait()
	return errors.Join(t.compare(), beside.compare())
}

func wait(d time.Duration) { <-time.After(max(d, 0)) }

// silence is the longest time since a moment in which nobody got an answer.
func (t *town) silence(work string, since time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	last, longest := since, time.Duration(0)
	for _, at := range append(slices.Clone(t.answers[work]), time.Now()) {
		if at.After(last) {
			longest, last = max(longest, at.Sub(last)), at
		}
	}
	return longest.Round(time.Millisecond)
}

// reside makes links, rates by them and brings problems, until all is over.
func (t *town) reside(seat int) {
	const (
		links = `mutation($rows: [EncounterRowInput!]!, $key: String) { recordEncounters(input: {rows: $rows, idempotencyKey: $key}) { lines { invitation { token } } } }`
		rate  = `mutation($token: String!, $level: Int!, $key: String!) { given: submitRating(input: {token: $token, level: $level, idempotencyKey: $key}) { receipt userErrors { code } } }`
		bring = `mutation($key: String) { given: openCase(input: {category: "政务服务", title: "路灯坏了", description: "三天没亮", idempotencyKey: $key}) { receipt userErrors { code } } }`
	)
	rows := slices.Repeat([]map[string]string{{"serviceRef": "YB", "channel": "WINDOW"}}, 20)
	for n := 0; !t.over.Load(); n++ {
		var got struct {
			RecordEncounters struct {
				Lines []struct{ Invitation struct{ Token string } }
			}
		}
		t.insist("write", t.official, links, map[string]any{"rows": rows, "key": fmt.Sprintf("links %d of %d", n, seat)}, &got)
		for i, l := range got.RecordEncounters.Lines {
			key := fmt.Sprintf("resident %d.%d of %d", n, i, seat)
			t.give(rate, map[string]any{"token": l.Invitation.Token, "level": i%5 + 1, "key": key})
		}
		t.give(bring, map[string]any{"key": fmt.Sprintf("problem %d of %d", n, seat)})
	}
}

// give sends what a resident says until it is acknowledged, and keeps the receipt.
func (t *town) give(query string, variables map[string]any) {
	var got struct{ Given struct{ Receipt string } }
	if t.insist("write", "", query, variables, &got) && got.Given.Receipt != "" {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.held = append(t.held, given{query, variables, got.Given.Receipt})
	}
}

// read reads lists as an officer who may be answered by replicas.
func (t *town) read() {
	for !t.over.Load() {
		var got any
		t.insist("read", t.hr, `{ officials(first: 20) { nodes { name unit { name } } } cycles(first: 5) { nodes { name } } }`, nil, &got)
	}
}

// insist sends an operation, to each server by turns, until it is answered. False where it
// is not within a minute, or refused for good.
func (t *town) insist(work, token, query string, variables map[string]any, into any) bool {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		code, err := t.send(token, query, variables, into)
		t.mu.Lock()
		if code == "" && err == nil {
			t.answers[work] = append(t.answers[work], time.Now())
			t.mu.Unlock()
			return true
		}
		if err != nil {
			code = "no answer"
		}
		t.errors[code]++
		t.mu.Unlock()
		if code != "no answer" && code != "UNAVAILABLE" {
			return false
		}
		wait(20 * time.Millisecond)
	}
	return false
}

// send sends an operation once, to the server whose turn it is. code is that of an error that was answered.
func (t *town) send(token, query string, variables map[string]any, into any) (code string, err error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return "", err
	}
	r, err := http.NewRequest("POST", t.urls[t.turn.Add(1)%uint64(len(t.urls))]+"/graphql", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if token == t.hr {
		r.Header.Set("Steelyard-Position", strings.Repeat("0", 16))
	}
	answer, err := t.client.Do(r)
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return "", err
	}
	var got struct {
		Data   json.RawMessage
		Errors []struct{ Extensions struct{ Code string } }
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		return "", err
	}
	if len(got.Errors) > 0 {
		return got.Errors[0].Extensions.Code, nil
	}
	return "", json.Unmarshal(got.Data, into)
}

// cases are the ids of the cases that were acknowledged.
func (t *town) cases() (ids []string) {
	t.mu.Lock()
	held := t.held
	t.mu.Unlock()
	for _, g := range held {
		if strings.Contains(g.query, "openCase") {
			var found struct{ Found *struct{ ID string } }
			if !t.insist("read", "", `query($receipt: String!) { found: caseByReceipt(receipt: $receipt) { id } }`, map[string]any{"receipt": g.receipt}, &found) || found.Found == nil {
				ids = append(ids, "") // it is lost, and nobody can have been told of it
				continue
			}
			ids = append(ids, found.Found.ID)
		}
	}
	return ids
}

// compare finds everything that was acknowledged by its receipt, and sends it once more:
// the answer must be the same.
func (t *town) compare() error {
	lost, other := 0, 0
	for _, g := range t.held {
		field := "ratingByReceipt"
		if strings.Contains(g.query, "openCase") {
			field = "caseByReceipt"
		}
		var found struct{ Found *struct{ Typename string } }
		if !t.insist("read", "", `query($receipt: String!) { found: `+field+`(receipt: $receipt) { typename: __typename } }`, map[string]any{"receipt": g.receipt}, &found) || found.Found == nil {
			lost++
		}
		var again struct{ Given struct{ Receipt string } }
		if !t.insist("write", "", g.query, g.variables, &again) || again.Given.Receipt != g.receipt {
			other++
		}
	}
	fmt.Printf("\nacknowledged: %d, not found by their receipts: %d, answered otherwise when sent again: %d\nerrors: %v\n", len(t.held), lost, other, t.errors)
	if lost > 0 || other > 0 || len(t.held) == 0 {
		return errors.New("what was acknowledged is not there as it was")
	}
	return nil
}
