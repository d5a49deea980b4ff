package ratings

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/store"
)

// ByUnit is what residents' ratings say of a unit and of each unit directly below it, over
// the whole months of a period.
type ByUnit struct {
	FromOn, ToOn models.Date // what was counted: ToOn before FromOn where no month had ended
	Units        []*UnitRatings
}

// UnitRatings are the ratings of the officials of a unit and everything below it.
type UnitRatings struct {
	UnitID  models.ID
	Ratings int
	Mean    float64 // of the levels, 1 to 5
	Levels  []int   // how many of each level, the lowest first
}

// sums adds up months by unit: of each official first, of whom there are fewer than months,
// then of a unit and of each below it. What an official was given in a month counts where
// it could be shown by itself, and nowhere else. PostgreSQL adds numbers of 64 bits up as decimals,
// which takes it a quarter longer than those of 32.
const sums = `SELECT c.ancestor_id AS unit_id, u.ref, SUM(level1) AS level1, SUM(level2) AS level2, SUM(level3) AS level3, SUM(level4) AS level4, SUM(level5) AS level5
	FROM (SELECT official_id, SUM(CAST(level1 AS integer)) AS level1, SUM(CAST(level2 AS integer)) AS level2, SUM(CAST(level3 AS integer)) AS level3, SUM(CAST(level4 AS integer)) AS level4, SUM(CAST(level5 AS integer)) AS level5
		FROM rating_months WHERE month BETWEEN ? AND ? AND level1 + level2 + level3 + level4 + level5 >= ? GROUP BY official_id) AS given
	JOIN officials ON officials.id = given.official_id
	JOIN org_unit_closures AS c ON c.descendant_id = officials.unit_id
	JOIN org_units AS u ON u.id = c.ancestor_id
	WHERE u.id = ? OR u.parent_id = ?
	GROUP BY c.ancestor_id, u.ref`

// ByUnit returns the figures of a unit within the actor's scope and of each unit directly below
// it, over the whole months of a period that have ended. All of them are sums of what each
// official was given in a month, taken or left out: no difference between two units, two
// periods or two days of asking is less than such a month, which could be shown by itself.
// Units without such a month have no row.
func (s *Service) ByUnit(ctx context.Context, actor auth.Actor, unitID models.ID, fromOn, toOn models.Date) (*ByUnit, error) {
	if err := validPeriod("toOn", fromOn, toOn); err != nil {
		return nil, err
	}
	db := s.Store.Read(ctx)
	if _, err := store.Take[models.OrgUnit](db.Select("id").Where("id = ?", unitID).Scopes(store.InScope("id", actor.UnitID)), "OrgUnit"); err != nil {
		return nil, err
	}
	out := &ByUnit{Units: []*UnitRatings{}}
	out.FromOn, out.ToOn = s.wholeMonths(fromOn, toOn)
	var rows []unitLevels
	err := db.Raw(sums, out.FromOn, out.ToOn, s.Thresholds.Figures, unitID, unitID).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("sum ratings below unit %s: %w", unitID, err)
	}
	slices.SortFunc(rows, func(a, b unitLevels) int {
		switch unitID { // goes first
		case a.UnitID:
			return -1
		case b.UnitID:
			return 1
		}
		return strings.Compare(a.Ref, b.Ref)
	})
	for _, r := range rows {
		out.Units = append(out.Units, r.ratings())
	}
	return out, nil
}

// unitLevels are the sums of a unit.
type unitLevels struct {
	UnitID                                 models.ID
	Ref                                    string
	Level1, Level2, Level3, Level4, Level5 int
}

// ratings counts and weighs them; there are some.
func (l unitLevels) ratings() *UnitRatings {
	u := &UnitRatings{UnitID: l.UnitID, Levels: []int{l.Level1, l.Level2, l.Level3, l.Level4, l.Level5}}
	points := 0
	for i, n := range u.Levels {
		u.Ratings += n
		points += (i + 1) * n
	}
	u.Mean = float64(points) / float64(u.Ratings)
	return u
}
