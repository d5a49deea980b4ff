package assessments

import (
	"context"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// readers see the runs and assessments of their scope.
var readers = []models.Role{models.RoleHR, models.RoleAuditor}

// shown are the states of a cycle in which officials see their own results;
// before, running results are sealed.
var shown = []models.CycleState{models.CyclePublished, models.CycleDecided, models.CycleFinal}

// cyclesInReach selects the cycles whose unit lies within the actor's scope, and
// those that cover it: of these the actor sees the run, and the rows of the scope.
func cyclesInReach(actor auth.Actor) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if !actor.Is(readers...) || actor.UnitID == nil {
			return db.Where("1 = 0")
		}
		return db.Where("(unit_id IN (SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?) "+
			"OR unit_id IN (SELECT ancestor_id FROM org_unit_closures WHERE descendant_id = ?))", *actor.UnitID, *actor.UnitID)
	}
}

// own says that an assessment is the official's and the one that counts in a cycle
// that is published: the last version of the cycle's result, or, where a cycle has
// none, that of the run that counts.
const own = `assessments.official_id = ? AND (EXISTS (
		SELECT 1 FROM cycle_results r JOIN cycles c ON c.id = r.cycle_id WHERE r.assessment_id = assessments.id AND c.state IN ?
			AND NOT EXISTS (SELECT 1 FROM cycle_results n WHERE n.cycle_id = r.cycle_id AND n.posting_id = r.posting_id AND n.version > r.version))
	OR assessments.run_id IN (SELECT c.run_id FROM cycles c WHERE c.state IN ?
		AND NOT EXISTS (SELECT 1 FROM cycle_results r WHERE r.cycle_id = c.id)))`

// visible keeps the assessments that the actor may see: HR officers and auditors
// those of their scope, whoever is an official the own ones that count, once the
// cycle is published.
func visible(actor auth.Actor) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		reads := actor.Is(readers...) && actor.UnitID != nil
		switch {
		case reads && actor.OfficialID != nil:
			return db.Where("(assessments.unit_id IN (SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?) OR "+
				own+")", *actor.UnitID, *actor.OfficialID, shown, shown)
		case reads:
			return db.Scopes(store.InScope("assessments.unit_id", actor.UnitID))
		case actor.OfficialID != nil:
			return db.Where("("+own+")", *actor.OfficialID, shown, shown)
		}
		return db.Where("1 = 0")
	}
}

// RunsByIDs returns the runs that the actor may see, by id.
func (s *Service) RunsByIDs(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID]*models.AssessmentRun, error) {
	cycles := s.Store.Read(ctx).Model(&models.Cycle{}).Select("id").Scopes(cyclesInReach(actor))
	query := s.Store.Read(ctx).Where("cycle_id IN (?)", cycles)
	return store.ByID(query, ids, func(r *models.AssessmentRun) models.ID { return r.ID })
}

// run returns a run that the actor may see.
func (s *Service) run(ctx context.Context, actor auth.Actor, id models.ID) (*models.AssessmentRun, error) {
	found, err := s.RunsByIDs(ctx, actor, []models.ID{id})
	if err != nil {
		return nil, err
	}
	if found[id] == nil {
		return nil, models.NotFound("AssessmentRun")
	}
	return found[id], nil
}

// ByIDs returns the assessments that the actor may see, by id.
func (s *Service) ByIDs(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID]*models.Assessment, error) {
	query := s.Store.Read(ctx).Scopes(visible(actor))
	return store.ByID(query, ids, func(r *models.Assessment) models.ID { return r.ID })
}

// counting keeps the assessments that count in a cycle, which is asked for three
// times: the last versions of its results, and those of the run that counts where a
// post has none yet.
const counting = `(assessments.id IN (SELECT r.assessment_id FROM cycle_results r WHERE r.cycle_id = ? AND NOT EXISTS (
		SELECT 1 FROM cycle_results n WHERE n.cycle_id = r.cycle_id AND n.posting_id = r.posting_id AND n.version > r.version))
	OR assessments.run_id = (SELECT run_id FROM cycles WHERE id = ?)
		AND assessments.posting_id NOT IN (SELECT posting_id FROM cycle_results WHERE cycle_id = ?))`

// ByOfficials returns the officials' assessments that count in a cycle, by
// official: of several postings the last one that the actor may see.
func (s *Service) ByOfficials(ctx context.Context, actor auth.Actor, cycle models.ID, officials []models.ID) (map[models.ID]*models.Assessment, error) {
	return byOfficials(s.Store.Read(ctx), actor, cycle, officials)
}

func byOfficials(db *gorm.DB, actor auth.Actor, cycle models.ID, officials []models.ID) (map[models.ID]*models.Assessment, error) {
	var rows []*models.Assessment
	err := db.Scopes(visible(actor)).Select("assessments.*").
		Joins("JOIN postings ON postings.id = assessments.posting_id").
		Where(counting, cycle, cycle, cycle).Scopes(store.Among("assessments.official_id", officials)).
		Order("postings.from_on").Find(&rows).Error
	if err != nil {
		return nil, err
	}
	last := make(map[models.ID]*models.Assessment, len(rows))
	for _, r := range rows {
		last[r.OfficialID] = r
	}
	return last, nil
}

// PartsByAssessments returns the lines of explanations in their order, by
// assessment, for those that the actor may see.
func (s *Service) PartsByAssessments(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID][]*models.ScorePart, error) {
	return partsByAssessments(s.Store.Read(ctx), actor, ids)
}

func partsByAssessments(db *gorm.DB, actor auth.Actor, ids []models.ID) (map[models.ID][]*models.ScorePart, error) {
	seen := db.Model(&models.Assessment{}).Select("id").Scopes(visible(actor)).Scopes(store.Among("id", ids))
	var rows []*models.Explanation
	if err := db.Where("assessment_id IN (?)", seen).Find(&rows).Error; err != nil {
		return nil, err
	}
	parts := make(map[models.ID][]*models.ScorePart, len(rows))
	for _, r := range rows {
		parts[r.AssessmentID] = r.Parts
	}
	return parts, nil
}
