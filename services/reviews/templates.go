package reviews

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// NewTemplate is a questionnaire to be saved.
type NewTemplate struct {
	UnitID         models.ID
	Name           string
	Default        bool // of the unit, in place of the one it has
	Questions      []models.ReviewQuestion
	Weights        *models.ClassWeights // of the classes of voters; nil: the traditional ones
	IdempotencyKey *string
}

// SaveTemplate saves a questionnaire of a unit within the actor's scope, as the next
// version of its name. Without questions it takes the standard ones.
func (s *Service) SaveTemplate(ctx context.Context, actor auth.Actor, in NewTemplate) (*models.ReviewTemplate, error) {
	if !actor.Is(models.RoleHR) {
		return nil, models.Forbidden()
	}
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, false); err != nil {
		return nil, err
	}
	template := &models.ReviewTemplate{
		ID: models.NewID(), UnitID: in.UnitID, Name: strings.TrimSpace(in.Name), IsDefault: in.Default, SavedBy: actor.Subject,
	}
	template.Weights = models.DefaultClassWeights()
	if in.Weights != nil {
		template.Weights = *in.Weights
	}
	if err := template.Validate(); err != nil {
		return nil, err
	}
	questions := in.Questions
	if len(questions) == 0 {
		questions = Standard()
	}
	if err := models.ValidQuestions(questions); err != nil {
		return nil, err
	}
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		covered, err := store.Covers(tx.DB, actor.UnitID, in.UnitID)
		if err != nil {
			return err
		}
		if !covered {
			return models.AtField("unitId", models.NotFound("OrgUnit"))
		}
		id, err := store.Once(tx, "saveReviewTemplate", actor.Subject, in.IdempotencyKey, in, template.ID, func() error {
			return saveTemplate(tx, template, questions)
		})
		if err != nil || id == template.ID {
			return err
		}
		template, err = store.Take[models.ReviewTemplate](tx.Where("id = ?", id), "ReviewTemplate")
		return err
	})
	if err != nil {
		return nil, err
	}
	return template, nil
}

// saveTemplate writes the next version. The unit's row is locked, so that two that
// save at once make two versions.
func saveTemplate(tx *store.Tx, template *models.ReviewTemplate, questions []models.ReviewQuestion) error {
	if _, err := store.Take[models.OrgUnit](store.Lock(tx.DB).Where("id = ?", template.UnitID), "OrgUnit"); err != nil {
		return err
	}
	var last int
	err := tx.Model(&models.ReviewTemplate{}).Where("unit_id = ? AND name = ?", template.UnitID, template.Name).
		Select("COALESCE(MAX(version), 0)").Scan(&last).Error
	if err != nil {
		return err
	}
	template.Version, template.SavedAt = last+1, tx.Now
	if template.IsDefault {
		err := tx.Model(&models.ReviewTemplate{}).Where("unit_id = ? AND is_default", template.UnitID).
			Update("is_default", false).Error
		if err != nil {
			return err
		}
	}
	if err := tx.Create(template).Error; err != nil {
		return err
	}
	rows := make([]models.ReviewQuestion, len(questions))
	for i, q := range questions {
		q.ID, q.TemplateID, q.Place = models.NewID(), template.ID, i
		rows[i] = q
	}
	if err := tx.Create(&rows).Error; err != nil {
		return err
	}
	return audit.Record(tx, audit.Entry{
		Actor: template.SavedBy, Action: "saveReviewTemplate", Noun: "ReviewTemplate", NounID: &template.ID,
	})
}

// inForce keeps the questionnaires that a unit may use: its own, those above it, and
// those below it.
func inForce(unit *models.ID) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if unit == nil {
			return db.Where("1 = 0")
		}
		return db.Where("(unit_id IN (SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?) "+
			"OR unit_id IN (SELECT ancestor_id FROM org_unit_closures WHERE descendant_id = ?))", *unit, *unit)
	}
}

// Templates returns a page of the questionnaires of the actor's scope and of the units
// above it, the newest first, behind a given one.
func (s *Service) Templates(ctx context.Context, actor auth.Actor, first int, after string) ([]*models.ReviewTemplate, bool, error) {
	query := s.Store.Read(ctx).Scopes(inForce(actor.UnitID))
	query, err := behind(query, "id < ?", after)
	if err != nil {
		return nil, false, err
	}
	var rows []*models.ReviewTemplate
	err = query.Order("id DESC").Limit(first + 1).Find(&rows).Error
	return store.Cut(rows, first), len(rows) > first, err
}

// TemplatesByIDs returns questionnaires by id. What is asked is no secret inside the
// organisation.
func (s *Service) TemplatesByIDs(ctx context.Context, ids []models.ID) (map[models.ID]*models.ReviewTemplate, error) {
	return store.ByID(s.Store.Read(ctx), ids, func(t *models.ReviewTemplate) models.ID { return t.ID })
}

// QuestionsByTemplate returns the questions of questionnaires, in their order.
func (s *Service) QuestionsByTemplate(ctx context.Context, ids []models.ID) (map[models.ID][]*models.ReviewQuestion, error) {
	var rows []*models.ReviewQuestion
	err := s.Store.Read(ctx).Scopes(store.Among("template_id", ids)).Order("template_id, place").Find(&rows).Error
	if err != nil {
		return nil, err
	}
	out := make(map[models.ID][]*models.ReviewQuestion, len(ids))
	for _, q := range rows {
		out[q.TemplateID] = append(out[q.TemplateID], q)
	}
	return out, nil
}

// questionsOf reads the questions of a round's questionnaire; none without one.
func questionsOf(db *gorm.DB, template *models.ID) ([]models.ReviewQuestion, error) {
	if template == nil {
		return nil, nil
	}
	var rows []models.ReviewQuestion
	err := db.Where("template_id = ?", *template).Order("place").Find(&rows).Error
	return rows, err
}

// weightsOf are what the classes of voters count in a round: as its questionnaire says.
func weightsOf(db *gorm.DB, template *models.ID) (models.ClassWeights, error) {
	if template == nil {
		return models.DefaultClassWeights(), nil
	}
	found, err := store.Take[models.ReviewTemplate](db.Where("id = ?", *template), "ReviewTemplate")
	if err != nil {
		return models.ClassWeights{}, err
	}
	return found.Weights, nil
}

// questionnaire is the one that a round in a unit uses: the one asked for, or the
// default of the unit or of the nearest above it, or none.
func questionnaire(tx *store.Tx, actor auth.Actor, unit models.ID, asked *models.ID) (*models.ID, error) {
	if asked != nil {
		found, err := store.Take[models.ReviewTemplate](tx.Scopes(inForce(actor.UnitID)).Where("id = ?", *asked), "ReviewTemplate")
		if err != nil {
			return nil, models.AtField("templateId", err)
		}
		return &found.ID, nil
	}
	var ids []models.ID
	err := tx.Table("review_templates AS t").
		Joins("JOIN org_unit_closures c ON c.ancestor_id = t.unit_id AND c.descendant_id = ?", unit).
		Where("t.is_default").Order("c.depth").Limit(1).Pluck("t.id", &ids).Error
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return &ids[0], nil
}
