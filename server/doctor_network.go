package main

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// inOrder is a list in words.
func inOrder(words []string) string {
	slices.Sort(words)
	return strings.Join(words, ", ")
}

// limits says whether anybody may ask any number of times.
func (c *doctorCmd) limits() finding {
	switch {
	case c.RateLimit < 0:
		return fail("rate limit", "--rate-limit is below 0: 0 is no limit")
	case c.RateLimit == 0:
		return warn("rate limit", "anybody may guess at links and receipts, and ask for dear things, any number of times: leave --rate-limit out, or give one")
	}
	return ok("rate limit", "%d requests a minute", c.RateLimit)
}

// everywhere says whether a network is all addresses, or so many that it may as well be.
func everywhere(n netip.Prefix) bool { return n.Bits() < 8 }

// proxies says whether addresses are whose they seem to be.
func (c *doctorCmd) proxies() finding {
	trusted, err := newNetworks("trusted-proxy", c.TrustedProxy)
	switch {
	case err != nil:
		return fail("proxies", "%v", err)
	case slices.ContainsFunc(trusted, everywhere):
		return fail("proxies", "--trusted-proxy believes the X-Forwarded-For of everybody: anybody can have any address, and read /metrics; name the proxy's own")
	case len(trusted) == 0 && strings.HasPrefix(c.PublicURL, "https://"):
		return warn("proxies", "%s is ended by a proxy that --trusted-proxy does not name: all strangers have its address, and one rate limit together", c.PublicURL)
	}
	return ok("proxies", "%s", orNone(c.TrustedProxy))
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

// metricsFrom says who may read the metrics.
func (c *doctorCmd) metricsFrom() finding {
	from, err := newNetworks("metrics-from", c.MetricsFrom)
	private := func(n netip.Prefix) bool { return n.Addr().IsPrivate() || n.Addr().IsLoopback() }
	switch {
	case err != nil:
		return fail("metrics", "%v", err)
	case slices.ContainsFunc(from, func(n netip.Prefix) bool { return !private(n) && (everywhere(n) || n.Bits() < n.Addr().BitLen()-8) }):
		return warn("metrics", "--metrics-from %s lets others than your own watch: what is counted there tells when residents answer; name the address of Prometheus", orNone(c.MetricsFrom))
	}
	return ok("metrics", "for %s", orNone(c.MetricsFrom))
}

// profilesAt says who may read the profiles.
func (c *doctorCmd) profilesAt() finding {
	switch {
	case c.PprofAddr == "":
		return ok("profiles", "not served")
	case !isLoopback(c.PprofAddr):
		return warn("profiles", "--pprof-addr %s can be reached from other machines, and a heap profile tells more than the program's own: use 127.0.0.1", c.PprofAddr)
	}
	return ok("profiles", "at %s", c.PprofAddr)
}

// traced calls the collector that traces go to.
func (c *doctorCmd) traced(s *session) finding {
	way, err := c.traces(s.ctx, slog.New(slog.DiscardHandler))
	switch {
	case err != nil:
		return fail("traces", "%v", err)
	case way == nil:
		return ok("traces", "none are sent")
	}
	if err := way.close(s.ctx); err != nil {
		return fail("traces", "%v", err)
	}
	request, err := http.NewRequestWithContext(s.ctx, http.MethodPost, tracesAt(c.OTLPEndpoint), http.NoBody)
	if err != nil {
		return fail("traces", "%v", err)
	}
	request.Header.Set("Content-Type", "application/x-protobuf") // of nothing: an empty request is a right one
	answer, err := (&http.Client{Timeout: 5 * time.Second}).Do(request)
	if err != nil {
		return warn("traces", "no collector answers at %s: the traces are lost, and nothing else is", c.OTLPEndpoint)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<10))
	if closing := answer.Body.Close(); err != nil || closing != nil || answer.StatusCode == http.StatusNotFound {
		return warn("traces", "what answers at %s is no collector: the traces are lost; it is the port of OTLP over HTTP, 4318", c.OTLPEndpoint)
	}
	return ok("traces", "%.3g of all requests, to %s", c.TraceShare, net.JoinHostPort(request.URL.Hostname(), request.URL.Port()))
}
