package assessments

import (
	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
)

// readDeeds reads the practical work done in the period.
func (r *reader) readDeeds() error {
	var helped roll
	narrower, args := r.ofScope("official_id", []any{r.start, r.end})
	err := r.snap.Each(r.ctx, `SELECT ref, official_id, kind, done_at, beneficiary_key, confirmed
		FROM deeds WHERE done_at >= ? AND done_at < ?`+narrower, args, func(row *store.Row) error {
		at, _ := row.Micros(3)
		day := r.day(at)
		posting := r.postAt(row.ID(1), day)
		if posting == scoring.None {
			return nil
		}
		kind, err := place[uint8](row, 2, models.DeedKinds)
		if err != nil {
			return err
		}
		confirmed, err := place[scoring.Ternary](row, 5, ternaries)
		if err != nil {
			return err
		}
		d := &r.ev.Deeds
		d.ID = append(d.ID, row.Text(0))
		d.Posting = append(d.Posting, posting)
		d.Kind = append(d.Kind, kind)
		d.Day = append(d.Day, day)
		d.Confirmed = append(d.Confirmed, confirmed)
		helped.add(row, 4)
		return nil
	})
	r.ev.Deeds.Beneficiary = helped.all()
	return err
}

// readAchievements reads what made officials visible in the period.
func (r *reader) readAchievements() error {
	narrower, args := r.ofScope("official_id", []any{r.start, r.end})
	return r.snap.Each(r.ctx, "SELECT official_id, kind, at FROM achievements WHERE at >= ? AND at < ?"+narrower,
		args, func(row *store.Row) error {
			at, _ := row.Micros(2)
			day := r.day(at)
			posting := r.postAt(row.ID(0), day)
			if posting == scoring.None {
				return nil
			}
			kind, err := place[scoring.AchievementKind](row, 1, models.AchievementKinds)
			if err != nil {
				return err
			}
			a := &r.ev.Achievements
			a.Posting = append(a.Posting, posting)
			a.Kind = append(a.Kind, kind)
			a.Day = append(a.Day, day)
			return nil
		})
}
