package assessments

import (
	"context"
	"fmt"
	"time"

	"steelyard/auth/keyring"
	"steelyard/calendar"
	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
)

// scope is whose evidence is read, and for which days.
type scope struct {
	unit   *models.ID // this unit and everything below it; nil: everything
	period models.Period
}

// reading is evidence with the records behind its postings.
type reading struct {
	ev    *scoring.Evidence
	posts []post // as ev.Postings
}

// post is the records behind one posting of the evidence.
type post struct {
	posting, official, unit models.ID
}

// read gathers the evidence of a scope as it stood at the end of its last day,
// from one consistent state of the database. The rows come in no order: the
// engine puts them into the one that results rest on.
func (s *Service) read(ctx context.Context, in scope, progress Progress) (*reading, error) {
	if err := in.period.Validate(); err != nil {
		return nil, err
	}
	days := s.Calendar
	if days == nil {
		var err error
		if days, err = calendar.China(); err != nil {
			return nil, err
		}
	}
	out := &reading{}
	err := s.Store.InSnapshot(ctx, func(snap *store.Snapshot) error {
		r := s.newReader(ctx, snap, in, days)
		steps := []struct {
			what string
			read func() error
		}{
			{"units", r.readUnits},
			{"postings", r.readPostings},
			{"services", r.readServices},
			{"ratings", r.readRatings},
			{"cases", r.readCases},
			{"reviews", r.readReviews},
			{"deeds", r.readDeeds},
			{"achievements", r.readAchievements},
			{"encounters", r.readResponse},
		}
		for i, step := range steps {
			progress(stageRead, i, len(steps))
			if err := step.read(); err != nil {
				return fmt.Errorf("read %s: %w", step.what, err)
			}
		}
		r.ev.Kinds = r.kinds.list
		out.ev, out.posts = r.ev, r.posts
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// reader fills evidence. Its maps lead from the records' keys to the numbers
// that the evidence knows them by.
type reader struct {
	ctx  context.Context
	snap *store.Snapshot
	in   scope
	zone *time.Location
	keys *keyring.Keyring
	days *calendar.Calendar

	start, end time.Time // of the period: start included, end not
	ev         *scoring.Evidence
	posts      []post
	units      map[models.ID]string // external ids
	inScope    map[models.ID]bool   // units; empty where everything is
	careers    map[models.ID]career
	spans      []span
	officials  []string // external ids by person
	kinds      kinds
	raters     numbers
}

func (s *Service) newReader(ctx context.Context, snap *store.Snapshot, in scope, days *calendar.Calendar) *reader {
	return &reader{
		ctx: ctx, snap: snap, in: in, zone: s.Zone, keys: s.Keys, days: days,
		start: in.period.From.Start(s.Zone), end: in.period.To.AddDays(1).Start(s.Zone),
		ev: &scoring.Evidence{
			From: scoring.Day(in.period.From.EpochDay()), To: scoring.Day(in.period.To.EpochDay()),
		},
		units: map[models.ID]string{}, inScope: map[models.ID]bool{}, careers: map[models.ID]career{},
		kinds:  kinds{index: map[string]int32{}, services: map[models.ID]*service{}},
		raters: numbers{},
	}
}

// ofScope narrows a query to officials who have a post in the scope: a superset
// of the rows that count, since a post ends.
func (r *reader) ofScope(column string, args []any) (string, []any) {
	if r.in.unit == nil {
		return "", args
	}
	return " AND " + column + ` IN (SELECT official_id FROM postings WHERE unit_id IN
		(SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?))`, append(args, *r.in.unit)
}

// day is the day of an instant, in the zone in which dates are kept.
func (r *reader) day(micros int64) scoring.Day {
	return scoring.Day(models.DateOf(time.UnixMicro(micros), r.zone).EpochDay())
}

// seconds rounds microseconds down to seconds.
func seconds(micros int64) int64 {
	if s := micros / 1e6; micros%1e6 >= 0 {
		return s
	}
	return micros/1e6 - 1
}

// numbers gives persons behind keyed hashes numbers, in the order they come.
type numbers map[[16]byte]int32

// of returns the number of a hash in a column, next where it is a new one, or
// None where there is none.
func (n numbers) of(row *store.Row, i int, next int) int32 {
	hash, ok := row.Hash16(i)
	if !ok {
		return scoring.None
	}
	number, known := n[hash]
	if !known {
		number = int32(next)
		n[hash] = number
	}
	return number
}

// place reads a word of a closed list as its place in the list.
func place[T ~uint8, W ~string](row *store.Row, i int, words []W) (T, error) {
	k, ok := store.Place(row, i, words)
	if !ok {
		return 0, fmt.Errorf("%q is not a known word", row.Text(i))
	}
	return T(k), nil
}

// ternaries are in the order of scoring.Ternary.
var ternaries = []models.Answer{models.AnswerUnknown, models.AnswerYes, models.AnswerNo}

// outcomes are in the order of scoring.Outcome.
var outcomes = append([]models.CaseOutcome{""}, models.CaseOutcomes...)

// sources are in the order of scoring.Source, which has the marks of cases
// between the two that are stored as ratings.
var sources = []models.RatingSource{models.RatingSourceEncounter, "", models.RatingSourceWalkIn}
