package main

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

// manifestFile writes the manifest of a frontend with two operations, by the command.
func manifestFile(t *testing.T) (file string, list manifest) {
	t.Helper()
	dir := t.TempDir()
	source, file := filepath.Join(dir, "me.graphql"), filepath.Join(dir, "manifest.json")
	if err := os.WriteFile(source, []byte(`# comment
fragment Who on Me { subject }
query Me { me { ...Who role } }
query Cycles { cycles(first: 1) { nodes { name } } }`), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "", "documents", dir, "--out", file)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &list); err != nil || len(list.Operations) != 2 {
		t.Fatalf("%v: %s", err, raw)
	}
	return file, list
}

// TestOnlyTrustedDocumentsAreRun: by id and by text, for everybody or for strangers, and
// no way round by what somebody else has sent.
func TestOnlyTrustedDocumentsAreRun(t *testing.T) {
	file, list := manifestFile(t)
	me := list.Operations[1]
	if me.Name != "Me" || me.Type != "query" || strings.Contains(me.Body, "comment") || !strings.Contains(me.Body, "fragment Who") {
		t.Fatalf("the manifest has %+v", me)
	}
	s := newTestSite(t, store.SQLite)
	token := s.token(t, accounts.Grant{Subject: "hr", Role: models.RoleHR, UnitRef: "LX"})
	hr := []string{"Authorization", "Bearer " + token}
	post := func(body string, headers ...string) answer {
		t.Helper()
		return s.send(t, "POST", "/graphql", body, append(headers, "Content-Type", "application/json")...)
	}
	apollo := func(id string) string {
		return `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + id + `"}}}`
	}
	const own, refused = "{ me { role } }", "登记过的"
	for _, who := range trustedFor {
		var err error
		if s.trusted, err = trust(file, who); err != nil {
			t.Fatal(err)
		}
		s.start(t)
		for name, a := range map[string]answer{
			"documentId":        post(`{"documentId":"sha256:`+me.ID+`"}`, hr...),
			"bare documentId":   post(`{"documentId":"`+me.ID+`","variables":{}}`, hr...),
			"in the address":    s.send(t, "GET", "/graphql?documentId="+me.ID, "", hr...),
			"Apollo's":          post(apollo(me.ID), hr...),
			"Apollo's, by GET":  s.send(t, "GET", "/graphql?extensions="+url.QueryEscape(apollo(me.ID)[14:len(apollo(me.ID))-1]), "", hr...),
			"the text":          s.query(t, me.Body, hr...),
			"by a stranger, id": post(`{"documentId":"` + me.ID + `"}`),
		} {
			a.want(t, 200, `"me":`)
			if a.status != 200 {
				t.Error(name)
			}
		}
		s.query(t, own).want(t, 200, refused, `"FORBIDDEN"`)
		s.query(t, me.Body+" ").want(t, 200, refused)
		s.query(t, "{ __schema { queryType { name } } }").want(t, 200, refused)
		post(apollo(strings.Repeat("0", 64))).want(t, 200, refused)
		if who == "everybody" {
			s.query(t, own, hr...).want(t, 200, refused)
			s.send(t, "GET", "/graphiql", "").want(t, 200, "trusted documents alone: what is typed")
		} else {
			// What an official has made known by its hash does not become a stranger's.
			known := `{"query":"` + own + `","extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + documentID(own) + `"}}}`
			post(known, hr...).want(t, 200, `"HR"`)
			post(apollo(documentID(own)), hr...).want(t, 200, `"HR"`)
			post(apollo(documentID(own))).want(t, 200, refused)
			s.send(t, "GET", "/graphiql", "").want(t, 200, "Without a token")
		}
		// The pages and Open311 go on: what they ask is written here.
		s.send(t, "POST", "/receipt", "receipt=x", "Content-Type", "application/x-www-form-urlencoded").want(t, 404)
		s.send(t, "GET", "/work", "", "Cookie", "steelyard_session="+token).want(t, 200)
		s.send(t, "GET", "/open311/v2/services.json", "").want(t, 200)
	}
	s.trusted = nil
	s.start(t)
	if a := s.send(t, "GET", "/graphiql", ""); strings.Contains(a.body, "trusted") || strings.Contains(a.body, "NOTE") {
		t.Error("the console speaks of trusted documents where there are none")
	}
}

func TestManifestsAreReadStrictly(t *testing.T) {
	const text = "{ __typename }"
	id := documentID(text)
	for name, c := range map[string]struct {
		raw  string
		good bool
	}{
		"Relay's":             {`{"` + id + `":"` + text + `"}`, true},
		"Apollo's":            {`{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"` + id + `","name":"A","type":"query","body":"` + text + `"}]}`, true},
		"named hash":          {`{"sha256:` + strings.ToUpper(id) + `":"` + text + `"}`, true},
		"another document":    {`{"` + id + `":"{ me { role } }"}`, false},
		"another hash":        {`{"d41d8cd98f00b204e9800998ecf8427e":"` + text + `"}`, false},
		"another version":     {`{"format":"apollo-persisted-query-manifest","version":2,"operations":[]}`, false},
		"no object":           {`["` + text + `"]`, false},
		"no document":         {`{"` + id + `":1}`, false},
		"no JSON":             {`{`, false},
		"nothing":             {`{}`, false},
		"Apollo's of nothing": {`{"format":"apollo-persisted-query-manifest","version":1}`, false},
	} {
		file := filepath.Join(t.TempDir(), "m.json")
		if err := os.WriteFile(file, []byte(c.raw), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{file, filepath.Dir(file)} {
			got, err := readTrusted(path)
			if (err == nil) != c.good || c.good && got[id] != text {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		}
	}
	if _, err := readTrusted(t.TempDir()); err == nil {
		t.Error("an empty folder trusts nothing, and is accepted")
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"` + documentID("{ a }") + `":"{ a }"}`))
	f.Add([]byte(`{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"x"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, err := parseManifest(raw)
		for id, text := range list {
			if err != nil || documentID(text) != id {
				t.Errorf("%q stands for %q: %v", id, text, err)
			}
		}
	})
}

func TestDocumentsThatDoNotFitAreRefused(t *testing.T) {
	for name, source := range map[string]string{
		"no such field": "query A { nothing }", "without a name": "{ me { role } }", "named twice": "query A { me { role } } query A { me { role } }",
		"a fragment missing": "query A { me { ...B } }", "no operation": "fragment B on Me { role }", "no GraphQL": "query",
	} {
		file := filepath.Join(t.TempDir(), "a.graphql")
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, _, err := command(t, "", "documents", file); err == nil {
			t.Errorf("%s: %s", name, out)
		}
	}
	// The pages' own fit.
	wantHas(t, must(t, "", "documents", "../web"), `"name": "Find"`, manifestFormat)
}
