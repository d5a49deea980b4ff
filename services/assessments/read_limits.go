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

// excluded adds to a query what the cycle's exclusions leave out, as they were in
// force when the run was asked for.
func (r *reader) excluded(condition string, args []any) (string, []any) {
	if r.in.run == nil {
		return "", args
	}
	return " AND NOT EXISTS (SELECT 1 FROM evidence_exclusions x WHERE x.cycle_id = ? AND x.confirmed_at <= ? AND " + condition + ")",
		append(args, r.in.run.CycleID, r.in.run.RequestedAt)
}
