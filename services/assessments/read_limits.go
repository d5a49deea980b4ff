package assessments

import (
	"slices"

	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
)

// readLimits reads whom a confirmed limit bars from a grade, or from EXCELLENT.
func (r *reader) readLimits() error {
	if r.in.run == nil {
		return nil
	}
	r.barred = map[models.ID]scoring.Standing{}
	return r.snap.Each(r.ctx, "SELECT official_id, ground FROM grade_limits WHERE cycle_id = ? AND confirmed_at <= ?",
		[]any{r.in.run.CycleID, r.in.run.RequestedAt}, func(row *store.Row) error {
			official := row.ID(0)
			switch {
			case slices.Contains(models.NotGradedGrounds, models.LimitGround(row.Text(1))):
				r.barred[official] = scoring.StandingNotGraded
			case r.barred[official] != scoring.StandingNotGraded:
				r.barred[official] = scoring.StandingNotExcellent
			}
			return nil
		})
}

// exclusions are what the cycle leaves out: few, so that it is cheaper to know them
// all than to have the database ask for each of millions of rows.
type exclusions struct {
	cases map[models.ID]struct{}
	days  map[models.ID][]models.Period // of an official's ratings
}

// readExclusions reads the exclusions that were in force when the run was asked for.
func (r *reader) readExclusions() error {
	if r.in.run == nil {
		return nil
	}
	r.out = exclusions{cases: map[models.ID]struct{}{}, days: map[models.ID][]models.Period{}}
	return r.snap.Each(r.ctx, `SELECT official_id, case_id, from_on, to_on
		FROM evidence_exclusions WHERE cycle_id = ? AND confirmed_at <= ?`,
		[]any{r.in.run.CycleID, r.in.run.RequestedAt}, func(row *store.Row) error {
			if !row.Null(1) {
				r.out.cases[row.ID(1)] = struct{}{}
				return nil
			}
			official := row.ID(0)
			r.out.days[official] = append(r.out.days[official], models.Period{From: row.Date(2), To: row.Date(3)})
			return nil
		})
}

// leavesCaseOut says whether a case does not count in the cycle.
func (e *exclusions) leavesCaseOut(id models.ID) bool {
	if len(e.cases) == 0 {
		return false
	}
	_, out := e.cases[id]
	return out
}

// leavesRatingOut says whether an official's ratings of a day do not count in the cycle.
func (e *exclusions) leavesRatingOut(official models.ID, on models.Date) bool {
	if len(e.days) == 0 {
		return false
	}
	for _, days := range e.days[official] {
		if days.Contains(on) {
			return true
		}
	}
	return false
}
