//go:build linux

// Command overload asks a server more than it can do, and says how those fare who are
// served: residents who rate, beside auditors who read the trail.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"time"

	"steelyard/bench/wire"
)

// Links and trail are asked for by a token, a rating by its link.
const (
	links  = `mutation($rows: [EncounterRowInput!]!) { recordEncounters(input: {rows: $rows}) { lines { invitation { token } } } }`
	rating = `mutation($token: String!) { submitRating(input: {token: $token, level: 4}) { receipt } }`
	trail  = `{ auditTrail(first: 100) { nodes { id action details { name value } } } }`
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "overload:", err)
		os.Exit(1)
	}
}

func run() error {
	where := flag.String("url", "", "where the server is")
	official := flag.String("official", "", "token of an official, who hands out links")
	auditor := flag.String("auditor", "", "token of an auditor")
	stock := flag.Int("links", 120000, "how many links are handed out before")
	lasts := flag.Duration("for", 20*time.Second, "how long each load lasts")
	flag.Parse()
	to, err := url.Parse(*where + "/graphql")
	if err != nil {
		return err
	}
	report, err := json.Marshal(map[string]string{"query": trail})
	if err != nil {
		return err
	}
	a := &asker{to: to, trail: wire.Request(to, *auditor, report)}
	for len(a.links) < *stock {
		if a.links, err = handOut(a.links, to.String(), *official); err != nil {
			return err
		}
	}
	return a.compare(*lasts)
}

// handOut adds two hundred links.
func handOut(to []string, where, token string) ([]string, error) {
	rows := make([]map[string]string, 200)
	for i := range rows {
		rows[i] = map[string]string{"serviceRef": "YB", "channel": "WINDOW"}
	}
	body, err := json.Marshal(map[string]any{"query": links, "variables": map[string]any{"rows": rows}})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequest(http.MethodPost, where, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(answer.Body)
	var got struct {
		Data struct {
			RecordEncounters struct {
				Lines []struct{ Invitation struct{ Token string } }
			}
		}
	}
	if err = errors.Join(err, answer.Body.Close(), json.Unmarshal(raw, &got)); err != nil || len(got.Data.RecordEncounters.Lines) == 0 {
		return nil, fmt.Errorf("no links: %w %.300s", err, raw)
	}
	for _, l := range got.Data.RecordEncounters.Lines {
		to = append(to, l.Invitation.Token)
	}
	return to, nil
}

// compare prints how those fare who are served, alone and among many.
func (a *asker) compare(lasts time.Duration) error {
	alone, err := a.load(pace(50), lasts, connections)
	if err != nil {
		return err
	}
	// The machine does most where those who are served ask again at once.
	full, err := a.load(func(_ int, passed time.Duration) time.Duration { return passed }, lasts, 8)
	if err != nil {
		return err
	}
	most := float64(len(full.took)+full.reports) / lasts.Seconds()
	fmt.Printf("alone: p50 %s, p99 %s; the machine does at most %.0f a second of them\n", alone.at(50), alone.at(99), most)
	fmt.Println("| asked | ratings served | a second | p50 | p99 | times alone | reports served | sent away | told within (p99) | asked late (p99) | wrong |")
	fmt.Println("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
	for _, times := range []float64{1, 2, 4, 0.7} {
		got, err := a.load(pace(times*most), lasts, connections)
		if err != nil {
			return err
		}
		fmt.Printf("| %g times | %.0f %% | %.0f | %s | %s | %.1f | %.0f %% | %d | %s | %s | %d |\n", times,
			percent(len(got.took), got.asked-got.asked/10), float64(len(got.took))/lasts.Seconds(), got.at(50), got.at(99), float64(got.at(99))/float64(alone.at(99)),
			percent(got.reports, got.asked/10), len(got.away), percentile(got.away, 99), percentile(got.late, 99), got.wrong)
	}
	return nil
}

// seen is what became of a load.
type seen struct {
	asked      int
	took, away []time.Duration // of ratings that were served; of all that were sent away
	late       []time.Duration // by which who asks was late
	reports    int
	wrong      int // neither served nor sent away
}

func (s *seen) at(p int) time.Duration { return percentile(s.took, p) }

func percentile(all []time.Duration, p int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[(len(all)-1)*p/100].Round(100 * time.Microsecond)
}

func percent(n, of int) float64 { return 100 * float64(n) / float64(max(of, 1)) }
