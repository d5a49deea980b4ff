package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"steelyard/store"
	"steelyard/store/storetest"
)

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(storetest.Main(m))
}

// command runs the program with arguments, on a database of the test's own.
func command(t *testing.T, dbURL string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	if dbURL != "" {
		args = append(args, "--db", dbURL)
	}
	// A command that serves, where it should refuse, must not serve for ever.
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	err = run(ctx, args, &out, &errs)
	return out.String(), errs.String(), err
}

// fresh is a database that is not there yet.
func fresh(t *testing.T) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "steelyard.db")
}

// must runs a command that has to go well, and returns what it printed.
func must(t *testing.T, dbURL string, args ...string) string {
	t.Helper()
	stdout, stderr, err := command(t, dbURL, args...)
	if err != nil {
		t.Fatalf("%v: %v\n%s\n%s", args, err, stdout, stderr)
	}
	return stdout
}

// wantHas says which of the words a text lacks.
func wantHas(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("lacks %q:\n%s", w, text)
		}
	}
}

func TestEveryFlagHasItsVariable(t *testing.T) {
	var c cli
	parser, err := newParser(&c, os.Stdout, os.Stderr, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	flags := 0
	var walk func(n *kong.Node)
	walk = func(n *kong.Node) {
		for _, f := range n.Flags {
			if f.Name == "help" {
				continue
			}
			flags++
			want := []string{"STEELYARD_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))}
			if !reflect.DeepEqual(f.Envs, want) {
				t.Errorf("%s --%s has variables %v, want %v", n.FullPath(), f.Name, f.Envs, want)
			}
			if f.Help == "" || !strings.HasSuffix(f.Help, ".") {
				t.Errorf("%s --%s: help %q is no sentence", n.FullPath(), f.Name, f.Help)
			}
		}
		for _, child := range n.Children {
			walk(child)
		}
	}
	walk(parser.Model.Node)
	if flags < 40 {
		t.Errorf("saw %d flags", flags)
	}
}

func TestVariableIsReadAndFlagWins(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("STEELYARD_DB", "sqlite:"+filepath.Join(dir, "variable.db"))
	must(t, "", "migrate", "up")
	if _, err := os.Stat(filepath.Join(dir, "variable.db")); err != nil {
		t.Error(err)
	}
	must(t, "sqlite:"+filepath.Join(dir, "flag.db"), "migrate", "up")
	if _, err := os.Stat(filepath.Join(dir, "flag.db")); err != nil {
		t.Error(err)
	}
}

func TestHelp(t *testing.T) {
	for _, c := range []struct {
		args  []string
		words []string
	}{
		{nil, []string{"Start with: steelyard demo", "serve", "doctor"}},
		{[]string{"--help"}, []string{"STEELYARD_DB", "simulate"}},
		{[]string{"serve", "--help"}, []string{"--jwks-url", "STEELYARD_ADDR", "127.0.0.1:8080"}},
		{[]string{"import", "--help"}, []string{"--skip-bad-rows", "file:line column=value"}},
		{[]string{"assess", "--help"}, []string{"--period", "--verify"}},
		{[]string{"simulate", "--help"}, []string{"plain: ", "--seeds"}},
		{[]string{"token", "--help"}, []string{"REPLY_OFFICER", "--trust-token-key"}},
		{[]string{"doctor", "--help"}, []string{"WARN"}},
		{[]string{"demo", "--help"}, []string{"KEY=VALUE", "--allow-remote"}},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			// Lines are broken where the window ends.
			wantHas(t, strings.Join(strings.Fields(must(t, "", c.args...)), " "), c.words...)
		})
	}
}

func TestCommandsSayWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	db := "sqlite:" + filepath.Join(dir, "steelyard.db")
	must(t, db, "migrate", "up")
	badPolicy := filepath.Join(dir, "policy.json")
	if err := os.WriteFile(badPolicy, []byte(`{"satisfaction":{"weight":3,"minimumN":1}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "report.csv")
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"unknown command", []string{"fly"}, "steelyard --help"},
		{"unknown flag", []string{"serve", "--wings"}, "--wings"},
		{"zone", []string{"assess", "--period", "2025-01-01/2025-12-31", "--out", out, "--timezone", "Moon/Base"}, "Asia/Shanghai"},
		{"language", []string{"migrate", "status", "--lang", "fr"}, "--lang"},
		{"no period", []string{"assess", "--out", out}, "--period"},
		{"period form", []string{"assess", "--period", "2025", "--out", out}, "2025-01-01/2025-12-31"},
		{"period backwards", []string{"assess", "--period", "2025-12-31/2025-01-01", "--out", out, "--lang", "en"}, "lies before"},
		{"form", []string{"assess", "--period", "2025-01-01/2025-12-31", "--out", "report.docx"}, ".csv"},
		{"verify with period", []string{"assess", "--verify", "x", "--period", "2025-01-01/2025-12-31"}, "goes alone"},
		{"verify nonsense", []string{"assess", "--verify", "x", "--lang", "en"}, "is not an id"},
		{"verify unknown", []string{"assess", "--verify", "01a214de-dbdc-7659-a1ef-26b73b2b481a", "--lang", "en"}, "no such assessment run"},
		{"unit", []string{"assess", "--period", "2025-01-01/2025-12-31", "--out", out, "--unit", "NOPE", "--lang", "en"}, "no such unit"},
		{"policy file missing", []string{"assess", "--period", "2025-01-01/2025-12-31", "--out", out, "--policy", "nowhere.json"}, "nowhere.json"},
		{"policy", []string{"assess", "--period", "2025-01-01/2025-12-31", "--out", out, "--policy", badPolicy}, "satisfaction.weight"},
		{"world", []string{"simulate", "--worlds", "narnia"}, "plain"},
		{"seeds", []string{"simulate", "--seeds", "0"}, "--seeds"},
		{"no token key", []string{"serve", "--trust-token-key"}, "steelyard token makes"},
		{"role", []string{"token", "--role", "BOSS", "--subject", "x", "--lang", "en"}, "RESIDENT, OFFICIAL"},
		{"no role", []string{"token", "--subject", "x"}, "--role"},
		{"token's unit", []string{"token", "--role", "HR", "--subject", "x", "--unit", "NOPE", "--lang", "en"}, "no such unit"},
		{"no folder", []string{"import", filepath.Join(dir, "nothing")}, "nothing"},
		{"no keys", []string{"serve"}, "--trust-token-key"},
		{"HS256 without its flag", []string{"serve", "--development-secret", strings.Repeat("x", 32)}, "needs its flag"},
		{"demo for everybody", []string{"demo", "--addr", "0.0.0.0:0"}, "--allow-remote"},
		{"origin", []string{"serve", "--addr", "127.0.0.1:0", "--allow-origin", "*", "--development-secret", strings.Repeat("x", 32), "--allow-development-secret"}, "is no origin"},
		{"proxy", []string{"serve", "--addr", "127.0.0.1:0", "--trusted-proxy", "proxy", "--development-secret", strings.Repeat("x", 32), "--allow-development-secret"}, "is no network"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := command(t, db, c.args...)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a refused assessment left a report behind")
	}
}

func TestDatabaseThatIsBehindIsRefusedWithTheCommand(t *testing.T) {
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			db := storetest.URL(t, d, false)
			keys := filepath.Join(t.TempDir(), "keys")
			must(t, db, "migrate", "up")
			wantHas(t, must(t, db, "migrate", "status"), "applied")
			wantHas(t, must(t, db, "migrate", "down"), "taken back")
			for _, args := range [][]string{
				{"import", "../examples/village"},
				{"assess", "--period", "2025-01-01/2025-12-31", "--out", filepath.Join(t.TempDir(), "r.csv")},
				{"token", "--role", "ADMIN", "--subject", "x", "--signing-key-file", filepath.Join(t.TempDir(), "key.pem")},
				{"serve", "--development-secret", strings.Repeat("x", 32), "--allow-development-secret"},
			} {
				_, _, err := command(t, db, append(args, "--key-file", keys)...)
				if err == nil || !strings.Contains(err.Error(), "steelyard migrate up") {
					t.Errorf("%s: got %v, want the command", args[0], err)
				}
			}
		})
	}
}

func TestInterruptedCommandSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	err := run(ctx, []string{"simulate", "--seeds", "1", "--worlds", "plain"}, &out, &out)
	if err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("got %v", err)
	}
}

// TestACommandThatWaitsOnAPipeEndsWhenItIsInterrupted, although nothing ever comes.
func TestACommandThatWaitsOnAPipeEndsWhenItIsInterrupted(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if _, err := exec.LookPath("mkfifo"); err != nil && os.Getenv("CI") != "true" {
		t.Skip("no named pipes here")
	}
	if out, err := exec.Command("mkfifo", pipe).CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	err := run(ctx, []string{"recompute", "--sheet", pipe}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("%v", err)
	}
	// Whoever waits at the other end is let go.
	if w, err := os.OpenFile(pipe, os.O_WRONLY, 0); err != nil || w.Close() != nil {
		t.Error(err)
	}
}
