// Package backlog counts what waits and what is late, over the whole database, for whoever
// watches that the program does its work. It names nobody and no unit: of a unit's few
// answers a count could tell whose they are.
package backlog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"gorm.io/gorm"

	"steelyard/models"
	"steelyard/privacy"
	"steelyard/store"
)

// Service counts, at most once every so often.
type Service struct {
	Store      *store.Store
	Zone       *time.Location
	Thresholds privacy.Thresholds

	mu   sync.Mutex
	last *Figures
	err  error
	at   time.Time
}

// Every is how long figures are good for: however often they are asked for, the database
// is asked once in that time.
const Every = 15 * time.Second

// Patience is how long the database may take for all of them.
const Patience = 5 * time.Second

// lateFor is how far back overdue replies are counted, in days: each of those before has
// been laid before every unit above by then.
const lateFor = 90

// Queue is something that is worked off.
type Queue string

// The queues.
const (
	QueueRuns      Queue = "runs"
	QueueExports   Queue = "exports"
	QueueWebhooks  Queue = "webhooks"
	QueueMails     Queue = "mails"
	QueueReminders Queue = "reminders" // rounds whose reviewers are to be reminded
	QueueAudit     Queue = "audit"     // entries that are in no block of the chain
)

// Queues are all queues.
var Queues = []Queue{QueueRuns, QueueExports, QueueWebhooks, QueueMails, QueueReminders, QueueAudit}

// Waiting is how much of a queue waits, and since when the oldest could have been worked off.
type Waiting struct {
	N      int64
	Oldest *time.Time // nil: nothing waits, or it has no moment
}

// Answers are anonymous answers that wait for their release: of their number whole
// batches are told alone, since a single one could be told by the moment at which it came.
type Answers struct {
	N    int64 // rounded down to a multiple of what makes a figure
	Days int64 // days before today of which some still wait: none, where releases go on
}

// Figures are all that is counted.
type Figures struct {
	At      time.Time
	Runs    map[models.RunState]int64
	Stages  map[string]int64 // runs that are being made, by how far they are
	Queues  map[Queue]Waiting
	Ratings Answers
	Reviews Answers

	RepliesOverdue int64 // of the last 90 days
	CasesOverdue   int64
}

// Figures are the figures as they are, or were less than [Every] ago; an error is kept as
// long. Whoever has gone meanwhile leaves them to the next who asks.
func (s *Service) Figures(ctx context.Context) (*Figures, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Store.Now()
	if s.at.IsZero() || now.Sub(s.at) >= Every || now.Before(s.at) {
		ctx = context.WithoutCancel(ctx)
		ctx, cancel := context.WithTimeout(store.Widen(ctx, store.Background), Patience)
		defer cancel()
		s.last, s.err = s.count(ctx, now)
		s.at = now
	}
	return s.last, s.err
}

// count asks the database: each figure is one query by an index.
func (s *Service) count(ctx context.Context, now time.Time) (*Figures, error) {
	db, today := s.Store.Read(ctx), models.DateOf(now, s.Zone)
	f := &Figures{At: now, Queues: map[Queue]Waiting{}}
	err := errors.Join(
		countRuns(db, f),
		f.queue(QueueExports, oldest(db, "exports", "requested_at", beingWritten)),
		f.queue(QueueWebhooks, oldest(db, "notification_deliveries", "next_at", undelivered, models.DeliveryWebhook)),
		f.queue(QueueMails, oldest(db, "notification_deliveries", "next_at", undelivered, models.DeliveryMail)),
		countReminders(db, f, today),
		countAudit(db, f),
		s.answers(db, &f.Ratings, "ratings", "ratings_release", "rated_on", today),
		s.answers(db, &f.Reviews, "peer_reviews", "peer_reviews_release", "submitted_on", today),
		db.Raw(`SELECT count(*) FROM reply_duties WHERE reply_due_on >= ? AND reply_due_on < ?
			AND NOT EXISTS (SELECT 1 FROM rating_replies p WHERE p.rating_id = reply_duties.rating_id)`, today.AddDays(-lateFor), today).Scan(&f.RepliesOverdue).Error,
		db.Raw("SELECT count(*) FROM cases WHERE closed_at IS NULL AND due_at < ?", now).Scan(&f.CasesOverdue).Error,
	)
	if err != nil {
		return nil, fmt.Errorf("count what waits: %w", err)
	}
	return f, nil
}

// Conditions of partial indexes, word for word: SQLite finds an index by its condition's
// text, where an argument could be anything.
const (
	beingWritten = "state IN ('" + string(models.ExportQueued) + "', '" + string(models.ExportRunning) + "')"
	undelivered  = "state = '" + string(models.DeliveryWaiting) + "' AND channel = ?"
	openRound    = "state = '" + string(models.RoundOpen) + "' AND closes_on >= ? AND closes_on <= ?"
)

// oldest counts rows of a table, and finds the earliest moment among them.
func oldest(db *gorm.DB, table, moment, where string, args ...any) func(*Waiting) error {
	query := "SELECT count(*) AS n, (SELECT " + moment + " FROM " + table + " WHERE " + where + " ORDER BY " + moment + " LIMIT 1) AS oldest FROM " + table + " WHERE " + where
	return func(w *Waiting) error { return db.Raw(query, append(args, args...)...).Scan(w).Error }
}

func (f *Figures) queue(q Queue, read func(*Waiting) error) error {
	var w Waiting
	err := read(&w)
	f.Queues[q] = w
	return err
}

// countRuns counts runs by state, and those that are being made by stage. One whose worker has
// gone silent waits for another since then.
func countRuns(db *gorm.DB, f *Figures) error {
	var rows []struct {
		State models.RunState
		Stage string
		N     int64
	}
	err := db.Raw("SELECT state, CASE WHEN state = ? THEN stage ELSE '' END AS stage, count(*) AS n FROM assessment_runs GROUP BY 1, 2", models.RunRunning).Scan(&rows).Error
	f.Runs, f.Stages = map[models.RunState]int64{}, map[string]int64{}
	for _, r := range rows {
		f.Runs[r.State] += r.N
		if r.State == models.RunRunning {
			f.Stages[r.Stage] += r.N
		}
	}
	const waits, since = "(state = ? OR state = ? AND (heartbeat_at IS NULL OR heartbeat_at < ?))", "COALESCE(heartbeat_at, requested_at)"
	return errors.Join(err, f.queue(QueueRuns, oldest(db, "assessment_runs", since, waits, models.RunQueued, models.RunRunning, f.At.Add(-models.RunLease))))
}

// countReminders counts rounds whose reviewers should have been reminded by now.
func countReminders(db *gorm.DB, f *Figures, today models.Date) error {
	var soon []models.ReviewRound
	err := db.Where(openRound, today, today.AddDays(models.RemindBefore)).Find(&soon).Error
	due := Waiting{}
	for i := range soon {
		if soon[i].Reminds(today) {
			due.N++
		}
	}
	f.Queues[QueueReminders] = due
	return err
}

// countAudit counts entries that came after the last block was closed. Those of anonymous
// writes wait for their day to end, and are not among them.
func countAudit(db *gorm.DB, f *Figures) error {
	var closed []time.Time
	if err := db.Model(&models.AuditBlock{}).Order("number DESC").Limit(1).Pluck("closed_at", &closed).Error; err != nil {
		return err
	}
	after := time.Time{}
	if len(closed) > 0 {
		after = closed[0]
	}
	return f.queue(QueueAudit, oldest(db, "audit_entries", "at", "at > ? AND NOT (actor = ? AND noun_id IS NULL)", after, models.ActorResident))
}

// answers counts anonymous answers that wait.
func (s *Service) answers(db *gorm.DB, to *Answers, table, index, day string, today models.Date) error {
	var found Answers
	err := db.Raw("SELECT count(*) AS n, count(DISTINCT CASE WHEN "+day+" < ? THEN "+day+" END) AS days FROM "+table+store.Dialect(db.Name()).IndexedBy(index)+
		" WHERE import_key IS NULL AND released = ?", today, false).Scan(&found).Error
	found.N -= found.N % int64(max(s.Thresholds.Figures, 1))
	*to = found
	return err
}
