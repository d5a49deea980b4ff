package assessments

import (
	"cmp"
	"slices"

	"steelyard/models"
	"steelyard/privacy"
	"steelyard/store"
)

// settled is up to where residents' answers count in a run that is made while answers to
// its period still come in. Whoever has a run made before and after a single rating would
// see its level otherwise. So such a run counts, of each official, whole slices of
// answers, all but the last one ([privacy.Slices]): the next run has no more of them or a
// slice more, and the last run, after the period, at least that slice more. Answers are
// the ratings and the marks of cases; what was imported counts at once, since who imports
// has the file.
type settled struct {
	on    bool
	to    map[models.ID]models.Date // by official: the last day that counts; none: no day
	marks map[models.ID]models.Date // by case that was handed in here: the day of its mark
}

// holdsBack says whether the mark of a case that an official holds does not count yet.
func (s *settled) holdsBack(id, holder models.ID) bool {
	day, ours := s.marks[id]
	return ours && day.After(s.to[holder])
}

// counts says whether a rating of a day counts; ours: it was handed in here.
func (s *settled) counts(ours bool, official models.ID, day models.Date) bool {
	return !ours || !day.After(s.to[official])
}

// settleAnswers finds out up to where answers count. Of a period that is over all do.
func (r *reader) settleAnswers() error {
	before := r.in.before
	if before == nil || r.in.period.To.Before(*before) {
		return nil
	}
	r.settled = settled{on: true, to: map[models.ID]models.Date{}, marks: map[models.ID]models.Date{}}
	counts := map[models.ID]map[models.Date]int{}
	count := func(official models.ID, day models.Date, n int) {
		if counts[official] == nil {
			counts[official] = map[models.Date]int{}
		}
		counts[official][day] += n
	}
	narrower, args := r.ofScope("official_id", []any{r.in.period.From, *before})
	err := r.snap.Each(r.ctx, `SELECT official_id, rated_on, count(*) FROM ratings
		WHERE rated_on >= ? AND rated_on < ? AND import_key IS NULL AND released`+narrower+" GROUP BY official_id, rated_on", args,
		func(row *store.Row) error {
			count(row.ID(0), row.Date(1), int(row.Int(2)))
			return nil
		})
	if err != nil {
		return err
	}
	holder := map[models.ID]models.ID{}
	err = r.snap.Each(r.ctx, `SELECT c.id, c.official_id, e.at FROM cases c JOIN case_events e ON e.case_id = c.id
		WHERE c.receipt_hash IS NOT NULL AND c.satisfaction IS NOT NULL AND c.closed_at >= ? AND e.kind IN ('CONFIRMED', 'REOPENED')`,
		[]any{r.start}, func(row *store.Row) error {
			id, at := row.ID(0), micros(row, 2)
			day := models.DateFromEpochDay(int32(r.day(at)))
			if known, found := r.settled.marks[id]; !found || day.After(known) {
				r.settled.marks[id] = day // what the resident said last
			}
			holder[id] = row.ID(1)
			return nil
		})
	if err != nil {
		return err
	}
	for id, day := range r.settled.marks {
		if official := holder[id]; !official.IsZero() && day.Before(*before) {
			count(official, day, 1)
		}
	}
	for official, byDay := range counts {
		days := make([]privacy.DayCount, 0, len(byDay))
		for day, n := range byDay {
			days = append(days, privacy.DayCount{Day: day, N: n})
		}
		slices.SortFunc(days, func(a, b privacy.DayCount) int { return cmp.Compare(a.Day.EpochDay(), b.Day.EpochDay()) })
		ends, err := privacy.Slices(days, *before, r.slice)
		if err != nil {
			return err
		}
		r.settled.to[official] = privacy.Settled(ends)
	}
	return nil
}
