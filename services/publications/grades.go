package publications

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// NewGrade is a grade to be proposed.
type NewGrade struct {
	CycleID        models.ID
	OfficialID     models.ID
	Grade          models.Grade
	NotGraded      models.LimitGround // of NOT_GRADED alone
	Reason         string
	Ground         string     // needed for low grades
	ObjectionID    *models.ID // the upheld objection that it remedies
	IdempotencyKey *string
}

// ProposeGrade proposes a grade for an official of the actor's scope, beside what
// the engine proposes. A remedy may be proposed after the decision, and after the
// seal as well, and never for a worse grade.
func (s *Service) ProposeGrade(ctx context.Context, actor auth.Actor, in NewGrade) (*models.CycleGrade, error) {
	g := &models.CycleGrade{
		ID: models.NewID(), CycleID: in.CycleID, OfficialID: in.OfficialID, Grade: in.Grade, NotGraded: in.NotGraded,
		Reason: strings.TrimSpace(in.Reason), Ground: strings.TrimSpace(in.Ground), ObjectionID: in.ObjectionID,
		State: models.GradeProposed, ProposedBy: actor.Subject,
	}
	if err := g.Validate(); err != nil {
		return nil, err
	}
	return s.gradeOnce(ctx, actor, "proposeGrade", in.IdempotencyKey, in, g.ID, func(tx *store.Tx) error {
		return s.propose(tx, actor, g)
	})
}

// gradeOnce runs a step that makes or changes one grade, and returns that grade.
func (s *Service) gradeOnce(ctx context.Context, actor auth.Actor, action string, key *string, in any, id models.ID,
	do func(tx *store.Tx) error,
) (*models.CycleGrade, error) {
	var g *models.CycleGrade
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		made, err := store.Once(tx, action, actor.Subject, key, in, id, func() error { return do(tx) })
		if err != nil {
			return err
		}
		g, err = store.Take[models.CycleGrade](tx.Where("id = ?", made), "CycleGrade")
		return err
	})
	if err != nil {
		return nil, err
	}
	return g, nil
}

func (s *Service) propose(tx *store.Tx, actor auth.Actor, g *models.CycleGrade) error {
	c, err := lockPart(tx, actor, g.CycleID)
	if err != nil {
		return err
	}
	a, err := appraised(tx, actor, c, g.OfficialID)
	if err != nil {
		return err
	}
	if err := notOwn(actor, g.OfficialID); err != nil {
		return err
	}
	if err := barred(tx, g); err != nil {
		return err
	}
	if err := gradable(tx, c, g); err != nil {
		return err
	}
	g.RunID, g.UnitID, g.Position, g.Engine, g.ProposedAt = a.RunID, a.UnitID, a.Position, a.Grade, tx.Now
	last, err := lastVersion(tx, g.CycleID, g.OfficialID)
	if err != nil {
		return err
	}
	g.Version = 1
	if last != nil {
		if last.State == models.GradeProposed {
			return models.Conflict("officialId", models.KeyAlreadyExists, "CycleGrade")
		}
		g.Version = last.Version + 1
	}
	if err := tx.Create(g).Error; err != nil {
		return err
	}
	return recordGrade(tx, actor, "proposeGrade", g)
}

// gradable says whether the cycle still takes grades: while it is scored, and for
// the remedy of an upheld objection later on.
func gradable(tx *store.Tx, c *models.Cycle, g *models.CycleGrade) error {
	if g.ObjectionID == nil {
		if c.State != models.CycleScoring {
			return unready(c)
		}
		return nil
	}
	if c.State != models.CycleScoring && c.State != models.CyclePublished && c.State != models.CycleDecided && c.State != models.CycleFinal {
		return unready(c)
	}
	o, err := store.Take[models.Objection](tx.Where("id = ? AND cycle_id = ? AND official_id = ? AND filer = ?",
		*g.ObjectionID, g.CycleID, g.OfficialID, models.FilerOfficial), "Objection")
	if err != nil {
		return models.AtField("objectionId", err)
	}
	if o.State != models.ObjectionUpheld {
		return models.Invalid("objectionId", models.KeyNotUpheld)
	}
	current, err := standing(tx, g.CycleID, g.OfficialID)
	if err != nil {
		return err
	}
	if current != nil && g.Grade.Worse(current.Grade) {
		return models.Invalid("grade", models.KeyNeverWorse, string(current.Grade))
	}
	return nil
}

// lastVersion is the newest version of an official's grade, whatever became of it;
// nil where there is none.
func lastVersion(tx *store.Tx, cycle, official models.ID) (*models.CycleGrade, error) {
	return optionalGrade(tx.Where("cycle_id = ? AND official_id = ?", cycle, official))
}

// standing is the grade that counts: the last one that was decided; nil where
// there is none.
func standing(tx *store.Tx, cycle, official models.ID) (*models.CycleGrade, error) {
	return optionalGrade(tx.Where("cycle_id = ? AND official_id = ? AND state = ?", cycle, official, models.GradeDecided))
}

func optionalGrade(query *gorm.DB) (*models.CycleGrade, error) {
	g, err := store.Take[models.CycleGrade](query.Order("version DESC").Limit(1), "CycleGrade")
	if models.CodeOf(err) == models.CodeNotFound {
		return nil, nil
	}
	return g, err
}

// GradeDecision is the committee's word on a proposed grade.
type GradeDecision struct {
	GradeID        models.ID
	Approve        bool
	Decision       string // why; needed for a refusal
	IdempotencyKey *string
}

// DecideGrade decides about a proposed grade: another person than proposed it, and
// not the official. An EXCELLENT takes a place of the quota, except as a remedy.
func (s *Service) DecideGrade(ctx context.Context, actor auth.Actor, in GradeDecision) (*models.CycleGrade, error) {
	in.Decision = strings.TrimSpace(in.Decision)
	return s.gradeOnce(ctx, actor, "decideGrade", in.IdempotencyKey, in, in.GradeID, func(tx *store.Tx) error {
		known, err := store.Take[models.CycleGrade](tx.Scopes(store.InScope("unit_id", actor.UnitID)).Where("id = ?", in.GradeID), "CycleGrade")
		if err != nil {
			return models.AtField("gradeId", err)
		}
		c, err := lockPart(tx, actor, known.CycleID)
		if err != nil {
			return err
		}
		g, err := store.Take[models.CycleGrade](store.Lock(tx.DB).Where("id = ?", in.GradeID), "CycleGrade")
		if err != nil {
			return err
		}
		if err := notOwn(actor, g.OfficialID); err != nil {
			return err
		}
		return s.decideGrade(tx, actor, c, g, in)
	})
}

func (s *Service) decideGrade(tx *store.Tx, actor auth.Actor, c *models.Cycle, g *models.CycleGrade, in GradeDecision) error {
	before, err := standing(tx, g.CycleID, g.OfficialID)
	if err != nil {
		return err
	}
	if err := g.Decide(in.Approve, actor.Subject, in.Decision, tx.Now); err != nil {
		return err
	}
	if err := store.SecondPerson(tx.DB, actor.Subject, g.ProposedBy); err != nil {
		return err
	}
	if in.Approve {
		if err := gradable(tx, c, g); err != nil {
			return err
		}
		if err := barred(tx, g); err != nil {
			return err
		}
		if err := s.moveQuota(tx, c, before, g); err != nil {
			return err
		}
	}
	if err := tx.Model(g).Select("state", "decided_by", "decision", "decided_at", "beyond").UpdateColumns(g).Error; err != nil {
		return err
	}
	return recordGrade(tx, actor, "decideGrade", g)
}

func recordGrade(tx *store.Tx, actor auth.Actor, action string, g *models.CycleGrade) error {
	details := map[string]string{
		"cycle": g.CycleID.String(), "official": g.OfficialID.String(), "grade": string(g.Grade), "state": string(g.State), "reason": g.Reason,
	}
	if g.ObjectionID != nil {
		details["objection"] = g.ObjectionID.String()
	}
	if g.Beyond {
		details["beyond"] = "the quota"
	}
	return audit.Record(tx, audit.Entry{Actor: actor.Subject, Action: action, Noun: "CycleGrade", NounID: &g.ID, Details: details})
}

// gradesVisible keeps the grades that the actor may see: HR officers and auditors
// those of their scope, an official the own one once it has been told.
func gradesVisible(actor auth.Actor) func(*gorm.DB) *gorm.DB {
	const own = "official_id = ? AND told_on IS NOT NULL"
	return func(db *gorm.DB) *gorm.DB {
		if !actor.Is(readers...) || actor.UnitID == nil {
			return db.Where(own, actor.OfficialID)
		}
		return db.Where("(unit_id IN (SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?) OR "+own+")", *actor.UnitID, actor.OfficialID)
	}
}

// Grades returns a page of the grades of a cycle, every version of them, within
// the actor's sight; with an official those of one alone.
func (s *Service) Grades(ctx context.Context, actor auth.Actor, cycle models.ID, official *models.ID, first int, after string) ([]*models.CycleGrade, bool, error) {
	query := s.Store.Read(ctx).Scopes(gradesVisible(actor)).Where("cycle_id = ?", cycle)
	if official != nil {
		query = query.Where("official_id = ?", *official)
	}
	return pageByID[models.CycleGrade](query, "id", first, after)
}
