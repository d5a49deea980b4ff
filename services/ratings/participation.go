package ratings

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/privacy"
	"steelyard/store"
)

// ParticipationFilter says which encounters are looked at.
type ParticipationFilter struct {
	UnitID       *models.ID // this unit and everything below it; nil: the whole scope
	FromOn, ToOn models.Date
}

// Participation is who was asked and who answered, of one official and one service.
// Whoever invites only the satisfied shows by it.
type Participation struct {
	OfficialID, ServiceID models.ID
	Encounters, Invited   int
	Adverse               int // encounters that are marked as decisions against the resident
	// Answers are those of the whole months of the period whose number can be shown; nil
	// where there is no such month.
	Answers *int
}

// Place is where a row stands in the list.
func (p *Participation) Place() string { return p.OfficialID.String() + " " + p.ServiceID.String() }

// maxPeriod is the longest period that is looked at, in days.
const maxPeriod = 366

// Participation returns who was asked and who answered within the actor's scope, by
// official and service, from behind a place. The ledger of encounters is exact. Answers
// are counted by whole calendar months that have ended, each taken or left out: so no
// difference between two periods, and none between two days of asking, is less than
// a month that could be shown by itself.
func (s *Service) Participation(ctx context.Context, actor auth.Actor, f ParticipationFilter, first int, after string) ([]*Participation, bool, error) {
	if err := validPeriod("filter.toOn", f.FromOn, f.ToOn); err != nil {
		return nil, false, err
	}
	query, err := behindParticipation(s.encountersOf(s.Store.Read(ctx), actor, f), after)
	if err != nil {
		return nil, false, err
	}
	var rows []*Participation
	if err := query.Limit(first + 1).Scan(&rows).Error; err != nil {
		return nil, false, err
	}
	page := store.Cut(rows, first)
	return page, len(rows) > first, s.addAnswers(ctx, page, f)
}

// validPeriod says whether a period goes forward and is no longer than a year.
func validPeriod(field string, from, to models.Date) error {
	if to.Before(from) {
		return models.Invalid(field, models.KeyPeriodBackwards, from.String(), to.String())
	}
	if latest := from.AddDays(maxPeriod); latest.Before(to) {
		return models.Invalid(field, models.KeyOutsidePeriod, from.String(), latest.String())
	}
	return nil
}

// encountersOf counts encounters by official and service, in the order of their ids.
func (s *Service) encountersOf(db *gorm.DB, actor auth.Actor, f ParticipationFilter) *gorm.DB {
	officials := db.Model(&models.Official{}).Select("id").Scopes(store.InScope("unit_id", actor.UnitID))
	if f.UnitID != nil {
		officials = officials.Scopes(store.InScope("unit_id", f.UnitID))
	}
	return db.Table("encounters").
		Select("official_id, service_id, COUNT(*) AS encounters, SUM(CASE WHEN invited = 'YES' THEN 1 ELSE 0 END) AS invited, "+
			"SUM(CASE WHEN adverse THEN 1 ELSE 0 END) AS adverse").
		Where("official_id IN (?)", officials).
		Where("occurred_at >= ? AND occurred_at < ?", f.FromOn.Start(s.Zone).UTC(), f.ToOn.AddDays(1).Start(s.Zone).UTC()).
		Group("official_id, service_id").Order("official_id, service_id")
}

func behindParticipation(query *gorm.DB, after string) (*gorm.DB, error) {
	if after == "" {
		return query, nil
	}
	first, second, _ := strings.Cut(after, " ")
	official, err := models.ParseID(first)
	if err != nil {
		return nil, models.Invalid("after", models.KeyBadCursor)
	}
	service, err := models.ParseID(second)
	if err != nil {
		return nil, models.Invalid("after", models.KeyBadCursor)
	}
	return query.Where("(official_id > ? OR official_id = ? AND service_id > ?)", official, official, service), nil
}

// answersOf names the answers of an official in a month.
type answersOf struct {
	official models.ID
	month    privacy.Month
}

// addAnswers fills in the answers. Within each month of an official the services and
// their sum, which other reports tell, are one table: where a number is too small,
// another is left out with it, so that it does not follow from the rest.
func (s *Service) addAnswers(ctx context.Context, page []*Participation, f ParticipationFilter) error {
	from, to := s.wholeMonths(f.FromOn, f.ToOn)
	if len(page) == 0 || to.Before(from) {
		return nil
	}
	officials := make([]models.ID, len(page))
	for i, p := range page {
		officials[i] = p.OfficialID
	}
	var days []struct {
		OfficialID, ServiceID models.ID
		RatedOn               models.Date
		Answers               int
	}
	err := s.Store.Read(ctx).Model(&models.Rating{}).Select("official_id, service_id, rated_on, COUNT(*) AS answers").
		Where("official_id IN ? AND source = ? AND released = ? AND rated_on BETWEEN ? AND ?",
			officials, models.RatingSourceEncounter, true, from, to).
		Group("official_id, service_id, rated_on").Scan(&days).Error
	if err != nil {
		return err
	}
	counts := map[answersOf]map[models.ID]int{}
	for _, d := range days {
		of := answersOf{d.OfficialID, privacy.MonthOf(d.RatedOn.Start(time.UTC), time.UTC)}
		if counts[of] == nil {
			counts[of] = map[models.ID]int{}
		}
		counts[of][d.ServiceID] += d.Answers
	}
	shown := map[[2]models.ID]int{}
	for of, services := range counts {
		seen, err := s.shownAnswers(services)
		if err != nil {
			return err
		}
		for service, n := range seen {
			shown[[2]models.ID{of.official, service}] += n
		}
	}
	for _, p := range page {
		if n, found := shown[[2]models.ID{p.OfficialID, p.ServiceID}]; found {
			p.Answers = &n
		}
	}
	return nil
}

// shownAnswers keeps the services whose number can be shown beside that of the others.
func (s *Service) shownAnswers(services map[models.ID]int) (map[models.ID]int, error) {
	ids, counts, sum := []models.ID{}, []int{0}, privacy.Sum{}
	for id, n := range services {
		ids, counts = append(ids, id), append(counts, n)
		counts[0] += n
		sum.Parts = append(sum.Parts, len(ids))
	}
	decisions, err := privacy.Suppress(counts, []privacy.Sum{sum}, s.Thresholds.Figures)
	if err != nil {
		return nil, err
	}
	shown := map[models.ID]int{}
	for i, id := range ids {
		if decisions[i+1] == privacy.Show {
			shown[id] = counts[i+1]
		}
	}
	return shown, nil
}

// wholeMonths are the first and the last day of the whole months of a period that have
// ended, and ended a day ago, when the last of their answers have been released.
func (s *Service) wholeMonths(fromOn, toOn models.Date) (from, to models.Date) {
	from = fromOn
	if first := monthOf(from); first != from {
		from = models.DateOf(first.Start(time.UTC).AddDate(0, 1, 0), time.UTC)
	}
	end := toOn.AddDays(1)
	if ended := s.today(s.Store.Now()).AddDays(-1); ended.Before(end) {
		end = ended
	}
	return from, monthOf(end).AddDays(-1)
}

// monthOf is the first day of a day's month.
func monthOf(d models.Date) models.Date {
	at := d.Start(time.UTC)
	return models.NewDate(at.Year(), at.Month(), 1)
}
