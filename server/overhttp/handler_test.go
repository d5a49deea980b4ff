package overhttp

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// toy is a schema whose fields do what the transport must cope with.
type toy struct {
	schema *ast.Schema
	ticks  chan string
	run    func(ctx context.Context) *graphql.Response // in place of the usual answer
}

var toySchema = gqlparser.MustLoadSchema(&ast.Source{Input: `
	directive @defer(if: Boolean) on FRAGMENT_SPREAD | INLINE_FRAGMENT
	type Query { name: String, self: Query, find(id: ID!): String, slow: String, explode: String }
	type Mutation { rename: String }
	type Subscription { tick: String, explode: String }`})

func (t *toy) Schema() *ast.Schema { return t.schema }

func (t *toy) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

func (t *toy) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	field := op.Operation.SelectionSet[0].(*ast.Field).Name
	if op.Operation.Operation == ast.Subscription {
		return func(ctx context.Context) *graphql.Response {
			if field == "explode" {
				panic("boom")
			}
			select {
			case tick, more := <-t.ticks:
				if !more {
					return nil
				}
				return &graphql.Response{Data: json.RawMessage(`{"tick":"` + tick + `"}`)}
			case <-ctx.Done():
				return nil
			}
		}
	}
	if t.run != nil {
		return graphql.OneShot(t.run(ctx))
	}
	return graphql.OneShot(t.once(ctx, field))
}

func (t *toy) once(ctx context.Context, field string) *graphql.Response {
	switch field {
	case "slow":
		<-ctx.Done()
		graphql.AddError(ctx, ctx.Err())
		return &graphql.Response{Data: json.RawMessage(`null`)}
	case "explode":
		graphql.AddError(ctx, errors.New("it failed"))
		return &graphql.Response{}
	default:
		return &graphql.Response{Data: json.RawMessage(`{"` + field + `":"x"}`)}
	}
}

func newToy(t *testing.T) (*toy, *Handler, string) {
	t.Helper()
	schema := &toy{schema: toySchema, ticks: make(chan string)}
	exec := executor.New(schema)
	exec.SetErrorPresenter(graphql.DefaultErrorPresenter)
	exec.SetRecoverFunc(func(context.Context, any) error { return errors.New("hidden") })
	exec.Use(extension.AutomaticPersistedQuery{Cache: lru.New[string](10)})
	exec.Use(Limits{Depth: 5, Aliases: 3, Fields: 35, Directives: 6, SameName: 30})
	h := &Handler{
		Executor: exec, MaxBody: 1000, Timeout: time.Minute, KeepAlive: time.Minute, Quit: make(chan struct{}),
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return schema, h, server.URL
}

// request is one to be sent, and what must come of it.
type request struct {
	name    string
	method  string // POST where empty
	accept  string
	content string // application/json where empty; "-" is none
	query   string // of the URL
	body    string

	status  int
	media   string // application/json where empty
	has     string // what the answer holds
	hasNot  string
	allowed string // the Allow header
}

const badRequest = `{"errors":[{"message":`

func TestOverHTTP(t *testing.T) {
	_, _, url := newToy(t)
	long := `{"query":"{ name }", "extensions": {"x":"` + strings.Repeat("x", 1000) + `"}}`
	for _, r := range []request{
		{name: "no Accept is JSON", body: `{"query":"{ name }"}`, status: 200, has: `{"data":{"name":"x"}}`},
		{name: "star is JSON", accept: "*/*", body: `{"query":"{ name }"}`, status: 200},
		{name: "result media", accept: mediaResult, body: `{"query":"{ name }"}`, status: 200, media: mediaResult},
		{name: "browsers' list", accept: "text/html, application/xhtml+xml, */*;q=0.8", body: `{"query":"{ name }"}`, status: 200},
		{name: "quality decides", accept: "application/json;q=0.5, application/graphql-response+json", body: `{"query":"{ name }"}`, status: 200, media: mediaResult},
		{name: "specific wins over star", accept: "*/*, application/graphql-response+json", body: `{"query":"{ name }"}`, status: 200, media: mediaResult},
		{name: "first of equals", accept: "application/json, application/graphql-response+json", body: `{"query":"{ name }"}`, status: 200},
		{name: "nothing that we have", accept: "text/html", body: `{"query":"{ name }"}`, status: 406, has: badRequest},
		{name: "JSON in another charset", accept: "application/json; charset=gbk", body: `{"query":"{ name }"}`, status: 406},
		{name: "ruled out by quality", accept: "application/json;q=0", body: `{"query":"{ name }"}`, status: 406},

		{name: "no content type", content: "-", body: `{"query":"{ name }"}`, status: 415},
		{name: "form", content: "application/x-www-form-urlencoded", body: `query={name}`, status: 415},
		{name: "plain text", content: "text/plain", body: `{"query":"{ name }"}`, status: 415},
		{name: "other charset", content: "application/json; charset=gbk", body: `{"query":"{ name }"}`, status: 415},
		{name: "named UTF-8", content: "application/json; charset=UTF-8", body: `{"query":"{ name }"}`, status: 200},

		{name: "PUT", method: "PUT", body: `{"query":"{ name }"}`, status: 405, allowed: "GET, POST"},
		{name: "DELETE", method: "DELETE", status: 405, allowed: "GET, POST"},
		{name: "too large", body: long, status: 413},

		{name: "no body", status: 400, has: badRequest},
		{name: "no JSON", body: `{"secret-word`, status: 400, hasNot: "secret-word"},
		{name: "not UTF-8", body: "{\"query\":\"{ name }\", \"x\":\"\xff\"}", status: 400},
		{name: "something behind", body: `{"query":"{ name }"} {"secret-word":1}`, status: 400, hasNot: "secret-word"},
		{name: "batch", body: `[{"query":"{ name }"}]`, status: 400},
		{name: "null", body: `null`, status: 400},
		{name: "no query", body: `{"operationName":"A"}`, status: 400},
		{name: "query in capitals", body: `{"QUERY":"{ name }"}`, status: 400},
		{name: "query is a number", body: `{"query":1}`, status: 400},
		{name: "operationName is a list", body: `{"query":"{ name }","operationName":[]}`, status: 400},
		{name: "variables are a text", body: `{"query":"{ name }","variables":"secret-word"}`, status: 400, hasNot: "secret-word"},
		{name: "variables are a list", body: `{"query":"{ name }","variables":[1]}`, status: 400},
		{name: "extensions are a number", body: `{"query":"{ name }","extensions":0}`, status: 400},
		{name: "all null", body: `{"query":"{ name }","operationName":null,"variables":null,"extensions":null}`, status: 200, has: `{"data":`},

		{name: "syntax in JSON", body: `{"query":"{"}`, status: 200, has: "GRAPHQL_PARSE_FAILED", hasNot: `"data"`},
		{name: "syntax in result media", accept: mediaResult, body: `{"query":"{"}`, status: 400, media: mediaResult, hasNot: `"data"`},
		{name: "unknown field in JSON", body: `{"query":"{ nane }"}`, status: 200, hasNot: `"data"`},
		{name: "unknown field in result media", accept: mediaResult, body: `{"query":"{ nane }"}`, status: 400, media: mediaResult, hasNot: `"data"`},
		{name: "variable in result media", accept: mediaResult, body: `{"query":"query A($id: ID!) { find(id: $id) }"}`, status: 400, media: mediaResult, hasNot: `"data"`},
		{name: "unknown operation", accept: mediaResult, body: `{"query":"query A { name }","operationName":"B"}`, status: 400, media: mediaResult},
		{name: "failure has data", accept: mediaResult, body: `{"query":"{ explode }"}`, status: 200, media: mediaResult, has: `"data":null`},

		{name: "GET", method: "GET", query: "query={name}", status: 200, has: `{"data":{"name":"x"}}`},
		{name: "GET with variables", method: "GET", query: "query=query A($id:ID!){find(id:$id)}&variables={\"id\":\"1\"}", status: 200, has: `"find"`},
		{name: "GET with bad variables", method: "GET", query: "query={name}&variables=[1]", status: 400},
		{name: "GET with bad extensions", method: "GET", query: "query={name}&extensions={", status: 400},
		{name: "GET without query", method: "GET", status: 400},
		{name: "mutation by GET", method: "GET", query: "query=mutation{rename}", status: 405, allowed: "POST"},
		{name: "mutation by POST", body: `{"query":"mutation { rename }"}`, status: 200, has: "rename"},
		{name: "subscription without stream", body: `{"query":"subscription { tick }"}`, status: 406},

		{name: "deep", accept: mediaResult, body: `{"query":"{ self { self { self { self { self { name } } } } } }"}`, status: 400, media: mediaResult, has: codeTooComplex},
		{name: "as deep as may be", body: `{"query":"{ self { self { self { self { name } } } } }"}`, status: 200, hasNot: "errors"},
		{name: "aliases", body: `{"query":"{ a: name b: name c: name d: name }"}`, status: 200, has: codeTooComplex},
		{name: "wide", body: `{"query":"{` + strings.Repeat(" name", 36) + `}"}`, status: 200, has: codeTooComplex},
		{name: "fragments of fragments", body: `{"query":"{ ...a } fragment a on Query { ...b ...b ...b } fragment b on Query { ...c ...c ...c } fragment c on Query { ...d ...d ...d } fragment d on Query { name }"}`, status: 200, has: codeTooComplex},
		{name: "as many directives as may be", body: `{"query":"{` + strings.Repeat(" name @include(if: true)", 6) + `}"}`, status: 200, hasNot: "errors"},
		{name: "directives on fields", body: `{"query":"{` + strings.Repeat(" name @include(if: true)", 7) + `}"}`, status: 200, has: codeTooComplex},
		{name: "directives on fragments", body: `{"query":"{` + strings.Repeat(" ...a @skip(if: false)", 7) + `} fragment a on Query { name }"}`, status: 200, has: codeTooComplex},
		{name: "directives that leave out", body: `{"query":"{ name ` + strings.Repeat(" ... @skip(if: true) { name }", 7) + `}"}`, status: 200, has: codeTooComplex},
		{name: "a directive repeated", body: `{"query":"{ name` + strings.Repeat(" @skip(if: false)", 2) + `}"}`, status: 200, has: "GRAPHQL_VALIDATION_FAILED"},
		{name: "many of one name", body: `{"query":"{ ...a ...b ` + strings.Repeat(" ", 400) + ` } fragment a on Query {` + strings.Repeat(" name", 16) + `} fragment b on Query {` + strings.Repeat(" name", 16) + `}"}`, status: 200, has: "of one name"},
		{name: "an unknown directive", body: `{"query":"{ name @nope }"}`, status: 200, has: "GRAPHQL_VALIDATION_FAILED"},
		{name: "a fragment of itself", body: `{"query":"{ ...a } fragment a on Query { self { ...a } }"}`, status: 200, has: "GRAPHQL_VALIDATION_FAILED"},
		{name: "fragments in a ring", body: `{"query":"{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }"}`, status: 200, has: "GRAPHQL_VALIDATION_FAILED"},
		{name: "variables in lists in lists", body: `{"query":"{ name }","variables":{"x":` + strings.Repeat("[", 400) + strings.Repeat("]", 400) + `}}`, status: 200, hasNot: "errors"},
		{name: "multipart", content: "multipart/form-data; boundary=x", body: "--x", status: 415},
		{name: "packed", content: "application/json; charset=utf-8; x=gzip", body: "\x1f\x8b", status: 400},
		{name: "defer", body: `{"query":"{ ... @defer { name } }"}`, status: 200, has: codeTooComplex},

		{name: "unknown document", body: `{"documentId":"00"}`, status: 200, has: "PERSISTED_QUERY_NOT_FOUND"},
		{name: "document and query", body: `{"documentId":"00","query":"{ name }"}`, status: 400, has: badRequest},
		{name: "two documents", body: `{"documentId":"00","extensions":{"persistedQuery":{"version":1,"sha256Hash":"01"}}}`, status: 400, has: badRequest},
		{name: "document a number", body: `{"documentId":1}`, status: 400, has: badRequest},
		{name: "unknown persisted query", body: `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}`, status: 200, has: "PERSISTED_QUERY_NOT_FOUND"},
	} {
		t.Run(r.name, func(t *testing.T) { r.check(t, url) })
	}
}

func (r request) check(t *testing.T, base string) {
	t.Helper()
	method := r.method
	if method == "" {
		method = http.MethodPost
	}
	address := base
	if r.query != "" {
		values := url.Values{}
		for pair := range strings.SplitSeq(r.query, "&") {
			name, value, _ := strings.Cut(pair, "=")
			values.Set(name, value)
		}
		address += "?" + values.Encode()
	}
	req, err := http.NewRequest(method, address, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	switch r.content {
	case "":
		req.Header.Set("Content-Type", "application/json")
	case "-":
	default:
		req.Header.Set("Content-Type", r.content)
	}
	req.Header.Set("Accept", r.accept)
	if r.accept == "" {
		req.Header["Accept"] = nil
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	body := string(raw)
	media := r.media
	if media == "" {
		media = mediaJSON
	}
	if resp.StatusCode != r.status {
		t.Errorf("status %d, want %d: %s", resp.StatusCode, r.status, body)
	}
	if got := resp.Header.Get("Content-Type"); got != media+"; charset=utf-8" {
		t.Errorf("content type %q, want %q", got, media)
	}
	if got := resp.Header.Get("Allow"); got != r.allowed {
		t.Errorf("Allow %q, want %q", got, r.allowed)
	}
	if !json.Valid(raw) {
		t.Errorf("not JSON: %s", body)
	}
	if !strings.Contains(body, r.has) {
		t.Errorf("%s lacks %s", body, r.has)
	}
	if r.hasNot != "" && strings.Contains(body, r.hasNot) {
		t.Errorf("%s holds %s", body, r.hasNot)
	}
}

func TestPersistedQueryIsKnownTheSecondTime(t *testing.T) {
	_, _, url := newToy(t)
	named := func(query string) string {
		return fmt.Sprintf(`"extensions":{"persistedQuery":{"version":1,"sha256Hash":"%x"}}`, sha256.Sum256([]byte(query)))
	}
	request{body: `{"query":"{ name }",` + named("{ other }") + `}`, status: 200, has: "does not match"}.check(t, url)
	good := named("{ name }")
	request{body: `{"query":"{ name }",` + good + `}`, status: 200, has: `{"data"`}.check(t, url)
	request{body: `{` + good + `}`, status: 200, has: `{"data":{"name":"x"}}`}.check(t, url)
}

// TestASmallRequestMakesNoLargeAnswer: of very many faults some are told.
func TestASmallRequestMakesNoLargeAnswer(t *testing.T) {
	_, _, url := newToy(t)
	var fields strings.Builder
	for i := range 2 * maxProblems {
		fmt.Fprintf(&fields, " f%d", i)
	}
	answer, err := http.Post(url, "application/json", strings.NewReader(`{"query":"{`+fields.String()+`}"}`))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(body), `"message"`); n != maxProblems {
		t.Errorf("%d faults are told in %d bytes", n, len(body))
	}
}

func TestSlowOperationIsStopped(t *testing.T) {
	_, h, url := newToy(t)
	h.Timeout = time.Millisecond
	request{body: `{"query":"{ slow }"}`, status: 200, has: "deadline exceeded"}.check(t, url)
	h.Timeout = 0 // over before it began
	request{body: `{"query":"{ name }"}`, status: 503, has: "UNAVAILABLE"}.check(t, url)
}

// subscribe opens a stream and returns its lines.
func subscribe(t *testing.T, url, query string) (*http.Response, *bufio.Scanner) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(fmt.Sprintf(`{"query":%q}`, query)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
	})
	return resp, bufio.NewScanner(resp.Body)
}

func lines(s *bufio.Scanner, n int) string {
	var out []string
	for len(out) < n && s.Scan() {
		out = append(out, s.Text())
	}
	return strings.Join(out, "\n")
}

func TestStreamSendsEventsAndCompletes(t *testing.T) {
	schema, _, url := newToy(t)
	resp, s := subscribe(t, url, "subscription { tick }")
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream; charset=utf-8" {
		t.Errorf("content type %q", got)
	}
	for _, tick := range []string{"one", "two"} {
		schema.ticks <- tick
		want := "event: next\ndata: {\"data\":{\"tick\":\"" + tick + "\"}}\n"
		if got := lines(s, 3); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	close(schema.ticks)
	if got := lines(s, 10); got != "event: complete\ndata: \n" {
		t.Errorf("the end: %q", got)
	}
}

func TestStreamSaysWhatIsWrong(t *testing.T) {
	_, _, url := newToy(t)
	_, s := subscribe(t, url, "subscription { tock }")
	got := lines(s, 10)
	if !strings.HasPrefix(got, "event: next\ndata: {\"errors\":[") || !strings.HasSuffix(got, "event: complete\ndata: \n") {
		t.Errorf("got %q", got)
	}
}

func TestStreamHidesAPanic(t *testing.T) {
	_, _, url := newToy(t)
	_, s := subscribe(t, url, "subscription { explode }")
	got := lines(s, 10)
	if !strings.Contains(got, "hidden") || strings.Contains(got, "boom") {
		t.Errorf("got %q", got)
	}
}

func TestStreamAnswersAQueryToo(t *testing.T) {
	_, _, url := newToy(t)
	_, s := subscribe(t, url, "{ name }")
	if got, want := lines(s, 10), "event: next\ndata: {\"data\":{\"name\":\"x\"}}\n\nevent: complete\ndata: \n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSilentStreamIsKeptAlive(t *testing.T) {
	_, h, url := newToy(t)
	h.KeepAlive = time.Millisecond
	_, s := subscribe(t, url, "subscription { tick }")
	if got := lines(s, 4); got != ":\n\n:\n" {
		t.Errorf("got %q", got)
	}
}

func TestStreamOutlivesTheServersTimeouts(t *testing.T) {
	_, h, _ := newToy(t)
	h.KeepAlive = 10 * time.Millisecond
	server := httptest.NewUnstartedServer(h)
	server.Config.ReadTimeout, server.Config.WriteTimeout = 50*time.Millisecond, 50*time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	_, s := subscribe(t, server.URL, "subscription { tick }")
	if got, want := lines(s, 60), strings.TrimSuffix(strings.Repeat(":\n\n", 30), "\n"); got != want {
		t.Errorf("the stream ended early: %q", got)
	}
}

func TestStreamEndsWithTheServer(t *testing.T) {
	_, h, url := newToy(t)
	quit := make(chan struct{})
	h.Quit = quit
	_, s := subscribe(t, url, "subscription { tick }")
	close(quit)
	if got := lines(s, 10); got != "" {
		t.Errorf("got %q, want an end without complete", got)
	}
}

func TestLimitsMustLetSomethingThrough(t *testing.T) {
	if err := (Limits{Depth: 1, Aliases: 1, Directives: 1, SameName: 1}).Validate(nil); err == nil {
		t.Error("limits without fields were accepted")
	}
}
