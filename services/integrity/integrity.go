// Package integrity is where doubts about the evidence are looked at: what the
// scoring engine has weighed down, and what only the records show, such as who is not
// invited to rate. A doubt proves nothing: it is raised with its evidence and what it
// does to the score, a person confirms or dismisses it with a reason, and the official
// concerned may appeal to another person.
//
// Flags hang on a run. [Service.Examine] looks at each finished run once, raises what
// the engine cannot see, and lets decisions of earlier runs of the cycle stand where
// the same facts are found again. The next run restores what a dismissed flag had
// weighed down; that of a confirmed one stays down.
//
// Evidence names months, and numbers of many: never a day, a person or a single rating.
// HR officers and auditors see the flags of their scope, an official the own ones once
// they are decided or the cycle is published.
package integrity

import (
	"context"
	"time"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/auth/keyring"
	"steelyard/calendar"
	"steelyard/models"
	"steelyard/privacy"
	"steelyard/store"
	"steelyard/store/lease"
)

// Service does what this package is for. All fields are needed.
type Service struct {
	Store      *store.Store
	Keys       *keyring.Keyring
	Zone       *time.Location
	Days       *calendar.Calendar
	Thresholds privacy.Thresholds

	later lease.Later // runs that could not be examined
}

// readers see the flags of their scope.
var readers = []models.Role{models.RoleHR, models.RoleAuditor}

// published are the states of a cycle in which officials see their own results.
var published = []models.CycleState{models.CyclePublished, models.CycleDecided, models.CycleFinal}

// Filter narrows a list of flags.
type Filter struct {
	CycleID     *models.ID // nil: of all cycles
	UnitID      *models.ID // of officials of this unit and everything below it
	OfficialID  *models.ID
	AppealWaits *bool // whether an appeal waits for a decision
	State       *models.FlagState
	Kind        *models.FlagKind
}

// Flags returns a page of flags within the actor's sight, of the runs that count in
// their cycles, the newest first, from behind an id.
func (s *Service) Flags(ctx context.Context, actor auth.Actor, f Filter, first int, after string) ([]*models.IntegrityFlag, bool, error) {
	query := s.Store.Read(ctx).Scopes(visible(actor), counting, f.keep)
	if after != "" {
		id, err := models.ParseID(after)
		if err != nil {
			return nil, false, models.Invalid("after", models.KeyBadCursor)
		}
		query = query.Where("integrity_flags.id < ?", id)
	}
	var rows []*models.IntegrityFlag
	if err := query.Order("integrity_flags.id DESC").Limit(first + 1).Find(&rows).Error; err != nil {
		return nil, false, err
	}
	page := store.Cut(rows, first)
	return page, len(rows) > first, s.sealEffects(ctx, actor, page)
}

// keep keeps the flags that a filter asks for.
func (f *Filter) keep(db *gorm.DB) *gorm.DB {
	if f.CycleID != nil {
		db = db.Where("integrity_flags.run_id = (SELECT run_id FROM cycles WHERE id = ?)", *f.CycleID)
	}
	if f.UnitID != nil {
		db = db.Where("integrity_flags.official_id IN (?)", db.Session(&gorm.Session{NewDB: true}).Model(&models.Official{}).Select("id").Scopes(store.InScope("unit_id", f.UnitID)))
	}
	if f.OfficialID != nil {
		db = db.Where("integrity_flags.official_id = ?", *f.OfficialID)
	}
	if f.AppealWaits != nil {
		const waiting = "COALESCE(integrity_flags.carried_id, integrity_flags.id) IN (SELECT flag_id FROM flag_appeals WHERE state = 'FILED')"
		db = db.Where("("+waiting+") = ?", *f.AppealWaits)
	}
	if f.State != nil {
		db = db.Where("integrity_flags.state = ?", *f.State)
	}
	if f.Kind != nil {
		db = db.Where("integrity_flags.kind = ?", *f.Kind)
	}
	return db
}

// ByIDs returns the flags that the actor may see, by id, of whichever run.
func (s *Service) ByIDs(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID]*models.IntegrityFlag, error) {
	found, err := store.ByID(s.Store.Read(ctx).Scopes(visible(actor)), ids, func(f *models.IntegrityFlag) models.ID { return f.ID })
	if err != nil {
		return nil, err
	}
	list := make([]*models.IntegrityFlag, 0, len(found))
	for _, f := range found {
		list = append(list, f)
	}
	return found, s.sealEffects(ctx, actor, list)
}

// AppealsByFlags returns the appeals of flags, by the flags' ids. Whoever sees a flag
// sees its appeal; a flag that carries a decision on has that of the flag decided.
func (s *Service) AppealsByFlags(ctx context.Context, ids []models.ID) (map[models.ID]*models.FlagAppeal, error) {
	var rows []struct {
		Flag models.ID
		models.FlagAppeal
	}
	err := s.Store.Read(ctx).Table("integrity_flags").Select("integrity_flags.id AS flag, flag_appeals.*").
		Joins("JOIN flag_appeals ON flag_appeals.flag_id = COALESCE(integrity_flags.carried_id, integrity_flags.id)").
		Scopes(store.Among("integrity_flags.id", ids)).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	found := make(map[models.ID]*models.FlagAppeal, len(rows))
	for i := range rows {
		found[rows[i].Flag] = &rows[i].FlagAppeal
	}
	return found, nil
}

// counting keeps the flags of the runs that count.
func counting(db *gorm.DB) *gorm.DB {
	return db.Where("integrity_flags.run_id IN (SELECT run_id FROM cycles WHERE run_id IS NOT NULL)")
}

// visible keeps the flags that the actor may see. The own ones show once a person has
// decided, or with the results: a doubt that nobody has looked at accuses nobody.
func visible(actor auth.Actor) func(*gorm.DB) *gorm.DB {
	const own = `(integrity_flags.official_id = ? AND (integrity_flags.state <> 'RAISED' OR integrity_flags.run_id IN
		(SELECT run_id FROM cycles WHERE run_id IS NOT NULL AND state IN ?)))`
	const within = `integrity_flags.official_id IN (SELECT id FROM officials WHERE unit_id IN
		(SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?))`
	return func(db *gorm.DB) *gorm.DB {
		switch {
		case actor.Is(readers...) && actor.UnitID != nil && actor.OfficialID != nil:
			return db.Where("((integrity_flags.official_id <> ? AND "+within+") OR "+own+")", *actor.OfficialID, *actor.UnitID, *actor.OfficialID, published)
		case actor.Is(readers...) && actor.UnitID != nil:
			return db.Where(within, *actor.UnitID)
		case actor.OfficialID != nil:
			return db.Where(own, *actor.OfficialID, published)
		}
		return db.Where("1 = 0")
	}
}

// sealEffects takes the scores off the actor's own flags while the results that they
// are of are sealed.
func (s *Service) sealEffects(ctx context.Context, actor auth.Actor, flags []*models.IntegrityFlag) error {
	var own []*models.IntegrityFlag
	var runs []models.ID
	for _, f := range flags {
		if actor.IsOfficial(f.OfficialID) {
			own, runs = append(own, f), append(runs, f.RunID)
		}
	}
	if len(own) == 0 {
		return nil
	}
	var open []models.ID
	err := s.Store.Read(ctx).Model(&models.Cycle{}).Where("run_id IN ? AND state IN ?", runs, published).Pluck("run_id", &open).Error
	if err != nil {
		return err
	}
	shown := map[models.ID]bool{}
	for _, run := range open {
		shown[run] = true
	}
	for _, f := range own {
		if !shown[f.RunID] {
			f.Composite, f.WithoutComposite = nil, nil
		}
	}
	return nil
}
