package main

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"steelyard/store"
	"steelyard/store/storetest"
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
	for _, err := range []error{nil, io.ErrUnexpectedEOF} {
		s.metrics.turns("sweep", func(context.Context) (int, error) { return 0, err })(t.Context())
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

// image is the image's content without a container engine: the program alone in a root of
// its own, as the user that it runs as, who can write to /data, /keys and /tmp alone.
type image struct {
	root string
	env  []string
}

// nobody is who the image runs as.
const nobody = 65532

func newImage(t *testing.T, env ...string) *image {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root gives a program a root of its own")
	}
	if own, err := elf.Open(os.Args[0]); err != nil {
		t.Fatal(err)
	} else if libraries, err := own.ImportedLibraries(); errors.Join(err, own.Close()) != nil || len(libraries) > 0 && os.Getenv("CI") != "true" {
		t.Skipf("releases are built with CGO_ENABLED=0, and this needs %v: %v", libraries, err)
	}
	root := t.TempDir()
	program, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "steelyard"), program, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"data", "keys", "tmp", "run"} {
		path := filepath.Join(root, folder)
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if folder != "run" {
			if err := os.Chown(path, nobody, nobody); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	env = append(env, asProgram+"=1")
	for _, m := range regexp.MustCompile(`(?m)\b(STEELYARD_\w+|XDG_CONFIG_HOME)=(\S+)`).FindAllStringSubmatch(deployed(t, "Dockerfile"), -1) {
		if m[1] != "STEELYARD_ADDR" {
			env = append(env, m[0])
		}
	}
	return &image{root, env}
}

// command is the program in the image.
func (i *image) command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), "/steelyard", args...)
	c.Path, c.Dir, c.Env = "/steelyard", "/", append(slices.Clone(i.env), env...)
	c.SysProcAttr = &syscall.SysProcAttr{Chroot: i.root, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	return c
}

// overTCP passes on what comes at a port to a socket in a folder, which a program in a root
// of its own does not see.
func overTCP(t *testing.T, socket string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	})
	pass := func(to, from net.Conn) {
		_, err := io.Copy(to, from)
		if err := errors.Join(err, to.Close()); err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
			t.Logf("between server and database: %v", err)
		}
	}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return // it is closed
			}
			far, err := net.Dial("unix", socket)
			if err != nil {
				t.Error(err)
				return
			}
			go pass(near, far)
			go pass(far, near)
		}
	}()
	return listener.Addr().String()
}

// TestTheImageServesByItsRoles does what compose.yaml does: the script that makes the
// database's roles, the owner's steps, the server as the other role, with passwords from
// files, and its own health check, in a root that holds the program alone.
func TestTheImageServesByItsRoles(t *testing.T) {
	if testing.Short() {
		t.Skip("makes a database")
	}
	admin, err := url.Parse(storetest.URL(t, store.Postgres, false))
	if err != nil {
		t.Fatal(err)
	}
	i := newImage(t)
	secrets := t.TempDir()
	for name, content := range map[string]string{
		"owner_password": "owner's \"word\"\n", "program_password": "word\n",
		"owner_pgpass": "*:*:*:steelyard_owner:owner's \"word\"\n", "program_pgpass": "*:*:*:steelyard:word\n",
	} {
		folder := secrets
		if strings.HasSuffix(name, "_pgpass") {
			folder = filepath.Join(i.root, "run")
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	password, _ := admin.User.Password()
	psql := append(os.Environ(), "SECRETS="+secrets, "PGPASSWORD="+password, "POSTGRES_USER="+admin.User.Username())
	host := admin.Host
	if socket := admin.Query().Get("host"); socket != "" {
		psql, host = append(psql, "PGHOST="+socket), overTCP(t, filepath.Join(socket, ".s.PGSQL.5432"))
	} else {
		psql = append(psql, "PGHOST="+admin.Hostname(), "PGPORT="+admin.Port())
	}
	script := exec.CommandContext(t.Context(), "sh", "../deploy/postgres/roles.sh")
	script.Env = psql
	if out, err := script.CombinedOutput(); err != nil {
		t.Fatalf("roles.sh: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		drop := exec.Command("psql", "-qd", "postgres", "-U", admin.User.Username(), "-c", "DROP DATABASE steelyard WITH (FORCE)",
			"-c", "DROP ROLE steelyard", "-c", "DROP ROLE steelyard_owner")
		drop.Env = psql
		if out, err := drop.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	at := func(role, file string) []string {
		return []string{fmt.Sprintf("STEELYARD_DB=postgres://%s@%s/steelyard?passfile=/run/%s", role, host, file)}
	}
	if out, err := i.command(t, at("steelyard_owner", "owner_pgpass"), "migrate", "up", "--app-role", "steelyard").CombinedOutput(); err != nil {
		t.Fatalf("migrate: %v\n%s", err, out)
	}
	program := at("steelyard", "program_pgpass")
	if out, err := i.command(t, program, "token", "--role", "ADMIN", "--subject", "admin").CombinedOutput(); err != nil {
		t.Fatalf("token: %v\n%s", err, out)
	}
	serve := i.command(t, append(program, "STEELYARD_ADDR=127.0.0.1:0"), composed(t).Services["server"].Command...)
	out, err := serve.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	serve.Stderr = &log
	serve.Cancel = func() error { return serve.Process.Signal(syscall.SIGTERM) }
	serve.WaitDelay = 10 * time.Second
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 100)
	n, err := out.Read(said)
	_, address, found := strings.Cut(strings.TrimSpace(string(said[:n])), "serving at http://")
	if err != nil || !found {
		t.Fatalf("%q, %v\n%s", said[:n], err, &log)
	}
	ready := i.command(t, nil, "ready", "--addr", address)
	if told, err := ready.CombinedOutput(); err != nil || string(told) != "ready\n" {
		t.Errorf("ready: %q, %v\n%s", told, err, &log)
	}
	if err := serve.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := serve.Wait(); err != nil {
		t.Errorf("%v\n%s", err, &log)
	}
	if told, err := i.command(t, nil, "ready", "--addr", address).CombinedOutput(); err == nil || !strings.Contains(string(told), "does not answer") {
		t.Errorf("who serves no more is ready: %q, %v", told, err)
	}
	for _, folder := range []string{"data", "keys"} {
		if written, err := os.ReadDir(filepath.Join(i.root, folder)); err != nil || len(written) == 0 {
			t.Errorf("nothing was written to /%s: %v", folder, err)
		}
	}
}
