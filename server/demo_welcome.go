package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/resolvers"
	"steelyard/services/accounts"
	"steelyard/services/ratings"
	"steelyard/store"
)

// demoTTL is how long a demo's tokens hold.
const demoTTL = 7 * 24 * time.Hour

// demo is a demonstration that is about to be served.
type demo struct {
	session *session
	app     resolvers.App
	store   *store.Store
	signer  *auth.Signer
	url     string
}

// line is a KEY=VALUE line.
type line struct{ key, value string }

// welcome prints the links and tokens, a line each, and queries to paste.
func (d *demo) welcome() error {
	cycle, err := store.Take[models.Cycle](d.store.Read(d.session.ctx).Where("name = ?", demoName), "Cycle")
	if err != nil {
		return err
	}
	official, err := d.official(cycle)
	if err != nil {
		return err
	}
	tokens, err := d.tokens(official)
	if err != nil {
		return err
	}
	link, receipt, err := d.ratings(official)
	if err != nil {
		return err
	}
	lines := []line{{"GRAPHQL_URL", d.url + schemaPath}, {"RATING_URL", link}, {"RESIDENT_RECEIPT", receipt}}
	lines = append(lines, tokens...)
	lines = append(lines, line{"CYCLE_ID", cycle.ID.String()})
	var out strings.Builder
	known := map[string]string{}
	for _, l := range lines {
		known[l.key] = l.value
		fmt.Fprintf(&out, "%s=%s\n", l.key, l.value)
	}
	out.WriteString(d.examples(known))
	fmt.Fprintf(&out, "\nserving at %s, the console at %s/graphiql; end with Ctrl-C\n", d.url, d.url)
	_, err = fmt.Fprint(d.session.stdout, out.String())
	return err
}

// official is who the demo's official is: the one of the quiet and strong whom the
// report lists first.
func (d *demo) official(c *models.Cycle) (*models.Official, error) {
	if c.RunID == nil {
		return nil, errors.New("the cycle has no run")
	}
	db := d.store.Read(d.session.ctx)
	first, err := store.Take[models.Assessment](
		db.Where("run_id = ? AND status = ?", *c.RunID, models.StatusScored).Order("showcase_gap, sort_order"), "Assessment")
	if err != nil {
		return nil, err
	}
	return store.Take[models.Official](db.Where("id = ?", first.OfficialID), "Official")
}

// tokens makes the accounts, where they are not there yet, and a token for each.
func (d *demo) tokens(official *models.Official) ([]line, error) {
	var out []line
	for _, account := range []struct {
		key   string
		grant accounts.Grant
	}{
		{"OFFICIAL_TOKEN", accounts.Grant{Subject: "demo-official", Role: models.RoleOfficial, OfficialRef: official.Ref}},
		{"HR_TOKEN", accounts.Grant{Subject: demoHR, Role: models.RoleHR, UnitRef: demoUnit}},
		{"HR_TOKEN_2", accounts.Grant{Subject: demoHR2, Role: models.RoleHR, UnitRef: demoUnit}},
		{"AUDITOR_TOKEN", accounts.Grant{Subject: "demo-auditor", Role: models.RoleAuditor, UnitRef: demoUnit}},
		{"ADMIN_TOKEN", accounts.Grant{Subject: "demo-admin", Role: models.RoleAdmin, UnitRef: demoUnit}},
	} {
		made, err := grantToken(d.session, d.app.Accounts, d.signer, demoTTL, account.grant)
		if err != nil {
			return nil, err
		}
		out = append(out, line{account.key, made.token})
	}
	return out, nil
}

// ratings gives a fresh link to rate by, and the receipt of a rating that has been
// given: the same at each start.
func (d *demo) ratings(official *models.Official) (link, receipt string, err error) {
	ctx := store.Widen(d.session.ctx, store.Commands)
	actor := auth.Actor{Subject: "demo-official", Role: models.RoleOfficial, OfficialID: &official.ID}
	service, err := store.Take[models.Service](d.store.Read(ctx).Order("ref"), "Service")
	if err != nil {
		return "", "", err
	}
	invite := func(key *string) (*ratings.Issued, error) {
		e, err := d.app.Ratings.RecordEncounter(ctx, actor, ratings.NewEncounter{
			ServiceID: service.ID, Channel: models.ChannelWindow, IdempotencyKey: key,
		})
		if err != nil {
			return nil, err
		}
		return d.app.Ratings.Issue(ctx, actor, e.ID, "demo", key)
	}
	fresh, err := invite(nil)
	if err != nil {
		return "", "", err
	}
	key := "demo receipt"
	used, err := invite(&key)
	if err != nil {
		return "", "", err
	}
	comment := "态度很好，一次就办完了。"
	receipt, _, err = d.app.Ratings.Submit(ctx, ratings.Submission{
		Answer: ratings.Answer{Level: 5, Tags: []string{"friendly", "one-visit"}, Comment: &comment},
		Token:  used.Token, IdempotencyKey: &key,
	})
	return d.url + "/r/" + fresh.Token, receipt, err
}

// examples are queries to paste into a shell.
func (d *demo) examples(known map[string]string) string {
	var out strings.Builder
	for _, e := range []struct{ title, token, query string }{
		{
			"The quiet and strong whom nobody sees", "HR_TOKEN",
			`{ assessmentReport(cycleId: "` + known["CYCLE_ID"] + `", orderBy: SHOWCASE_GAP_ASC, first: 5) ` +
				`{ totalCount nodes { official { name position } composite compositeLow compositeHigh rank showcaseGap } } }`,
		},
		{"What a resident sees by receipt", "", `{ ratingByReceipt(receipt: "` + known["RESIDENT_RECEIPT"] + `") { level comment submittedOn service { name } reply { text } } }`},
		{"An official's own cases", "OFFICIAL_TOKEN", `{ me { subject role official { name position unit { name } cases(first: 3) { ref title state dueAt } } } }`},
	} {
		bearer := ""
		if e.token != "" {
			bearer = " -H 'Authorization: Bearer " + known[e.token] + "'"
		}
		fmt.Fprintf(&out, "\n# %s:\ncurl -s %s -H 'Content-Type: application/json'%s -d '%s'\n",
			e.title, known["GRAPHQL_URL"], bearer, requestBody(e.query))
	}
	return out.String()
}

// requestBody is the JSON of a request. It holds no single quote, so that it can
// stand between two.
func requestBody(query string) string {
	raw, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		panic(err) // a text always has a JSON form
	}
	return strings.ReplaceAll(string(raw), "'", `\u0027`)
}
