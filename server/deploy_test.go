package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"steelyard/store"
)

// deployed reads a file of deploy/.
func deployed(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile("../deploy/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// alertRules are those of deploy/prometheus.
func alertRules(t *testing.T) (rules []struct{ Alert, Expr string }) {
	t.Helper()
	var file struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal([]byte(deployed(t, "prometheus/alerts.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		rules = append(rules, g.Rules...)
	}
	return rules
}

// queries are those of the dashboard, by the title of their panel.
func queries(t *testing.T) map[string]string {
	t.Helper()
	var board struct {
		Panels []struct {
			ID      int
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(deployed(t, "grafana/steelyard.json")), &board); err != nil {
		t.Fatal(err)
	}
	out, places := map[string]string{}, map[[2]int]bool{}
	for _, p := range board.Panels {
		place := [2]int{p.GridPos.X, p.GridPos.Y}
		if places[place] || p.GridPos.W != 12 || p.GridPos.H != 8 || out[p.Title] != "" {
			t.Errorf("panel %d, %q, lies over another, or has its title", p.ID, p.Title)
		}
		places[place] = true
		for _, target := range p.Targets {
			out[p.Title] += target.Expr + "\n"
		}
	}
	return out
}

// TestWhatWatchesNamesWhatIsThere: alerts and dashboard name metrics and labels that a
// server shows, and each alert has its line of what to do.
func TestWhatWatchesNamesWhatIsThere(t *testing.T) {
	s := newTestSite(t, store.SQLite)
	s.start(t)
	s.query(t, "{ me { subject } }").want(t, 200)
	s.metrics.operations.WithLabelValues("query", "me", otherName, "error") // it has not happened
	if _, err := s.app.Audit.Watch(store.Widen(t.Context(), store.Background)); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{nil, io.ErrUnexpectedEOF} {
		s.metrics.turn(s.site.log, "sweep", func(context.Context) (int, error) { return 0, err })(t.Context())
	}
	shown := s.send(t, "GET", "/metrics", "").body
	runbook, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	asked := queries(t)
	for _, r := range alertRules(t) {
		asked[r.Alert] = r.Expr
		if line := regexp.MustCompile(`(?m)^\| ` + "`" + r.Alert + "`" + ` \| .{20,} \| .{20,} \|$`); !line.Match(runbook) {
			t.Errorf("docs/operations.md does not say what %s means and what to do", r.Alert)
		}
	}
	if len(asked) < 30 {
		t.Errorf("only %d alerts and panels were read", len(asked))
	}
	metric := regexp.MustCompile(`\b((?:steelyard|process|go)_[a-z_]+)(?:\{([^}]*)\})?`)
	known := regexp.MustCompile(`^(queue|state|job|outcome)(=|=~)"([^"]+)"$`)
	for of, expr := range asked {
		found := metric.FindAllStringSubmatch(expr, -1)
		if len(found) == 0 && !strings.Contains(expr, "up{") {
			t.Errorf("%s asks for nothing of ours: %s", of, expr)
		}
		for _, m := range found {
			if !strings.Contains(shown, "\n"+m[1]+"{") && !strings.Contains(shown, "\n"+m[1]+" ") && m[1] != "steelyard_assessment_runs_at_stage" {
				t.Errorf("%s asks for %s, which is not shown", of, m[1])
			}
			for _, label := range strings.Split(m[2], ",") {
				values := known.FindStringSubmatch(label)
				if values == nil || label == `job="steelyard"` {
					continue
				}
				for _, value := range strings.Split(values[3], "|") {
					if line := regexp.MustCompile(`(?m)^` + m[1] + `\{.*` + values[1] + `="` + value + `"`); !line.MatchString(shown) {
						t.Errorf("%s asks for %s of %s=%q, which is not shown", of, m[1], values[1], value)
					}
				}
			}
		}
	}
}

// composeFile is what is looked at of compose.yaml.
type composeFile struct {
	Services map[string]struct {
		ReadOnly    bool     `yaml:"read_only"`
		CapDrop     []string `yaml:"cap_drop"`
		SecurityOpt []string `yaml:"security_opt"`
		Privileged  bool
		Command     []string
		Environment map[string]string
		Ports       []string
		Secrets     []string
	}
	Secrets map[string]struct{ File string }
}

func composed(t *testing.T) (file composeFile) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(deployed(t, "compose.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestContainersAreShut: neither file gives a container more than it needs.
func TestContainersAreShut(t *testing.T) {
	_, last, _ := strings.Cut(deployed(t, "Dockerfile"), "\nFROM gcr.io/distroless/static")
	for _, line := range []string{"USER 65532:65532", `ENTRYPOINT ["/steelyard"]`, `CMD ["/steelyard", "ready"]`} {
		if !strings.Contains(last, line) {
			t.Errorf("the image lacks %s", line)
		}
	}
	file := composed(t)
	for name, s := range file.Services {
		if s.Privileged || name != "db" && (!s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true")) {
			t.Errorf("%s may do more than it needs: %+v", name, s)
		}
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s can be reached from outside without TLS: %s", name, port)
			}
		}
		for variable, value := range s.Environment {
			if u, err := url.Parse(value); err == nil && u.User != nil {
				if _, told := u.User.Password(); told {
					t.Errorf("%s of %s holds a password", variable, name)
				}
			}
		}
		for _, secret := range s.Secrets {
			if file.Secrets[secret].File != "./secrets/"+secret {
				t.Errorf("%s of %s comes from no file", secret, name)
			}
		}
	}
	server := file.Services["server"]
	if !slices.Contains(server.Command, "--require-app-role") || slices.Contains(server.Secrets, "owner_pgpass") || !strings.HasPrefix(server.Environment["STEELYARD_DB"], "postgres://steelyard@") {
		t.Errorf("the server is more than the program's role: %+v", server)
	}
}

// TestTheServiceIsShut asks systemd itself, where it is installed.
func TestTheServiceIsShut(t *testing.T) {
	unit := deployed(t, "steelyard.service")
	for _, line := range []string{
		"DynamicUser=yes", "ProtectSystem=strict", "ProtectHome=yes", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "UMask=0077",
		"ExecStart=/usr/local/bin/steelyard serve --require-app-role",
	} {
		if !strings.Contains(unit, "\n"+line+"\n") {
			t.Errorf("the service lacks %s", line)
		}
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("the rest is systemd's to say, which is not installed")
	}
	path := filepath.Join(t.TempDir(), "steelyard.service")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(unit, "/usr/local/bin/steelyard", "/bin/true")), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"verify", path}, {"security", "--offline=true", "--threshold=20", path}} {
		if out, err := exec.CommandContext(t.Context(), analyze, args...).CombinedOutput(); err != nil || args[0] == "verify" && len(bytes.TrimSpace(out)) > 0 {
			t.Errorf("systemd-analyze %s: %v\n%s", args[0], err, out)
		}
	}
}
