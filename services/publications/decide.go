package publications

import (
	"context"
	"strconv"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// Decide signs the end of the notice: what it named becomes the grade, and who has
// none yet becomes COMPETENT where both persons say so; otherwise everybody must
// have one. From here each is told in writing.
func (s *Service) Decide(ctx context.Context, actor auth.Actor, in Signing) (*Signed, error) {
	return s.sign(ctx, actor, signed{"decideCycle", models.CycleStepDecide, s.canDecide, s.decide}, in)
}

func (s *Service) canDecide(tx *store.Tx, c *models.Cycle, p *models.CycleProposal) error {
	notice, err := lastNotice(tx.DB, c.ID)
	if err != nil {
		return err
	}
	if !s.today(tx).After(notice.NoticeUntil) {
		return &models.Error{Code: models.CodeIllegalState, Field: "cycleId", Key: models.KeyNoticeStands, Args: []string{notice.NoticeUntil.String()}}
	}
	var open int64
	if err := tx.Model(&models.Objection{}).Where("cycle_id = ? AND state = ?", c.ID, models.ObjectionFiled).Count(&open).Error; err != nil {
		return err
	}
	if open > 0 {
		return models.Invalid("cycleId", models.KeyObjectionsOpen, strconv.FormatInt(open, 10))
	}
	if p.OthersCompetent {
		return nil
	}
	missing, err := s.withoutGrade(tx, c)
	if err != nil {
		return err
	}
	named, err := namedIn(tx, notice.ID)
	if err != nil {
		return err
	}
	n := 0
	for _, a := range missing {
		if !named[a.OfficialID] && limitsOf(a.limits) == "" {
			n++
		}
	}
	if n > 0 {
		return models.Invalid("othersCompetent", models.KeyGradesMissing, strconv.Itoa(n))
	}
	return nil
}

// bare is an official without a grade, with the grounds that bar one.
type bare struct {
	models.Assessment
	limits []models.LimitGround
}

// withoutGrade are the last posts of the officials whom no person has graded.
func (s *Service) withoutGrade(tx *store.Tx, c *models.Cycle) ([]bare, error) {
	var rows []models.Assessment
	err := tx.Scopes(lastPosts).Where("run_id = ?", c.RunID).
		Where("official_id NOT IN (?)", currentGrades(tx.DB, c.ID).Select("official_id")).Order("sort_order").Find(&rows).Error
	if err != nil {
		return nil, err
	}
	var limits []models.GradeLimit
	if err := tx.Where("cycle_id = ? AND confirmed_at IS NOT NULL", c.ID).Find(&limits).Error; err != nil {
		return nil, err
	}
	of := map[models.ID][]models.LimitGround{}
	for _, l := range limits {
		of[l.OfficialID] = append(of[l.OfficialID], l.Ground)
	}
	out := make([]bare, len(rows))
	for i, a := range rows {
		out[i] = bare{a, of[a.OfficialID]}
	}
	return out, nil
}

// limitsOf is the ground that leaves somebody without a grade; empty: none.
func limitsOf(grounds []models.LimitGround) models.LimitGround {
	for _, g := range grounds {
		if g != models.LimitDiscipline {
			return g
		}
	}
	return ""
}

func namedIn(tx *store.Tx, notice models.ID) (map[models.ID]bool, error) {
	var ids []models.ID
	if err := tx.Model(&models.PublicationEntry{}).Where("publication_id = ?", notice).Pluck("official_id", &ids).Error; err != nil {
		return nil, err
	}
	named := make(map[models.ID]bool, len(ids))
	for _, id := range ids {
		named[id] = true
	}
	return named, nil
}

// decide writes the grades that the two signatures give. Whoever signs gives no
// grade to themself: that is for two others, before.
func (s *Service) decide(tx *store.Tx, c *models.Cycle, p *models.CycleProposal) error {
	notice, err := lastNotice(tx.DB, c.ID)
	if err != nil {
		return err
	}
	named, err := namedIn(tx, notice.ID)
	if err != nil {
		return err
	}
	missing, err := s.withoutGrade(tx, c)
	if err != nil {
		return err
	}
	versions, err := lastVersions(tx, c.ID)
	if err != nil {
		return err
	}
	var own []models.PublicationEntry
	grades := make([]models.CycleGrade, 0, len(missing))
	for _, a := range missing {
		own = append(own, models.PublicationEntry{OfficialID: a.OfficialID})
		g := s.given(c, p, &a, named[a.OfficialID])
		g.Version, g.DecidedAt = versions[a.OfficialID]+1, &tx.Now
		g.ProposedAt = p.ProposedAt
		if err := s.moveQuota(tx, c, nil, &g); err != nil {
			return err
		}
		grades = append(grades, g)
	}
	if err := notTheirOwn(tx, p, own); err != nil {
		return err
	}
	if err := tx.Model(&models.CycleGrade{}).Where("cycle_id = ? AND state = ?", c.ID, models.GradeProposed).
		UpdateColumns(map[string]any{"state": models.GradeRefused, "decided_by": "system", "decided_at": tx.Now, "decision": "the cycle was decided"}).Error; err != nil {
		return err
	}
	if len(grades) == 0 {
		return nil
	}
	return tx.CreateInBatches(grades, 100).Error
}

// given is the grade that the signatures under a decision give.
func (s *Service) given(c *models.Cycle, p *models.CycleProposal, a *bare, named bool) models.CycleGrade {
	g := models.CycleGrade{
		ID: models.NewID(), CycleID: c.ID, OfficialID: a.OfficialID, RunID: a.RunID, UnitID: a.UnitID, Position: a.Position,
		Grade: models.GradeCompetent, Reason: "decided with the cycle", Engine: a.Grade,
		State: models.GradeDecided, ProposedBy: p.ProposedBy, DecidedBy: p.ConfirmedBy,
	}
	switch ground := limitsOf(a.limits); {
	case ground != "":
		g.Grade, g.NotGraded = models.GradeNotGraded, ground
	case named:
		g.Grade, g.Reason = models.GradeExcellent, "named by the public notice"
	}
	return g
}

// lastVersions is the newest version of every official's grade in a cycle.
func lastVersions(tx *store.Tx, cycle models.ID) (map[models.ID]int, error) {
	var rows []struct {
		OfficialID models.ID
		Version    int
	}
	err := tx.Model(&models.CycleGrade{}).Where("cycle_id = ?", cycle).
		Select("official_id, MAX(version) AS version").Group("official_id").Scan(&rows).Error
	versions := make(map[models.ID]int, len(rows))
	for _, r := range rows {
		versions[r.OfficialID] = r.Version
	}
	return versions, err
}
