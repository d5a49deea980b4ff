package assessments

import (
	"context"
	"fmt"
	"sync"
	"time"

	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
)

// scope is whose evidence is read, and for which days.
type scope struct {
	unit   *models.ID // this unit and everything below it; nil: everything
	period models.Period
	// run is what the evidence is read for: what had been excluded from its cycle,
	// and who was barred from which grade, when it was asked for. Nil: no cycle.
	run *models.AssessmentRun
	// before is the first day whose answers are not complete: of a period that goes on
	// beyond it whole slices of answers count, and of review rounds those that have ended.
	// Nil: all that is released.
	before *models.Date
	// slice is how many answers make one, see settled; 0: as the server has it.
	slice int
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

// inOrder is the same reading in the engine's order; the old one is let go of.
func (in *reading) inOrder(ordered *scoring.Ordered) *reading {
	out := &reading{ev: ordered.Evidence(), posts: make([]post, len(in.posts))}
	for i, old := range ordered.Postings() {
		out.posts[i] = in.posts[old]
	}
	return out
}

// read gathers the evidence of a scope as it stood at the end of its last day,
// from one consistent state of the database. The rows come in no order: the
// engine puts them into the one that results rest on.
func (s *Service) read(ctx context.Context, in scope, progress Progress) (*reading, error) {
	return s.readAnd(ctx, in, progress, func(*reader) error { return nil })
}

// readAnd is read, and more from the same state of the database.
func (s *Service) readAnd(ctx context.Context, in scope, progress Progress, more func(*reader) error) (*reading, error) {
	if err := in.period.Validate(); err != nil {
		return nil, err
	}
	ctx = store.Widen(ctx, store.Evidence) // also of the connections that read beside the first
	out := &reading{}
	err := s.Store.InSnapshot(ctx, func(snap *store.Snapshot) error {
		r := s.newReader(ctx, snap, in)
		told := &told{total: 13, progress: progress}
		if err := told.all(table{"units", r.readUnits}, table{"grade limits", r.readLimits}, table{"exclusions", r.readExclusions}, table{"cleared flags", r.readCleared},
			table{"postings", r.readPostings}, table{"answers", r.settleAnswers}); err != nil {
			return err
		}
		// Ratings are most of what there is: the rest is read beside them.
		ratings, cases := newRatingReader(r), newCaseReader(r)
		err := snap.Together(ctx,
			func(ctx context.Context, snap *store.Snapshot) error {
				ratings.reader = r.on(ctx, snap)
				return told.all(table{"services", ratings.readServices}, table{"ratings", ratings.readRatings})
			},
			func(ctx context.Context, snap *store.Snapshot) error {
				side := r.on(ctx, snap)
				cases.reader = side
				return told.all(table{"cases", cases.readCases}, table{"reviews", side.readReviews}, table{"deeds", side.readDeeds},
					table{"achievements", side.readAchievements}, table{"encounters", side.readResponse})
			})
		if err != nil {
			return err
		}
		r.join(ratings, cases)
		out.ev, out.posts = r.ev, r.posts
		return more(r)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// table is one kind of evidence to read.
type table struct {
	what string
	read func() error
}

// told lets progress hear of the tables that are read, whichever side reads them.
type told struct {
	mu          sync.Mutex
	done, total int
	progress    Progress
}

// all reads tables one after the other.
func (t *told) all(tables ...table) error {
	for _, table := range tables {
		t.tell(0)
		if err := table.read(); err != nil {
			return fmt.Errorf("read %s: %w", table.what, err)
		}
		t.tell(1)
	}
	return nil
}

func (t *told) tell(more int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done += more
	t.progress(stageRead, t.done, t.total)
}

// reader fills evidence. Its maps lead from the records' keys to the numbers
// that the evidence knows them by.
type reader struct {
	ctx   context.Context
	snap  *store.Snapshot
	in    scope
	zone  *time.Location
	keys  *keyring.Keyring
	slice int // answers that make a slice, see settled

	start, end time.Time // of the period: start included, end not
	ev         *scoring.Evidence
	posts      []post
	units      map[models.ID]string // external ids
	inScope    map[models.ID]bool   // units; empty where everything is
	officials  numbers              // those who held a post, by id
	careers    []career             // of the same
	spans      []span
	barred     map[models.ID]scoring.Standing  // officials, by a confirmed limit
	cleared    map[models.ID][]scoring.Finding // officials, by a person
	out        exclusions
	settled    settled
}

func (s *Service) newReader(ctx context.Context, snap *store.Snapshot, in scope) *reader {
	return &reader{
		ctx: ctx, snap: snap, in: in, zone: s.Zone, keys: s.Keys, slice: max(s.Thresholds.Figures, in.slice),
		start: in.period.From.Start(s.Zone), end: in.period.To.AddDays(1).Start(s.Zone),
		ev: &scoring.Evidence{
			From: scoring.Day(in.period.From.EpochDay()), To: scoring.Day(in.period.To.EpochDay()),
		},
		units: map[models.ID]string{}, inScope: map[models.ID]bool{},
	}
}

// on is a reader of the same evidence on another connection. Who holds which post
// is known by then; each side fills columns of its own.
func (r *reader) on(ctx context.Context, snap *store.Snapshot) *reader {
	side := *r
	side.ctx, side.snap = ctx, snap
	return &side
}

// join puts together what the sides read apart: the categories of cases follow the
// services among the kinds, and the marks of cases the ratings. Who marks a case and
// who rates an encounter are two persons, whose hashes nobody can compare.
func (r *reader) join(ratings *ratingReader, cases *caseReader) {
	marks := &cases.marks
	columns, persons := ratings.columns(len(marks.Posting))
	r.ev.Ratings = columns
	all := &r.ev.Ratings
	kinds, raters := int32(len(ratings.kinds.list)), int32(persons)
	r.ev.Kinds = ratings.kinds.list
	for _, k := range cases.kinds.list {
		k.Parent = after(kinds, k.Parent)
		r.ev.Kinds = append(r.ev.Kinds, k)
	}
	for i, kind := range r.ev.Cases.Kind {
		r.ev.Cases.Kind[i] = after(kinds, kind)
	}
	for i := range marks.Posting {
		marks.Kind[i], marks.Rater[i] = after(kinds, marks.Kind[i]), after(raters, r.ev.Cases.Resident[marks.Rater[i]])
	}
	for i, p := range all.Posting {
		if all.Source[i] == scoring.SourceRating {
			r.ev.Response[p].Answered++
		}
	}
	all.Posting = append(all.Posting, marks.Posting...)
	all.Rater = append(all.Rater, marks.Rater...)
	all.Kind = append(all.Kind, marks.Kind...)
	all.Channel = append(all.Channel, marks.Channel...)
	all.Level = append(all.Level, marks.Level...)
	all.Day = append(all.Day, marks.Day...)
	all.Source = append(all.Source, marks.Source...)
	all.Invited = append(all.Invited, marks.Invited...)
	if all.Adverse != nil { // a case's mark answers no encounter
		all.Adverse = append(all.Adverse, make([]bool, len(marks.Posting))...)
	}
}

// after is a number among those that follow the first n others.
func after(n, number int32) int32 {
	if number == scoring.None {
		return scoring.None
	}
	return n + number
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
