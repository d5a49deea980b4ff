package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows are who may import whom of our own packages: what stands left may use
// what stands right. A package that stands nowhere may use nothing of ours.
var arrows = map[string]string{
	"auditchain":       "models",
	"auth":             "models",
	"auth/keyring":     "models",
	"backup":           "models store",
	"bench/...":        "...",
	"calendar":         "",
	"docs/...":         "report",
	"examples/...":     "examples/...",
	"extract":          "privacy scoring",
	"graph":            "auditchain graph/scalar models services/...",
	"graph/scalar":     "models",
	"messages":         "models",
	"migrations":       "",
	"models":           "",
	"open311":          "messages web/inprocess",
	"pairing":          "",
	"privacy":          "models",
	"report":           "messages models report/font scoring",
	"report/font":      "",
	"resolvers":        "auth auditchain graph messages models services/...",
	"scoring":          "scoring/mixed",
	"scoring/mixed":    "",
	"scoring/simulate": "scoring scoring/mixed",
	"server/overhttp":  "",
	"services/...":     "auth auth/keyring auditchain calendar models pairing privacy report scoring services/audit services/notify store store/lease",
	// Files are what a service says to people.
	"services/assessments": "auth auth/keyring calendar extract messages models privacy report scoring services/audit store store/lease tally",
	// Mails are what a service says to people.
	"services/notify": "auth messages models services/audit store",
	"store":           "calendar migrations models",
	"store/lease":     "models store",
	"store/storetest": "store",
	"tally":           "",
	"web":             "messages report web/inprocess",
	"web/inprocess":   "messages",
}

// TestArrows holds every package to the arrows. The command itself wires all.
func TestArrows(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "steelyard/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := 0
	for line := range strings.Lines(string(out)) {
		names := strings.Fields(strings.ReplaceAll(line, "steelyard/", ""))
		from, imports := names[0], strings.Fields(line)[1:]
		if from == "server" {
			continue
		}
		packages++
		for _, full := range imports {
			to, ours := strings.CutPrefix(full, "steelyard/")
			if ours && !allowed(from, to) {
				t.Errorf("%s may not import %s", from, to)
			}
		}
	}
	if packages < 20 {
		t.Errorf("only %d packages were looked at", packages)
	}
}

func allowed(from, to string) bool {
	rule, known := arrows[from]
	for wild, r := range arrows {
		if prefix, is := strings.CutSuffix(wild, "..."); is && !known && strings.HasPrefix(from, prefix) {
			rule = r
		}
	}
	return slices.ContainsFunc(strings.Fields(rule), func(pattern string) bool {
		prefix, wild := strings.CutSuffix(pattern, "...")
		return pattern == to || wild && strings.HasPrefix(to, prefix)
	})
}
