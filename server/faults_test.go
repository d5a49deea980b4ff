package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
	"steelyard/store/storetest"
)

// always is that a fault does not pass.
const always = -1

// TestFaultsBetweenServerAndDatabaseAreSurvived: what passes within moments nobody
// notices, where it can be tried again; what does not pass is a clear answer with its
// code; and when it is over everything goes on without a restart, nothing was done twice,
// and neither connections nor goroutines are left behind.
func TestFaultsBetweenServerAndDatabaseAreSurvived(t *testing.T) {
	dbURL := storetest.URL(t, store.Postgres, true)
	way, through := newUnreliable(t, dbURL)
	watch := newMetrics()
	st, err := store.Open(t.Context(), through, store.Options{System: true, Connections: 4, Observer: watch})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	s := newTestSiteOver(t, st, watch)
	s.start(t)
	tokens := s.links(t, 20)
	patient := s.url
	s.timeout = 500 * time.Millisecond // for who gets no answer: nothing else has to be done in it
	s.start(t)
	hasty := s.url
	for i, c := range []struct {
		with  fault
		times int
		key   models.Key // of the answer; empty: nobody notices
	}{
		{slow, always, ""},
		{refused, 2, ""},
		{refused, always, models.KeyDatabaseAway},
		{tooMany, 2, ""},
		{tooMany, always, models.KeyDatabaseAway},
		{resetAnswer, 1, ""},
		{resetAnswer, always, models.KeyDatabaseAway},
		{cutRequest, 1, ""},
		{cutRequest, always, models.KeyDatabaseAway},
		{conflict, 3, ""},
		{conflict, always, models.KeyOverloaded},
		{deadlock, 2, ""},
		{fullDisk, always, models.KeyNoRoom},
		{lostCommit, 1, models.KeyOutcomeUnknown},
		{silent, always, models.KeyTooMuch},
	} {
		t.Run(fmt.Sprint(c.with, ", ", c.times, " times"), func(t *testing.T) {
			if c.with == tooMany {
				way.breakAll() // only a new connection is one too many
			}
			way.fails(c.with, c.times)
			if s.url = patient; c.with == silent {
				s.url = hasty
			}
			receipt, answer := s.rates(t, tokens[i], c.key == "")
			if c.key == "" && receipt == "" || c.key != "" && !strings.Contains(answer, sentenceOf(c.key)) {
				t.Errorf("got %s, want %q", answer, c.key)
			}
			if c.key != "" && !strings.Contains(answer, `"code":"UNAVAILABLE"`) {
				t.Errorf("%s has not the code of what passes", answer)
			}
			way.fails(faultless, 0)
			s.url = patient
			again, answer := s.rates(t, tokens[i], true)
			if again == "" || receipt != "" && again != receipt {
				t.Errorf("when it is over, the same key gets %s after the receipt %q", answer, receipt)
			}
			eventually(t, "a connection is not given back", func() bool { return st.Pool().InUse == 0 })
		})
	}
	var kept int64
	if err := st.Read(t.Context()).Model(&models.Rating{}).Where("receipt_hash IS NOT NULL").Count(&kept).Error; err != nil || kept != 15 {
		t.Errorf("15 residents have given %d ratings (%v)", kept, err)
	}
	nothingGoesOn(t)
}

// sentenceOf is the English sentence of a key.
func sentenceOf(key models.Key) string {
	return sentence("en", &models.Error{Code: models.CodeUnavailable, Key: key})
}

// links are rating links.
func (s *testSite) links(t *testing.T, n int) []string {
	t.Helper()
	token := s.token(t, accounts.Grant{Subject: "V1", Role: models.RoleOfficial, OfficialRef: "V1", UnitRef: "LX-FW"})
	rows := strings.TrimSuffix(strings.Repeat(`{serviceRef: \"YB\", channel: WINDOW},`, n), ",")
	a := s.send(t, "POST", "/graphql", `{"query":"mutation { recordEncounters(input: {rows: [`+rows+`]}) { lines { invitation { token } } } }"}`,
		"Content-Type", "application/json", "Authorization", "Bearer "+token)
	var got struct {
		Data struct {
			RecordEncounters struct {
				Lines []struct{ Invitation struct{ Token string } }
			}
		}
	}
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || len(got.Data.RecordEncounters.Lines) != n {
		t.Fatalf("no links: %v %s", err, a.body)
	}
	tokens := make([]string, n)
	for i, l := range got.Data.RecordEncounters.Lines {
		tokens[i] = l.Invitation.Token
	}
	return tokens
}

// rates gives a rating, after a look at the link where asked, and returns the receipt, or
// why there is none.
func (s *testSite) rates(t *testing.T, token string, looking bool) (receipt, answer string) {
	t.Helper()
	ask := func(query string) string {
		return s.send(t, "POST", "/graphql", `{"query":"`+strings.ReplaceAll(query, `"`, `\"`)+`"}`,
			"Content-Type", "application/json", "Accept-Language", "en").body
	}
	if looking {
		if seen := ask(fmt.Sprintf(`{ ratingInvitation(token: "%s") { __typename } }`, token)); strings.Contains(seen, "errors") {
			return "", seen
		}
	}
	answer = ask(fmt.Sprintf(`mutation { submitRating(input: {token: "%s", level: 4, idempotencyKey: "%s's key"}) { receipt userErrors { message } } }`, token, token))
	return textAt(answer, "data", "submitRating", "receipt"), answer
}

// nothingGoesOn waits until nobody works on a request or a transaction any more.
func nothingGoesOn(t *testing.T) {
	t.Helper()
	busy := func() string {
		var out bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&out, 2); err != nil {
			t.Fatal(err)
		}
		for _, one := range strings.Split(out.String(), "\n\n") {
			if strings.Contains(one, "steelyard/resolvers.") || strings.Contains(one, "steelyard/services/") || strings.Contains(one, "store.(*Store).postgresTx") {
				return one
			}
		}
		return ""
	}
	eventually(t, "somebody still works", func() bool { return busy() == "" })
}

// eventually waits until something holds.
func eventually(t *testing.T, otherwise string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal(otherwise)
		}
	}
}
