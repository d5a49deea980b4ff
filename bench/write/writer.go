package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	_ "modernc.org/sqlite"

	"steelyard/auth"
	"steelyard/auth/keyring"
	"steelyard/calendar"
	"steelyard/models"
	"steelyard/services/ratings"
	"steelyard/store"
)

// writer sends the statements of one rating to an SQLite file again and again, by itself
// and with one commit for each: what one writer gets done without a server. It uses up the
// links of --out, two of them by the service, which shows it the statements.
func writer(ctx context.Context, o options, out io.Writer) error {
	s, rest, err := observed(ctx, o)
	if err != nil {
		return err
	}
	// As the store does, it waits while the server beside it writes, which now and then it does by itself.
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "secure_delete(1)", "temp_store(2)", "cache_size(-8192)"}}
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(o.db, "sqlite:")+"?"+q.Encode())
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	took, err := s.again(ctx, db, rest, o.lasts)
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	var total time.Duration
	for _, t := range took {
		total += t
	}
	slices.Sort(took)
	at := func(percent int) float64 { return took[(len(took)-1)*percent/100].Seconds() * 1000 }
	_, err = fmt.Fprintf(out, "%.0f %.2f %.2f\n", float64(len(took))/total.Seconds(), at(50), at(99))
	return err
}

// linked is a link by what the database has of it.
type linked struct {
	token, encounter, official, service []byte
}

// again sends the statements for as long as was asked, and says how long each time took.
func (s shape) again(ctx context.Context, db *sql.DB, rows []linked, lasts time.Duration) (took []time.Duration, err error) {
	prepared := make([]*sql.Stmt, len(s.statements))
	for i, st := range s.statements {
		if prepared[i], err = db.PrepareContext(ctx, st.text); err != nil {
			return nil, err
		}
	}
	defer func() {
		for _, p := range prepared {
			err = errors.Join(err, p.Close())
		}
	}()
	for end := time.Now().Add(lasts); time.Now().Before(end); {
		if len(took) == len(rows) {
			return nil, errors.New("there are too few links for so long")
		}
		start := time.Now()
		if err := s.once(ctx, db, prepared, rows[len(took)]); err != nil {
			return nil, err
		}
		took = append(took, time.Since(start))
	}
	return took, nil
}

func (s shape) once(ctx context.Context, db *sql.DB, prepared []*sql.Stmt, row linked) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	fresh := map[string]any{}
	for i, st := range s.statements {
		args := slices.Clone(st.args)
		for j, arg := range args {
			args[j] = s.fresh(arg, row, fresh)
		}
		bound := tx.StmtContext(ctx, prepared[i])
		if strings.HasPrefix(st.text, "SELECT") {
			err = drain(bound.QueryContext(ctx, args...))
		} else {
			_, err = bound.ExecContext(ctx, args...)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("%s: %w", st.text, err), tx.Rollback())
		}
	}
	return tx.Commit()
}

// fresh is an argument for another rating: the same within it wherever it was the same.
func (s shape) fresh(arg any, row linked, made map[string]any) any {
	f := form(arg)
	_, own := s.own[f]
	switch {
	case f == s.token:
		return row.token
	case f == s.encounter:
		return row.encounter
	case f == s.official:
		return row.official
	case f == s.service:
		return row.service
	case !own:
		return arg
	case made[f] != nil:
		return made[f]
	}
	made[f] = arg
	if old, bytes := arg.([]byte); bytes {
		b := make([]byte, len(old))
		rand.Read(b)
		made[f] = b
	}
	return made[f]
}

func drain(rows *sql.Rows, err error) error {
	if err != nil {
		return err
	}
	for rows.Next() { // each is read as far as the driver goes
	}
	return errors.Join(rows.Err(), rows.Close())
}

// observed has the service take two ratings and sees what it sends.
func observed(ctx context.Context, o options) (s shape, rest []linked, err error) {
	tokens, err := tokensOf(o.out)
	if err != nil {
		return s, nil, err
	}
	signer, err := signerOf(o.secret)
	if err != nil {
		return s, nil, err
	}
	keys, err := keyring.OpenOrCreate(o.keys)
	if err != nil {
		return s, nil, err
	}
	st, err := store.Open(ctx, o.db, store.Options{System: true})
	if err != nil {
		return s, nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	service := ratings.New(st, keys, time.UTC, calendar.MondayToFriday(), signer, make([]byte, sha256.Size))
	var seen []sent
	note := func(db *gorm.DB) {
		args := make([]any, len(db.Statement.Vars))
		for i, v := range db.Statement.Vars {
			if value, err := driver.DefaultParameterConverter.ConvertValue(v); err == nil {
				args[i] = value
			}
		}
		seen = append(seen, sent{db.Statement.SQL.String(), args})
	}
	err = st.InTx(ctx, func(tx *store.Tx) error { // SQLite's writer has a gorm of its own
		all := tx.Callback()
		return errors.Join(all.Query().After("gorm:query").Register("bench:query", note), all.Create().After("gorm:create").Register("bench:create", note))
	})
	if err != nil {
		return s, nil, err
	}
	var both [2][]sent
	for i := range both {
		seen = nil
		if _, _, err := service.Submit(ctx, ratings.Submission{Answer: ratings.Answer{Level: 4}, Token: tokens[i]}); err != nil {
			return s, nil, err
		}
		both[i] = seen
	}
	if s, err = shapeOf(both[0], both[1]); err != nil {
		return s, nil, err
	}
	rest, err = rowsOf(ctx, st, signer, tokens[2:])
	return s, rest, err
}

// rowsOf finds the encounters of links.
func rowsOf(ctx context.Context, st *store.Store, signer *auth.Invitations, tokens []string) ([]linked, error) {
	var all []struct {
		TokenHash                          models.Hash
		EncounterID, OfficialID, ServiceID models.ID
	}
	err := st.Read(ctx).Table("rating_invitations AS i JOIN encounters AS e ON e.id = i.encounter_id").
		Select("i.token_hash, i.encounter_id, e.official_id, e.service_id").Find(&all).Error
	if err != nil {
		return nil, err
	}
	known := make(map[auth.SecretHash]linked, len(all))
	for _, l := range all {
		known[auth.SecretHash(l.TokenHash)] = linked{l.TokenHash, l.EncounterID[:], l.OfficialID[:], l.ServiceID[:]}
	}
	rows := make([]linked, len(tokens))
	for i, token := range tokens {
		hash, err := signer.Parse(token)
		if err != nil {
			return nil, err
		}
		rows[i] = known[hash]
	}
	return rows, nil
}

func tokensOf(file string) (tokens []string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		tokens = append(tokens, lines.Text())
	}
	if len(tokens) < 3 {
		return nil, errors.New("there are too few links")
	}
	return tokens, lines.Err()
}
