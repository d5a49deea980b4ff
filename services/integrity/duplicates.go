package integrity

import (
	"fmt"
	"strings"

	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
)

// leastText is from how many characters on a comment is more than a word that many
// would write.
const leastText = 8

// sameText is one comment that stands under several ratings of one official.
type sameText struct {
	official models.ID
	text     string
	n        int64
	from, to models.Date
	all      int64 // comments of the official
}

// duplicates finds under whose ratings one and the same comment stands more often
// than what others write lets expect. Ratings keep the day and not the moment, so a
// pattern of minutes is not seen; one person's repeated ratings are the engine's to
// find.
func (e *examination) duplicates() error {
	rows, total, err := e.sameTexts()
	if err != nil || len(rows) == 0 {
		return err
	}
	everywhere, err := e.everywhere(rows)
	if err != nil {
		return err
	}
	p := make([]float64, len(rows))
	for i, r := range rows {
		p[i] = scoring.UnusualCount(int32(r.n), int32(r.all), int32(everywhere[r.text]-r.n), int32(total-r.all))
	}
	for i, named := range scoring.Discoveries(p, falseShare) {
		if r := rows[i]; named {
			e.add(r.official, models.FlagDuplicates, models.ComponentSatisfaction, fmt.Sprintf("%s to %s, %d", r.from, r.to, r.n),
				models.FlagEvidence{Code: models.FactSameText, From: r.from.String()[:7], To: r.to.String()[:7], N: models.AtLeast(int(r.n))})
		}
	}
	return nil
}

// commented narrows to what the comments of the period are compared of.
const commented = `FROM ratings WHERE rated_on BETWEEN ? AND ? AND released AND comment IS NOT NULL AND LENGTH(comment) >= ? AND official_id ` + assessed

func (e *examination) commented() []any {
	return []any{e.cycle.FromOn, e.cycle.ToOn, leastText, e.run.ID}
}

// sameTexts are the comments that so many ratings of one official share that they may
// be spoken of, and how many comments there are in all.
func (e *examination) sameTexts() ([]*sameText, int64, error) {
	var rows []*sameText
	err := e.snap.Each(e.ctx, `SELECT official_id, comment, COUNT(*), MIN(rated_on), MAX(rated_on) `+commented+`
		GROUP BY official_id, comment HAVING COUNT(*) >= ?`, append(e.commented(), e.Thresholds.Figures), func(row *store.Row) error {
		rows = append(rows, &sameText{official: row.ID(0), text: row.Text(1), n: row.Int(2), from: row.Date(3), to: row.Date(4)})
		return nil
	})
	if err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	total, byOfficial := int64(0), map[models.ID]int64{}
	err = e.snap.Each(e.ctx, "SELECT official_id, COUNT(*) "+commented+" GROUP BY official_id", e.commented(), func(row *store.Row) error {
		byOfficial[row.ID(0)] = row.Int(1)
		total += row.Int(1)
		return nil
	})
	for _, r := range rows {
		r.all = byOfficial[r.official]
	}
	return rows, total, err
}

// everywhere is how often each of the texts was written about anybody.
func (e *examination) everywhere(rows []*sameText) (map[string]int64, error) {
	counts := map[string]int64{}
	const atOnce = 200
	for from := 0; from < len(rows); from += atOnce {
		part := rows[from:min(from+atOnce, len(rows))]
		args := e.commented()
		for _, r := range part {
			args = append(args, r.text)
		}
		err := e.snap.Each(e.ctx, "SELECT comment, COUNT(*) "+commented+" AND comment IN (?"+strings.Repeat(", ?", len(part)-1)+") GROUP BY comment",
			args, func(row *store.Row) error {
				counts[row.Text(0)] = row.Int(1)
				return nil
			})
		if err != nil {
			return nil, err
		}
	}
	return counts, nil
}
