package publications

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
)

// class is an appraising unit and class of staff.
type class struct {
	UnitID   models.ID
	Position string
}

// moveQuota keeps the count of a class when a grade takes the place of another.
// The row is written first, so that of two decisions at once the second one waits
// and finds the first one counted. A remedy is counted beyond the places.
func (s *Service) moveQuota(tx *store.Tx, c *models.Cycle, before, after *models.CycleGrade) error {
	had := before != nil && before.Grade == models.GradeExcellent
	has := after.Grade == models.GradeExcellent
	if had && has {
		after.Beyond = before.Beyond // it keeps its place, whichever that is
		return nil
	}
	if had {
		column := "taken"
		if before.Beyond {
			column = "beyond"
		}
		return ofClass(tx.Model(&models.GradeQuota{}), c.ID, class{before.UnitID, before.Position}).
			UpdateColumn(column, gorm.Expr(column+" - 1")).Error
	}
	if !has {
		return nil
	}
	q, err := s.quota(tx, c, class{after.UnitID, after.Position})
	if err != nil {
		return err
	}
	column := "taken"
	switch {
	case q.Taken < q.Places:
	case after.ObjectionID == nil:
		return models.Invalid("grade", models.KeyQuotaExceeded, strconv.Itoa(q.Places), strconv.Itoa(q.Size))
	default:
		column, after.Beyond = "beyond", true
	}
	return ofClass(tx.Model(&models.GradeQuota{}), c.ID, class{after.UnitID, after.Position}).
		UpdateColumn(column, gorm.Expr(column+" + 1")).Error
}

func ofClass(query *gorm.DB, cycle models.ID, of class) *gorm.DB {
	return query.Where("cycle_id = ? AND unit_id = ? AND position = ?", cycle, of.UnitID, of.Position)
}

// quota locks a class's quota and brings its denominator up to the run that
// counts. Places that are taken stay, where the class has become smaller since.
func (s *Service) quota(tx *store.Tx, c *models.Cycle, of class) (*models.GradeQuota, error) {
	sizes, err := classSizes(tx.DB, c, &of)
	if err != nil {
		return nil, err
	}
	share, err := excellentShare(tx.DB, c)
	if err != nil {
		return nil, err
	}
	fresh := models.GradeQuota{CycleID: c.ID, UnitID: of.UnitID, Position: of.Position}
	if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&fresh).Error; err != nil {
		return nil, err
	}
	q, err := store.Take[models.GradeQuota](ofClass(store.Lock(tx.DB), c.ID, of), "GradeQuota")
	if err != nil {
		return nil, err
	}
	q.Size = sizes[of]
	q.Places = max(scoring.Places(share, q.Size), q.Taken)
	return q, ofClass(tx.Model(&models.GradeQuota{}), c.ID, of).Select("size", "places").
		UpdateColumns(map[string]any{"size": q.Size, "places": q.Places}).Error
}

// classSizes counts who can be graded in each class, or in one: officials by their
// last post in the run that counts, without those who are not graded.
func classSizes(db *gorm.DB, c *models.Cycle, only *class) (map[class]int, error) {
	query := db.Model(&models.Assessment{}).Scopes(lastPosts).Where("run_id = ?", c.RunID).
		Where("official_id NOT IN (SELECT official_id FROM grade_limits WHERE cycle_id = ? AND ground IN ? AND confirmed_at IS NOT NULL)",
			c.ID, models.NotGradedGrounds).
		Where("official_id NOT IN (?)", currentGrades(db, c.ID).Select("official_id").Where("grade = ?", models.GradeNotGraded))
	if only != nil {
		query = query.Where("unit_id = ? AND position = ?", only.UnitID, only.Position)
	}
	var rows []struct {
		UnitID   models.ID
		Position string
		N        int
	}
	if err := query.Select("unit_id, position, count(*) AS n").Group("unit_id, position").Scan(&rows).Error; err != nil {
		return nil, err
	}
	sizes := make(map[class]int, len(rows))
	for _, r := range rows {
		sizes[class{r.UnitID, r.Position}] = r.N
	}
	return sizes, nil
}

// currentGrades selects the grades of a cycle that count.
func currentGrades(db *gorm.DB, cycle models.ID) *gorm.DB {
	return db.Model(&models.CycleGrade{}).Where(`cycle_grades.cycle_id = ? AND cycle_grades.state = ? AND NOT EXISTS (
		SELECT 1 FROM cycle_grades n WHERE n.cycle_id = cycle_grades.cycle_id AND n.official_id = cycle_grades.official_id
			AND n.state = ? AND n.version > cycle_grades.version)`, cycle, models.GradeDecided, models.GradeDecided)
}

// excellentShare is the share of EXCELLENT by the cycle's policy.
func excellentShare(db *gorm.DB, c *models.Cycle) (float64, error) {
	if c.PolicyID == nil {
		return scoring.DefaultPolicy().ExcellentShare, nil
	}
	stored, err := store.Take[models.Policy](db.Where("id = ?", *c.PolicyID), "Policy")
	if err != nil {
		return 0, err
	}
	policy, err := scoring.ParsePolicy(strings.NewReader(stored.Document))
	return policy.ExcellentShare, err
}

// Quotas returns a cycle's quotas within the actor's scope, every class of the run
// that counts, in the order of unit and position.
func (s *Service) Quotas(ctx context.Context, actor auth.Actor, cycle models.ID) ([]*models.GradeQuota, error) {
	c, err := s.reachable(ctx, actor, cycle)
	if err != nil || c.RunID == nil {
		return nil, err
	}
	db := s.Store.Read(ctx)
	sizes, err := classSizes(db, c, nil)
	if err != nil {
		return nil, err
	}
	share, err := excellentShare(db, c)
	if err != nil {
		return nil, err
	}
	var known []models.GradeQuota
	if err := db.Where("cycle_id = ?", c.ID).Find(&known).Error; err != nil {
		return nil, err
	}
	taken := map[class]models.GradeQuota{}
	for _, q := range known {
		taken[class{q.UnitID, q.Position}] = q
		sizes[class{q.UnitID, q.Position}] += 0 // a class that only the decisions know is listed too
	}
	var within []models.ID
	if err := db.Model(&models.OrgUnit{}).Scopes(store.InScope("id", actor.UnitID)).Pluck("id", &within).Error; err != nil {
		return nil, err
	}
	return listQuotas(c.ID, sizes, taken, share, within), nil
}

func listQuotas(cycle models.ID, sizes map[class]int, taken map[class]models.GradeQuota, share float64, within []models.ID) []*models.GradeQuota {
	seen := make(map[models.ID]bool, len(within))
	for _, id := range within {
		seen[id] = true
	}
	out := []*models.GradeQuota{}
	for of, size := range sizes {
		if !seen[of.UnitID] {
			continue
		}
		q := &models.GradeQuota{CycleID: cycle, UnitID: of.UnitID, Position: of.Position, Size: size}
		q.Taken, q.Beyond = taken[of].Taken, taken[of].Beyond
		q.Places = max(scoring.Places(share, size), q.Taken)
		out = append(out, q)
	}
	slices.SortFunc(out, func(a, b *models.GradeQuota) int {
		return cmp.Or(slices.Compare(a.UnitID[:], b.UnitID[:]), cmp.Compare(a.Position, b.Position))
	})
	return out
}
