package ratings

import (
	"context"
	"maps"
	"slices"
	"strings"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/privacy"
	"steelyard/store"
)

// OwedStep is what a unit owes next on a rating of 1 or 2.
type OwedStep string

// The steps.
const (
	OwesReply   OwedStep = "REPLY"
	OwesMending OwedStep = "MENDING"
	OwesNothing OwedStep = "NOTHING"
)

// OwedFilter says which duties. Conditions add up.
type OwedFilter struct {
	UnitID    *models.ID // this unit and everything below it
	Owes      *OwedStep  // nil: a reply or a mending
	Overdue   *bool
	Escalated *bool
}

// Owed is a rating of 1 or 2 as the reply officer sees it. What the thresholds do not
// let through is nil.
type Owed struct {
	models.ReplyDuty
	Owes       OwedStep
	Overdue    bool
	OfficialID *models.ID
	ServiceID  *models.ID
	Level      *int
	Dimensions []models.DimensionLevel
	Tags       []string
	Comment    *string
	Contact    *string
}

// duties bounds a query on duties to the units of the actor's scope, and leaves out
// what is owed on ratings of the actor's own: whoever was rated does not answer, nor
// learn what was said.
func duties(actor auth.Actor) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if !actor.Is(models.RoleReplyOfficer) {
			return db.Where("1 = 0")
		}
		db = db.Scopes(store.InScope("reply_duties.unit_id", actor.UnitID))
		if actor.OfficialID == nil {
			return db
		}
		return db.Where("reply_duties.rating_id NOT IN (SELECT id FROM ratings WHERE official_id = ?)", *actor.OfficialID)
	}
}

// OwedPage returns what is owed within the actor's scope, the most urgent first, from
// behind a place.
func (s *Service) OwedPage(ctx context.Context, actor auth.Actor, f OwedFilter, first int, after string) ([]*Owed, bool, error) {
	query, err := behindDuty(s.owedQuery(s.Store.Read(ctx).Scopes(duties(actor)), f), after)
	if err != nil {
		return nil, false, err
	}
	var rows []*models.ReplyDuty
	if err := query.Order("reply_duties.reply_due_on, reply_duties.rating_id").Limit(first + 1).Find(&rows).Error; err != nil {
		return nil, false, err
	}
	owed, err := s.owed(ctx, store.Cut(rows, first))
	return owed, len(rows) > first, err
}

func (s *Service) owedQuery(query *gorm.DB, f OwedFilter) *gorm.DB {
	if f.UnitID != nil {
		query = query.Scopes(store.InScope("reply_duties.unit_id", f.UnitID))
	}
	switch {
	case f.Owes == nil:
		query = query.Where("(reply_duties.mended_on IS NULL OR NOT EXISTS (SELECT 1 FROM rating_replies p WHERE p.rating_id = reply_duties.rating_id))")
	case *f.Owes == OwesReply:
		query = query.Scopes(unreplied)
	case *f.Owes == OwesMending:
		query = query.Scopes(replied).Where("reply_duties.mended_on IS NULL")
	default:
		query = query.Scopes(replied).Where("reply_duties.mended_on IS NOT NULL")
	}
	if f.Escalated != nil {
		not := map[bool]string{true: " NOT", false: ""}[*f.Escalated]
		query = query.Where("reply_duties.escalated_unit_id IS" + not + " NULL")
	}
	if f.Overdue != nil {
		not := map[bool]string{true: "", false: "NOT "}[*f.Overdue]
		query = query.Where(not+`(CASE WHEN EXISTS (SELECT 1 FROM rating_replies p WHERE p.rating_id = reply_duties.rating_id)
			THEN reply_duties.mended_on IS NULL AND reply_duties.mend_due_on < ? ELSE reply_duties.reply_due_on < ? END)`,
			s.today(s.Store.Now()), s.today(s.Store.Now()))
	}
	return query
}

// Place is where a duty stands in the queue.
func (o *Owed) Place() string { return o.ReplyDueOn.String() + " " + o.RatingID.String() }

func behindDuty(query *gorm.DB, after string) (*gorm.DB, error) {
	if after == "" {
		return query, nil
	}
	day, id, _ := strings.Cut(after, " ")
	on, err := models.ParseDate(day)
	if err != nil {
		return nil, models.Invalid("after", models.KeyBadCursor)
	}
	rating, err := models.ParseID(id)
	if err != nil {
		return nil, models.Invalid("after", models.KeyBadCursor)
	}
	return query.Where("(reply_duties.reply_due_on, reply_duties.rating_id) > (?, ?)", on, rating), nil
}

// owed shows duties as the thresholds allow: who asked to be contacted has given the
// rating to be read. Of the others the marks are shown once as many ratings of the
// official as make a figure can be shown together, the words once as many can as let
// comments through.
func (s *Service) owed(ctx context.Context, rows []*models.ReplyDuty) ([]*Owed, error) {
	ids := make([]models.ID, len(rows))
	for i, d := range rows {
		ids[i] = d.RatingID
	}
	given, err := store.ByID(s.Store.Read(ctx), ids, func(r *models.Rating) models.ID { return r.ID })
	if err != nil {
		return nil, err
	}
	answered, err := s.RepliesByRating(ctx, ids)
	if err != nil {
		return nil, err
	}
	shown, err := s.batches(ctx, given)
	if err != nil {
		return nil, err
	}
	out, today := make([]*Owed, len(rows)), s.today(s.Store.Now())
	for i, d := range rows {
		r := given[d.RatingID]
		o := &Owed{ReplyDuty: *d, Owes: OwesReply, Overdue: d.ReplyDueOn.Before(today)}
		if answered[d.RatingID] != nil {
			o.Owes, o.Overdue = OwesMending, d.MendDueOn.Before(today)
		}
		if o.Owes == OwesMending && d.Mending != nil {
			o.Owes, o.Overdue = OwesNothing, false
		}
		upTo, asked := shown[batch{r.OfficialID, r.RatedOn.Year()}], r.Contact != nil
		if asked || !r.RatedOn.After(upTo.marks) {
			o.OfficialID, o.ServiceID, o.Level, o.Dimensions, o.Tags = &r.OfficialID, &r.ServiceID, &r.Level, r.Dimensions, r.Tags
		}
		if asked || !r.RatedOn.After(upTo.words) {
			o.Comment = r.Comment
		}
		if o.Contact, err = s.contact(r); err != nil {
			return nil, err
		}
		out[i] = o
	}
	return out, nil
}

// contact opens how the resident wishes to be reached; nil where they did not ask, or
// where the year's key is destroyed.
func (s *Service) contact(r *models.Rating) (*string, error) {
	if r.Contact == nil {
		return nil, nil
	}
	key, _, err := s.Keys.Epoch(r.RatedOn.Year(), s.Store.Now())
	if models.CodeOf(err) == models.CodeConflict {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	text, err := key.Open(r.Contact, r.ID[:])
	if err != nil {
		return nil, err
	}
	contact := string(text)
	return &contact, nil
}

// batch is an official's ratings of one calendar year.
type batch struct {
	official models.ID
	year     int
}

// seen is up to which day of a batch what was said is shown.
type seen struct{ marks, words models.Date }

// batches says what is shown of each official and year that ratings are of: whole slices
// of released ratings alone ([privacy.ShownUpTo]), so that no look at the queue shows fewer
// answers more than the one before. Imported ratings, which owe nothing, are not among them.
func (s *Service) batches(ctx context.Context, given map[models.ID]*models.Rating) (map[batch]seen, error) {
	years := map[int]map[models.ID]bool{}
	for _, r := range given {
		if years[r.RatedOn.Year()] == nil {
			years[r.RatedOn.Year()] = map[models.ID]bool{}
		}
		years[r.RatedOn.Year()][r.OfficialID] = true
	}
	db := s.Store.Read(ctx)
	open, err := store.OpenDay(db, s.Store.Now(), s.Zone)
	if err != nil {
		return nil, err
	}
	shown := map[batch]seen{}
	for year, officials := range years {
		var counts []struct {
			OfficialID models.ID
			RatedOn    models.Date
			N          int
		}
		err := db.Model(&models.Rating{}).Select("official_id, rated_on, COUNT(*) AS n").
			Where("official_id IN ? AND released = ? AND import_key IS NULL AND rated_on BETWEEN ? AND ?", slices.Collect(maps.Keys(officials)), true,
				models.NewDate(year, 1, 1), models.NewDate(year, 12, 31)).
			Group("official_id, rated_on").Order("official_id, rated_on").Scan(&counts).Error
		if err != nil {
			return nil, err
		}
		days := map[models.ID][]privacy.DayCount{}
		for _, c := range counts {
			days[c.OfficialID] = append(days[c.OfficialID], privacy.DayCount{Day: c.RatedOn, N: c.N})
		}
		for official, of := range days {
			marks, err := privacy.ShownUpTo(of, open, s.Thresholds.Figures)
			if err != nil {
				return nil, err
			}
			words, err := privacy.ShownUpTo(of, open, s.Thresholds.Comments)
			if err != nil {
				return nil, err
			}
			shown[batch{official, year}] = seen{marks, words}
		}
	}
	return shown, nil
}
