package publications

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"time"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// Seal signs the end of a cycle: with the second signature its runs, results and
// grades are immutable, and their digest stands in the audit trail. Everybody must
// have been told. Remedies go on: one that succeeds is a new version.
func (s *Service) Seal(ctx context.Context, actor auth.Actor, in Signing) (*Signed, error) {
	return s.sign(ctx, actor, signed{"sealCycle", models.CycleStepSeal, s.canSeal, s.seal}, in)
}

func (s *Service) canSeal(tx *store.Tx, c *models.Cycle, _ *models.CycleProposal) error {
	var untold int64
	if err := currentGrades(tx.DB, c.ID).Where("told_on IS NULL").Count(&untold).Error; err != nil {
		return err
	}
	if untold > 0 {
		return models.Invalid("cycleId", models.KeyNotTold, strconv.FormatInt(untold, 10))
	}
	return nil
}

func (s *Service) seal(tx *store.Tx, c *models.Cycle, p *models.CycleProposal) error {
	digest, err := resultsDigest(tx.DB, tx.Dialect(), c, tx.Now)
	if err != nil {
		return err
	}
	seal := &models.Seal{
		ID: models.NewID(), CycleID: c.ID, RunID: p.RunID, Digest: digest, SealedBy: p.ProposedBy, SecondedBy: p.ConfirmedBy, SealedAt: tx.Now,
	}
	if err := seal.Validate(); err != nil {
		return err
	}
	if err := tx.Create(seal).Error; err != nil {
		return err
	}
	return audit.Record(tx, audit.Entry{
		Actor: p.ConfirmedBy, Action: "seal", Noun: "Seal", NounID: &seal.ID,
		Details: map[string]string{"cycle": c.ID.String(), "digest": hex.EncodeToString(digest)},
	})
}

// resultsDigest is SHA-256 over a cycle's results and grades as they stood at a
// moment, a line each, in the order of external ids. It holds no surrogate id.
func resultsDigest(db *gorm.DB, d store.Dialect, c *models.Cycle, at time.Time) ([]byte, error) {
	sum := sha256.New()
	if _, err := fmt.Fprintf(sum, "steelyard seal v1\n%s %s %s\n", c.Kind, c.FromOn, c.ToOn); err != nil {
		return nil, err
	}
	if err := digestResults(sum, db, d, c, at); err != nil {
		return nil, err
	}
	if err := digestGrades(sum, db, d, c, at); err != nil {
		return nil, err
	}
	return sum.Sum(nil), nil
}

func digestResults(w io.Writer, db *gorm.DB, d store.Dialect, c *models.Cycle, at time.Time) error {
	var rows []struct {
		models.Assessment
		Official, Unit string
		FromOn         models.Date
		EvidenceDigest models.Hash
		PolicyDigest   models.Hash
	}
	err := db.Table("cycle_results r").
		Select("assessments.*, o.ref AS official, u.ref AS unit, p.from_on, x.evidence_digest, x.policy_digest").
		Joins("JOIN assessments ON assessments.id = r.assessment_id").Joins("JOIN officials o ON o.id = r.official_id").
		Joins("JOIN org_units u ON u.id = assessments.unit_id").Joins("JOIN postings p ON p.id = r.posting_id").
		Joins("JOIN assessment_runs x ON x.id = assessments.run_id").
		Where(`r.cycle_id = ? AND r.settled_at <= ? AND NOT EXISTS (SELECT 1 FROM cycle_results n
			WHERE n.cycle_id = r.cycle_id AND n.posting_id = r.posting_id AND n.version > r.version AND n.settled_at <= ?)`, c.ID, at, at).
		Order(d.ByteOrder("o.ref") + ", p.from_on").Find(&rows).Error
	if err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		rank := ""
		if r.Rank != nil {
			rank = strconv.Itoa(*r.Rank)
		}
		_, err := fmt.Fprintf(w, "%q %s %q %q %s %s %s %s %x %x\n", r.Official, r.FromOn, r.Unit, r.Position, r.Status,
			exactly(r.Composite), rank, r.Grade, []byte(r.EvidenceDigest), []byte(r.PolicyDigest))
		if err != nil {
			return err
		}
	}
	return nil
}

func digestGrades(w io.Writer, db *gorm.DB, d store.Dialect, c *models.Cycle, at time.Time) error {
	var rows []struct {
		models.CycleGrade
		Official string
	}
	err := db.Table("cycle_grades g").Select("g.*, o.ref AS official").Joins("JOIN officials o ON o.id = g.official_id").
		Where("g.cycle_id = ? AND g.state = ? AND g.decided_at <= ?", c.ID, models.GradeDecided, at).
		Order(d.ByteOrder("o.ref") + ", g.version").Find(&rows).Error
	if err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		if _, err := fmt.Fprintf(w, "%q %d %s %s %q %q\n", r.Official, r.Version, r.Grade, r.NotGraded, r.ProposedBy, r.DecidedBy); err != nil {
			return err
		}
	}
	return nil
}

// exactly is the shortest decimal that gives a score back; empty for none.
func exactly(x *models.Score) string {
	if x == nil {
		return ""
	}
	return strconv.FormatFloat(float64(*x), 'g', -1, 64)
}

// SealCheck is a cycle's seal beside what the database gives now.
type SealCheck struct {
	Seal *models.Seal
	Now  models.Hash // the digest of the results and grades that stood then, as they stand now
}

// Holds says whether what was sealed is what is there.
func (c *SealCheck) Holds() bool { return c.Seal.Digest.Key() == c.Now.Key() }

// CheckSeal computes the digest of a sealed cycle anew. It needs no key. It is for
// operators as well as for whoever may see the cycle, and does not ask who.
func (s *Service) CheckSeal(ctx context.Context, cycle models.ID) (*SealCheck, error) {
	db := s.Store.Read(ctx)
	seal, err := store.Take[models.Seal](db.Where("cycle_id = ?", cycle), "Seal")
	if err != nil {
		return nil, err
	}
	c, err := store.Take[models.Cycle](db.Where("id = ?", cycle), "Cycle")
	if err != nil {
		return nil, err
	}
	now, err := resultsDigest(db, s.Store.Dialect(), c, seal.SealedAt)
	return &SealCheck{seal, now}, err
}

// SealOf is CheckSeal for whoever may see the cycle.
func (s *Service) SealOf(ctx context.Context, actor auth.Actor, cycle models.ID) (*SealCheck, error) {
	if _, err := s.reachable(ctx, actor, cycle); err != nil {
		return nil, err
	}
	return s.CheckSeal(ctx, cycle)
}

// RunCheck is what can be said of a run without any key.
type RunCheck struct {
	Seal      *SealCheck // nil: its cycle is not sealed
	Destroyed []int      // the years of its period whose rater keys are gone
}

// CheckRun says what can be said of a run without any key. It is for operators,
// and does not ask who may see what.
func (s *Service) CheckRun(ctx context.Context, run *models.AssessmentRun) (*RunCheck, error) {
	db, out := s.Store.Read(ctx), &RunCheck{}
	c, err := store.Take[models.Cycle](db.Where("id = ?", run.CycleID), "Cycle")
	if err != nil {
		return nil, err
	}
	err = db.Model(&models.KeyEpoch{}).Where("destroyed_at IS NOT NULL AND year BETWEEN ? AND ?", c.FromOn.Year(), c.ToOn.Year()).
		Order("year").Pluck("year", &out.Destroyed).Error
	if err != nil {
		return nil, err
	}
	out.Seal, err = s.CheckSeal(ctx, c.ID)
	if models.CodeOf(err) == models.CodeNotFound {
		out.Seal, err = nil, nil
	}
	return out, err
}
