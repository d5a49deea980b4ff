package integrity

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
)

const (
	// justBefore is how close to its due date a step of a case is a late one.
	justBefore = 48 * time.Hour
	// lastDays is how many days before the end of the period deeds are recorded late.
	lastDays = 14
)

// lateSteps are what is looked at, in the order of the tallies' sorts.
var lateSteps = []models.FlagFact{models.FactLateResolutions, models.FactLateHolds, models.FactLateDeeds}

// deadlines finds who resolves cases or stops their clock in the last two days before
// they are due, or writes down deeds in the last two weeks of the period, far more
// often than colleagues do. Imported deeds do not say when they were recorded.
func (e *examination) deadlines() error {
	counts := map[models.ID]*[3]scoring.Tally{}
	count := func(official models.ID, step int, late bool) {
		if counts[official] == nil {
			counts[official] = &[3]scoring.Tally{}
		}
		counts[official][step].Of++
		if late {
			counts[official][step].Hits++
		}
	}
	// When a case was due at a step: the date that the first later step replaced, else the
	// case's. The end of a pause moves it, so that afterwards the pause looks early.
	err := e.snap.Each(e.ctx, `SELECT v.from_official_id, v.kind, v.at, c.due_at, n.due_at FROM case_events v JOIN cases c ON c.id = v.case_id
			LEFT JOIN case_events n ON n.case_id = v.case_id AND n.seq = (SELECT MIN(m.seq) FROM case_events m
				WHERE m.case_id = v.case_id AND m.seq > v.seq AND m.due_at IS NOT NULL)
		WHERE v.kind IN ('RESOLVED', 'PAUSED') AND v.at >= ? AND v.at < ? AND c.due_at IS NOT NULL AND v.from_official_id `+assessed,
		[]any{e.start, e.end, e.run.ID}, func(row *store.Row) error {
			at, _ := row.Micros(2)
			due, _ := row.Micros(3)
			if then, replaced := row.Micros(4); replaced {
				due = then
			}
			step := 0
			if row.Text(1) == string(models.EventPaused) {
				step = 1
			}
			count(row.ID(0), step, at <= due && at >= due-justBefore.Microseconds())
			return nil
		})
	if err != nil {
		return fmt.Errorf("read steps of cases: %w", err)
	}
	late := e.end.AddDate(0, 0, -lastDays)
	err = e.snap.Each(e.ctx, `SELECT official_id, id FROM deeds WHERE done_at >= ? AND done_at < ? AND receipt_hash IS NOT NULL AND official_id `+assessed,
		[]any{e.start, e.end, e.run.ID}, func(row *store.Row) error {
			seconds, nanos := uuid.UUID(row.ID(1)).Time().UnixTime()
			count(row.ID(0), 2, !time.Unix(seconds, nanos).Before(late))
			return nil
		})
	if err != nil {
		return fmt.Errorf("read deeds: %w", err)
	}
	e.lateOnes(counts)
	return nil
}

func (e *examination) lateOnes(counts map[models.ID]*[3]scoring.Tally) {
	var tallies []scoring.Tally
	var officials []models.ID
	var all [3]scoring.Tally
	for official, steps := range counts {
		for step, t := range steps {
			t.Sort = int32(step)
			all[step].Hits += t.Hits
			all[step].Of += t.Of
			tallies, officials = append(tallies, t), append(officials, official)
		}
	}
	for i, named := range scoring.Discoveries(scoring.UnusualShares(tallies, false), falseShare) {
		if !named {
			continue
		}
		t, a := tallies[i], all[tallies[i].Sort]
		component := models.ComponentOutcomes
		if lateSteps[t.Sort] == models.FactLateDeeds {
			component = models.ComponentPracticalWork
		}
		e.add(officials[i], models.FlagDeadlineEdits, component, fmt.Sprintf("%s %d/%d", lateSteps[t.Sort], t.Hits, t.Of), models.FlagEvidence{
			Code: lateSteps[t.Sort], N: int(t.Of), Share: share(int64(t.Hits), int64(t.Of)), Usual: share(int64(a.Hits-t.Hits), int64(a.Of-t.Of)),
		})
	}
}
