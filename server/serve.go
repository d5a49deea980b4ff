package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"os"
	"runtime"
	"strings"
	"time"

	"steelyard/auth"
	"steelyard/calendar"
	"steelyard/open311"
	"steelyard/store"
)

type serveCmd struct {
	Network
	Tokens
	OIDC
	Telling
	AuditKeys
	Keeping
	Tracing
	Replicated

	Introspection    bool   `help:"Let anybody read the whole schema by asking; else ADMIN and HR do."`
	TrustedDocuments string `type:"existingpath" placeholder:"FILE|DIR" help:"Run no documents but those of this manifest (steelyard documents, or Apollo's or Relay's tools), or of a folder of them. The pages' own go on."`
	TrustedFor       string `default:"everybody" enum:"everybody,strangers" help:"Who is held to the trusted documents: everybody or strangers."`

	Graphiql    bool          `default:"true" negatable:"" help:"Serve the GraphiQL console at /graphiql."`
	Worker      bool          `default:"true" negatable:"" help:"Make assessment runs and exports in this process, and look finished runs over for flags."`
	SweepEvery  time.Duration `default:"1m" help:"How often lapsed cases and transfers, and answers to be released, are looked for."`
	Connections int           `default:"20" help:"Size of the database pool; of each replica's as well. On SQLite four for each processor at most."`
	LinkDays    int           `default:"30" help:"Days in which a rating link may be used, 1 to 365."`

	RequireAppRole bool `help:"Refuse to start as a role of PostgreSQL that owns the tables or is above their policies."`

	JurisdictionID     string   `name:"jurisdiction-id" placeholder:"ID" help:"The jurisdiction_id of Open311, such as city.example.org; another one is refused. Default: any is taken."`
	APIKey             []string `name:"api-key" placeholder:"TEXT" help:"The api_keys that may file by Open311. Default: everybody may."`
	Attachments        string   `placeholder:"PLACE" help:"Where attachments lie: a folder, or s3://BUCKET?region=…&endpoint=…&use_path_style=true with its keys in the environment. Default: beside an SQLite database, else in the user's configuration folder."`
	SecretFile         string   `placeholder:"PATH" help:"What rating links are signed with; made where there is none. Every process that serves the database needs the same. Default: beside an SQLite database, else in the user's configuration folder."`
	PreviousSecretFile []string `placeholder:"PATH" help:"Secret files whose links still hold."`
}

// Exposure are the flags that say who may come how near.
type Exposure struct {
	PprofAddr    string   `placeholder:"HOST:PORT" help:"Serve Go's profiles at /debug/pprof/ of this address, for operators alone, e.g. 127.0.0.1:6060."`
	MetricsFrom  []string `default:"127.0.0.0/8,::1/128" placeholder:"CIDR" help:"Networks that may read /metrics: what is counted there tells when residents answer."`
	TrustedProxy []string `placeholder:"CIDR" help:"Networks of reverse proxies whose X-Forwarded-For is believed."`
	RateLimit    int      `default:"600" help:"Requests that one account, or a stranger's address, may make in a minute; ten times as many its network; a tenth of them with secrets, and a tenth dear ones; 0: any number."`
}

// Replicated are the flags of PostgreSQL's streaming replicas.
type Replicated struct {
	Replica    []string      `sep:" " placeholder:"URL" help:"A streaming replica of a PostgreSQL database, for what only reads; repeatable, in the variable parted by spaces."`
	ReplicaLag time.Duration `default:"2s" help:"How old the state of a replica may be that is asked."`
}

// Network are the flags of listening.
type Network struct {
	Exposure

	Addr          string        `default:"127.0.0.1:8080" help:"Where to listen: HOST:PORT; port 0 takes a free one."`
	PublicURL     string        `name:"public-url" placeholder:"URL" help:"Where residents reach this server: what rating links begin with. Default: http://ADDR."`
	AllowOrigin   []string      `placeholder:"ORIGIN" help:"Web origins whose pages may call the API, e.g. https://hr.example.org."`
	AtOnce        int           `default:"-1" help:"Operations worked on at once; others wait their turn, residents before reports, and beyond a bound are answered 503. -1: four for each processor; 0: any number."`
	Patience      time.Duration `default:"100ms" help:"How long what residents do waits for its turn before it is answered 503; what officials do ten times, reports forty times as long."`
	MaxBody       int64         `default:"1048576" help:"Largest request, in bytes."`
	MaxComplexity int           `default:"50000" help:"Largest cost of an operation: about the number of fields in its answer."`
	Timeout       time.Duration `default:"30s" help:"How long a query or mutation may take; its statements are cancelled with it."`
	DrainDelay    time.Duration `default:"0s" help:"How long to answer on after readiness has gone false, for load balancers to notice."`
	Drain         time.Duration `default:"15s" help:"How long requests under way have to end."`
	LogFormat     string        `default:"text" enum:"text,json" help:"text or json."`
	LogLevel      slog.Level    `default:"INFO" help:"DEBUG, INFO, WARN or ERROR."`
}

func (c *serveCmd) Run(s *session) error {
	log := c.logger(s.stderr)
	slog.SetDefault(log)
	provider, err := c.provider(s.ctx, c.TokenLeeway, log)
	if err != nil {
		return err
	}
	verifier, err := c.verifier(s, provider, log)
	if err != nil {
		return err
	}
	watch := newMetrics()
	if watch.traces, err = c.traces(s.ctx, log); err != nil {
		return err
	}
	st, err := s.open(store.Options{Connections: c.Connections, Replicas: c.Replica, ReplicaLag: c.ReplicaLag, Observer: watch})
	if err != nil {
		return err
	}
	err = errors.Join(c.serve(s, st, watch, verifier, provider, log), st.Close())
	last, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), lastMoment)
	defer cancel()
	if lost := watch.traces.close(last); lost != nil {
		log.Warn("traces are lost", "error", lost)
	}
	return err
}

func (c *serveCmd) serve(s *session, st *store.Store, watch *metrics, verifier *auth.Verifier, provider *auth.Provider, log *slog.Logger) (err error) {
	defer runtime.KeepAlive(floor(st.Dialect()))
	if err := c.check(); err != nil {
		return err
	}
	if c.LinkDays < 1 || c.LinkDays > 365 {
		return fmt.Errorf("--link-days %d is not between 1 and 365", c.LinkDays)
	}
	if err := c.checkRole(s, st, log); err != nil {
		return err
	}
	m, err := c.means(s, st)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.bucket.Close()) }()
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("listen at --addr: %w", err)
	}
	site, err := c.site(m, verifier, listener, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	site.metrics = watch
	if provider != nil {
		sessions, err := auth.NewSessions(nil, m.secrets.sessions...)
		if err != nil {
			return errors.Join(err, listener.Close())
		}
		site.signInBy(provider, sessions)
	}
	site.app.Ratings.LinkDays = c.LinkDays
	site.app.Retention.CaseMonths, site.app.Retention.CommentMonths = c.RetainCases, c.RetainComments
	site.introspection, site.graphiql = c.Introspection, c.Graphiql
	if site.trusted, err = trust(c.TrustedDocuments, c.TrustedFor); err != nil {
		return errors.Join(err, listener.Close())
	}
	site.open311 = open311.Options{Jurisdiction: c.JurisdictionID, Keys: c.APIKey}
	if err := c.equip(site.app.Notify, site.publicURL, log); err != nil {
		return errors.Join(err, listener.Close())
	}
	if _, err := fmt.Fprintf(s.stdout, "serving at %s\n", site.publicURL); err != nil {
		return errors.Join(err, listener.Close())
	}
	tasks := c.tasks(site, log)
	if c.PprofAddr != "" {
		private, err := net.Listen("tcp", c.PprofAddr)
		if err != nil {
			return errors.Join(fmt.Errorf("listen at --pprof-addr: %w", err), listener.Close())
		}
		tasks = append(tasks, profiles(private, log))
	}
	return site.serve(s.ctx, listener, c.DrainDelay, c.Drain, tasks...)
}

// checkRole says at each start what the database would let the program do that it
// never needs, and refuses to start so where that is wished.
func (c *serveCmd) checkRole(s *session, st *store.Store, log *slog.Logger) error {
	r, err := st.Role(s.ctx)
	switch {
	case err != nil:
		return fmt.Errorf("look at the database's role: %w", err)
	case len(r.Missing) > 0:
		return fmt.Errorf("role %s lacks rights on %s: run steelyard migrate up --app-role %[1]s as the owner", r.Name, strings.Join(r.Missing, ", "))
	case r.Fault() == "":
		return nil
	case c.RequireAppRole:
		return errors.New("--require-app-role: " + unbound(r))
	}
	log.WarnContext(s.ctx, "the database would let this program do more than it needs", "role", unbound(r))
	return nil
}

// means gathers what the services work with, and refuses a key file that is not
// the database's.
func (c *serveCmd) means(s *session, st *store.Store) (means, error) {
	zone, err := s.flags.zone()
	if err != nil {
		return means{}, err
	}
	keys, err := s.flags.keyring()
	if err != nil {
		return means{}, err
	}
	if err := checkKeys(st, keys, s); err != nil {
		return means{}, err
	}
	file := c.SecretFile
	if file == "" {
		if file, err = s.flags.sideFile(secretSuffix); err != nil {
			return means{}, err
		}
	}
	secrets, err := openSecrets(file, c.PreviousSecretFile)
	if err != nil {
		return means{}, err
	}
	if secrets.audit, err = c.open(s, st); err != nil {
		return means{}, err
	}
	days, err := s.flags.days()
	if err != nil {
		return means{}, err
	}
	font, err := s.flags.font()
	if err != nil {
		return means{}, err
	}
	bucket, err := s.flags.bucket(s.ctx, c.Attachments)
	return means{st, keys, zone, days, secrets, bucket, font}, err
}

// readCalendar reads the working days of a file, or those that the program knows.
func readCalendar(path string) (*calendar.Calendar, error) {
	if path == "" {
		return calendar.China()
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the calendar: %w", err)
	}
	days, err := calendar.Parse(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("--calendar %s: %w", path, err)
	}
	return days, nil
}

// site is what is served, of the flags that serve and demo share.
func (n *Network) site(m means, verifier *auth.Verifier, listener net.Listener, log *slog.Logger) (*site, error) {
	allowed, err := newOrigins(n.AllowOrigin)
	if err != nil {
		return nil, err
	}
	trusted, err := newNetworks("trusted-proxy", n.TrustedProxy)
	if err != nil {
		return nil, err
	}
	watchers, err := newNetworks("metrics-from", n.MetricsFrom)
	if err != nil {
		return nil, err
	}
	switch {
	case n.RateLimit < 0:
		return nil, errors.New("--rate-limit is below 0: 0 is no limit")
	case n.AtOnce < -1 || n.Patience <= 0:
		return nil, errors.New("--at-once is a number, 0 for any or -1 for four for each processor, and --patience is above 0")
	case n.MaxBody < 1 || n.MaxComplexity < 1 || n.Timeout <= 0:
		return nil, errors.New("--max-body, --max-complexity and --timeout must be above 0")
	}
	public := strings.TrimSuffix(n.PublicURL, "/")
	if public == "" {
		public = "http://" + listener.Addr().String()
	}
	if !isOrigin(public) {
		return nil, fmt.Errorf("--public-url %q is no address of a site: write https://host", n.PublicURL)
	}
	app, err := m.app()
	if err != nil {
		return nil, err
	}
	return &site{
		store: m.store, app: app, verifier: verifier, zone: m.zone, log: log,
		publicURL: public, origins: allowed, proxies: trusted, watchers: watchers, perMinute: n.RateLimit, atOnce: n.places(), patience: n.Patience,
		maxBody: n.MaxBody, maxComplexity: n.MaxComplexity, timeout: n.Timeout, proveEvery: 3 * time.Second, quit: make(chan struct{}),
	}, nil
}

// perProcessor is how many operations are worked on at once for each processor: while one
// waits for the database others go on.
const perProcessor = 4

// places are how many operations are worked on at once.
func (n *Network) places() int {
	if n.AtOnce < 0 {
		return perProcessor * runtime.GOMAXPROCS(0)
	}
	return n.AtOnce
}

// tasks are what is done beside the requests. Of those that are done as often as others each
// has its own time, a golden section of the interval after the one before, which spreads any
// number of them: together they would keep a request waiting each time.
func (c *serveCmd) tasks(site *site, log *slog.Logger) []background {
	shift := 0.0
	often := func(interval time.Duration, name string, work func(ctx context.Context) (int, error)) background {
		_, shift = math.Modf(shift + math.Phi)
		return every(interval, time.Duration(shift*float64(interval)), site.metrics.turn(log, name, work))
	}
	tasks := []background{
		often(c.SweepEvery, "close unconfirmed cases", site.app.Cases.LapseUnconfirmed),
		often(c.SweepEvery, "take unanswered transfers back", site.app.Cases.LapseTransfers),
		often(c.SweepEvery, "warn of due cases", site.app.Cases.WarnDue),
		often(c.SweepEvery, "end pauses", site.app.Cases.EndPauses),
		often(c.SweepEvery, "mark, escalate and remind", site.app.Cases.Watch),
		often(c.NotifyEvery, "deliver notifications", site.app.Notify.Deliver),
		often(c.SweepEvery, "forget what was told", site.app.Notify.Forget),
		often(sweepAttachments, "delete orphaned attachments", site.app.Attachments.Sweep),
		often(c.SweepEvery, "erase exports", site.app.Exports.Erase),
		often(sweepAttachments, "delete orphaned exports", site.app.Exports.Sweep),
		often(c.SweepEvery, "release ratings", site.app.Ratings.Release),
		often(c.SweepEvery, "count what is published", site.app.Assessments.Tally),
		often(c.SweepEvery, "forget what was needed for a day", site.app.Ratings.Forget),
		often(sweepAttachments, "forget wrong guesses", site.app.Guesses.Forget),
		often(c.SweepEvery, "escalate late replies", site.app.Ratings.Escalate),
		often(c.SweepEvery, "release reviews", site.app.Reviews.Release),
		often(c.SweepEvery, "remind reviewers", site.app.Reviews.RemindDue),
		often(c.SweepEvery, "close review rounds", site.app.Reviews.CloseDue),
		often(c.SweepEvery, "chain audit entries", site.app.Audit.Chain),
		often(goOverChain, "go over the audit chain", site.app.Audit.Watch),
		often(sweepAttachments, "forget tokens that have run out", site.app.Accounts.ForgetTokens),
		often(c.SweepEvery, "erase what is kept no longer", site.app.Retention.Sweep),
		often(c.SweepEvery, "destroy rater keys", site.app.Publications.RetireKeys),
	}
	if c.Worker {
		tasks = append(tasks, alone(site.app.Assessments.Work), alone(site.app.Exports.Work),
			often(c.SweepEvery, "examine runs", site.app.Integrity.Examine)) // it takes memory by what a run rests on
	}
	return tasks
}

func (n *Network) logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: n.LogLevel}
	var h slog.Handler = slog.NewTextHandler(w, options)
	if n.LogFormat == "json" {
		h = slog.NewJSONHandler(w, options)
	}
	return slog.New(withRequestID{h})
}
