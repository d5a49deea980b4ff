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
	"os"
	"slices"
	"sync"
	"time"
)

const (
	links  = `mutation($rows: [EncounterRowInput!]!) { recordEncounters(input: {rows: $rows}) { lines { invitation { token } } } }`
	rating = `mutation($token: String!) { submitRating(input: {token: $token, level: 4}) { receipt } }`
	trail  = `{ auditTrail(first: 100) { nodes { id action details { name value } } } }`
)

// client asks one server.
type client struct {
	url, official, auditor string
	http                   *http.Client
	links                  chan string
}

func main() {
	url := flag.String("url", "", "where the server is")
	official := flag.String("official", "", "token of an official, who hands out links")
	auditor := flag.String("auditor", "", "token of an auditor")
	stock := flag.Int("links", 80000, "how many links are handed out before")
	lasts := flag.Duration("for", 20*time.Second, "how long each load lasts")
	flag.Parse()
	c := &client{*url + "/graphql", *official, *auditor, &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: 2000}, Timeout: time.Minute,
	}, make(chan string, *stock)}
	if err := c.run(*stock, *lasts); err != nil {
		fmt.Fprintln(os.Stderr, "overload:", err)
		os.Exit(1)
	}
}

func (c *client) run(stock int, lasts time.Duration) error {
	for len(c.links) < stock {
		if err := c.handOut(); err != nil {
			return err
		}
	}
	alone := c.load(20, lasts)
	most := c.most(lasts)
	fmt.Printf("alone: p50 %s, p99 %s; the machine does at most %.0f a second of them\n", alone.at(50), alone.at(99), most)
	fmt.Println("| asked | ratings served | p50 | p99 | times alone | reports served | sent away | told within (p99) | wrong |")
	fmt.Println("|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
	for _, times := range []float64{1, 2, 4} {
		got := c.load(times*most, lasts)
		fmt.Printf("| %g times | %.0f %% | %s | %s | %.1f | %.0f %% | %d | %s | %d |\n", times,
			percent(len(got.took), got.asked[0]), got.at(50), got.at(99), float64(got.at(99))/float64(alone.at(99)),
			percent(got.reports, got.asked[1]), len(got.away), percentile(got.away, 99), got.wrong)
	}
	return nil
}

// handOut gets two hundred links.
func (c *client) handOut() error {
	rows := make([]map[string]string, 200)
	for i := range rows {
		rows[i] = map[string]string{"serviceRef": "YB", "channel": "WINDOW"}
	}
	_, raw, err := c.ask(c.official, links, map[string]any{"rows": rows})
	var got struct {
		Data struct {
			RecordEncounters struct {
				Lines []struct{ Invitation struct{ Token string } }
			}
		}
	}
	if err = errors.Join(err, json.Unmarshal(raw, &got)); err != nil || len(got.Data.RecordEncounters.Lines) == 0 {
		return fmt.Errorf("no links: %w %.300s", err, raw)
	}
	for _, l := range got.Data.RecordEncounters.Lines {
		select {
		case c.links <- l.Invitation.Token:
		default:
		}
	}
	return nil
}

// seen is what became of a load.
type seen struct {
	mu         sync.Mutex
	asked      [2]int          // ratings, reports
	took, away []time.Duration // of ratings that were served; of all that were sent away
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

// load asks so often a second, whatever becomes of it: one in ten for a report.
func (c *client) load(perSecond float64, lasts time.Duration) *seen {
	s := &seen{}
	var asking sync.WaitGroup
	begun := time.Now()
	for n := 0; ; n++ {
		due := begun.Add(time.Duration(float64(n) / perSecond * float64(time.Second)))
		if due.Sub(begun) > lasts {
			break
		}
		time.Sleep(time.Until(due))
		asking.Go(func() { c.one(s, n%10 == 9) })
	}
	asking.Wait()
	return s
}

func (c *client) one(s *seen, report bool) {
	begun := time.Now()
	var status int
	var raw []byte
	var err error
	if report {
		status, raw, err = c.ask(c.auditor, trail, nil)
	} else {
		link := <-c.links
		if status, raw, err = c.ask("", rating, map[string]any{"token": link}); status == http.StatusServiceUnavailable {
			c.links <- link // it is as good as before
		}
	}
	took := time.Since(begun)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case report:
		s.asked[1]++
	default:
		s.asked[0]++
	}
	right := err == nil && status == http.StatusOK && !bytes.Contains(raw, []byte(`"errors"`))
	switch {
	case status == http.StatusServiceUnavailable:
		s.away = append(s.away, took)
	case right && report:
		s.reports++
	case right && bytes.Contains(raw, []byte(`"receipt":"`)):
		s.took = append(s.took, took)
	default:
		s.wrong++
	}
}

// most is how many ratings the machine does in a second, where those that are served ask
// again at once.
func (c *client) most(lasts time.Duration) float64 {
	s := &seen{}
	var asking sync.WaitGroup
	end := time.Now().Add(lasts)
	for range 8 {
		asking.Go(func() {
			for n := 0; time.Now().Before(end); n++ {
				c.one(s, n%10 == 9)
			}
		})
	}
	asking.Wait()
	return float64(len(s.took)+s.reports) / lasts.Seconds()
}

func (c *client) ask(token, query string, variables map[string]any) (status int, raw []byte, err error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return 0, nil, err
	}
	r, err := http.NewRequest("POST", c.url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	raw, err = io.ReadAll(answer.Body)
	return answer.StatusCode, raw, errors.Join(err, answer.Body.Close())
}
