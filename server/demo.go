package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"steelyard/auth"
	"steelyard/store"
)

type demoCmd struct {
	Network

	Dir         string `type:"path" placeholder:"DIR" help:"Keep the generated import folder here."`
	AllowRemote bool   `help:"Listen beyond this machine. Whoever reads the printed tokens can be anybody."`
}

// Help is the longer text of --help.
func (demoCmd) Help() string {
	return "An invented district of 300 officials in 2024 and 2025 is generated, imported, assessed and served; its links and tokens are " +
		"printed as KEY=VALUE lines, with queries to paste. Without --db the database is temporary and goes when the command " +
		"ends. A database that demo made before is served as it is, with fresh tokens."
}

func (c *demoCmd) Run(s *session) (err error) {
	if !isLoopback(c.Addr) && !c.AllowRemote {
		return fmt.Errorf("--addr %s is reached from other machines, and demo gives everybody its tokens: add --allow-remote if that is meant", c.Addr)
	}
	log := c.logger(s.stderr)
	slog.SetDefault(log)
	folder, err := os.MkdirTemp("", "steelyard-demo-")
	if err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if s.flags.DB == "" {
		s.flags.DB = "sqlite:" + filepath.Join(folder, "steelyard.db")
	}
	if c.Dir == "" {
		c.Dir = filepath.Join(folder, "district")
	}
	// Taken first, so that a taken address is not found out after the work.
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("listen at --addr: %w", err)
	}
	err = c.prepareAndServe(s, listener, log)
	if closed := listener.Close(); !errors.Is(closed, net.ErrClosed) {
		err = errors.Join(err, closed)
	}
	return err
}

func (c *demoCmd) prepareAndServe(s *session, listener net.Listener, log *slog.Logger) error {
	if err := s.makeDemo(c.Dir); err != nil {
		return err
	}
	watch := newMetrics()
	st, err := s.open(store.Options{Observer: watch})
	if err != nil {
		return err
	}
	return errors.Join(c.serve(s, st, watch, listener, log), st.Close())
}

// serve prints what a visitor needs, then serves. Tokens are signed with a key
// that no other start knows.
func (c *demoCmd) serve(s *session, st *store.Store, watch *metrics, listener net.Listener, log *slog.Logger) (err error) {
	serving := serveCmd{
		Network: c.Network, Telling: Telling{NotifyLog: true, NotifyEvery: demoSweep},
		Introspection: true, Graphiql: true, Worker: true, SweepEvery: demoSweep,
	}
	m, err := serving.means(s, st)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.bucket.Close()) }()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make a signing key: %w", err)
	}
	signer, err := auth.NewSigner(private, demoIssuer, demoIssuer)
	if err != nil {
		return err
	}
	verifier, err := auth.NewVerifier(s.ctx, auth.Config{Issuer: demoIssuer, Audience: demoIssuer, PublicKey: public, Log: log})
	if err != nil {
		return err
	}
	site, err := c.site(m, verifier, listener, log)
	if err != nil {
		return err
	}
	site.introspection, site.graphiql, site.metrics = true, true, watch
	if err := serving.equip(site.app.Notify, site.publicURL, log); err != nil {
		return err
	}
	d := demo{session: s, app: site.app, store: st, signer: signer, url: site.publicURL}
	if err := d.welcome(); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return site.serve(s.ctx, listener, 0, c.Drain, serving.tasks(site, log)...)
}
