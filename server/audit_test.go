package main

import (
	"os"
	"os/exec"
	"testing"

	"steelyard/store"
)

// TestAudit holds the whole site to the graphql-http suite's audits of the GraphQL
// over HTTP specification. It needs Node.js and `npm ci` in tools/graphql-http.
func TestAudit(t *testing.T) {
	const folder = "../tools/graphql-http"
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(folder + "/node_modules")
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("the audit suite is not installed (npm ci in tools/graphql-http): %v", err)
	}
	s := newTestSite(t, store.SQLite)
	s.start(t)
	audit := exec.CommandContext(t.Context(), node, "audit.mjs", s.url+"/graphql")
	audit.Dir = folder
	out, err := audit.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	wantHas(t, string(out), "61 of 61 audits met")
}
