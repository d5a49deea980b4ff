package main

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
	"steelyard/store/storetest"
)

// TestNoShapeOfARequestIsServedWithoutBounds: what is deep, long or many in ways that the
// toy of overhttp cannot have.
func TestNoShapeOfARequestIsServedWithoutBounds(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.maxBody = 200_000
	s.start(t)
	hr := []string{"Authorization", "Bearer " + s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})}
	id := `"01a214de-dbdc-7659-a1ef-26b73b2b481a",`
	deep := func(open, inner, close string, n int) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(close, n)
	}
	for name, c := range map[string]struct{ query, want string }{
		"ids of nodes":                  {"{ nodes(ids: [" + strings.Repeat(id, 101) + "]) { id } }", `"code":"INVALID"`},
		"a page":                        {"{ officials(first: 101) { nodes { ref } } }", `"code":"INVALID"`},
		"a page below nothing":          {"{ officials(first: -1) { nodes { ref } } }", `"code":"INVALID"`},
		"a list in lists":               {`mutation { submitRating(input: {token: "x", level: 1, tags: ` + deep("[", `"a"`, "]", 1500) + `}) { receipt } }`, "nesting depth"},
		"objects in objects":            {`{ publicCases(first: 1, filter: ` + deep("{a: ", "1", "}", 900) + `) { nodes { id } } }`, "GRAPHQL_VALIDATION_FAILED"},
		"a long list":                   {`mutation { submitRating(input: {token: "x", level: 1, tags: [` + strings.Repeat(`"a",`, 1000) + `]}) { receipt userErrors { code field } } }`, `"field":"tags"`},
		"introspection of types":        {"{ __schema { types " + deep("{ fields { type ", "{ name }", "} }", 12) + " } }", "GRAPHQL_VALIDATION_FAILED"},
		"introspection of possible":     {`{ __type(name: "Node") ` + deep("{ possibleTypes { interfaces ", "{ name }", "} }", 12) + " }", "GRAPHQL_VALIDATION_FAILED"},
		"one field by many names":       {"{" + strings.Repeat(" a: me { role }", 60) + " }", "TOO_COMPLEX"},
		"fields that do not merge":      {"{" + strings.Repeat(" a: me { role } a: me { subject }", 250) + " }", "TOO_COMPLEX"},
		"unknown fields":                {"{" + strings.Repeat(" x", 3000) + " }", "TOO_COMPLEX"}, // seconds, were it validated
		"one field again and again":     {"{" + strings.Repeat(" __typename", 900) + " }", "of one name"},
		"the same by fragments":         {"{ ...A ...B } fragment A on Query {" + strings.Repeat(" __typename", 60) + " } fragment B on Query {" + strings.Repeat(" __typename", 60) + " }", "of one name"},
		"directives":                    {"{" + strings.Repeat(" __typename @include(if: true)", 60) + " }", "TOO_COMPLEX"},
		"variables that nobody uses":    {"query(" + strings.Repeat("$a: Int ", 900) + ") { __typename }", "GRAPHQL_VALIDATION_FAILED"},
		"operations beside one another": {strings.Repeat("{ __typename } ", 900), "TOO_COMPLEX"},
		"tokens":                        {"{ nodes(ids: [" + strings.Repeat(" 1", 4000) + "]) { id } }", "token limit"},
		"comments":                      {"{ __typename " + strings.Repeat("#\n", 5000) + "}", "token limit"},
	} {
		t.Run(name, func(t *testing.T) {
			a := s.query(t, c.query, hr...)
			a.want(t, 200, c.want)
			if strings.Contains(a.body, "INTERNAL") || len(a.body) > 600_000 {
				t.Errorf("%d bytes: %.200s", len(a.body), a.body)
			}
		})
	}
	// JSON that is nested as deep as a request is long does not exhaust the stack.
	s.send(t, "POST", "/graphql", `{"query":"{ __typename }","variables":{"x":`+deep("[", "1", "]", 50_000)+"}}", "Content-Type", "application/json").want(t, 400)
	s.send(t, "POST", "/graphql", `{"query":"{ __typename }","variables":{"x":"`+strings.Repeat("x", 300_000)+`"}}`, "Content-Type", "application/json").want(t, 413)
	s.send(t, "POST", "/graphql", `[`+strings.Repeat(`{"query":"{ __typename }"},`, 100)+`{}]`, "Content-Type", "application/json").want(t, 400)

	var form bytes.Buffer
	for range 1000 {
		form.WriteString("--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\ny\r\n")
	}
	form.WriteString("--x--\r\n")
	s.send(t, "POST", "/attachments", form.String(), "Content-Type", "multipart/form-data; boundary=x", "Accept-Language", "en").
		want(t, 422, "too many parts")
}

// TestWhatIsStoppedRunsNoLonger: a statement ends with its request, when the request's time
// is over and when its client has gone.
func TestWhatIsStoppedRunsNoLonger(t *testing.T) {
	s := newTestSite(t, store.Postgres)
	s.timeout = 200 * time.Millisecond
	s.start(t)
	owner := storetest.Owner(t, s.store)
	held, release := make(chan error, 1), make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- owner.InTx(t.Context(), func(tx *store.Tx) error {
			err := tx.Exec("LOCK TABLE cases IN ACCESS EXCLUSIVE MODE").Error
			held <- err
			<-release
			return err
		})
	}()
	if err := <-held; err != nil {
		t.Fatal(err)
	}
	defer func() {
		close(release)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	waits := `{ caseByReceipt(receipt: "` + auth.NewReceipt().Code() + `") { ref } }`
	s.query(t, waits).want(t, 200, "UNAVAILABLE")
	awaitRunning(t, owner, 0)

	s.timeout = time.Minute
	s.start(t)
	ctx, hangUp := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		req, err := http.NewRequestWithContext(ctx, "POST", s.url+"/graphql", strings.NewReader(`{"query":"`+strings.ReplaceAll(waits, `"`, `\"`)+`"}`))
		if err == nil {
			req.Header.Set("Content-Type", "application/json")
			_, err = http.DefaultClient.Do(req)
		}
		gone <- err
	}()
	awaitRunning(t, owner, 1)
	hangUp()
	if err := <-gone; err == nil {
		t.Error("it was answered")
	}
	awaitRunning(t, owner, 0)
}

// awaitRunning looks in the database until so many statements wait for the lock.
func awaitRunning(t *testing.T, owner *store.Store, want int) {
	t.Helper()
	const waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND wait_event_type = 'Lock'"
	n := -1
	for deadline := time.Now().Add(time.Minute); n != want && time.Now().Before(deadline); {
		if err := owner.Read(t.Context()).Connection(func(db *gorm.DB) error { return db.Raw(waiting).Scan(&n).Error }); err != nil {
			t.Fatal(err)
		}
	}
	if n != want {
		t.Errorf("%d statements wait for the lock, want %d", n, want)
	}
}
