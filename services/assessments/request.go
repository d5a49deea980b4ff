package assessments

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
	leases "steelyard/store/lease"
)

// active are the states of a run that waits or works.
var active = []models.RunState{models.RunQueued, models.RunRunning}

// Request queues a run of a cycle within the HR officer's scope, and takes the
// cycle to SCORING: from there its policy is locked. A published cycle is taken
// back to SCORING, and its results are sealed again until the next publication;
// one that is decided or final is refused. A cycle has one active run at a time:
// a second request gets a CONFLICT, a repeat with the same key the first run.
func (s *Service) Request(ctx context.Context, actor auth.Actor, cycleID models.ID, key *string) (*models.AssessmentRun, error) {
	return s.request(ctx, actor, cycleID, nil, key)
}

// RequestRemedy queues a run that remedies an upheld objection of an official's, in
// a cycle that is decided or sealed. It changes nothing of the cycle: whoever
// objected gets the better of old and new, and everybody else keeps theirs.
func (s *Service) RequestRemedy(ctx context.Context, actor auth.Actor, cycleID, objection models.ID, key *string) (*models.AssessmentRun, error) {
	return s.request(ctx, actor, cycleID, &objection, key)
}

func (s *Service) request(ctx context.Context, actor auth.Actor, cycleID models.ID, objection *models.ID, key *string) (*models.AssessmentRun, error) {
	if !actor.Is(models.RoleHR) {
		return nil, models.Forbidden()
	}
	var run *models.AssessmentRun
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		c, err := lockCycle(tx, actor, cycleID)
		if err != nil {
			return err
		}
		run = &models.AssessmentRun{
			ID: models.NewID(), CycleID: c.ID, PolicyID: c.PolicyID, ObjectionID: objection, State: models.RunQueued,
			RequestedBy: actor.Subject, RequestedAt: tx.Now,
		}
		id, err := store.Once(tx, "runAssessment", actor.Subject, key, asked(cycleID, objection), run.ID, func() error { return s.queue(tx, c, run) })
		if err != nil || id == run.ID {
			return err
		}
		run, err = store.Take[models.AssessmentRun](tx.Where("id = ? AND cycle_id = ?", id, c.ID), "AssessmentRun")
		if models.CodeOf(err) == models.CodeNotFound {
			return models.Conflict("idempotencyKey", models.KeyIdempotencyMismatch) // it asked for another cycle
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	s.signal.call()
	leases.Asked(ctx, run.ID)
	return run, nil
}

// lockCycle locks a cycle that lies within the actor's scope as a whole. Of a
// cycle and its runs the cycle is always locked first.
func lockCycle(tx *store.Tx, actor auth.Actor, id models.ID) (*models.Cycle, error) {
	c, err := store.Take[models.Cycle](
		store.Lock(tx.DB).Scopes(store.InScope("unit_id", actor.UnitID)).Where("id = ?", id), "Cycle")
	var missing *models.Error
	if errors.As(err, &missing) {
		missing.Field = "cycleId"
	}
	return c, err
}

// queue writes a run of a locked cycle.
func (s *Service) queue(tx *store.Tx, c *models.Cycle, run *models.AssessmentRun) error {
	from := c.State
	if err := ready(tx, c, run); err != nil {
		return err
	}
	var running int64
	err := tx.Model(&models.AssessmentRun{}).Where("cycle_id = ? AND state IN ?", c.ID, active).Count(&running).Error
	if err != nil {
		return err
	}
	if running > 0 {
		return models.Conflict("cycleId", models.KeyRunActive)
	}
	before, err := store.OpenDay(tx.DB, tx.Now, s.Zone)
	if err != nil {
		return err
	}
	run.AnswersBefore = &before
	if err := tx.Create(run).Error; err != nil {
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return models.Conflict("cycleId", models.KeyRunActive)
		}
		return err
	}
	if c.State != from {
		c.UpdatedAt = tx.Now
		if err := tx.Model(c).Select("state", "updated_at").UpdateColumns(c).Error; err != nil {
			return err
		}
	}
	return audit.Record(tx, audit.Entry{
		Actor: run.RequestedBy, Action: "runAssessment", Noun: "AssessmentRun", NounID: &run.ID,
		Details: map[string]string{"cycle": c.ID.String(), "from": string(from), "to": string(c.State)},
	})
}

// asked is what a run is asked for by.
func asked(cycle models.ID, objection *models.ID) any {
	if objection == nil {
		return cycle
	}
	return [2]models.ID{cycle, *objection}
}

// ready brings a cycle to where the run can be made. A remedy leaves it where it
// is: decided or sealed.
func ready(tx *store.Tx, c *models.Cycle, run *models.AssessmentRun) error {
	if run.ObjectionID == nil {
		return toScoring(c)
	}
	if c.State != models.CycleDecided && c.State != models.CycleFinal {
		return &models.Error{Code: models.CodeIllegalState, Field: "cycleId", Key: models.KeyCycleUnready, Args: []string{string(c.State)}}
	}
	o, err := store.Take[models.Objection](tx.Where("id = ? AND cycle_id = ? AND filer = ?", *run.ObjectionID, c.ID, models.FilerOfficial), "Objection")
	if err != nil {
		return models.AtField("objectionId", err)
	}
	if o.State != models.ObjectionUpheld {
		return models.Invalid("objectionId", models.KeyNotUpheld)
	}
	return nil
}

// toScoring moves a cycle to where runs are made; while it is there it may have
// as many as it needs.
func toScoring(c *models.Cycle) error {
	step := models.CycleStepScore
	switch c.State {
	case models.CycleScoring:
		return nil
	case models.CyclePublished:
		step = models.CycleStepRescore
	}
	next, err := c.State.Next(step)
	if err != nil {
		return err
	}
	c.State = next
	return nil
}

// Cancel stops a run that waits or works, for the HR officer within whose scope
// its cycle lies. The process that works on it notices within moments and keeps
// nothing of it. A run that has ended is a CONFLICT; a repeat with the same key
// gets the cancelled run again.
func (s *Service) Cancel(ctx context.Context, actor auth.Actor, runID models.ID, key *string) (*models.AssessmentRun, error) {
	if !actor.Is(models.RoleHR) {
		return nil, models.Forbidden()
	}
	var run *models.AssessmentRun
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		var err error
		if run, err = lockRun(tx, actor, runID); err != nil {
			return models.AtField("runId", err)
		}
		_, err = store.Once(tx, "cancelAssessment", actor.Subject, key, runID, runID, func() error { return cancel(tx, actor, run) })
		return err
	})
	if err != nil {
		return nil, err
	}
	return run, nil
}

// lockRun locks a run whose cycle lies within the actor's scope, after its cycle.
func lockRun(tx *store.Tx, actor auth.Actor, id models.ID) (*models.AssessmentRun, error) {
	known, err := store.Take[models.AssessmentRun](tx.Where("id = ?", id), "AssessmentRun")
	if err != nil {
		return nil, err
	}
	if _, err := lockCycle(tx, actor, known.CycleID); models.CodeOf(err) == models.CodeNotFound {
		return nil, models.NotFound("AssessmentRun")
	} else if err != nil {
		return nil, err
	}
	return store.Take[models.AssessmentRun](store.Lock(tx.DB).Where("id = ?", id), "AssessmentRun")
}

// cancel ends a locked run without results.
func cancel(tx *store.Tx, actor auth.Actor, run *models.AssessmentRun) error {
	if !run.Active() {
		return models.Conflict("runId", models.KeyRunEnded, string(run.State))
	}
	run.State, run.FinishedAt = models.RunCancelled, &tx.Now
	if err := tx.Model(run).Select("state", "finished_at").UpdateColumns(run).Error; err != nil {
		return err
	}
	return audit.Record(tx, audit.Entry{
		Actor: actor.Subject, Action: "cancelAssessment", Noun: "AssessmentRun", NounID: &run.ID,
		Details: map[string]string{"cycle": run.CycleID.String()},
	})
}
