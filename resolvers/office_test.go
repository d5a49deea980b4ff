package resolvers_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"gocloud.dev/blob/memblob"
	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/auth/keyring"
	"steelyard/calendar"
	"steelyard/graph"
	"steelyard/messages"
	"steelyard/models"
	"steelyard/privacy"
	"steelyard/resolvers"
	"steelyard/server/overhttp"
	"steelyard/services/accounts"
	"steelyard/services/assessments"
	"steelyard/services/attachments"
	"steelyard/services/audit"
	"steelyard/services/cases"
	"steelyard/services/cycles"
	"steelyard/services/deeds"
	"steelyard/services/exports"
	"steelyard/services/integrity"
	"steelyard/services/notify"
	"steelyard/services/officials"
	"steelyard/services/publications"
	"steelyard/services/ratings"
	"steelyard/services/retention"
	"steelyard/services/reviews"
	"steelyard/store"
	"steelyard/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// The zone of every test.
var zone = time.FixedZone("CST", 8*3600)

// office is the whole application on a database of its own, with a clock that
// the test moves, and an account for everybody who matters:
//
//	root ── north ── north-desk
//	    └── south
type office struct {
	*testing.T
	store *store.Store
	owner *store.Store // of the tables, once it is needed
	app   resolvers.App
	keys  *keyring.Keyring
	http  http.Handler
	now   atomic.Pointer[time.Time]
	ids   map[string]string // of units, officials and services by external id
	// visitor is what requests tell of who has no account.
	visitor auth.Visitor
	// lang is the language that answers come in.
	lang messages.Lang
}

// each runs a test on both databases.
func each(t *testing.T, test func(o *office)) {
	t.Helper()
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			test(newOffice(t, d))
		})
	}
}

func newOffice(t *testing.T, d store.Dialect) *office {
	t.Helper()
	o := emptyOffice(t, d)
	o.furnish()
	return o
}

// emptyOffice knows nobody yet.
func emptyOffice(t *testing.T, d store.Dialect) *office {
	t.Helper()
	o := &office{T: t, ids: map[string]string{}, lang: messages.English}
	o.at("2025-03-04T10:00:00+08:00")
	o.store = storetest.Open(t, d, store.Options{Now: func() time.Time { return *o.now.Load() }})
	var err error
	if o.keys, err = keyring.OpenOrCreate(filepath.Join(t.TempDir(), "test.keys")); err != nil {
		t.Fatal(err)
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		t.Fatal(err)
	}
	invitations, err := auth.NewInvitations(secret)
	if err != nil {
		t.Fatal(err)
	}
	days, err := calendar.Parse(bytes.NewReader(calendar.ChinaJSON()))
	if err != nil {
		t.Fatal(err)
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	callers, err := resolvers.Callers(graph.NewExecutableSchema(graph.Config{}).Schema())
	if err != nil {
		t.Fatal(err)
	}
	o.app = resolvers.App{
		Audit:        &audit.Service{Store: o.store, Key: key, Thresholds: privacy.Default()},
		Accounts:     &accounts.Service{Store: o.store, Callers: callers},
		Assessments:  &assessments.Service{Store: o.store, Keys: o.keys, Zone: zone, Worker: "test", Thresholds: privacy.Default()},
		Cases:        cases.New(o.store, o.keys, zone, days, secret),
		Cycles:       &cycles.Service{Store: o.store},
		Deeds:        &deeds.Service{Store: o.store, Zone: zone, Secret: secret},
		Integrity:    &integrity.Service{Store: o.store, Keys: o.keys, Zone: zone, Days: days, Thresholds: privacy.Default()},
		Notify:       &notify.Service{Store: o.store, Webhooks: [][]byte{secret}, Contacts: [][]byte{secret}},
		Officials:    &officials.Service{Store: o.store},
		Publications: &publications.Service{Store: o.store, Keys: o.keys, Zone: zone, Days: days, Thresholds: privacy.Default(), Secret: secret},
		Ratings:      ratings.New(o.store, o.keys, zone, days, invitations, secret),
		Retention:    &retention.Service{Store: o.store, Zone: zone},
		Reviews:      &reviews.Service{Store: o.store, Keys: o.keys, Zone: zone, Secret: secret, Thresholds: privacy.Default()},
	}
	links, err := auth.NewLinks(secret)
	if err != nil {
		t.Fatal(err)
	}
	o.app.Attachments = &attachments.Service{
		Store: o.store, Bucket: memblob.OpenBucket(nil), Secret: secret, Links: links, ByReceipt: o.app.Cases.ByReceipt, Visible: o.app.Cases.ByIDs,
	}
	o.app.Exports = &exports.Service{
		Store: o.store, Bucket: memblob.OpenBucket(nil), Links: links, Worker: "test",
		Cycle: o.app.Assessments.CycleFor, Prepare: o.app.Assessments.Prepare, Write: o.app.Assessments.WriteExport,
	}
	root := &resolvers.Resolver{App: o.app, PublicURL: "https://rate.example"}
	exec, err := resolvers.Executor(root, graph.ComplexityRoot{})
	if err != nil {
		t.Fatal(err)
	}
	exec.SetQueryCache(lru.New[*ast.QueryDocument](2000))
	exec.Use(extension.Introspection{})
	o.http = &overhttp.Handler{Executor: exec, MaxBody: 1 << 20, Timeout: time.Hour, KeepAlive: time.Minute}
	return o
}

// at moves the clock.
func (o *office) at(moment string) {
	t, err := time.Parse(time.RFC3339, moment)
	if err != nil {
		o.Fatal(err)
	}
	o.now.Store(&t)
}

// later moves the clock by days.
func (o *office) later(days int) {
	t := o.now.Load().AddDate(0, 0, days)
	o.now.Store(&t)
}

// furnish makes the organisation and its accounts.
func (o *office) furnish() {
	position := models.Position{ID: models.NewID(), Name: "window clerk"}
	rows := []any{&position}
	for _, u := range [][2]string{{"root", ""}, {"north", "root"}, {"north-desk", "north"}, {"south", "root"}} {
		unit := &models.OrgUnit{ID: models.NewID(), Ref: u[0], Name: "Office " + u[0]}
		if u[1] != "" {
			parent := o.id(u[1])
			unit.ParentID = &parent
		}
		o.ids[u[0]] = unit.ID.String()
		rows = append(rows, unit)
	}
	for _, p := range [][2]string{{"ann", "north-desk"}, {"bob", "north"}, {"cat", "south"}, {"dan", "south"}} {
		official := &models.Official{ID: models.NewID(), Ref: p[0], UnitID: o.id(p[1]), PositionID: position.ID, Name: "Official " + p[0]}
		o.ids[p[0]] = official.ID.String()
		rows = append(rows, official, &models.Posting{
			ID: models.NewID(), OfficialID: official.ID, UnitID: official.UnitID, PositionID: position.ID, FromOn: models.SinceEver,
		})
	}
	for _, ref := range []string{"passport", "housing"} {
		service := &models.Service{ID: models.NewID(), Ref: ref, Name: "Service " + ref}
		o.ids[ref] = service.ID.String()
		rows = append(rows, service)
	}
	o.write(rows...)
	if err := o.store.InTx(o.Context(), store.RebuildClosure); err != nil {
		o.Fatal(err)
	}
	for _, g := range []accounts.Grant{
		{Subject: "hr-root", Role: models.RoleHR, UnitRef: "root"},
		{Subject: "hr-north", Role: models.RoleHR, UnitRef: "north"},
		{Subject: "hr-south", Role: models.RoleHR, UnitRef: "south"},
		{Subject: "auditor", Role: models.RoleAuditor, UnitRef: "root"},
		{Subject: "auditor-north", Role: models.RoleAuditor, UnitRef: "north"},
		{Subject: "admin", Role: models.RoleAdmin, UnitRef: "root"},
		{Subject: "reply-north", Role: models.RoleReplyOfficer, UnitRef: "north"},
		{Subject: "resident", Role: models.RoleResident},
		{Subject: "ann", Role: models.RoleOfficial, UnitRef: "north-desk", OfficialRef: "ann"},
		{Subject: "bob", Role: models.RoleOfficial, UnitRef: "north", OfficialRef: "bob"},
		{Subject: "cat", Role: models.RoleOfficial, UnitRef: "south", OfficialRef: "cat"},
		{Subject: "dan", Role: models.RoleOfficial, UnitRef: "south", OfficialRef: "dan"},
	} {
		o.grant(g)
	}
}

func (o *office) grant(g accounts.Grant) {
	o.Helper()
	if _, err := o.app.Accounts.Ensure(o.Context(), g); err != nil {
		o.Fatal(err)
	}
}

func (o *office) write(rows ...any) {
	o.Helper()
	err := o.store.InTx(o.Context(), func(tx *store.Tx) error {
		for _, row := range rows {
			if err := tx.Create(row).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		o.Fatal(err)
	}
}

// change writes what no operation can.
func (o *office) change(statement string, args ...any) {
	o.Helper()
	if err := o.tryChange(statement, args...); err != nil {
		o.Fatal(err)
	}
}

// asOwner is the database as who owns its tables sees it.
func (o *office) asOwner() *store.Store {
	o.Helper()
	if o.owner == nil {
		o.owner = storetest.Owner(o.T, o.store)
	}
	return o.owner
}

// tryChange is change for what the database is to refuse, also to who owns it.
func (o *office) tryChange(statement string, args ...any) error {
	o.Helper()
	return o.asOwner().InTx(o.Context(), func(tx *store.Tx) error { return tx.Exec(statement, args...).Error })
}

func (o *office) parse(id string) models.ID {
	o.Helper()
	parsed, err := models.ParseID(id)
	if err != nil {
		o.Fatal(err)
	}
	return parsed
}

// id is the record's id behind an external id.
func (o *office) id(ref string) models.ID {
	o.Helper()
	return o.parse(o.ids[ref])
}

// answer is what the API said.
type answer struct {
	o      *office
	data   any
	Errors []problem
}

// problem is an error of GraphQL's own list.
type problem struct {
	Message    string
	Path       []any
	Extensions map[string]any
}

// actor is the account behind a subject; an empty subject is a stranger.
func (o *office) actor(subject string) auth.Actor {
	o.Helper()
	if subject == "" {
		return auth.Actor{}
	}
	var account models.Account
	if err := o.store.Read(o.Context()).Take(&account, "subject = ?", subject).Error; err != nil {
		o.Fatalf("%s: %v", subject, err)
	}
	actor, err := o.app.Accounts.Actor(o.Context(), auth.Viewer{Subject: subject, Role: account.Role, Epoch: int64(account.TokenEpoch)})
	if err != nil {
		o.Fatalf("%s: %v", subject, err)
	}
	return actor
}

// ask sends one operation; {word} in it stands for the id behind an external id.
// Variables come as name, value.
func (o *office) ask(subject, query string, variables ...any) *answer {
	o.Helper()
	return o.send(o.actor(subject), query, variables...)
}

func (o *office) send(actor auth.Actor, query string, variables ...any) *answer {
	o.Helper()
	for ref, id := range o.ids {
		query = strings.ReplaceAll(query, "{"+ref+"}", `"`+id+`"`)
	}
	vars := map[string]any{}
	for i := 0; i < len(variables); i += 2 {
		vars[variables[i].(string)] = variables[i+1]
	}
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	if err != nil {
		o.Fatal(err)
	}
	ctx := messages.With(auth.WithVisitor(accounts.Enter(context.Background(), actor), o.visitor), o.lang)
	request := httptest.NewRequestWithContext(ctx, "POST", "/graphql", bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(query, "subscription") {
		request.Header.Set("Accept", "text/event-stream")
	}
	response := httptest.NewRecorder()
	o.http.ServeHTTP(connection{response}, request)
	answers := o.read(response)
	return answers[len(answers)-1]
}

// connection is a recorder whose deadlines can be set, as streams need it.
type connection struct{ *httptest.ResponseRecorder }

func (connection) SetReadDeadline(time.Time) error { return nil }

func (connection) SetWriteDeadline(time.Time) error { return nil }

// read reads one answer, or one for each event of a stream.
func (o *office) read(response *httptest.ResponseRecorder) []*answer {
	o.Helper()
	bodies := []string{response.Body.String()}
	if strings.HasPrefix(response.Header().Get("Content-Type"), "text/event-stream") {
		bodies = nil
		for line := range strings.Lines(response.Body.String()) {
			if data, found := strings.CutPrefix(line, "data:"); found && strings.TrimSpace(data) != "" {
				bodies = append(bodies, data)
			}
		}
	}
	answers := make([]*answer, len(bodies))
	for i, body := range bodies {
		out := struct {
			Data   any
			Errors []problem
		}{}
		if err := json.Unmarshal([]byte(body), &out); err != nil {
			o.Fatalf("%v: %s", err, body)
		}
		answers[i] = &answer{o, out.Data, out.Errors}
	}
	if len(answers) == 0 {
		o.Fatalf("no answer: %d %s", response.Code, response.Body)
	}
	return answers
}

// ok asks and wants an answer without any error, of the user's or else.
func (o *office) ok(subject, query string, variables ...any) *answer {
	o.Helper()
	a := o.ask(subject, query, variables...)
	if len(a.Errors) > 0 {
		o.Fatalf("%s: %s: %+v", subject, query, a.Errors)
	}
	if payload, is := a.data.(map[string]any); is {
		for name, p := range payload {
			if fields, is := p.(map[string]any); is && fields["userErrors"] != nil {
				if list := fields["userErrors"].([]any); len(list) > 0 {
					o.Fatalf("%s: %s: %v", subject, name, list)
				}
			}
		}
	}
	return a
}

// get follows a path of names and places, such as cases.nodes.0.title.
func (a *answer) get(path string) any {
	value := a.data
	for _, step := range strings.Split(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// text is a text at a path; it must be there.
func (a *answer) text(path string) string {
	a.o.Helper()
	s, ok := a.get(path).(string)
	if !ok {
		a.o.Fatalf("no text at %s in %v", path, a.data)
	}
	return s
}

// list is a list at a path; it must be there.
func (a *answer) list(path string) []any {
	a.o.Helper()
	l, ok := a.get(path).([]any)
	if !ok {
		a.o.Fatalf("no list at %s in %v", path, a.data)
	}
	return l
}

// wants compares what stands at a path.
func (a *answer) wants(path string, want any) {
	a.o.Helper()
	if n, ok := want.(int); ok {
		want = float64(n)
	}
	if got := a.get(path); got != want {
		a.o.Errorf("%s is %v, want %v", path, got, want)
	}
}

// refused is the code and field of the first error, wherever it stands.
func (a *answer) refused() (code, field string) {
	if len(a.Errors) > 0 {
		code, _ = a.Errors[0].Extensions["code"].(string)
		field, _ = a.Errors[0].Extensions["field"].(string)
		return code, field
	}
	payload, _ := a.data.(map[string]any)
	for _, p := range payload {
		fields, _ := p.(map[string]any)
		list, _ := fields["userErrors"].([]any)
		if len(list) > 0 {
			first := list[0].(map[string]any)
			code, _ = first["code"].(string)
			field, _ = first["field"].(string)
			return code, field
		}
	}
	return "", ""
}

// refuses wants a code and a field ("" for none).
func (o *office) refuses(subject, code, field, query string, variables ...any) {
	o.Helper()
	a := o.ask(subject, query, variables...)
	if gotCode, gotField := a.refused(); gotCode != code || gotField != field {
		o.Errorf("%s: %s\nrefused with %q (%q), want %q (%q): %v %+v", subject, query, gotCode, gotField, code, field, a.data, a.Errors)
	}
}

// count counts the rows of a table.
func (o *office) count(table string) int64 {
	o.Helper()
	var n int64
	if err := o.store.Read(o.Context()).Table(table).Count(&n).Error; err != nil {
		o.Fatal(err)
	}
	return n
}

// fewest is how few statements something takes: on a busy machine what loaders gather may
// come in two parts, but not each time.
func fewest(n *atomic.Int64, ask func()) int64 {
	least := int64(math.MaxInt64)
	for range 5 {
		n.Store(0)
		ask()
		least = min(least, n.Load())
	}
	return least
}

// statements counts the SQL statements that reading sends from now on.
func (o *office) statements() *atomic.Int64 {
	o.Helper()
	var n atomic.Int64
	add := func(db *gorm.DB) {
		if !db.DryRun { // which is how a subquery is written
			n.Add(1)
		}
	}
	callbacks := o.store.Read(o.Context()).Callback()
	for _, register := range []func() error{
		func() error { return callbacks.Query().After("gorm:query").Register("count:query", add) },
		func() error { return callbacks.Row().After("gorm:row").Register("count:row", add) },
		func() error { return callbacks.Raw().After("gorm:raw").Register("count:raw", add) },
	} {
		if err := register(); err != nil {
			o.Fatal(err)
		}
	}
	return &n
}

const userErrors = " userErrors { code field message } "
