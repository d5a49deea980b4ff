package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"steelyard/auth"
	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/store"
)

type doctorCmd struct {
	Tokens
	OIDC
	Telling
	AuditKeys
	Keeping
	Exposure
	Tracing
	Replicated

	Addr        string `default:"127.0.0.1:8080" help:"Where serve is to listen."`
	PublicURL   string `name:"public-url" placeholder:"URL" help:"Where residents reach the server."`
	SecretFile  string `placeholder:"PATH" help:"What rating links are signed with. Default: beside an SQLite database, else in the user's configuration folder."`
	Attachments string `placeholder:"PLACE" help:"Where attachments lie: a folder, or s3://BUCKET. Default: beside an SQLite database, else in the user's configuration folder."`
	Backups     string `type:"path" placeholder:"FOLDER" help:"Where backups are kept on this machine."`
	Connections int    `default:"20" help:"Size of the database pool."`
}

// Help is the longer text of --help.
func (doctorCmd) Help() string {
	return "Looks at what serve would use, by the same flags and variables, and changes nothing. Each line is OK, WARN or FAIL " +
		"and says what mends it; the exit code is 1 where anything fails."
}

// The verdicts of the doctor.
const (
	verdictOK   = "OK"
	verdictWarn = "WARN"
	verdictFail = "FAIL"
)

// finding is one line of the doctor's.
type finding struct{ verdict, subject, text string }

func ok(subject, format string, args ...any) finding {
	return finding{verdictOK, subject, fmt.Sprintf(format, args...)}
}

func warn(subject, format string, args ...any) finding {
	return finding{verdictWarn, subject, fmt.Sprintf(format, args...)}
}

func fail(subject, format string, args ...any) finding {
	return finding{verdictFail, subject, fmt.Sprintf(format, args...)}
}

func (c *doctorCmd) Run(s *session) error {
	findings := c.examine(s)
	failures := 0
	for _, f := range findings {
		if f.verdict == verdictFail {
			failures++
		}
		if _, err := fmt.Fprintf(s.stdout, "%-4s  %-12s  %s\n", f.verdict, f.subject, f.text); err != nil {
			return err
		}
	}
	if failures > 0 {
		return fmt.Errorf("%d of %d checks failed", failures, len(findings))
	}
	return nil
}

func (c *doctorCmd) examine(s *session) []finding {
	findings := []finding{c.zone(s), c.calendar(s)}
	st, found := c.database(s)
	findings = append(findings, found...)
	var epochs []models.KeyEpoch
	if st != nil {
		if err := st.Read(s.ctx).Order("year").Find(&epochs).Error; err != nil {
			findings = append(findings, fail("database", "the years of the rater keys cannot be read: %v", err))
		}
	}
	findings = append(findings, c.keys(s, epochs), c.keyPlaces(s), c.secret(s), c.tokens(s), c.signIn(s), c.address(), c.public(), c.webhooks(), c.mail(s), c.attachments(s), c.retention(), c.backups(),
		c.limits(), c.proxies(), c.metricsFrom(), c.profilesAt(), c.traced(s), memoryLimit("/sys/fs/cgroup", os.Getenv("GOMEMLIMIT")))
	if st != nil {
		findings = append(findings, c.auditKey(s, st), c.work(s, st), machineTokens(s, st))
		if err := st.Close(); err != nil {
			findings = append(findings, fail("database", "it cannot be closed: %v", err))
		}
	}
	return findings
}

func (c *doctorCmd) zone(s *session) finding {
	zone, err := s.flags.zone()
	if err != nil {
		return fail("time zone", "%v", err)
	}
	return ok("time zone", "%s, now %s", zone, time.Now().In(zone).Format("2006-01-02 15:04"))
}

func (c *doctorCmd) calendar(s *session) finding {
	days, err := s.flags.days()
	if err != nil {
		return fail("calendar", "%v", err)
	}
	if year := time.Now().Year(); !days.HasYear(year) {
		return warn("calendar", "%s has no arrangement for %d: Monday to Friday are taken for working days; give a newer file by --calendar",
			days.Jurisdiction(), year)
	}
	return ok("calendar", "%s, %v", days.Jurisdiction(), days.Years())
}

// database opens the database if it is what this program needs; nil otherwise.
func (c *doctorCmd) database(s *session) (*store.Store, []finding) {
	path, isSQLite := strings.CutPrefix(s.flags.DB, "sqlite:")
	if err := s.flags.there(); err != nil {
		return nil, []finding{fail("database", "%v", err)}
	}
	st, err := store.Open(s.ctx, s.flags.DB, store.Options{Connections: 2})
	if err != nil {
		return nil, []finding{fail("database", "%v; check --db", err)}
	}
	if err := st.CheckVersion(s.ctx); err != nil {
		return nil, []finding{fail("database", "%v", errors.Join(err, st.Close()))}
	}
	findings := []finding{ok("database", "%s, up to date", st.URL())}
	if isSQLite {
		return st, append(findings, engineSQLite(s, st), diskSpace(path), filePlace(path), unread(path))
	}
	findings = append(findings, c.enginePostgres(s, st), c.role(s, st), transport(s.flags.DB))
	findings = append(findings, c.replicas(s, st)...)
	settings, err := readSettings(s.ctx, st)
	if err != nil {
		return st, append(findings, fail("settings", "%v", err))
	}
	return st, append(findings, settings.durability(), settings.vacuum(), settings.texts(), settings.clock())
}

func engineSQLite(s *session, st *store.Store) finding {
	var version string
	if err := st.Read(s.ctx).Raw("SELECT sqlite_version()").Scan(&version).Error; err != nil {
		return fail("engine", "%v", err)
	}
	return ok("engine", "SQLite %s", version)
}

// minPostgres is the oldest PostgreSQL that is still maintained.
const minPostgres = 14

func (c *doctorCmd) enginePostgres(s *session, st *store.Store) finding {
	var server struct {
		Version string
		Number  int
		Limit   int
	}
	err := st.Read(s.ctx).Raw(`SELECT current_setting('server_version') AS version,
		current_setting('server_version_num')::integer AS number,
		current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer AS limit`).
		Scan(&server).Error
	switch {
	case err != nil:
		return fail("engine", "%v", err)
	case server.Number/10000 < minPostgres:
		return fail("engine", "PostgreSQL %s is no longer maintained: use %d or newer", server.Version, minPostgres)
	case c.Connections > server.Limit:
		return fail("engine", "PostgreSQL %s allows %d connections and --connections is %d: lower it", server.Version, server.Limit, c.Connections)
	case 2*c.Connections > server.Limit:
		return warn("engine", "PostgreSQL %s allows %d connections and --connections is %d: a second process would not fit",
			server.Version, server.Limit, c.Connections)
	}
	return ok("engine", "PostgreSQL %s, %d connections of %d", server.Version, c.Connections, server.Limit)
}

// role looks at whom the database knows us as: what only an owner may do, the
// application should not be able to.
func (c *doctorCmd) role(s *session, st *store.Store) finding {
	r, err := st.Role(s.ctx)
	switch {
	case err != nil:
		return fail("role", "%v", err)
	case len(r.Missing) > 0:
		return fail("role", "%s lacks rights on %s: run steelyard migrate up --app-role %[1]s as the owner", r.Name, strings.Join(r.Missing, ", "))
	case r.Fault() != "":
		return warn("role", "%s", unbound(r))
	}
	return ok("role", "%s, bound by policies and grants", r.Name)
}

// unbound says what a role could do that the application should not.
func unbound(r store.Role) string {
	what := "it could alter what is only ever added"
	if r.Super || r.Bypass {
		what = "units are kept apart by the program's filters alone"
	}
	return fmt.Sprintf("%s %s: %s; make a role for the application by steelyard migrate up --app-role NAME", r.Name, r.Fault(), what)
}

// keys looks at the rater keys; a wrong file would hash what never matches.
func (c *doctorCmd) keys(s *session, epochs []models.KeyEpoch) finding {
	path, err := s.flags.keyFile()
	if err != nil {
		return fail("rater keys", "%v", err)
	}
	ring, err := keyring.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(epochs) > 0:
		return fail("rater keys", "%s is not there, and the database was made with one: name it by --key-file, or restore it from its own backup", path)
	case errors.Is(err, fs.ErrNotExist):
		return warn("rater keys", "%s is not there yet: it is made when the first key is needed", path)
	case err != nil:
		return fail("rater keys", "%v", err)
	}
	if err := ring.Check(epochs); err != nil {
		return fail("rater keys", "%s", sentence(s.flags.lang(), err))
	}
	return ok("rater keys", "%s fits the database's %d years", path, len(epochs))
}

func (c *doctorCmd) secret(s *session) finding {
	path := c.SecretFile
	if path == "" {
		var err error
		if path, err = s.flags.sideFile(secretSuffix); err != nil {
			return fail("link secret", "%v", err)
		}
	}
	_, err := readSecret(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return warn("link secret", "%s is not there yet: serve makes it; several processes need the same", path)
	case err != nil:
		return fail("link secret", "%v", err)
	}
	return ok("link secret", "%s", path)
}

// auditKey looks for the key that signs the audit chain.
func (c *doctorCmd) auditKey(s *session, st *store.Store) finding {
	path, private, err := c.find(s, st)
	switch {
	case err != nil:
		return fail("audit key", "%v", err)
	case private == nil:
		return warn("audit key", "%s is not there yet: serve makes it; several processes need the same", path)
	}
	return ok("audit key", "%s", path)
}

// tokens looks at what bearer tokens are verified with.
func (c *doctorCmd) tokens(s *session) finding {
	sources := c.sources()
	switch public, err := c.publicKeys(s); {
	case len(sources) == 0 && c.OidcIssuer != "":
		return ok("tokens", "those of %s alone", c.OidcIssuer)
	case len(sources) == 0:
		return warn("tokens", "no key is named that tokens are verified with: serve needs --jwks-file, --jwks-url, --public-key-file, --trust-token-key or --oidc-issuer")
	case err != nil:
		return fail("tokens", "%v", err)
	case c.DevelopmentSecret != "":
		return warn("tokens", "HS256 tokens by --development-secret: whoever knows it can be anybody")
	case len(public) > 0:
		names := make([]string, len(public))
		for i, key := range public {
			names[i] = auth.KeyID(key)
		}
		return ok("tokens", "%s, key %s", strings.Join(sources, ", "), strings.Join(names, ", "))
	default:
		return ok("tokens", "%s", strings.Join(sources, ", "))
	}
}

// signIn asks the organisation's provider where it stands.
func (c *doctorCmd) signIn(s *session) finding {
	provider, err := c.provider(s.ctx, c.TokenLeeway, slog.New(slog.DiscardHandler))
	switch {
	case err != nil:
		return fail("sign-in", "%v", err)
	case provider == nil:
		return ok("sign-in", "with tokens alone")
	}
	if err := provider.Check(s.ctx); err != nil {
		return warn("sign-in", "%v", err)
	}
	if c.OidcSubjectClaim == "email" {
		return warn("sign-in", "by %s; where people may change their address there, they can be anybody here", c.OidcIssuer)
	}
	return ok("sign-in", "by %s", c.OidcIssuer)
}

func (c *doctorCmd) address() finding {
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return warn("address", "%s cannot be listened at now: %v", c.Addr, err)
	}
	if err := listener.Close(); err != nil {
		return warn("address", "%s: %v", c.Addr, err)
	}
	return ok("address", "%s is free", c.Addr)
}

func (c *doctorCmd) public() finding {
	if c.PublicURL == "" {
		return warn("public URL", "rating links will begin with http://%s: name the address that residents reach by --public-url", c.Addr)
	}
	public := strings.TrimSuffix(c.PublicURL, "/")
	if !isOrigin(public) {
		return fail("public URL", "%q is no address of a site: write https://host", c.PublicURL)
	}
	u, err := url.Parse(public)
	switch {
	case err != nil:
		return fail("public URL", "%v", err)
	case u.Scheme == "http" && !isLoopback(net.JoinHostPort(u.Hostname(), "80")):
		return warn("public URL", "%s is not https: ratings would travel in the clear", c.PublicURL)
	}
	return ok("public URL", "%s", c.PublicURL)
}

// Free space below which the doctor warns and fails, in bytes.
const (
	lowSpace  = 2 << 30
	noSpace   = 200 << 20
	megabytes = 1 << 20
)

func diskSpace(path string) finding {
	free, err := freeSpace(filepath.Dir(path))
	switch {
	case err != nil:
		return warn("disk", "how much is free cannot be told: %v", err)
	case free < noSpace:
		return fail("disk", "%d MB are free beside the database: make room", free/megabytes)
	case free < lowSpace:
		return warn("disk", "%d MB are free beside the database", free/megabytes)
	}
	return ok("disk", "%d MB are free", free/megabytes)
}
