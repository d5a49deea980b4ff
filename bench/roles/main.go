// Command roles asks two servers of the same database the same things by turns, one
// that row security binds and one that it does not, and prints how long each takes.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"time"
)

const rounds = 200

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: roles URL_WITHOUT URL_WITH HR_TOKEN")
		os.Exit(2)
	}
	if err := run(os.Args[1:3], os.Args[3], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "roles:", err)
		os.Exit(1)
	}
}

// trial is an operation that is timed.
type trial struct {
	name  string
	token string
	query string
	vars  func() map[string]any
}

func run(servers []string, token string, out io.Writer) error {
	links, err := invite(servers[0], token, 2*rounds)
	if err != nil {
		return err
	}
	cycle, err := cycleOf(servers[0], token)
	if err != nil {
		return err
	}
	next := 0
	for _, t := range []trial{
		{
			"fifty officials with unit, latest cases, assessment and explanation", token, `query($c: ID!) { officials(first: 50) { nodes { id name unit { name } cases(first: 3) { title state }
			assessment(cycleId: $c) { composite rank explanation { parts { code points } } } } } }`,
			func() map[string]any { return map[string]any{"c": cycle} },
		},
		{
			"a page of the report", token, `query($c: ID!) { assessmentReport(cycleId: $c, first: 50) { nodes { composite rank official { name } components { component value } } } }`,
			func() map[string]any { return map[string]any{"c": cycle} },
		},
		{"a page of cases", token, `{ cases(first: 50) { edges { node { id title state events { kind } } } } }`, func() map[string]any { return nil }},
		{
			"a rating", "", `mutation($t: String!) { submitRating(input: {token: $t, level: 4}) { receipt userErrors { code } } }`,
			func() map[string]any { next++; return map[string]any{"t": links[next-1]} },
		},
	} {
		var took [2][]time.Duration
		for i := range 2 * rounds {
			start := time.Now()
			if _, err := ask(servers[i%2], t.token, t.query, t.vars()); err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			took[i%2] = append(took[i%2], time.Since(start))
		}
		without, with := median(took[0]), median(took[1])
		if _, err := fmt.Fprintf(out, "| %s | %.1f ms | %.1f ms | %.2f |\n", t.name, 1000*without.Seconds(), 1000*with.Seconds(), with.Seconds()/without.Seconds()); err != nil {
			return err
		}
	}
	return nil
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// invite records encounters and returns their links.
func invite(server, token string, n int) ([]string, error) {
	list := "service_id,channel,official_id\n"
	for i := range n {
		list += fmt.Sprintf("Service 00,WINDOW,O%05d\n", i%100)
	}
	data, err := ask(server, token, `mutation($csv: String) { recordEncounters(input: {csv: $csv}) { lines { invitation { token } userErrors { message } } userErrors { code message } } }`,
		map[string]any{"csv": list})
	if err != nil {
		return nil, err
	}
	var got struct {
		RecordEncounters struct {
			Lines []struct {
				Invitation *struct{ Token string }
			}
		}
	}
	if err := json.Unmarshal(data, &got); err != nil {
		return nil, err
	}
	links := []string{}
	for _, e := range got.RecordEncounters.Lines {
		if e.Invitation == nil {
			return nil, fmt.Errorf("no links: %s", data)
		}
		links = append(links, e.Invitation.Token)
	}
	if len(links) < n {
		return nil, fmt.Errorf("too few links: %.300s", data)
	}
	return links, nil
}

func cycleOf(server, token string) (string, error) {
	data, err := ask(server, token, `{ cycles(first: 1) { edges { node { id } } } }`, nil)
	if err != nil {
		return "", err
	}
	var got struct {
		Cycles struct {
			Edges []struct{ Node struct{ ID string } }
		}
	}
	if err := json.Unmarshal(data, &got); err != nil || len(got.Cycles.Edges) == 0 {
		return "", errors.Join(err, errors.New("there is no cycle"))
	}
	return got.Cycles.Edges[0].Node.ID, nil
}

func ask(server, token, query string, vars map[string]any) (data json.RawMessage, err error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodPost, server+"/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	var answer struct {
		Data   json.RawMessage
		Errors []struct{ Message string }
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, err
	}
	if len(answer.Errors) > 0 {
		return nil, errors.New(answer.Errors[0].Message)
	}
	return answer.Data, nil
}
