package integrity

import (
	"fmt"

	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
)

// served are an official's encounters of one service in the period, and what the
// answers of the same service said.
type served struct {
	official, service models.ID
	invited, not      int64 // where it is known
	adverse, all      int64
	answers, content  int64 // of the released ratings: how many, and how many are 4 and 5
	others            int64 // of the official's other services: how many ratings
}

// invitations finds who invites few to rate, beside colleagues of the same service,
// while those who are invited are no less content than elsewhere; and who marks many
// encounters as decisions against the resident.
func (e *examination) invitations() error {
	rows, totals, err := e.served()
	if err != nil {
		return err
	}
	number := map[models.ID]int32{}
	invited, adverse := make([]scoring.Tally, len(rows)), make([]scoring.Tally, len(rows))
	for i, r := range rows {
		sort, known := number[r.service]
		if !known {
			sort = int32(len(number))
			number[r.service] = sort
		}
		invited[i] = scoring.Tally{Sort: sort, Hits: int32(r.invited), Of: int32(r.invited + r.not)}
		adverse[i] = scoring.Tally{Sort: sort, Hits: int32(r.adverse), Of: int32(r.all)}
	}
	few := scoring.Discoveries(scoring.UnusualShares(invited, true), falseShare)
	often := scoring.Discoveries(scoring.UnusualShares(adverse, false), falseShare)
	for i, r := range rows {
		t := totals[r.service]
		if few[i] {
			if err := e.handPicked(r, t); err != nil {
				return err
			}
		}
		if often[i] {
			name, err := e.nameOf(r.service)
			if err != nil {
				return err
			}
			e.add(r.official, models.FlagOftenAdverse, models.ComponentSatisfaction, fmt.Sprintf(models.OftenAdverseFacts, r.service, r.adverse, r.all),
				models.FlagEvidence{
					Code: models.FactOftenAdverse, Of: name, N: int(r.all), Share: share(r.adverse, r.all), Usual: share(t.adverse-r.adverse, t.all-r.all),
				})
		}
	}
	return nil
}

// handPicked adds a flag, unless those who were invited are less content than
// elsewhere: then whoever chose them did not choose the satisfied. The answers are
// looked at, and told, only where there are enough of them and of the rest.
func (e *examination) handPicked(r *served, t *served) error {
	name, err := e.nameOf(r.service)
	if err != nil {
		return err
	}
	lines := []models.FlagEvidence{{
		Code: models.FactFewInvited, Of: name, N: int(r.invited + r.not),
		Share: share(r.invited, r.invited+r.not), Usual: share(t.invited-r.invited, t.invited+t.not-r.invited-r.not),
	}}
	elsewhere := t.answers - r.answers
	if e.shows(r.answers) && e.shows(elsewhere) && (r.others == 0 || e.shows(r.others)) {
		own, usual := shareOfAnswers(r.content, r.answers), shareOfAnswers(t.content-r.content, elsewhere)
		if *own < *usual {
			return nil
		}
		lines = append(lines, models.FlagEvidence{Code: models.FactInvitedContent, Of: name, N: models.AtLeast(int(r.answers)), Share: own, Usual: usual})
	}
	e.add(r.official, models.FlagHandPicked, models.ComponentSatisfaction, fmt.Sprintf("%s %d/%d", r.service, r.invited, r.invited+r.not), lines...)
	return nil
}

func (e *examination) shows(n int64) bool { return e.Thresholds.ShowsFigure(int(n)) }

// served reads encounters and answers by official and service, and sums them by
// service.
func (e *examination) served() ([]*served, map[models.ID]*served, error) {
	var rows []*served
	at, totals := map[[2]models.ID]*served{}, map[models.ID]*served{}
	err := e.snap.Each(e.ctx, `SELECT official_id, service_id, SUM(CASE WHEN invited = 'YES' THEN 1 ELSE 0 END),
			SUM(CASE WHEN invited = 'NO' THEN 1 ELSE 0 END), SUM(CASE WHEN adverse THEN 1 ELSE 0 END), COUNT(*)
		FROM encounters WHERE occurred_at >= ? AND occurred_at < ? AND official_id `+assessed+` GROUP BY official_id, service_id`,
		[]any{e.start, e.end, e.run.ID}, func(row *store.Row) error {
			r := &served{
				official: row.ID(0), service: row.ID(1), invited: row.Int(2), not: row.Int(3), adverse: row.Int(4), all: row.Int(5),
			}
			rows = append(rows, r)
			at[[2]models.ID{r.official, r.service}] = r
			t := totals[r.service]
			if t == nil {
				t = &served{}
				totals[r.service] = t
			}
			t.invited += r.invited
			t.not += r.not
			t.adverse += r.adverse
			t.all += r.all
			return nil
		})
	if err != nil {
		return nil, nil, fmt.Errorf("read encounters: %w", err)
	}
	ofOfficial := map[models.ID]int64{}
	query, args := e.inFives("official_id, service_id", " AND source = 'ENCOUNTER'")
	err = e.snap.Each(e.ctx, query, args, func(row *store.Row) error {
		ofOfficial[row.ID(0)] += row.Int(2)
		if t := totals[row.ID(1)]; t != nil {
			t.answers += row.Int(2)
			t.content += row.Int(3)
		}
		if r := at[[2]models.ID{row.ID(0), row.ID(1)}]; r != nil {
			r.answers, r.content = row.Int(2), row.Int(3)
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read answers: %w", err)
	}
	for _, r := range rows {
		r.others = ofOfficial[r.official] - r.answers
	}
	return rows, totals, nil
}
