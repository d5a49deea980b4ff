package integrity

import (
	"fmt"

	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
)

// channelRow are an official's ratings that came through one channel, or from the
// standing codes of counters.
type channelRow struct {
	official models.ID
	source   string
	n, high  int64
}

// sources finds whose ratings of one source say otherwise than all others of the same
// official, beyond what that source does to everybody. Who handed out the link is not
// known of a rating, and is not asked.
func (e *examination) sources() error {
	var rows []*channelRow
	sums := map[models.ID]*channelRow{}
	query, args := e.inFives("official_id, way", "")
	err := e.snap.Each(e.ctx, query, args, func(row *store.Row) error {
		r := &channelRow{official: row.ID(0), source: row.Text(1), n: row.Int(2), high: row.Int(3)}
		rows = append(rows, r)
		if sums[r.official] == nil {
			sums[r.official] = &channelRow{}
		}
		sums[r.official].n += r.n
		sums[r.official].high += r.high
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the sources of ratings: %w", err)
	}
	number := map[string]int32{}
	contrasts := make([]scoring.Contrast, len(rows))
	for i, r := range rows {
		if _, known := number[r.source]; !known {
			number[r.source] = int32(len(number))
		}
		all := sums[r.official]
		contrasts[i] = scoring.Contrast{
			Sort: number[r.source], In: int32(r.high), Of: int32(r.n),
			Others: scoring.Tally{Hits: int32(all.high - r.high), Of: int32(all.n - r.n)},
		}
	}
	for i, named := range scoring.Discoveries(scoring.UnusualContrasts(contrasts), falseShare) {
		if !named {
			continue
		}
		r, all := rows[i], sums[rows[i].official]
		e.add(r.official, models.FlagOneSided, models.ComponentSatisfaction, fmt.Sprintf("%s %d/%d of %d/%d", r.source, r.high, r.n, all.high, all.n),
			models.FlagEvidence{
				Code: models.FactOtherSource, Of: r.source, N: models.AtLeast(int(r.n)), Share: shareOfAnswers(r.high, r.n), Usual: shareOfAnswers(all.high-r.high, all.n-r.n),
			})
	}
	return nil
}
