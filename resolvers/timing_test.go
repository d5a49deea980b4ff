package resolvers_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/store"
)

// recorder writes down the statements that the store sends, each without its values.
type recorder struct {
	mu   sync.Mutex
	sent []string
}

// record writes down from now on.
func (o *office) record() *recorder {
	o.Helper()
	r := &recorder{}
	note := func(db *gorm.DB) {
		if !db.DryRun { // which is how a subquery is written
			r.mu.Lock()
			defer r.mu.Unlock()
			r.sent = append(r.sent, db.Statement.SQL.String())
		}
	}
	watch := func(db *gorm.DB) error {
		all := db.Callback()
		return errors.Join(
			all.Query().After("gorm:query").Register("record:query", note), all.Row().After("gorm:row").Register("record:row", note),
			all.Raw().After("gorm:raw").Register("record:raw", note), all.Create().After("gorm:create").Register("record:create", note),
			all.Update().After("gorm:update").Register("record:update", note), all.Delete().After("gorm:delete").Register("record:delete", note),
		)
	}
	// SQLite is read and written by connections of their own.
	err := errors.Join(watch(o.store.Read(o.Context())), o.store.InTx(o.Context(), func(tx *store.Tx) error {
		if o.store.Dialect() == store.SQLite {
			return watch(tx.DB)
		}
		return nil
	}))
	if err != nil {
		o.Fatal(err)
	}
	return r
}

// of are the statements that an act sends, in their order.
func (r *recorder) of(act func()) string {
	r.mu.Lock()
	r.sent = nil
	r.mu.Unlock()
	act()
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.sent, "\n")
}

// alike wants several acts to send the same statements, some at least.
func (o *office) alike(r *recorder, what string, acts map[string]func()) {
	o.Helper()
	sent, of := "", ""
	for _, name := range slices.Sorted(maps.Keys(acts)) {
		now := r.of(acts[name])
		if now == "" {
			o.Errorf("%s, %s: no statement was recorded", what, name)
		}
		if of != "" && now != sent {
			o.Errorf("%s sends by %s:\n%s\nand by %s:\n%s", what, name, now, of, sent)
		}
		sent, of = now, name
	}
}

// TestRefusalsTakeTheSameWay: how long a refusal takes does not say why. What is compared is
// what takes time, the statements, and not times, which say nothing on a busy machine.
func TestRefusalsTakeTheSameWay(t *testing.T) {
	each(t, func(o *office) {
		_, expired := o.invite("ann", "passport", "R3")
		o.later(31)
		_, used := o.invite("ann", "passport", "R1")
		o.ok("", submit, "token", used, "level", 5, "key", "key of the resident")
		revokedOf, revoked := o.invite("ann", "passport", "R2")
		o.change("UPDATE rating_invitations SET state = 'REVOKED' WHERE encounter_id = ?", o.parse(revokedOf))
		_, released := o.invite("ann", "passport", "R4")
		o.ok("", submit, "token", released, "level", 5)
		o.change("UPDATE rating_invitations SET state = 'USED' WHERE token_hash = ?", o.hashOf(released))
		_, lost := o.invite("ann", "passport", "R5") // signed here, and known to nobody
		o.change("DELETE FROM rating_invitations WHERE token_hash = ?", o.hashOf(lost))
		_, fresh := o.invite("ann", "passport", "R6")
		r := o.record()
		links := map[string]string{"used": used, "used and released": released, "revoked": revoked, "expired": expired, "lost": lost}
		for what, more := range map[string][]any{"a rating": nil, "a rating with a key": {"key", "key of somebody else"}, "a rating with marks": {"tags", []string{"slow"}}} {
			acts := map[string]func(){}
			for name, token := range links {
				if name == "lost" && what == "a rating with marks" {
					continue // there is no service whose marks could be looked at
				}
				acts[name] = func() { o.refuses("", "GONE", "token", submit, append([]any{"token", token, "level", 5}, more...)...) }
			}
			o.alike(r, what, acts)
		}
		// A mark that nobody offers is refused before whether the link was used.
		acts := map[string]func(){}
		for name, token := range map[string]string{"used": used, "fresh": fresh} {
			acts[name] = func() {
				o.refuses("", "INVALID", "tags.0", submit, "token", token, "level", 5, "tags", []string{"unheard-of"})
			}
		}
		o.alike(r, "a mark that is not offered", acts)
		look := func(token string, there bool) func() {
			return func() {
				if got := o.ok("", offer, "t", token).get("ratingInvitation") != nil; got != there {
					o.Errorf("a link is offered: %v", got)
				}
			}
		}
		o.alike(r, "a look", map[string]func(){"used": look(used, true), "used and released": look(released, true), "revoked": look(revoked, true), "fresh": look(fresh, true)})
		o.alike(r, "a look in vain", map[string]func(){"expired": look(expired, false), "lost": look(lost, false)})
		// What nobody signed is refused by its signature alone: it says nothing of any link.
		if sent := r.of(look(forged(used), false)); strings.Contains(sent, "rating_invitations") {
			o.Errorf("a forged link is looked for: %s", sent)
		}
		o.bearersTakeTheSameWay(r)
	})
}

// bearersTakeTheSameWay: a token that was revoked, by itself or with all others, one of a
// disabled account and one of nobody's lead to the same statements and one refusal, at first and
// again. What has expired or is forged never comes so far: it is refused by the token alone.
func (o *office) bearersTakeTheSameWay(r *recorder) {
	o.Helper()
	for _, subject := range []string{"stale", "single", "disabled"} {
		o.grant(accounts.Grant{Subject: subject, Role: models.RoleHR, UnitRef: "north"})
	}
	o.change("UPDATE accounts SET token_epoch = 3 WHERE subject = 'stale'")
	o.change("UPDATE accounts SET disabled = true WHERE subject = 'disabled'")
	o.ok("admin", `mutation($id: ID!) { revokeToken(input: {accountId: $id, tokenId: "lost", reason: "lost on the way"}) { account { subject }`+userErrors+`} }`, "id", o.accountID("single"))
	acts := map[string]func(){}
	for name, v := range map[string]auth.Viewer{
		"revoked with all": {Subject: "stale", Role: models.RoleHR, TokenID: "a", Epoch: 2}, "revoked": {Subject: "single", Role: models.RoleHR, TokenID: "lost"},
		"disabled": {Subject: "disabled", Role: models.RoleHR, TokenID: "a"}, "nobody's": {Subject: "nobody", Role: models.RoleHR, TokenID: "a"},
		"of a role that it has not": {Subject: "single", Role: models.RoleAdmin, TokenID: "a"}, "revoked at the provider's": {Subject: "single", Outside: true, TokenID: "lost", Unit: "north"},
	} {
		acts[name] = func() {
			if _, err := o.app.Accounts.Actor(o.Context(), v); models.CodeOf(err) != models.CodeUnauthenticated {
				o.Errorf("a token that is %s: %v", name, err)
			}
		}
	}
	o.alike(r, "a bearer token", acts)
	o.alike(r, "a bearer token that has been shown before", acts)
}

// hashOf is the hash under which a rating link is kept.
func (o *office) hashOf(token string) []byte {
	o.Helper()
	hash, err := o.app.Ratings.Invitations.Parse(token)
	if err != nil {
		o.Fatal(err)
	}
	return hash[:]
}
