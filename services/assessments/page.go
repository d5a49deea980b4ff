package assessments

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// Order is the order of a report.
type Order = models.AssessmentOrder

// figure is what an order sorts by besides the place in the report: a column,
// its value in a row, and the direction.
type figure struct {
	column string
	of     func(*models.Assessment) *models.Score // nil: the row does not hold it
	desc   bool
}

var figures = map[Order]figure{
	models.OrderCompositeDesc:   {"assessments.composite", func(a *models.Assessment) *models.Score { return a.Composite }, true},
	models.OrderShowcaseGapAsc:  {"assessments.showcase_gap", func(a *models.Assessment) *models.Score { return a.ShowcaseGap }, false},
	models.OrderShowcaseGapDesc: {"assessments.showcase_gap", func(a *models.Assessment) *models.Score { return a.ShowcaseGap }, true},
	models.OrderImprovementDesc: {improvement, nil, true},
}

// Query asks for a cycle's assessments, of the run that counts, within the
// actor's scope.
type Query struct {
	CycleID   models.ID
	RunID     *models.ID // this run of the cycle instead of the one that counts; only what is done has rows
	UnitID    *models.ID // only this unit and everything below it
	PeerGroup *string    // only this peer group
	Search    string     // only officials whose name or external id contains it; empty: everybody
	Only      Only       // whom it is about; empty: everybody
	Order     Order
	First     int
	After     string // the Place of the row before; empty: from the beginning

	// unscoped leaves the units to whoever reads the rows: see [Service.wholeRun].
	unscoped bool
}

func (q *Query) valid() error {
	if err := models.ValidSearch("search", q.Search); err != nil {
		return err
	}
	if q.PeerGroup == nil {
		return nil
	}
	return models.ValidSearch("peerGroup", *q.PeerGroup)
}

// likely takes what LIKE means by a character from it.
var likely = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// spot is a [Place], read.
type spot struct {
	value *float64 // nil: without the figure, or the order has none
	sort  int
}

// spotOf is where a row stands in an order.
func spotOf(o Order, a *models.Assessment) *spot {
	at := &spot{sort: a.SortOrder}
	if f, ok := figures[o]; ok && f.of != nil && f.of(a) != nil {
		value := float64(*f.of(a))
		at.value = &value
	}
	return at
}

// Place is where a row stands in an order, for [Query.After].
func Place(o Order, a *models.Assessment) string {
	at, value := spotOf(o, a), "-"
	if at.value != nil {
		value = strconv.FormatFloat(*at.value, 'g', -1, 64)
	}
	return string(o) + " " + value + " " + strconv.Itoa(at.sort)
}

// parsePlace reads what [Place] wrote; a place in another order is none.
func parsePlace(o Order, text string) (*spot, error) {
	bad := models.Invalid("after", models.KeyBadCursor)
	words := strings.Split(text, " ")
	if len(words) != 3 || words[0] != string(o) {
		return nil, bad
	}
	at := &spot{}
	var err error
	if at.sort, err = strconv.Atoi(words[2]); err != nil {
		return nil, bad
	}
	if words[1] == "-" {
		return at, nil
	}
	value, err := strconv.ParseFloat(words[1], 64)
	if _, hasFigure := figures[o]; err != nil || !hasFigure || value != value {
		return nil, bad
	}
	at.value = &value
	return at, nil
}

// Report returns a page of a cycle's assessments, and whether more follow. A
// cycle without a run has none.
func (s *Service) Report(ctx context.Context, actor auth.Actor, q Query) (rows []*models.Assessment, more bool, err error) {
	if !slices.Contains(models.AssessmentOrders, q.Order) {
		return nil, false, models.Invalid("orderBy", models.KeyNotInList, string(q.Order), "")
	}
	var after *spot
	if q.After != "" {
		if after, err = parsePlace(q.Order, q.After); err != nil {
			return nil, false, err
		}
	}
	reportRows, err := s.reportRows(s.Store.Read(ctx), actor, q)
	if err != nil {
		return nil, false, err
	}
	rows, err = pageOf[*models.Assessment](reportRows, q.Order, after, q.First+1)
	return store.Cut(rows, q.First), len(rows) > q.First, err
}

// pageOf reads at most so many rows of a report behind a place in an order; without a
// place from the beginning.
func pageOf[R any](reportRows func() *gorm.DB, o Order, after *spot, limit int) ([]R, error) {
	f, hasFigure := figures[o]
	if after != nil && hasFigure && f.of == nil {
		if err := reportRows().Select(f.column).Where("assessments.sort_order = ?", after.sort).Scan(&after.value).Error; err != nil {
			return nil, err
		}
	}
	switch {
	case !hasFigure:
		return behind[R](reportRows(), after, limit)
	case after != nil && after.value == nil: // the rows with the figure are all read
		return behind[R](reportRows().Where(f.column+" IS NULL"), after, limit)
	}
	rows, err := behindFigure[R](f, reportRows(), after, limit)
	if err != nil || len(rows) == limit {
		return rows, err
	}
	rest, err := behind[R](reportRows().Where(f.column+" IS NULL"), nil, limit-len(rows))
	return append(rows, rest...), err
}

// behind reads rows by their place in the report.
func behind[R any](query *gorm.DB, after *spot, limit int) (rows []R, err error) {
	if after != nil {
		query = query.Where("assessments.sort_order > ?", after.sort)
	}
	return rows, query.Order("assessments.sort_order").Limit(limit).Find(&rows).Error
}

// behindFigure reads the rows that have the figure. The comparison is written so that
// an index on run and figure finds where the page begins.
func behindFigure[R any](f figure, query *gorm.DB, after *spot, limit int) (rows []R, err error) {
	beyond, direction := ">", ""
	if f.desc {
		beyond, direction = "<", " DESC"
	}
	query = query.Where(f.column + " IS NOT NULL")
	if after != nil {
		query = query.Where(f.column+" "+beyond+"= ? AND ("+f.column+" "+beyond+" ? OR assessments.sort_order > ?)",
			*after.value, *after.value, after.sort)
	}
	return rows, query.Order(f.column + direction + ", assessments.sort_order").Limit(limit).Find(&rows).Error
}

// Count returns how many rows a report has.
func (s *Service) Count(ctx context.Context, actor auth.Actor, q Query) (int, error) {
	reportRows, err := s.reportRows(s.Store.Read(ctx), actor, q)
	if err != nil {
		return 0, err
	}
	var n int64
	err = reportRows().Count(&n).Error
	return int(n), err
}

// reportRows returns the query of a report's rows, a fresh one each time. A cycle
// out of the actor's reach, or a unit outside the scope, is not found.
func (s *Service) reportRows(db *gorm.DB, actor auth.Actor, q Query) (func() *gorm.DB, error) {
	if !actor.Is(readers...) {
		return nil, models.Forbidden()
	}
	if err := q.valid(); err != nil {
		return nil, err
	}
	cycle, err := store.Take[models.Cycle](db.Scopes(cyclesInReach(actor)).Where("id = ?", q.CycleID), "Cycle")
	if err != nil {
		return nil, err
	}
	run := cycle.RunID
	if q.RunID != nil {
		named, err := store.Take[models.AssessmentRun](db.Where("id = ? AND cycle_id = ?", *q.RunID, cycle.ID), "AssessmentRun")
		if err != nil {
			return nil, models.AtField("runId", err)
		}
		run = &named.ID
	}
	if q.UnitID != nil {
		if covered, err := store.Covers(db, actor.UnitID, *q.UnitID); err != nil {
			return nil, err
		} else if !covered {
			return nil, models.NotFound("OrgUnit")
		}
	}
	join := func(db *gorm.DB) *gorm.DB { return db }
	if q.Order == models.OrderImprovementDesc {
		if join, err = joinBefore(db, actor, cycle); err != nil {
			return nil, err
		}
	}
	return func() *gorm.DB {
		query := db.Model(&models.Assessment{}).Where("assessments.run_id = ?", run).Scopes(join)
		if !q.unscoped {
			query = query.Scopes(store.Within("assessments.unit_id", actor.UnitID))
		}
		if q.UnitID != nil && !q.unscoped {
			query = query.Scopes(store.Within("assessments.unit_id", q.UnitID))
		}
		if q.PeerGroup != nil {
			query = query.Where("assessments.peer_group = ?", *q.PeerGroup)
		}
		if search := strings.TrimSpace(q.Search); search != "" {
			like := "%" + likely.Replace(strings.ToLower(search)) + "%"
			query = query.Where(`assessments.official_id IN (SELECT id FROM officials WHERE LOWER(name) LIKE ? ESCAPE '!' OR LOWER(ref) LIKE ? ESCAPE '!')`, like, like)
		}
		return q.Only.narrow(query)
	}, nil
}
