package publications

import (
	"context"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
)

// Publish signs the public notice of a cycle's proposed EXCELLENT; with the second
// person's signature the notice stands, and officials see their own results. The
// notice names those whom persons have decided to be EXCELLENT and those whom the
// engine proposes and persons have not graded, as far as there are places.
func (s *Service) Publish(ctx context.Context, actor auth.Actor, in Signing) (*Signed, error) {
	return s.sign(ctx, actor, signed{"publishCycle", models.CycleStepPublish, s.canPublish, s.publish}, in)
}

func (s *Service) canPublish(tx *store.Tx, c *models.Cycle, p *models.CycleProposal) error {
	if !p.NoticeUntil.IsZero() {
		days, err := s.workingDays(tx, c.UnitID, s.today(tx), p.NoticeUntil)
		if err != nil {
			return err
		}
		if err := models.ValidNotice(days); err != nil {
			return err
		}
	}
	var n int64
	if err := tx.Model(&models.Publication{}).Where("cycle_id = ? AND run_id = ?", c.ID, p.RunID).Count(&n).Error; err != nil {
		return err
	}
	if n > 0 {
		return models.Conflict("cycleId", models.KeyRunPublished)
	}
	return nil
}

func (s *Service) publish(tx *store.Tx, c *models.Cycle, p *models.CycleProposal) error {
	until, today := p.NoticeUntil, s.today(tx)
	working, err := store.WorkingDays(tx.DB, s.Days, c.UnitID)
	if err != nil {
		return err
	}
	if until.IsZero() {
		until = store.ModelDate(working.AddWorkingDays(store.CalendarDate(today), models.MinimumNoticeDays))
	}
	notice := &models.Publication{
		ID: models.NewID(), CycleID: c.ID, RunID: p.RunID, NoticeUntil: until,
		PublishedBy: p.ProposedBy, SecondedBy: p.ConfirmedBy, PublishedAt: tx.Now,
	}
	if err := notice.Validate(working.WorkingDaysBetween(store.CalendarDate(today), store.CalendarDate(until))); err != nil {
		return err
	}
	if err := tx.Create(notice).Error; err != nil {
		return err
	}
	entries, err := s.named(tx, c, notice)
	if err != nil {
		return err
	}
	if err := notTheirOwn(tx, p, entries); err != nil {
		return err
	}
	if len(entries) > 0 {
		if err := tx.CreateInBatches(entries, 200).Error; err != nil {
			return err
		}
	}
	return s.settle(tx, c)
}

// notTheirOwn refuses a signature under a notice that names whoever signs.
func notTheirOwn(tx *store.Tx, p *models.CycleProposal, entries []models.PublicationEntry) error {
	var own []models.ID
	err := tx.Model(&models.Account{}).Where("subject IN ? AND official_id IS NOT NULL", []string{p.ProposedBy, p.ConfirmedBy}).
		Pluck("official_id", &own).Error
	if err != nil {
		return err
	}
	for _, e := range entries {
		for _, id := range own {
			if e.OfficialID == id {
				return &models.Error{Code: models.CodeForbidden, Key: models.KeyOwnRecord}
			}
		}
	}
	return nil
}

// named are those whom a notice names: in each class first whom persons decided
// about, then whom the engine proposes, the best first, as far as places go.
func (s *Service) named(tx *store.Tx, c *models.Cycle, notice *models.Publication) ([]models.PublicationEntry, error) {
	var graded []models.CycleGrade
	err := currentGrades(tx.DB, c.ID).Where("grade = ?", models.GradeExcellent).Order("unit_id, position, official_id").Find(&graded).Error
	if err != nil {
		return nil, err
	}
	left := map[class]int{}
	entries := make([]models.PublicationEntry, 0, len(graded))
	for _, g := range graded {
		entries = append(entries, models.PublicationEntry{PublicationID: notice.ID, OfficialID: g.OfficialID, UnitID: g.UnitID, Position: g.Position})
		left[class{g.UnitID, g.Position}]--
	}
	sizes, err := classSizes(tx.DB, c, nil)
	if err != nil {
		return nil, err
	}
	share, err := excellentShare(tx.DB, c)
	if err != nil {
		return nil, err
	}
	for of, size := range sizes {
		left[of] += scoring.Places(share, size)
	}
	var proposed []models.Assessment
	err = tx.Scopes(lastPosts, ungraded(c)).Where("run_id = ? AND grade = ?", c.RunID, models.ProposalExcellent).
		Order("sort_order").Find(&proposed).Error
	if err != nil {
		return nil, err
	}
	for _, a := range proposed {
		of := class{a.UnitID, a.Position}
		if left[of] <= 0 {
			continue
		}
		left[of]--
		entries = append(entries, models.PublicationEntry{PublicationID: notice.ID, OfficialID: a.OfficialID, UnitID: a.UnitID, Position: a.Position})
	}
	return entries, nil
}

// ungraded keeps the assessments of officials whom no person has graded, or
// proposed a grade for, and whom no confirmed limit bounds.
func ungraded(c *models.Cycle) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		return db.Where("assessments.official_id NOT IN (SELECT official_id FROM cycle_grades WHERE cycle_id = ? AND state <> ?)", c.ID, models.GradeRefused).
			Where("assessments.official_id NOT IN (SELECT official_id FROM grade_limits WHERE cycle_id = ? AND confirmed_at IS NOT NULL)", c.ID)
	}
}

// settle makes the assessments of the run that is published the cycle's results:
// of a post that has none yet. Whoever has objected and was upheld gets the better
// of old and new; everybody else keeps what was published of them.
func (s *Service) settle(tx *store.Tx, c *models.Cycle) error {
	err := tx.Exec(`INSERT INTO cycle_results (cycle_id, posting_id, version, official_id, assessment_id, settled_at)
		SELECT ?, a.posting_id, 1, a.official_id, a.id, ? FROM assessments a
		WHERE a.run_id = ? AND a.posting_id NOT IN (SELECT posting_id FROM cycle_results WHERE cycle_id = ?)`,
		c.ID, tx.Now, *c.RunID, c.ID).Error
	if err != nil {
		return err
	}
	var upheld []models.Objection
	err = tx.Where("cycle_id = ? AND state = ? AND filer = ?", c.ID, models.ObjectionUpheld, models.FilerOfficial).Order("id").Find(&upheld).Error
	if err != nil {
		return err
	}
	for i := range upheld {
		if err := store.SettleBetter(tx, *c.RunID, &upheld[i]); err != nil {
			return err
		}
	}
	return nil
}

// workingDays counts the working days of a unit after one day, up to another.
func (s *Service) workingDays(tx *store.Tx, unit models.ID, from, to models.Date) (int, error) {
	working, err := store.WorkingDays(tx.DB, s.Days, unit)
	if err != nil {
		return 0, err
	}
	if to.After(from.AddDays(366)) {
		return 0, models.Invalid("noticeUntil", models.KeyOutOfRange, to.String(), from.String(), from.AddDays(366).String())
	}
	return working.WorkingDaysBetween(store.CalendarDate(from), store.CalendarDate(to)), nil
}

// Notice is what the public sees.
type Notice struct {
	Cycle       *models.Cycle
	Publication *models.Publication
	Open        bool // whether objections are taken
	Entries     []NoticeEntry
	Policy      *models.Policy // nil: the default policy
}

// NoticeEntry is one whom a notice names: name and post alone.
type NoticeEntry struct {
	OfficialID models.ID
	Name       string
	Unit       string
	Position   string
}

// Notice returns the notice that a cycle stands under: the last one. As long as
// none stands, or after it was taken back for a new run, there is nothing.
func (s *Service) Notice(ctx context.Context, cycle models.ID) (*Notice, error) {
	db := s.Store.Read(ctx)
	c, err := store.Take[models.Cycle](db.Where("id = ? AND state IN ?", cycle,
		[]models.CycleState{models.CyclePublished, models.CycleDecided, models.CycleFinal}), "Publication")
	if err != nil {
		return nil, err
	}
	p, err := lastNotice(db, cycle)
	if err != nil {
		return nil, err
	}
	out := &Notice{Cycle: c, Publication: p, Open: c.State == models.CyclePublished && !models.DateOf(s.Store.Now(), s.Zone).After(p.NoticeUntil)}
	err = db.Table("publication_entries e").
		Select("e.official_id, o.name AS name, u.name AS unit, e.position").
		Joins("JOIN officials o ON o.id = e.official_id").Joins("JOIN org_units u ON u.id = e.unit_id").
		Where("e.publication_id = ?", p.ID).Order(s.Store.Dialect().ByteOrder("u.ref") + ", " + s.Store.Dialect().ByteOrder("o.ref")).
		Scan(&out.Entries).Error
	if err != nil || c.PolicyID == nil {
		return out, err
	}
	out.Policy, err = store.Take[models.Policy](db.Where("id = ?", *c.PolicyID), "Policy")
	return out, err
}

func lastNotice(db *gorm.DB, cycle models.ID) (*models.Publication, error) {
	return store.Take[models.Publication](db.Where("cycle_id = ?", cycle).Order("published_at DESC, id DESC").Limit(1), "Publication")
}
