package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// profileTimeout is how long a profile may take to be written.
const profileTimeout = 10 * time.Minute

// profiles serves Go's profiles at a port of their own: they tell what the program does,
// and a heap profile more than that, so nobody but its operator should reach them.
func profiles(listener net.Listener, log *slog.Logger) background {
	if at, ok := listener.Addr().(*net.TCPAddr); ok && !at.IP.IsLoopback() {
		log.Warn("profiles can be read from other machines: keep the port of --pprof-addr closed to them", "addr", at.String())
	}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /debug/pprof/", pprof.Index)
	routes.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	routes.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	routes.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	server := &http.Server{Handler: routes, ReadHeaderTimeout: readHeaderTimeout, WriteTimeout: profileTimeout}
	return func(ctx context.Context) error {
		stop := context.AfterFunc(ctx, func() {
			if err := server.Close(); err != nil {
				log.Warn("stop serving profiles", "error", err)
			}
		})
		defer stop()
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve profiles: %w", err)
		}
		return nil
	}
}
