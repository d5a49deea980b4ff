package integrity

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"steelyard/models"
	"steelyard/scoring"
	"steelyard/services/audit"
	"steelyard/store"
)

// falseShare is the share of flags of one kind that may be false, of all that a run
// raises by a test.
const falseShare = 0.01

// Examine looks at every finished run that nobody has looked at yet, and returns how
// many these were. It is safe to run in several processes at once: a run is written
// once, by whoever is first. A run that cannot be looked at waits ([lease.Later]), and keeps
// none behind it waiting.
func (s *Service) Examine(ctx context.Context) (int, error) {
	ctx = store.Widen(ctx, store.Evidence)
	var runs []models.AssessmentRun
	err := s.Store.Read(ctx).Where("state = ? AND id NOT IN (SELECT run_id FROM integrity_checks) AND id NOT IN ?", models.RunDone, s.later.Waiting(s.Store.Now())).
		Order("finished_at, id").Limit(10).Find(&runs).Error
	if err != nil {
		return 0, fmt.Errorf("look for runs to examine: %w", err)
	}
	done, failed := 0, []error(nil)
	for i := range runs {
		if err := s.examine(ctx, &runs[i]); err != nil {
			s.later.Failed(runs[i].ID, s.Store.Now())
			failed = append(failed, fmt.Errorf("examine run %s: %w", runs[i].ID, err))
			continue
		}
		s.later.Done(runs[i].ID)
		done++
	}
	return done, errors.Join(failed...)
}

// examine reads what one run rests on, from one state of the database, and writes
// what it found.
func (s *Service) examine(ctx context.Context, run *models.AssessmentRun) error {
	cycle, err := store.Take[models.Cycle](s.Store.Read(ctx).Where("id = ?", run.CycleID), "Cycle")
	if err != nil {
		return err
	}
	e := s.newExamination(cycle, run)
	err = s.Store.InSnapshot(ctx, func(snap *store.Snapshot) error {
		e.ctx, e.snap = ctx, snap
		for _, rule := range []func() error{e.invitations, e.sources, e.duplicates, e.selves, e.entered, e.deadlines} {
			if err := rule(); err != nil {
				return err
			}
		}
		return errors.Join(e.addCausers(), e.addEffects())
	})
	if err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(tx *store.Tx) error { return e.write(tx) })
}

// examination is one run while it is looked at.
type examination struct {
	*Service
	ctx        context.Context
	snap       *store.Snapshot
	cycle      *models.Cycle
	run        *models.AssessmentRun
	start, end time.Time   // of the period: start included, end not
	answeredOn models.Date // the last day of the period whose answers were complete
	found      []*doubt
}

// doubt is a flag to be raised.
type doubt struct {
	official  models.ID
	kind      models.FlagKind
	component models.ScoreComponent
	evidence  []models.FlagEvidence
	facts     []string // what was found, exactly
	causers   []string
	// The composite, and what it would be had nothing of the component been weighed down;
	// nil: it cannot be reckoned.
	composite, without *models.Score
}

func (s *Service) newExamination(cycle *models.Cycle, run *models.AssessmentRun) *examination {
	e := &examination{
		Service: s, cycle: cycle, run: run, start: cycle.FromOn.Start(s.Zone).UTC(), end: cycle.ToOn.AddDays(1).Start(s.Zone).UTC(), answeredOn: cycle.ToOn,
	}
	if before := run.AnswersBefore; before != nil && !e.answeredOn.Before(*before) {
		e.answeredOn = before.AddDays(-1)
	}
	return e
}

// inFives are the ratings of the period whose numbers are told by groups: of each group
// those of complete days in the order of their days, and so many that they are whole
// fives. What one run tells differs from what another does by five answers at least, and
// never by a single one. Columns are the group's; narrower is what a rating needs besides.
func (e *examination) inFives(columns, narrower string) (string, []any) {
	return `SELECT ` + columns + `, COUNT(*), SUM(CASE WHEN level >= 4 THEN 1 ELSE 0 END) FROM (
		SELECT grouped.*, ROW_NUMBER() OVER (PARTITION BY ` + columns + ` ORDER BY rated_on, id) AS place, COUNT(*) OVER (PARTITION BY ` + columns + `) AS many
		FROM (SELECT id, official_id, service_id, rated_on, level, CASE WHEN source = 'WALK_IN' THEN 'WALK_IN' ELSE channel END AS way
			FROM ratings WHERE rated_on BETWEEN ? AND ? AND released AND official_id ` + assessed + narrower + `) grouped) placed
		WHERE place <= many / 5 * 5 GROUP BY ` + columns, []any{e.cycle.FromOn, e.answeredOn, e.run.ID}
}

// assessed narrows a query to the officials of the run; its argument is the run.
const assessed = "IN (SELECT official_id FROM assessments WHERE run_id = ?)"

// add notes a line of evidence; an official has one flag of a kind.
func (e *examination) add(official models.ID, kind models.FlagKind, component models.ScoreComponent, facts string, lines ...models.FlagEvidence) {
	for _, d := range e.found {
		if d.official == official && d.kind == kind {
			d.evidence, d.facts = append(d.evidence, lines...), append(d.facts, facts)
			return
		}
	}
	e.found = append(e.found, &doubt{official: official, kind: kind, component: component, evidence: lines, facts: []string{facts}})
}

// maxLines bounds the evidence of one flag.
const maxLines = 20

// write stores the doubts once, and lets the decisions of earlier runs stand.
func (e *examination) write(tx *store.Tx) error {
	check := &models.IntegrityCheck{RunID: e.run.ID, CheckedAt: tx.Now}
	written := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(check)
	if written.Error != nil || written.RowsAffected == 0 {
		return written.Error // another process was first
	}
	slices.SortFunc(e.found, func(a, b *doubt) int {
		return cmp.Or(slices.Compare(a.official[:], b.official[:]), cmp.Compare(a.kind, b.kind))
	})
	rows := make([]*models.IntegrityFlag, 0, len(e.found))
	for _, d := range e.found {
		slices.Sort(d.facts)
		facts, err := json.Marshal(d.facts)
		if err != nil {
			return fmt.Errorf("write facts: %w", err)
		}
		rows = append(rows, &models.IntegrityFlag{
			ID: models.NewID(), RunID: e.run.ID, OfficialID: d.official, Kind: d.kind, State: models.FlagRaised, RaisedAt: tx.Now,
			Evidence: d.evidence[:min(len(d.evidence), maxLines)], Facts: string(facts), Component: d.component, Causers: sorted(d.causers), Composite: d.composite, WithoutComposite: d.without,
		})
	}
	if len(rows) > 0 {
		if err := tx.CreateInBatches(rows, 100).Error; err != nil {
			return err
		}
	}
	return e.carry(tx)
}

func sorted(list []string) []string {
	out := append([]string{}, list...)
	slices.Sort(out)
	return slices.Compact(out)
}

// carry lets a decision stand where this run finds the same facts of the same
// official as an earlier run of the cycle: nobody is asked twice.
func (e *examination) carry(tx *store.Tx) error {
	// The cycle is locked as by those who decide: a decision is made before, and is
	// carried, or after, and then on a flag that another run has replaced.
	if _, err := store.Take[models.Cycle](store.Lock(tx.DB).Where("id = ?", e.cycle.ID), "Cycle"); err != nil {
		return err
	}
	var raised, decided []*models.IntegrityFlag
	if err := tx.Where("run_id = ? AND state = ?", e.run.ID, models.FlagRaised).Order("id").Find(&raised).Error; err != nil {
		return err
	}
	err := tx.Where("state <> ? AND carried_id IS NULL AND run_id <> ? AND run_id IN (SELECT id FROM assessment_runs WHERE cycle_id = ?)",
		models.FlagRaised, e.run.ID, e.cycle.ID).Order("decided_at, id").Find(&decided).Error
	if err != nil {
		return err
	}
	type sameFacts struct {
		official models.ID
		kind     models.FlagKind
		facts    string
	}
	known := make(map[sameFacts]*models.IntegrityFlag, len(decided))
	for _, f := range decided {
		known[sameFacts{f.OfficialID, f.Kind, f.Facts}] = f
	}
	carried := 0
	for _, f := range raised {
		was := known[sameFacts{f.OfficialID, f.Kind, f.Facts}]
		if was == nil {
			continue
		}
		f.State, f.DecidedBy, f.Decision, f.DecidedAt, f.AppealUntil, f.CarriedID = was.State, was.DecidedBy, was.Decision, was.DecidedAt, was.AppealUntil, &was.ID
		err := tx.Model(f).Select("state", "decided_by", "decision", "decided_at", "appeal_until", "carried_id").UpdateColumns(f).Error
		if err != nil {
			return err
		}
		carried++
	}
	return audit.Record(tx, audit.Entry{
		Actor: "system", Action: "raiseFlags", Noun: "AssessmentRun", NounID: &e.run.ID,
		Details: map[string]string{"raised": fmt.Sprint(len(raised)), "carried": fmt.Sprint(carried)},
	})
}

// addCausers finds who recorded the work behind a flag or handed out the links.
func (e *examination) addCausers() error {
	for _, d := range e.found {
		var query string
		switch d.kind {
		case models.FlagHandPicked, models.FlagOftenAdverse:
			query = `SELECT DISTINCT i.issued_by FROM rating_invitations i JOIN encounters n ON n.id = i.encounter_id
				WHERE n.official_id = ? AND n.occurred_at >= ? AND n.occurred_at < ?`
		case models.FlagDeadlineEdits:
			query = `SELECT DISTINCT actor FROM case_events WHERE kind IN ('RESOLVED', 'PAUSED') AND from_official_id = ? AND at >= ? AND at < ?`
		default:
			continue
		}
		err := e.snap.Each(e.ctx, query, []any{d.official, e.start, e.end}, func(row *store.Row) error {
			d.causers = append(d.causers, row.Text(0))
			return nil
		})
		if err != nil {
			return fmt.Errorf("who brought it about: %w", err)
		}
	}
	return nil
}

// addEffects says what the engine's answer to many marked encounters did to a score: it
// is the only one of these doubts that the engine answers.
func (e *examination) addEffects() error {
	for _, d := range e.found {
		if d.kind != models.FlagOftenAdverse {
			continue
		}
		err := e.snap.Each(e.ctx, `SELECT a.composite, x.parts FROM assessments a JOIN explanations x ON x.assessment_id = a.id
			WHERE a.run_id = ? AND a.official_id = ? AND a.composite IS NOT NULL ORDER BY a.id DESC`, []any{e.run.ID, d.official}, func(row *store.Row) error {
			var parts []*models.ScorePart
			if err := json.Unmarshal([]byte(row.Text(1)), &parts); err != nil {
				return err
			}
			composite := models.Score(row.Float(0))
			without := composite.Without(scoring.PartAttack, d.component, parts)
			d.composite, d.without = &composite, &without
			return nil
		})
		if err != nil {
			return fmt.Errorf("what it did to the score: %w", err)
		}
	}
	return nil
}

// share is hits of a number as a figure; nil of none.
func share(hits, of int64) *models.Score {
	if of == 0 {
		return nil
	}
	x := models.Score(float64(hits) / float64(of))
	return &x
}

// shareOfAnswers is a share as it may be told of answers: in tenths.
func shareOfAnswers(hits, of int64) *models.Score {
	x := share(hits, of)
	if x != nil {
		*x = models.Score(math.Round(float64(*x)*10) / 10)
	}
	return x
}

// nameOf is the name of a service.
func (e *examination) nameOf(service models.ID) (string, error) {
	name := ""
	err := e.snap.Each(e.ctx, "SELECT name FROM services WHERE id = ?", []any{service}, func(row *store.Row) error {
		name = row.Text(0)
		return nil
	})
	return name, err
}
