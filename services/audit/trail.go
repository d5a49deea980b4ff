package audit

import (
	"context"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"

	"steelyard/auditchain"
	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// TrailFilter says which entries are listed; what is nil or empty does not matter.
type TrailFilter struct {
	UnitID        *models.ID // of this unit and everything below it
	Actor, Action string
	Noun          string
	NounID        *models.ID
	FromAt, ToAt  *time.Time // half-open
}

// Chained is an entry with its place in the chain.
type Chained struct {
	models.AuditEntry
	Block, Position int
	UnitID          *models.ID
}

// Place is where a row stands in the list.
func (c *Chained) Place() string { return c.At.UTC().Format(time.RFC3339Nano) + " " + c.ID.String() }

// Trail lists chained entries that concern the actor's part of the organisation, the
// newest first, from behind a place. What concerns no unit alone is listed for those
// whose scope begins at the top. Anonymous writes are not listed: how many there were
// on a day, and of what, would tell of answers.
func (s *Service) Trail(ctx context.Context, actor auth.Actor, f TrailFilter, first int, after string) ([]*Chained, bool, error) {
	for _, w := range f.words() {
		if err := models.ValidSearch("filter."+w.column, w.text); err != nil {
			return nil, false, err
		}
	}
	if f.FromAt != nil && f.ToAt != nil && f.ToAt.Before(*f.FromAt) {
		return nil, false, models.Invalid("filter.toAt", models.KeyPeriodBackwards, f.FromAt.Format(time.RFC3339), f.ToAt.Format(time.RFC3339))
	}
	db := s.Store.Read(ctx)
	query, err := behindEntry(f.of(db.Table("audit_entries").Joins("JOIN audit_members ON audit_members.entry_id = audit_entries.id")), after)
	if err != nil {
		return nil, false, err
	}
	top, err := store.AtTop(db, actor.UnitID)
	if err != nil {
		return nil, false, err
	}
	if inScope := store.InScope("unit_id", actor.UnitID); top {
		query = query.Where(db.Where("unit_id IS NULL").Or(inScope(db)))
	} else {
		query = query.Scopes(inScope)
	}
	var rows []*Chained
	err = query.Where("NOT (" + anonymously + ")").Select("audit_entries.*, block, position, unit_id").
		Order("at DESC, id DESC").Limit(first + 1).Find(&rows).Error
	return store.Cut(rows, first), len(rows) > first, err
}

// words are the texts of a filter, by their columns.
func (f *TrailFilter) words() [3]struct{ column, text string } {
	return [...]struct{ column, text string }{{"actor", f.Actor}, {"action", f.Action}, {"noun", f.Noun}}
}

// of keeps the entries that a filter asks for.
func (f *TrailFilter) of(query *gorm.DB) *gorm.DB {
	for _, w := range f.words() {
		if w.text != "" {
			query = query.Where(w.column+" = ?", w.text)
		}
	}
	if f.NounID != nil {
		query = query.Where("noun_id = ?", *f.NounID)
	}
	if f.FromAt != nil {
		query = query.Where("at >= ?", f.FromAt.UTC())
	}
	if f.ToAt != nil {
		query = query.Where("at < ?", f.ToAt.UTC())
	}
	if f.UnitID != nil {
		query = query.Scopes(store.InScope("unit_id", f.UnitID))
	}
	return query
}

func behindEntry(query *gorm.DB, after string) (*gorm.DB, error) {
	if after == "" {
		return query, nil
	}
	moment, text, _ := strings.Cut(after, " ")
	at, err := time.Parse(time.RFC3339Nano, moment)
	id, wrong := models.ParseID(text)
	if err != nil || wrong != nil {
		return nil, models.Invalid("after", models.KeyBadCursor)
	}
	return query.Where("(at < ? OR at = ? AND id < ?)", at.UTC(), at.UTC(), id), nil
}

// Check is how the chain was found when it was last gone over.
type Check struct {
	At    time.Time
	Head  auditchain.Head
	Fault *auditchain.Fault // nil: it holds
}

// Watch goes over the whole chain and remembers how it was found. Within the life of
// a process it holds the chain to the head of the last time, so that a cut tail is
// found as well. A fault is also an error, for the log.
func (s *Service) Watch(ctx context.Context) (int, error) {
	var kept *auditchain.Head
	if before := s.LastCheck(); before != nil && before.Head.Number > 0 {
		kept = &before.Head
	}
	now := s.Store.Now()
	v, err := s.Verify(ctx, kept)
	check := &Check{At: now}
	switch {
	case errors.As(err, &check.Fault):
		if kept != nil {
			check.Head = *kept
		}
	case err != nil:
		return 0, err
	default:
		check.Head = v.Head
	}
	s.mu.Lock()
	s.checked = check
	s.mu.Unlock()
	return 0, err
}

// LastCheck is what [Service.Watch] found last; nil before it was done.
func (s *Service) LastCheck() *Check {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.checked
}

// Tip is the last block, with what it takes to check its signature and what the last
// going over found.
type Tip struct {
	*models.AuditBlock
	PublicKey []byte // nil where this server does not know the block's key
	Check     *Check // nil: not gone over yet
}

// Tip returns the end of the chain; nil where nothing was chained yet.
func (s *Service) Tip(ctx context.Context) (*Tip, error) {
	last, err := lastBlock(s.Store.Read(ctx))
	if err != nil || last == nil {
		return nil, err
	}
	return &Tip{AuditBlock: last, PublicKey: s.Keys()[last.KeyID], Check: s.LastCheck()}, nil
}
