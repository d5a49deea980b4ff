package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"steelyard/models"
)

// running is a demo that serves.
type running struct {
	values   map[string]string
	examples []string // the lines to paste
	stop     func()
}

// startDemo runs demo until it says that it serves.
func startDemo(t *testing.T, args ...string) running {
	t.Helper()
	if testing.Short() {
		t.Skip("a district is too much for a short run")
	}
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	var stderr syncBuffer
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, append([]string{"demo", "--addr", "127.0.0.1:0"}, args...), writer, &stderr)
		ended <- errors.Join(err, writer.CloseWithError(err))
	}()
	d := running{values: map[string]string{}, stop: func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("demo ended: %v\n%s", err, stderr.String())
		}
	}}
	lines := bufio.NewScanner(reader)
	pair := regexp.MustCompile(`^([A-Z][A-Z0-9_]*)=(\S+)$`)
	for lines.Scan() {
		line := lines.Text()
		if m := pair.FindStringSubmatch(line); m != nil {
			if _, twice := d.values[m[1]]; twice {
				t.Errorf("%s is printed twice", m[1])
			}
			d.values[m[1]] = m[2]
		}
		if strings.HasPrefix(line, "curl ") {
			d.examples = append(d.examples, line)
		}
		if strings.HasPrefix(line, "serving at ") {
			return d
		}
	}
	t.Fatalf("demo did not serve: %v\n%s", <-ended, stderr.String())
	return d
}

// paste sends what a pasted curl line would send.
func paste(t *testing.T, line string) string {
	t.Helper()
	var words []string
	for _, m := range regexp.MustCompile(`'([^']*)'|(\S+)`).FindAllStringSubmatch(line, -1) {
		words = append(words, m[1]+m[2])
	}
	var address, body string
	header := http.Header{}
	for i := 1; i < len(words); i++ {
		switch words[i] {
		case "-s":
		case "-H":
			i++
			name, value, _ := strings.Cut(words[i], ": ")
			header.Set(name, value)
		case "-d":
			i++
			body = words[i]
		default:
			address = words[i]
		}
	}
	return send(t, address, header, body)
}

// post sends an operation, with a token where there is one.
func post(t *testing.T, address, token, body string) string {
	t.Helper()
	header := http.Header{"Content-Type": {"application/json"}, "Accept-Language": {"en"}}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	return send(t, address, header, body)
}

func send(t *testing.T, address string, header http.Header, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// empty says whether a piece of an answer holds nothing at all.
func empty(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, inner := range v {
			if !empty(inner) {
				return false
			}
		}
		return true
	case []any:
		return len(v) == 0
	}
	return v == nil
}

func (d running) check(t *testing.T) {
	t.Helper()
	for _, key := range []string{
		"GRAPHQL_URL", "RATING_URL", "RESIDENT_RECEIPT", "OFFICIAL_TOKEN", "HR_TOKEN", "HR_TOKEN_2", "AUDITOR_TOKEN", "ADMIN_TOKEN", "CYCLE_ID",
	} {
		if d.values[key] == "" {
			t.Errorf("%s is not printed", key)
		}
	}
	if len(d.values) != 9 || len(d.examples) != 3 {
		t.Errorf("%d values and %d examples are printed", len(d.values), len(d.examples))
	}
	for _, example := range d.examples {
		var answer struct {
			Data   map[string]any
			Errors []any
		}
		raw := paste(t, example)
		if err := json.Unmarshal([]byte(raw), &answer); err != nil || len(answer.Errors) > 0 || empty(answer.Data) {
			t.Errorf("%v: %s", err, raw)
		}
		for field, value := range answer.Data {
			if empty(value) {
				t.Errorf("%s is empty: %s", field, raw)
			}
		}
	}
	d.checkTokens(t)
	resp, err := http.Get(d.values["RATING_URL"])
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("the rating link answers %d, %v", resp.StatusCode, err)
	}
}

// checkTokens asks with each token who asks.
func (d running) checkTokens(t *testing.T) {
	t.Helper()
	for key, role := range map[string]models.Role{
		"OFFICIAL_TOKEN": models.RoleOfficial, "HR_TOKEN": models.RoleHR, "HR_TOKEN_2": models.RoleHR,
		"AUDITOR_TOKEN": models.RoleAuditor, "ADMIN_TOKEN": models.RoleAdmin,
	} {
		got := paste(t, "curl -s "+d.values["GRAPHQL_URL"]+" -H 'Content-Type: application/json' -H 'Authorization: Bearer "+d.values[key]+
			`' -d '{"query":"{ me { role } }"}'`)
		if want := `{"data":{"me":{"role":"` + string(role) + `"}}}`; got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	if d.values["HR_TOKEN"] == d.values["HR_TOKEN_2"] {
		t.Error("the second person is the first")
	}
}

// TestDemoServesWhatItPrints makes one demo, since that takes its time, and has everybody
// work with it: who pastes what it prints, who reads its API's documents and reports, and
// residents and an HR officer in a browser.
func TestDemoServesWhatItPrints(t *testing.T) {
	db := "sqlite:" + filepath.Join(t.TempDir(), "demo.db")
	first := startDemo(t, "--db", db)
	first.check(t)
	first.checkAPIDocument(t)
	first.checkReports(t)
	t.Run("in a browser", first.inABrowser)
	first.stop()

	again := startDemo(t, "--db", db)
	defer again.stop()
	again.check(t)
	for _, key := range []string{"CYCLE_ID", "RESIDENT_RECEIPT"} {
		if first.values[key] != again.values[key] {
			t.Errorf("%s was %s and is %s: the database was made anew", key, first.values[key], again.values[key])
		}
	}
	for _, key := range []string{"RATING_URL", "HR_TOKEN"} {
		if first.values[key] == again.values[key] {
			t.Errorf("%s is the same at the second start", key)
		}
	}
	got := paste(t, "curl -s "+again.values["GRAPHQL_URL"]+" -H 'Content-Type: application/json' -H 'Authorization: Bearer "+first.values["HR_TOKEN"]+
		`' -d '{"query":"{ me { role } }"}'`)
	wantHas(t, got, "UNAUTHENTICATED")
}

func TestDemoLeavesForeignDataAlone(t *testing.T) {
	db := fresh(t)
	must(t, db, "import", village)
	_, _, err := command(t, db, "demo", "--addr", "127.0.0.1:0")
	if err == nil || !strings.Contains(err.Error(), "is left alone") {
		t.Errorf("got %v", err)
	}
	var out bytes.Buffer
	if err := run(t.Context(), []string{"demo", "--addr", "127.0.0.1:99999"}, &out, &out); err == nil || !strings.Contains(err.Error(), "--addr") {
		t.Errorf("an address that is none: %v", err)
	}
}
