package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"steelyard/auth"
	"steelyard/graph"
	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/services/guesses"
	"steelyard/services/notify"
	"steelyard/store"
	"steelyard/store/storetest"
)

// secretNames are how arguments and fields are called that take what opens something.
var secretNames = []string{"token", "receipt", "code"}

// withSecrets are the operations of strangers that take a token, receipt or code, each
// written with a wrong one: found in the schema.
func withSecrets(t *testing.T) map[string]string {
	t.Helper()
	schema, list := graph.NewExecutableSchema(graph.Config{}).Schema(), map[string]string{}
	value := func(name string, of *ast.Type) string {
		switch {
		case slices.Contains(secretNames, name):
			return `"` + auth.NewReceipt().Code() + `"`
		case name == "email":
			return `"somebody@example.org"`
		case of.Elem != nil:
			return "[]"
		}
		return map[string]string{"Int": "3", "Boolean": "true", "String": `"a fine text of some length"`}[of.Name()]
	}
	for _, f := range schema.Query.Fields {
		for _, a := range f.Arguments {
			if slices.Contains(secretNames, a.Name) {
				list[f.Name] = "{ " + f.Name + "(" + a.Name + ": " + value(a.Name, a.Type) + ") { __typename } }"
			}
		}
	}
	for _, f := range schema.Mutation.Fields {
		in, takes := f.Arguments.ForName("input"), false
		if in == nil || f.Directives.ForName("public") == nil {
			continue
		}
		var parts []string
		for _, field := range schema.Types[in.Type.Name()].Fields {
			takes = takes || slices.Contains(secretNames, field.Name)
			if field.Type.NonNull {
				parts = append(parts, field.Name+": "+value(field.Name, field.Type))
			}
		}
		if takes {
			list[f.Name] = "mutation { " + f.Name + "(input: {" + strings.Join(parts, ", ") + "}) { userErrors { message } } }"
		}
	}
	if len(list) < 15 {
		t.Fatalf("only %d operations with a secret: %v", len(list), list)
	}
	return list
}

// TestWrongSecretsAreCountedAndMadeToWait: whatever they are tried with, and whoever has
// the right one is not held up by a neighbour's wrong ones.
func TestWrongSecretsAreCountedAndMadeToWait(t *testing.T) {
	s, ask := behindProxy(t, 1_000_000)
	s.app.Notify.Sinks = map[models.DeliveryChannel]notify.Sink{models.DeliveryMail: &notify.LogSink{}}
	counted := func() (n int) {
		t.Helper()
		if err := s.store.Read(t.Context()).Model(&models.FailedGuess{}).Where("prefix LIKE '1-%'").
			Select("coalesce(sum(failures), 0)").Scan(&n).Error; err != nil {
			t.Fatal(err)
		}
		return n
	}
	address := 0
	from := func() string { address++; return fmt.Sprintf("198.51.%d.1", address) }
	for name, wrong := range withSecrets(t) {
		before := counted()
		ask(from(), wrong).want(t, 200)
		if n := counted() - before; n != 1 {
			t.Errorf("%s counts %d wrong guesses: %s", name, n, wrong)
		}
	}
	hr := s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
	bearer := []string{"Authorization", "Bearer " + hr}
	forged := []string{"Authorization", "Bearer " + hr[:len(hr)-4] + "AAAA"}
	upload := "--x\r\nContent-Disposition: form-data; name=\"receipt\"\r\n\r\n" + auth.NewReceipt().Code() +
		"\r\n--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--x--\r\n"
	uploads := func(from string) answer {
		return s.send(t, "POST", "/attachments", upload, "Content-Type", "multipart/form-data; boundary=x", "X-Forwarded-For", from)
	}
	before := counted()
	ask(from(), "{ __typename }", forged...).want(t, 401)
	uploads(from()).want(t, 404)
	s.send(t, "POST", "/sign-in", "token="+forged[1][7:], "Content-Type", "application/x-www-form-urlencoded", "X-Forwarded-For", from()).want(t, 422)
	if n := counted() - before; n != 3 {
		t.Errorf("a forged token, one on the page, and an upload count %d", n)
	}

	opened := ask(from(), `mutation { openCase(input: {title: "a lamp", description: "it is out"}) { receipt } }`)
	receipt := regexp.MustCompile(`[0-9A-Z]{4}(-[0-9A-Z]{4}){6}`).FindString(opened.body)
	lookup := func(receipt string) string {
		return `{ caseByReceipt(receipt: "` + receipt + `") { ref } ratingByReceipt(receipt: "` + receipt + `") { level } }`
	}
	before = counted()
	ask(from(), lookup(receipt)).want(t, 200, `"ref":"`)
	ask(from(), lookup(receipt[:10])).want(t, 200, "null") // mistyped
	if n := counted() - before; n != 0 {
		t.Errorf("a right receipt and a mistyped one count %d", n)
	}

	s.app.Guesses.Most = 2
	wrong, school := lookup(auth.NewReceipt().Code()), "192.0.2.1"
	ask(school, wrong).want(t, 200)
	ask(school, wrong).want(t, 200)
	a := ask(school, wrong)
	wantWait(t, a)
	if strings.Contains(a.body, "caseByReceipt") {
		t.Errorf("who is told to wait learns %s", a.body)
	}
	wantWait(t, ask(school, "{ __typename }", forged...))
	uploads(school).want(t, 429)
	s.send(t, "POST", "/receipt", "receipt="+auth.NewReceipt().Code(), "Content-Type", "application/x-www-form-urlencoded", "X-Forwarded-For", school).want(t, 429)
	// Whoever has the right one there goes on.
	ask(school, lookup(receipt)).want(t, 200, `"ref":"`)
	ask(school, "{ me { subject } }", bearer...).want(t, 200, `"hr"`)
	ask(school, `mutation { withdrawCase(input: {receipt: "`+receipt+`"}) { case { state } } }`).want(t, 200, "WITHDRAWN")

	// The network around it has ten times as many.
	for i := range 14 {
		ask(fmt.Sprintf("192.0.2.%d", 10+i), wrong).want(t, 200)
	}
	wantWait(t, ask("192.0.2.99", wrong))
	ask("192.0.3.1", wrong).want(t, 200)
	wantHas(t, s.log.String(), "somebody guesses")
	if strings.Contains(s.log.String(), "192.0.2") {
		t.Error("the log names who guesses")
	}
}

// TestWrongGuessesAreCountedAndForgotten: by address and network, in every process, for a
// day, in a table of bounded size that names no address.
func TestWrongGuessesAreCountedAndForgotten(t *testing.T) {
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			now := time.Date(2025, 3, 4, 23, 0, 0, 0, time.UTC)
			st := storetest.Open(t, d, store.Options{Now: func() time.Time { return now }})
			one, other := &guesses.Service{Store: st, Key: []byte("k"), Most: 3}, &guesses.Service{Store: st, Key: []byte("k"), Most: 3}
			from := func(address string) []guesses.Source {
				return []guesses.Source{{Prefix: address, Times: 1}, {Prefix: "192.0.2.0/24", Times: 2}}
			}
			note := func(s *guesses.Service, address string, n int, want bool) {
				t.Helper()
				got, err := s.Note(t.Context(), from(address), n)
				if err != nil || got != want {
					t.Errorf("%d of %s at %s: %v, %v", n, address, now.Format("02 15:04"), got, err)
				}
			}
			note(one, "192.0.2.1/32", 3, false)
			note(one, "192.0.2.2/32", 3, false)
			note(other, "192.0.2.2/32", 1, true)  // the address's fourth, though of another process
			note(other, "192.0.2.77/32", 1, true) // the network's eighth
			rows := func() (list []models.FailedGuess) {
				t.Helper()
				if err := st.Read(t.Context()).Order("prefix").Find(&list).Error; err != nil {
					t.Fatal(err)
				}
				return list
			}
			for _, r := range rows() {
				if strings.Contains(r.Prefix, "192") || len(r.Prefix) > 6 || !r.HourAt.Equal(now.Truncate(6*time.Hour)) {
					t.Errorf("a row tells %+v", r)
				}
			}
			if n := len(rows()); n != 4 {
				t.Errorf("%d rows", n)
			}

			now = now.Add(24 * time.Hour)
			note(one, "192.0.2.1/32", 3, false)
			if gone, err := one.Forget(t.Context()); err != nil || gone != 4 || len(rows()) != 2 {
				t.Errorf("%d rows went, %d are left: %v", gone, len(rows()), err)
			}
		})
	}
}
