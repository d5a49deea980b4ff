package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryDefenceNamesItsTest: each attack of the threat model stands beside a defence
// and the tests that fail without it, and those tests are there.
func TestEveryDefenceNamesItsTest(t *testing.T) {
	namesTests(t, "../docs/threat-model.md", "| attack | defence |", 40)
}

// TestEverySentenceNamesItsTest is the same for what is promised.
func TestEverySentenceNamesItsTest(t *testing.T) {
	namesTests(t, "../docs/privacy-walk.md", "| sentence |", 35)
}

// namesTests wants each row of a page's tables with such a head to name tests that are
// there.
func namesTests(t *testing.T, path, head string, least int) {
	t.Helper()
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	there := testsOf(t, "..")
	named, rows := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)`"), 0
	inside := false
	for line := range strings.Lines(string(page)) {
		if !strings.HasPrefix(line, "|") {
			inside = false
			continue
		}
		if strings.HasPrefix(line, head) || inside && strings.HasPrefix(line, "|---") {
			inside = true
			continue
		}
		if !inside {
			continue
		}
		rows++
		tests := named.FindAllStringSubmatch(line, -1)
		if len(tests) == 0 {
			t.Errorf("no test: %s", line)
		}
		for _, test := range tests {
			if !there[test[1]] {
				t.Errorf("%s is no test: %s", test[1], line)
			}
		}
	}
	if rows < least {
		t.Errorf("only %d rows were read", rows)
	}
}

// testsOf are the names of the tests and fuzz targets below a folder.
func testsOf(t *testing.T, folder string) map[string]bool {
	t.Helper()
	names, head := map[string]bool{}, regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9_]+)`)
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range head.FindAllSubmatch(text, -1) {
			names[string(found[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
