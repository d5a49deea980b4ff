package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"steelyard/auth"
	"steelyard/open311"
	"steelyard/privacy"
	"steelyard/resolvers"
	"steelyard/services/backlog"
	"steelyard/store"
	"steelyard/web"
)

// site is everything that is served at one address.
type site struct {
	store    *store.Store
	app      resolvers.App
	verifier *auth.Verifier
	signIn   *signIn // by the organisation's provider; nil: with tokens alone
	zone     *time.Location
	log      *slog.Logger
	metrics  *metrics

	publicURL     string // without a slash at the end
	origins       origins
	proxies       networks
	watchers      networks      // who may read the metrics
	perMinute     int           // requests an account or address may make; 0: any number
	atOnce        int           // operations that are worked on at once; 0: any number
	patience      time.Duration // how long others wait for their turn
	maxBody       int64
	maxComplexity int
	timeout       time.Duration
	proveEvery    time.Duration // how often the caller of a subscription is looked at anew
	introspection bool          // for everybody
	trusted       *trusted      // the documents that are run; nil: any
	graphiql      bool
	open311       open311.Options

	patterns []string      // the routes that are served
	gate     *gate         // nil: everybody is let in
	draining atomic.Bool   // readiness goes false before the listener does
	quit     chan struct{} // closed to end the streams
}

// handler returns the whole site.
func (s *site) handler() (http.Handler, error) {
	m, kinds := s.metrics, newPaces(s.perMinute, s.store.Now)
	waiting := &backlog.Service{Store: s.store, Zone: s.zone, Thresholds: privacy.Default()}
	if err := m.look(&figures{s.store, waiting, s.app.Audit.LastCheck, s.log}); err != nil {
		return nil, err
	}
	s.gate = newGate(s.atOnce, s.patience, m.awayFor)
	s.app.Assessments.Begun, s.app.Exports.Begun = m.jobBegun(jobRun), m.jobBegun(jobExport)
	s.app.Notify.Begun = m.deliveryBegun
	api, err := newGraphQL(&resolvers.Resolver{App: s.app, PublicURL: s.publicURL}, graphqlOptions{
		maxBody: s.maxBody, maxComplexity: s.maxComplexity, timeout: s.timeout,
		introspection: s.introspection, trusted: s.trusted, proveEvery: s.proveEvery, quit: s.quit, metrics: m, paces: kinds, wrong: s.wrong, gate: s.gate, elsewhere: s.readsElsewhere,
	})
	if err != nil {
		return nil, fmt.Errorf("serve the schema: %w", err)
	}
	// What the pages and the network have in common: who asks, in which language.
	api = chain(api, authenticate(s.verifier, s.app.Accounts, s.wrong, s.log), inLanguage)

	uploading := chain(s.upload(), authenticate(s.verifier, s.app.Accounts, s.wrong, s.log), noMachines, inLanguage)
	options := web.Options{Zone: s.zone, Now: s.store.Now, Secure: strings.HasPrefix(s.publicURL, "https://")}
	if s.signIn != nil {
		options.Provider = s.signIn
	}
	pages, err := web.New(api, uploading, options)
	if err != nil {
		return nil, fmt.Errorf("serve the pages: %w", err)
	}

	routes := &entrance{}
	open, protect := s.paced(newPace(s.perMinute, 1, s.store.Now)), s.origins.protect(s.publicURL)
	uploads, work := s.paced(newPace(min(s.perMinute, maxUploads), 1, s.store.Now)), s.paced(kinds[working])
	routes.Handle(schemaPath, chain(api, s.gate.door, open, s.origins.share, protect, s.visitor, s.sightOfClient))
	routes.Handle("POST /attachments", chain(uploading, uploads, s.origins.share, protect))
	routes.Handle("OPTIONS /attachments", s.origins.share(http.NotFoundHandler()))
	routes.Handle("GET /attachments/{link}", open(s.download()))
	routes.Handle("GET /exports/{token}", open(s.fetchExport()))
	routes.Handle("HEAD /exports/{token}", open(s.exportTold()))
	reports := chain(s.streamReport(), authenticate(s.verifier, s.app.Accounts, s.wrong, s.log), noMachines, inLanguage)
	routes.Handle("GET /reports/{file}", chain(reports, open, work, s.gate.admit(reporting), s.origins.share, protect))
	routes.HandleFunc("HEAD /reports/{file}", onlyGet)
	routes.Handle("OPTIONS /reports/{file}", s.origins.share(http.NotFoundHandler()))
	// A listed frontend calls the API; the pages' forms are sent by themselves alone.
	forms := chain(pages, open, origins(nil).protect(s.publicURL), s.visitor, s.sightOfBrowser)
	routes.Handle("/", forms)
	routes.Handle(signIns, s.paced(kinds[guessing])(forms))
	cities := s.open311
	cities.PublicURL, cities.Zone, cities.Now = s.publicURL, s.zone, s.store.Now
	routes.Handle("/open311/v2/", chain(open311.New(api, cities), open, s.origins.share, protect))
	if s.graphiql {
		routes.Handle("GET /graphiql", open(graphiqlPage(s.trusted)))
		routes.Handle("GET /graphiql/", open(graphiqlAssets()))
	}
	routes.HandleFunc("GET /healthz", healthz)
	routes.Handle("GET /readyz", open(http.HandlerFunc(s.readyz)))
	routes.Handle("GET /metrics", onlyFrom(s.watchers, s.proxies)(m.handler()))
	routes.refuseOthers(pages)
	if err := routes.check(pages); err != nil {
		return nil, err
	}
	s.patterns = routes.patterns
	return chain(routes, identify, m.traces.requests(&routes.ServeMux, s.proxies), observe(&routes.ServeMux, m, s.log), harden(strings.HasPrefix(s.publicURL, "https://")), s.gate.crowd), nil
}

// healthz says that the process answers.
func healthz(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") }

// readyz says whether requests should be sent here: not while the server ends, and not
// while the database does not answer. A server that runs goes on over a database that a
// newer program has brought further, so that servers can be exchanged one by one: what a
// step may change is bounded by that.
func (s *site) readyz(w http.ResponseWriter, r *http.Request) {
	if s.draining.Load() {
		say(w, http.StatusServiceUnavailable, "ending")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := s.store.CheckVersion(ctx); err != nil && !errors.Is(err, store.ErrAhead) {
		s.log.WarnContext(ctx, "not ready", "error", err)
		say(w, http.StatusServiceUnavailable, "the database is not ready")
		return
	}
	say(w, http.StatusOK, "ready")
}

func say(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if _, err := io.WriteString(w, text+"\n"); err != nil {
		return // the client has gone: there is nobody to tell
	}
}
