package main

import (
	"bytes"
	"debug/elf"
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

	"steelyard/store"
	"steelyard/store/storetest"
)

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
