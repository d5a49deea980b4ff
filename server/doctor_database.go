package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"steelyard/models"
	"steelyard/privacy"
	"steelyard/services/backlog"
	"steelyard/store"
)

// settings are what PostgreSQL's operators have chosen, as far as the program rests on it.
type settings struct {
	Fsync             string
	FullPageWrites    string
	SynchronousCommit string
	Autovacuum        string
	Unvacuumed        string // tables that are left out, by commas
	Encoding          string
	CollationWas      string // the version of the collation that indexes were built by; empty: it has none
	CollationIs       string
	Theirs            time.Time // the database's clock

	Asked, Answered time.Time // ours, around
}

func readSettings(ctx context.Context, st *store.Store) (s settings, err error) {
	s.Asked = time.Now()
	err = st.Read(ctx).Raw(`SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
		current_setting('synchronous_commit') AS synchronous_commit, current_setting('autovacuum') AS autovacuum,
		(SELECT COALESCE(string_agg(relname, ', ' ORDER BY relname), '') FROM pg_class WHERE 'autovacuum_enabled=false' = ANY (reloptions)) AS unvacuumed,
		pg_encoding_to_char(encoding) AS encoding, clock_timestamp() AS theirs
		FROM pg_database WHERE datname = current_database()`).Scan(&s).Error
	s.Answered = time.Now()
	if err != nil {
		return s, fmt.Errorf("read the database's settings: %w", err)
	}
	// Of before PostgreSQL 15 the versions are not known.
	err = st.Read(ctx).Raw("SELECT COALESCE(to_jsonb(d) ->> 'datcollversion', '') FROM pg_database d WHERE datname = current_database()").Scan(&s.CollationWas).Error
	if err != nil || s.CollationWas == "" {
		return s, err
	}
	return s, st.Read(ctx).Raw("SELECT COALESCE(pg_database_collation_actual_version(oid), '') FROM pg_database WHERE datname = current_database()").Scan(&s.CollationIs).Error
}

// durability says whether what was acknowledged outlasts a fall of the power.
func (s settings) durability() finding {
	var off []string
	for name, value := range map[string]string{"fsync": s.Fsync, "full_page_writes": s.FullPageWrites, "synchronous_commit": s.SynchronousCommit} {
		if value == "off" {
			off = append(off, name)
		}
	}
	if len(off) > 0 {
		return fail("durability", "%s off: answers that were acknowledged can be lost when the power fails; switch it on in postgresql.conf", inOrder(off))
	}
	return ok("durability", "what is acknowledged is on the disk")
}

// vacuum says whether rows that were erased go.
func (s settings) vacuum() finding {
	switch {
	case s.Autovacuum == "off":
		return warn("vacuum", "autovacuum is off: what was erased stays in the files, and queries grow slow: switch it on in postgresql.conf")
	case s.Unvacuumed != "":
		return warn("vacuum", "autovacuum leaves out %s: what was erased stays in the files: ALTER TABLE … RESET (autovacuum_enabled)", s.Unvacuumed)
	}
	return ok("vacuum", "what was erased goes from the files")
}

// texts says whether names can be stored, and found again by their indexes.
func (s settings) texts() finding {
	switch {
	case s.Encoding != "UTF8":
		return fail("texts", "the database's encoding is %s: names and comments need UTF8; make one with ENCODING 'UTF8' TEMPLATE template0, and go over by backup and restore", s.Encoding)
	case s.CollationWas != s.CollationIs:
		return warn("texts", "the system's collation is of version %s, and indexes were built by %s: they may not find what is there; REINDEX DATABASE, then ALTER DATABASE … REFRESH COLLATION VERSION",
			s.CollationIs, s.CollationWas)
	}
	return ok("texts", "%s", s.Encoding)
}

// maxSkew is how far the database's clock and ours may stand apart.
const maxSkew = 5 * time.Second

// clock compares the database's clock with ours: tokens, links and terms go by ours.
func (s settings) clock() finding {
	apart := time.Duration(0)
	switch {
	case s.Theirs.Before(s.Asked):
		apart = s.Theirs.Sub(s.Asked)
	case s.Theirs.After(s.Answered):
		apart = s.Theirs.Sub(s.Answered)
	}
	if apart.Abs() > maxSkew {
		return warn("clock", "the database's stands %s from this machine's: tokens, links and terms end at the wrong moment; let both follow NTP", apart.Round(time.Second))
	}
	return ok("clock", "this machine's and the database's agree")
}

// stuck is how long what waits may wait before the doctor speaks of it.
const stuck = 15 * time.Minute

// work says whether somebody works off what waits.
func (c *doctorCmd) work(s *session, st *store.Store) finding {
	zone, err := s.flags.zone()
	if err != nil {
		return fail("work", "%v", err)
	}
	f, err := (&backlog.Service{Store: st, Zone: zone, Thresholds: privacy.Default()}).Figures(s.ctx)
	if err != nil {
		return fail("work", "%v", err)
	}
	var waits []string
	for _, q := range backlog.Queues {
		if w := f.Queues[q]; w.Oldest != nil && f.At.Sub(*w.Oldest) > stuck {
			waits = append(waits, fmt.Sprintf("%s for %s", q, f.At.Sub(*w.Oldest).Round(time.Minute)))
		}
	}
	if n := f.Ratings.Days + f.Reviews.Days; n > 0 {
		waits = append(waits, fmt.Sprintf("answers of %d days that are over", n))
	}
	if len(waits) > 0 {
		return warn("work", "nobody works off what waits: %s; is a server running, and one of them with --worker? Its log says what fails", strings.Join(waits, ", "))
	}
	return ok("work", "nothing waits for long")
}

// soonOver is how long before its end a machine's token should be replaced.
const soonOver = 14 * 24 * time.Hour

// machineTokens looks for machines that will stand before a closed door soon: nobody signs
// in for them.
func machineTokens(s *session, st *store.Store) finding {
	var last []struct {
		Subject   string
		ExpiresAt time.Time
	}
	err := st.Read(s.ctx).Raw(`SELECT a.subject, t.expires_at FROM account_tokens t JOIN accounts a ON a.id = t.account_id
		WHERE a.kind = ? AND NOT a.disabled AND t.revoked_at IS NULL AND t.expires_at < ?
		AND NOT EXISTS (SELECT 1 FROM account_tokens n WHERE n.account_id = t.account_id AND n.revoked_at IS NULL AND n.expires_at > t.expires_at)
		ORDER BY t.expires_at, a.subject`, models.AccountService, st.Now().Add(soonOver)).Scan(&last).Error
	if err != nil {
		return fail("machines", "%v", err)
	}
	var ends []string
	for _, t := range last {
		ends = append(ends, t.Subject+" on "+t.ExpiresAt.UTC().Format(time.DateOnly))
	}
	if len(ends) > 0 {
		return warn("machines", "the last token of %s ends: mint new ones by steelyard token", strings.Join(ends, ", "))
	}
	return ok("machines", "no machine's last token ends within %d days", int(soonOver.Hours()/24))
}
