package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

type readyCmd struct {
	Addr string `default:"127.0.0.1:8080" help:"Where the server listens: HOST:PORT; of all addresses of this machine the loopback one is asked."`
}

// Help is the longer text of --help.
func (readyCmd) Help() string {
	return "Asks /readyz of a server on this machine, and exits with 1 where requests are not to be sent to it: the health check of containers that hold no other program."
}

// readyWithin is how long a server may take to say that it is ready.
const readyWithin = 3 * time.Second

func (c *readyCmd) Run(s *session) (err error) {
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return fmt.Errorf("--addr %q is not HOST:PORT", c.Addr)
	}
	if ip, failed := netip.ParseAddr(host); host == "" || failed == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(s.ctx, readyWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request) // no proxy of the environment stands between
	if err != nil {
		return fmt.Errorf("it does not answer: %w", err)
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 200))
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return errors.New(strings.TrimSpace(string(text)))
	}
	_, err = s.stdout.Write(text)
	return err
}
