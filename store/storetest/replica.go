package storetest

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// Replica makes a streaming replica of the cluster, which ends with the test and can be
// killed and come back as the cluster itself.
func (m *Mortal) Replica() *Mortal {
	m.t.Helper()
	r := &Mortal{t: m.t}
	r.durable, r.role, r.password = true, m.role, m.password
	m.t.Cleanup(func() {
		if err := errors.Join(r.halt(), os.RemoveAll(r.folder)); err != nil {
			m.t.Error(err)
		}
	})
	if err := r.follow(m.folder); err != nil {
		m.t.Fatal(err)
	}
	return r
}

// follow makes the cluster a replica of the one whose socket lies in a folder.
func (c *cluster) follow(primary string) error {
	folder, err := os.MkdirTemp(memory(), "pg")
	if err != nil {
		return err
	}
	c.folder = folder
	owner, err := clusterOwner()
	if err != nil {
		return err
	}
	if owner != nil {
		if err := os.Chown(folder, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	copying := exec.Command(filepath.Join(findPrograms(), "pg_basebackup"), "-h", primary, "-U", "postgres",
		"-D", filepath.Join(folder, "data"), "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
	copying.Dir = folder
	copying.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
	if out, err := copying.CombinedOutput(); err != nil {
		return fmt.Errorf("pg_basebackup: %w\n%s", err, out)
	}
	if err := c.launch(); err != nil {
		return err
	}
	c.adminURL = (&url.URL{
		Scheme: "postgres", User: url.User("postgres"), Path: "/postgres",
		RawQuery: url.Values{"host": {folder}}.Encode(),
	}).String()
	return c.await()
}

// Beside is where the replica has a database of the cluster that it follows, for whomever
// the URL there is for.
func (m *Mortal) Beside(dbURL string) string {
	u, err := url.Parse(dbURL)
	if err != nil {
		panic(err) // it is one of ours
	}
	u.RawQuery = url.Values{"host": {m.folder}}.Encode()
	return u.String()
}

// Do runs statements as the cluster's own superuser.
func (m *Mortal) Do(statements ...string) {
	m.t.Helper()
	for _, s := range statements {
		if err := m.admin(m.t.Context(), s); err != nil {
			m.t.Fatal(err)
		}
	}
}

// Follows says whether a replica hears of its primary.
func (m *Mortal) Follows() bool {
	m.t.Helper()
	conn, err := pgx.Connect(m.t.Context(), m.adminURL)
	if err != nil {
		m.t.Fatal(err)
	}
	var n int
	err = conn.QueryRow(m.t.Context(), "SELECT count(*) FROM pg_stat_wal_receiver").Scan(&n)
	if err = errors.Join(err, conn.Close(m.t.Context())); err != nil {
		m.t.Fatal(err)
	}
	return n > 0
}
