package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const log = `2026-11-26 19:06:24.861 UTC [19368] LOG:  duration: 0.469 ms  bind stmtcache_bc: SELECT 1 FROM accounts
2026-11-26 19:06:24.861 UTC [19368] DETAIL:  parameters: $1 = 'CITY'
2026-11-26 19:06:24.861 UTC [19368] LOG:  duration: 0.062 ms  execute stmtcache_bc: SELECT a.*, now()::date
		FROM accounts AS a WHERE a.ref = $1 AND subject = $2 AND $3::uuid IS NULL
2026-11-26 19:06:24.861 UTC [19368] DETAIL:  parameters: $1 = 'it''s', $2 = '', $3 = NULL
2026-11-26 19:06:24.870 UTC [19368] LOG:  checkpoint complete
2026-11-26 19:06:24.871 UTC [19377] LOG:  duration: 3.112 ms  execute stmtcache_ba: SELECT * FROM officials WHERE id = ANY($1) LIMIT 51
2026-11-26 19:06:24.871 UTC [19377] DETAIL:  parameters: $1 = '{a,b}'
2026-11-26 19:06:24.872 UTC [19377] LOG:  duration: 3.112 ms  execute stmtcache_bb: SELECT 2
`

// TestStatementsBecomeAScript with their arguments as variables, in the order of the log.
func TestStatementsBecomeAScript(t *testing.T) {
	folder := t.TempDir()
	script, variables := filepath.Join(folder, "script"), filepath.Join(folder, "variables")
	if err := run([]string{script, variables}, strings.NewReader(log)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		script: "SELECT a.*, now()::date\n\tFROM accounts AS a WHERE a.ref = :s1p1 AND subject = '' AND NULL::uuid IS NULL;\n\n" +
			"SELECT * FROM officials WHERE id = ANY(:s2p1) LIMIT 51;\n\nSELECT 2;\n",
		variables: "-Ds1p1=it's\n-Ds2p1={a,b}\n",
	} {
		got, err := os.ReadFile(name)
		if err != nil || string(got) != want {
			t.Errorf("%s: %v\n%s\nwant\n%s", filepath.Base(name), err, got, want)
		}
	}
}

// TestALogThatTellsTooLittle is refused.
func TestALogThatTellsTooLittle(t *testing.T) {
	for text, want := range map[string]string{
		"":                                       "no statement",
		strings.Replace(log, "$3 = NULL", "", 1): "no value",
		strings.Replace(log, "'{a,b}'", "{a,b}", 1):    "no argument",
		strings.Replace(log, "$2 = ", "$0 = ", 1):      "no argument",
		strings.Replace(log, "'{a,b}'", "'a\n\tb'", 1): "no argument",
	} {
		if _, _, err := convert(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v instead of %s", err, want)
		}
	}
	if err := run(nil, nil); err == nil {
		t.Error("it wrote nowhere")
	}
}

// FuzzConvert: whatever a log holds, each place of a script has its variable.
func FuzzConvert(f *testing.F) {
	f.Add(log)
	f.Fuzz(func(t *testing.T, text string) {
		_, variables, err := convert(strings.NewReader(text))
		if err != nil {
			return
		}
		for line := range strings.Lines(variables) {
			if !strings.HasPrefix(line, "-Ds") || !strings.Contains(line, "=") {
				t.Errorf("%q is no variable, of %q", line, text)
			}
		}
	})
}
