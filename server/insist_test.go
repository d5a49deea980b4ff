package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
)

// operation is what somebody sends, as often as it takes, with the same variables and so
// with the same key.
type operation struct {
	token, query string
	variables    map[string]any
}

// acknowledged is an operation with the answer that it got.
type acknowledged struct {
	operation
	answer string
}

// ask sends an operation. It says whether there was an answer that says what became of
// it: not where the connection broke, or the database was away.
func (m *mortal) ask(o operation) (data string, answered bool) {
	body, err := json.Marshal(map[string]any{"query": o.query, "variables": o.variables})
	if err != nil {
		m.Error(err)
		return "", true
	}
	r, err := http.NewRequestWithContext(m.Context(), "POST", m.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		m.Error(err)
		return "", true
	}
	r.Header.Set("Content-Type", "application/json")
	if o.token != "" {
		r.Header.Set("Authorization", "Bearer "+o.token)
	}
	answer, err := m.http.Do(r)
	if err != nil {
		return "", false
	}
	raw, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return "", false
	}
	return m.understand(o, raw)
}

// understand says what an answer means.
func (m *mortal) understand(o operation, raw []byte) (data string, answered bool) {
	var got struct {
		Data   json.RawMessage
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		m.Errorf("%v: %s", err, raw)
	}
	for _, e := range got.Errors {
		if e.Extensions.Code == "INTERNAL" || e.Extensions.Code == "UNAVAILABLE" {
			return "", false
		}
		m.Errorf("%s %v: %s", o.query, o.variables, e.Message)
	}
	return string(got.Data), true
}

// patience is how often somebody is sent away by a server that lives, since connections
// of its pool have died with the database.
const patience = 40

// insist sends an operation until it is answered: what the caller does not know to have
// happened it sends again, with the same key.
func (m *mortal) insist(who string, o operation) string {
	for range patience {
		m.alive()
		m.sends(who)
		data, answered := m.ask(o)
		if !answered {
			if m.Context().Err() != nil {
				return ""
			}
			m.mu.Lock()
			if !m.dead {
				m.sentAway++
			}
			m.mu.Unlock()
			continue
		}
		if o.variables["key"] != nil {
			m.mu.Lock()
			m.kept[who] = append(m.kept[who], acknowledged{o, data})
			m.mu.Unlock()
		}
		return data
	}
	m.Errorf("%s is sent away for ever: %s", who, o.query)
	return ""
}

// again sends once more what was acknowledged last before a death: it must get the same
// answers, and change nothing.
func (m *mortal) again() {
	m.mu.Lock()
	kept := m.kept
	m.kept = map[string][]acknowledged{}
	m.mu.Unlock()
	var asking sync.WaitGroup
	for who, list := range kept {
		asking.Go(func() {
			for _, was := range list[max(0, len(list)-2):] {
				answered, data := false, ""
				for tries := 0; !answered && tries < patience; tries++ {
					data, answered = m.ask(was.operation)
				}
				if data != was.answer {
					m.Errorf("%s was told %s and, after a death, %s", who, was.answer, data)
				}
			}
		})
	}
	asking.Wait()
}

// textAt is what lies at a path in an answer.
func textAt(data string, path ...string) string {
	var at any
	if err := json.Unmarshal([]byte(data), &at); err != nil {
		return ""
	}
	for _, name := range path {
		of, is := at.(map[string]any)
		if !is {
			return ""
		}
		at = of[name]
	}
	text, _ := at.(string)
	return text
}
