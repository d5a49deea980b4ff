package publications

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// NewObjection is what somebody holds against a result or a name in a notice.
type NewObjection struct {
	CycleID        models.ID
	OfficialID     *models.ID // about whom; nil: the assessment's, or whoever objects
	AssessmentID   *models.ID
	PreviousID     *models.ID      // of an appeal: the review
	Instance       models.Instance // after the written notice: REVIEW, or APPEAL at once; empty: REVIEW
	Grounds        string
	Evidence       string
	IdempotencyKey *string
}

// Filed is an objection with the receipt of a member of the public, which is shown
// once and not kept; an official has none.
type Filed struct {
	Objection *models.Objection
	Receipt   string
}

// File takes an objection. An official objects to the own result: to the notice
// while it stands; after the written notice by a review within 30 days, and by an
// appeal within 15 days after that of the review, or within 30 days at once.
// Everybody else, by a receipt, objects to a name in a notice while it stands.
func (s *Service) File(ctx context.Context, actor auth.Actor, in NewObjection) (*Filed, error) {
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, actor.Anonymous()); err != nil {
		return nil, err
	}
	o := &models.Objection{
		ID: models.NewRandomID(), CycleID: in.CycleID, Instance: models.InstanceNotice, PreviousID: in.PreviousID,
		Grounds: strings.TrimSpace(in.Grounds), Evidence: strings.TrimSpace(in.Evidence), State: models.ObjectionFiled,
	}
	if err := o.Validate(); err != nil {
		return nil, err
	}
	receipt := auth.NewReceipt()
	if in.IdempotencyKey != nil && *in.IdempotencyKey != "" {
		receipt = auth.DeriveReceipt(s.Secret, "fileObjection", actor.Subject, *in.IdempotencyKey)
	}
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		id, err := store.Once(tx, "fileObjection", actor.Subject, in.IdempotencyKey, in, o.ID, func() error {
			return s.file(tx, actor, in, o, receipt)
		})
		if err != nil {
			return err
		}
		o, err = store.Take[models.Objection](tx.Where("id = ?", id), "Objection")
		return err
	})
	if err != nil {
		return nil, err
	}
	filed := &Filed{Objection: o}
	if o.Filer == models.FilerPublic {
		filed.Receipt = receipt.Code()
	}
	return filed, nil
}

func (s *Service) file(tx *store.Tx, actor auth.Actor, in NewObjection, o *models.Objection, receipt auth.Receipt) error {
	c, err := store.Take[models.Cycle](store.Lock(tx.DB).Where("id = ?", in.CycleID), "Cycle")
	if err != nil {
		return models.AtField("cycleId", err)
	}
	if o.OfficialID, err = aboutWhom(tx, actor, in); err != nil {
		return err
	}
	if actor.IsOfficial(o.OfficialID) {
		o.Filer, o.FiledAt = models.FilerOfficial, tx.Now
		if err := s.ownObjection(tx, c, in, o); err != nil {
			return err
		}
		if err := tx.Create(o).Error; err != nil {
			return duplicate(err)
		}
		return audit.Record(tx, audit.Entry{
			Actor: actor.Subject, Action: "fileObjection", Noun: "Objection", NounID: &o.ID,
			Details: map[string]string{"cycle": c.ID.String(), "instance": string(o.Instance)},
		})
	}
	hash := receipt.Hash()
	o.Filer, o.ReceiptHash, o.FiledAt = models.FilerPublic, hash[:], tx.Now.Truncate(24*time.Hour)
	if err := s.publicObjection(tx, c, o); err != nil {
		return err
	}
	if err := tx.Create(o).Error; err != nil {
		return err
	}
	return audit.RecordAnonymous(tx, "fileObjection", "Objection")
}

// aboutWhom is the official whom an objection is about.
func aboutWhom(tx *store.Tx, actor auth.Actor, in NewObjection) (models.ID, error) {
	switch {
	case in.AssessmentID != nil:
		a, err := store.Take[models.Assessment](tx.Where("id = ? AND official_id = ?", *in.AssessmentID, actor.OfficialID), "Assessment")
		if err != nil {
			return models.ID{}, models.AtField("assessmentId", err)
		}
		if in.OfficialID != nil && *in.OfficialID != a.OfficialID {
			return models.ID{}, models.AtField("officialId", models.NotFound("Official"))
		}
		return a.OfficialID, nil
	case in.OfficialID != nil:
		return *in.OfficialID, nil
	case actor.OfficialID != nil:
		return *actor.OfficialID, nil
	}
	return models.ID{}, models.Invalid("officialId", models.KeyRequired)
}

// publicObjection says whether a member of the public may object: to a name that
// the notice gives, while it stands.
func (s *Service) publicObjection(tx *store.Tx, c *models.Cycle, o *models.Objection) error {
	p, err := s.openNotice(tx, c)
	if err != nil {
		return err
	}
	var n int64
	err = tx.Model(&models.PublicationEntry{}).Where("publication_id = ? AND official_id = ?", p.ID, o.OfficialID).Count(&n).Error
	if err != nil {
		return err
	}
	if n == 0 {
		return models.Invalid("officialId", models.KeyNotNamed)
	}
	o.DueOn = s.today(tx).AddDays(models.NoticeDecision)
	return nil
}

// openNotice is the notice under which objections are taken today.
func (s *Service) openNotice(tx *store.Tx, c *models.Cycle) (*models.Publication, error) {
	if c.State != models.CyclePublished {
		return nil, models.AtField("cycleId", models.NotFound("Publication"))
	}
	p, err := lastNotice(tx.DB, c.ID)
	if err != nil {
		return nil, models.AtField("cycleId", err)
	}
	if s.today(tx).After(p.NoticeUntil) {
		return nil, &models.Error{Code: models.CodeGone, Field: "cycleId", Key: models.KeyObjectionLate}
	}
	return p, nil
}

// ownObjection finds the instance and the terms of an official's objection.
func (s *Service) ownObjection(tx *store.Tx, c *models.Cycle, in NewObjection, o *models.Objection) error {
	today := s.today(tx)
	if c.State == models.CyclePublished {
		_, err := s.openNotice(tx, c)
		o.DueOn = today.AddDays(models.NoticeDecision)
		return err
	}
	if c.State != models.CycleDecided && c.State != models.CycleFinal {
		return models.AtField("cycleId", models.NotFound("Publication"))
	}
	if in.PreviousID != nil {
		return s.appeal(tx, *in.PreviousID, o)
	}
	g, err := standing(tx, c.ID, o.OfficialID)
	if err != nil {
		return err
	}
	if g == nil || g.ToldOn.IsZero() {
		return models.Invalid("cycleId", models.KeyNotTold, "1")
	}
	term, decided := models.ReviewTerm, models.ReviewDecision
	o.Instance = models.InstanceReview
	if in.Instance == models.InstanceAppeal {
		o.Instance, term, decided = models.InstanceAppeal, models.DirectAppealTerm, models.AppealDecision
	}
	if today.After(g.ToldOn.AddDays(term)) {
		return &models.Error{Code: models.CodeGone, Field: "cycleId", Key: models.KeyObjectionLate}
	}
	o.DueOn = today.AddDays(decided)
	return nil
}

// appeal takes an objection to the second instance.
func (s *Service) appeal(tx *store.Tx, previous models.ID, o *models.Objection) error {
	review, err := store.Take[models.Objection](tx.Where("id = ? AND cycle_id = ? AND official_id = ? AND instance = ?",
		previous, o.CycleID, o.OfficialID, models.InstanceReview), "Objection")
	switch {
	case err != nil:
		return models.AtField("previousId", err)
	case review.ToldOn.IsZero():
		return models.Invalid("previousId", models.KeyNotTold, "1")
	case s.today(tx).After(review.ToldOn.AddDays(models.AppealTerm)):
		return &models.Error{Code: models.CodeGone, Field: "previousId", Key: models.KeyObjectionLate}
	}
	o.Instance, o.DueOn = models.InstanceAppeal, s.today(tx).AddDays(models.AppealDecision)
	return nil
}

// ByReceipt returns the objection that a receipt belongs to.
func (s *Service) ByReceipt(ctx context.Context, code string) (*models.Objection, error) {
	receipt, err := auth.ParseReceipt(code)
	if err != nil {
		return nil, models.NotFound("Objection")
	}
	hash := receipt.Hash()
	o, err := store.Take[models.Objection](s.Store.Read(ctx).Where("receipt_hash = ?", hash[:]), "Objection")
	auth.Tried(ctx, hash, models.CodeOf(err) != models.CodeNotFound)
	return o, err
}

// objectionsVisible keeps the objections that the actor may see: HR officers and
// auditors those about officials of their scope, an official the own ones.
func objectionsVisible(actor auth.Actor) func(*gorm.DB) *gorm.DB {
	const own = "official_id = ? AND filer = 'OFFICIAL'"
	return func(db *gorm.DB) *gorm.DB {
		if !actor.Is(readers...) || actor.UnitID == nil {
			return db.Where(own, actor.OfficialID)
		}
		return db.Where("(official_id IN (SELECT id FROM officials WHERE unit_id IN "+
			"(SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?)) OR "+own+")", *actor.UnitID, actor.OfficialID)
	}
}

// Objections returns a page of a cycle's objections within the actor's sight.
func (s *Service) Objections(ctx context.Context, actor auth.Actor, cycle models.ID, first int, after string) ([]*models.Objection, bool, error) {
	return pageByID[models.Objection](s.Store.Read(ctx).Scopes(objectionsVisible(actor)).Where("cycle_id = ?", cycle), "id", first, after)
}

// ObjectionsByIDs are those of the objections that the actor may see, by id.
func (s *Service) ObjectionsByIDs(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID]*models.Objection, error) {
	query := s.Store.Read(ctx).Scopes(objectionsVisible(actor))
	return store.ByID(query, ids, func(o *models.Objection) models.ID { return o.ID })
}
