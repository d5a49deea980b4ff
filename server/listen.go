package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"steelyard/store"
)

// How long a connection may take for what.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
	// writeMargin is what an answer may take beyond the operation's own timeout.
	writeMargin = 30 * time.Second
)

// background is work beside the requests; it ends with its context.
type background func(ctx context.Context) error

// serve answers requests at a listener until ctx ends, and does the background
// work meanwhile. Then it drains: readiness goes false, and drainDelay later the
// listener closes; requests under way have drain to end, streams are cut. The
// background work ends last. A background task that fails ends the server.
func (s *site) serve(ctx context.Context, listener net.Listener, delay, drain time.Duration, tasks ...background) error {
	h, err := s.handler()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	// Requests under way outlive ctx: they end by themselves or with this one.
	requests, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	server := &http.Server{
		Handler: h, BaseContext: func(net.Listener) context.Context { return requests },
		ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout,
		WriteTimeout: s.timeout + writeMargin, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	group, failing := errgroup.WithContext(work)
	for _, task := range tasks {
		group.Go(func() error { return task(failing) })
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	select {
	case <-ctx.Done():
		s.log.InfoContext(ctx, "ending", "cause", context.Cause(ctx))
	case <-failing.Done():
		s.log.ErrorContext(ctx, "ending: background work failed", "error", context.Cause(failing))
	case err = <-served:
		err = fmt.Errorf("serve: %w", err)
	}
	s.draining.Store(true)
	if ctx.Err() != nil {
		wait(requests, delay)
	}
	close(s.quit)
	patience, cancel := context.WithTimeout(requests, drain)
	defer cancel()
	if late := server.Shutdown(patience); late != nil {
		s.log.WarnContext(ctx, "requests were cut off", "error", late)
		abandon()
		err = errors.Join(err, server.Close())
	}
	stopWork()
	return errors.Join(err, group.Wait())
}

func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// every takes a turn at once, another after a while, and then one in each interval, until
// ctx ends. What failed in one the next tries again.
func every(interval, first time.Duration, turn func(ctx context.Context)) background {
	return func(ctx context.Context) error {
		ctx = store.Aside(store.Widen(ctx, store.Background))
		turn(ctx)
		wait(ctx, first)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for ctx.Err() == nil {
			turn(ctx)
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
		}
		return nil
	}
}

// alone is work that nobody's scope bounds, and that nobody waits for.
func alone(work background) background {
	return func(ctx context.Context) error { return work(store.Aside(store.Widen(ctx, store.Background))) }
}

// isLoopback says whether an address is reached from this machine alone.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
