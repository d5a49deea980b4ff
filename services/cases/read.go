package cases

import (
	"context"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// Filter says which cases. Conditions add up.
type Filter struct {
	UnitID     *models.ID // this unit and everything below it
	OfficialID *models.ID
	States     []models.CaseState // empty: any
	Category   *string
	Overdue    *bool // open and past its due date, or not
	DueSoon    *bool // open, warned of and not yet overdue, or not
	// EscalatedTo keeps what was overdue in a unit right below this one or below a
	// unit under it.
	EscalatedTo *models.ID
	Exclusions  []models.ExclusionState // empty: any or none
	// Offered keeps what waits for an answer of a unit within the actor's scope.
	Offered bool
}

// Order is the order of a list of cases.
type Order string

// The orders. Ties are broken by id.
const (
	OpenedDesc Order = "OPENED_DESC"
	OpenedAsc  Order = "OPENED_ASC"
	DueAsc     Order = "DUE_ASC" // without a due date last
)

// Page returns the cases that the actor may see, behind a place.
func (s *Service) Page(ctx context.Context, actor auth.Actor, f Filter, order Order, first int, after string) ([]*models.Case, bool, error) {
	if len(f.Exclusions) > len(models.ExclusionStates) {
		return nil, false, models.Invalid("filter.exclusions", models.KeyTooLong, strconv.Itoa(len(models.ExclusionStates)), strconv.Itoa(len(f.Exclusions)))
	}
	if len(f.States) > len(models.CaseStates) {
		return nil, false, models.Invalid("filter.states", models.KeyTooLong, strconv.Itoa(len(models.CaseStates)), strconv.Itoa(len(f.States)))
	}
	query := s.filter(s.Store.Read(ctx).Scopes(visible(actor)), f)
	if f.Offered {
		query = query.Scopes(nowOffered(actor))
	}
	query, err := behind(query, order, after)
	if err != nil {
		return nil, false, err
	}
	var rows []*models.Case
	err = query.Limit(first + 1).Find(&rows).Error
	return store.Cut(rows, first), len(rows) > first, err
}

func (s *Service) filter(query *gorm.DB, f Filter) *gorm.DB {
	if f.UnitID != nil {
		query = query.Scopes(store.InScope("cases.unit_id", f.UnitID))
	}
	if f.OfficialID != nil {
		query = query.Where("cases.official_id = ?", *f.OfficialID)
	}
	if len(f.States) > 0 {
		query = query.Where("cases.state IN ?", f.States)
	}
	if f.Category != nil && models.ValidPlace("category", *f.Category) != nil {
		return query.Where("1 = 0") // no case has it, and PostgreSQL would refuse to compare it
	}
	if f.Category != nil {
		query = query.Where("cases.category = ?", *f.Category)
	}
	if len(f.Exclusions) > 0 {
		query = query.Where("EXISTS (SELECT 1 FROM exclusions WHERE exclusions.case_id = cases.id AND exclusions.state IN ?)", f.Exclusions)
	}
	if f.EscalatedTo != nil {
		query = query.Scopes(store.InScope("cases.escalated_unit_id", f.EscalatedTo)).Where("cases.state IN ?", openStates())
	}
	if f.DueSoon != nil {
		const soon = "(cases.warned_at IS NOT NULL AND cases.state IN ? AND cases.due_at >= ?)"
		if *f.DueSoon {
			query = query.Where(soon, openStates(), s.Store.Now())
		} else {
			query = query.Where("(cases.due_at IS NULL OR NOT "+soon+")", openStates(), s.Store.Now())
		}
	}
	if f.Overdue != nil {
		const late = "(cases.state IN ? AND cases.due_at < ?)"
		if *f.Overdue {
			query = query.Where(late, openStates(), s.Store.Now())
		} else {
			query = query.Where("(cases.due_at IS NULL OR NOT "+late+")", openStates(), s.Store.Now())
		}
	}
	return query
}

// Overdue says whether a case is open and past its due date.
func (s *Service) Overdue(c *models.Case) bool {
	return c.State.Open() && c.DueAt != nil && c.DueAt.Before(s.Store.Now())
}

// DueSoon says whether a case was warned of, is open and not yet overdue.
func (s *Service) DueSoon(c *models.Case) bool {
	return c.WarnedAt != nil && c.State.Open() && c.DueAt != nil && !c.DueAt.Before(s.Store.Now())
}

func openStates() []models.CaseState {
	var open []models.CaseState
	for _, state := range models.CaseStates {
		if state.Open() {
			open = append(open, state)
		}
	}
	return open
}

// behind orders a query and keeps what lies behind a place.
func behind(query *gorm.DB, order Order, after string) (*gorm.DB, error) {
	at, id, err := parsePlace(after)
	if err != nil {
		return nil, err
	}
	if at == nil && after != "" && order != DueAsc {
		return nil, models.Invalid("after", models.KeyBadCursor)
	}
	switch order {
	case OpenedAsc:
		if at != nil {
			query = query.Where("(cases.opened_at, cases.id) > (?, ?)", *at, id)
		}
		return query.Order("cases.opened_at, cases.id"), nil
	case DueAsc:
		switch {
		case at != nil:
			query = query.Where("((cases.due_at, cases.id) > (?, ?) OR cases.due_at IS NULL)", *at, id)
		case after != "":
			query = query.Where("cases.due_at IS NULL AND cases.id > ?", id)
		}
		return query.Order("cases.due_at IS NULL, cases.due_at, cases.id"), nil
	}
	if at != nil {
		query = query.Where("(cases.opened_at, cases.id) < (?, ?)", *at, id)
	}
	return query.Order("cases.opened_at DESC, cases.id DESC"), nil
}

// Place is where a case stands in an order.
func Place(order Order, c *models.Case) string {
	at := &c.OpenedAt
	if order == DueAsc {
		at = c.DueAt
	}
	if at == nil {
		return "- " + c.ID.String()
	}
	return strconv.FormatInt(at.UnixMicro(), 10) + " " + c.ID.String()
}

// parsePlace reads a place; without an instant the case has none.
func parsePlace(place string) (at *time.Time, id models.ID, err error) {
	if place == "" {
		return nil, id, nil
	}
	bad := models.Invalid("after", models.KeyBadCursor)
	instant, rest, found := strings.Cut(place, " ")
	if !found {
		return nil, id, bad
	}
	if id, err = models.ParseID(rest); err != nil {
		return nil, id, bad
	}
	if instant == "-" {
		return nil, id, nil
	}
	micros, err := strconv.ParseInt(instant, 10, 64)
	if err != nil {
		return nil, id, bad
	}
	t := time.UnixMicro(micros).UTC()
	return &t, id, nil
}

// ByIDs returns the cases that the actor may see, by id.
func (s *Service) ByIDs(ctx context.Context, actor auth.Actor, ids []models.ID) (map[models.ID]*models.Case, error) {
	query := s.Store.Read(ctx).Scopes(visible(actor))
	return store.ByID(query, ids, func(r *models.Case) models.ID { return r.ID })
}

// LatestByOfficials returns the newest cases in the hands of each official, as
// many as first each, of those that the actor may see; with fields, only these of
// each case are read.
func (s *Service) LatestByOfficials(ctx context.Context, actor auth.Actor, officials []models.ID, first int, fields []string) (map[models.ID][]*models.Case, error) {
	db := s.Store.Read(ctx)
	columns := "cases.*"
	if len(fields) > 0 {
		columns = store.Columns[models.Case](db, "cases", append(fields, "ID", "OfficialID", "OpenedAt"))
	}
	source, selected := s.Store.Dialect().FirstOfEach("cases", columns)
	each := db.Model(&models.Official{}).Scopes(store.Among("id", officials)).Select("id")
	newest := db.Model(&models.Case{}).Scopes(visible(actor)).Where("cases.official_id = each.id").
		Order("cases.opened_at DESC, cases.id DESC").Limit(first).Select(selected)
	var rows []*models.Case
	if err := db.Table(source, each, newest).Select(columns).Order("cases.opened_at DESC, cases.id DESC").Find(&rows).Error; err != nil {
		return nil, err
	}
	latest := make(map[models.ID][]*models.Case, len(officials))
	for _, c := range rows {
		latest[*c.OfficialID] = append(latest[*c.OfficialID], c)
	}
	return latest, nil
}

// EventsByCases returns the histories of cases, oldest step first. Whoever sees a
// case sees its history.
func (s *Service) EventsByCases(ctx context.Context, ids []models.ID) (map[models.ID][]*models.CaseEvent, error) {
	var rows []*models.CaseEvent
	if err := s.Store.Read(ctx).Scopes(store.Among("case_id", ids)).Order("case_id, seq").Find(&rows).Error; err != nil {
		return nil, err
	}
	events := make(map[models.ID][]*models.CaseEvent, len(ids))
	for _, e := range rows {
		events[e.CaseID] = append(events[e.CaseID], e)
	}
	return events, nil
}
