package integrity

import (
	"errors"
	"fmt"
	"strings"

	"steelyard/auth/keyring"
	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
)

// self is an official with the hashes that the own references would have.
type self struct {
	official  models.ID
	residents [][]byte // as somebody served or helped
	raters    [][]byte // as somebody who rates
}

// selves finds officials who stand on both sides: who are served, have a case or a
// deed with themselves, or rate themselves, under their own number or account name.
// Whoever uses another name is not seen. That there is a rating is said, and not how
// many there are nor what they say: whoever gave them is known.
func (e *examination) selves() error {
	list, err := e.ownHashes()
	if err != nil {
		return err
	}
	for _, in := range []struct {
		table, column, period string
		args                  []any
		hashes                func(*self) [][]byte
		fact                  models.FlagFact
		component             models.ScoreComponent
		told                  bool // how many
	}{
		{"encounters", "resident_key", "occurred_at >= ? AND occurred_at < ?", []any{e.start, e.end}, residentsOf, models.FactSelfServed, models.ComponentSatisfaction, true},
		{"ratings", "rater_key", "rated_on BETWEEN ? AND ? AND released", []any{e.cycle.FromOn, e.cycle.ToOn}, ratersOf, models.FactSelfRated, models.ComponentSatisfaction, false},
		{"cases", "resident_key", "opened_at < ? AND (closed_at IS NULL OR closed_at >= ?)", []any{e.end, e.start}, residentsOf, models.FactSelfCase, models.ComponentOutcomes, true},
		{"deeds", "beneficiary_key", "done_at >= ? AND done_at < ?", []any{e.start, e.end}, residentsOf, models.FactSelfDeed, models.ComponentPracticalWork, true},
	} {
		const atOnce = 50
		for from := 0; from < len(list); from += atOnce {
			var either []string
			args := append([]any{}, in.args...)
			for _, one := range list[from:min(from+atOnce, len(list))] {
				hashes := in.hashes(one)
				either = append(either, "official_id = ? AND "+in.column+" IN (?"+strings.Repeat(", ?", len(hashes)-1)+")")
				args = append(args, one.official)
				for _, h := range hashes {
					args = append(args, h)
				}
			}
			query := "SELECT official_id, COUNT(*) FROM " + in.table + " WHERE " + in.period + " AND (" + strings.Join(either, " OR ") + ") GROUP BY official_id"
			err := e.snap.Each(e.ctx, query, args, func(row *store.Row) error {
				line := models.FlagEvidence{Code: in.fact}
				if in.told {
					line.N = int(row.Int(1))
				}
				e.add(row.ID(0), models.FlagSelfDealing, in.component, fmt.Sprintf("%s %d", in.fact, row.Int(1)), line)
				return nil
			})
			if err != nil {
				return fmt.Errorf("look for officials among those served, in %s: %w", in.table, err)
			}
		}
	}
	return nil
}

// entered finds who has cases confirmed that they had entered themself, far more often than
// colleagues do: whoever enters a case sees its receipt, by which it is confirmed.
func (e *examination) entered() error {
	var tallies []scoring.Tally
	var officials []models.ID
	var all scoring.Tally
	err := e.snap.Each(e.ctx, `SELECT c.official_id, COUNT(a.id), COUNT(*) FROM cases c
			LEFT JOIN case_events v ON v.case_id = c.id AND v.kind = 'SUBMITTED' AND v.actor <> ''
			LEFT JOIN accounts a ON a.subject = v.actor AND a.official_id = c.official_id
		WHERE c.confirmed = 'YES' AND c.closed_at >= ? AND c.closed_at < ? AND c.official_id `+assessed+` GROUP BY c.official_id`,
		[]any{e.start, e.end, e.run.ID}, func(row *store.Row) error {
			t := scoring.Tally{Hits: int32(row.Int(1)), Of: int32(row.Int(2))}
			all.Hits, all.Of = all.Hits+t.Hits, all.Of+t.Of
			tallies, officials = append(tallies, t), append(officials, row.ID(0))
			return nil
		})
	if err != nil {
		return fmt.Errorf("look for who entered what was confirmed: %w", err)
	}
	for i, named := range scoring.Discoveries(scoring.UnusualShares(tallies, false), falseShare) {
		if t := tallies[i]; named {
			e.add(officials[i], models.FlagSelfDealing, models.ComponentOutcomes, fmt.Sprintf("%s %d/%d", models.FactSelfEntered, t.Hits, t.Of), models.FlagEvidence{
				Code: models.FactSelfEntered, N: int(t.Of), Share: share(int64(t.Hits), int64(t.Of)), Usual: share(int64(all.Hits-t.Hits), int64(all.Of-t.Of)),
			})
		}
	}
	return nil
}

func residentsOf(s *self) [][]byte { return s.residents }
func ratersOf(s *self) [][]byte    { return s.raters }

// ownHashes are those of the run's officials, by every year whose key is still there.
func (e *examination) ownHashes() ([]*self, error) {
	var years []keyring.YearKey
	for year := e.cycle.FromOn.Year() - 1; year <= e.cycle.ToOn.Year(); year++ {
		key, err := e.Keys.Get(year)
		if errors.Is(err, keyring.ErrNoKey) || errors.Is(err, keyring.ErrDestroyed) {
			continue // never used, or destroyed with its year: nobody is known any more
		}
		if err != nil {
			return nil, err
		}
		years = append(years, key)
	}
	if len(years) == 0 {
		return nil, nil
	}
	var list []*self
	at := map[models.ID]*self{}
	err := e.snap.Each(e.ctx, `SELECT o.id, o.ref FROM officials o WHERE o.id `+assessed+`
		UNION SELECT a.official_id, a.subject FROM accounts a WHERE a.official_id `+assessed,
		[]any{e.run.ID, e.run.ID}, func(row *store.Row) error {
			ref := row.Text(1)
			if strings.Trim(ref, "0123456789") == "" {
				return nil // a bare number may be anybody's
			}
			official := row.ID(0)
			one := at[official]
			if one == nil {
				one = &self{official: official}
				at[official], list = one, append(list, one)
			}
			for _, key := range years {
				resident := key.Resident(ref)
				one.residents = append(one.residents, resident[:])
				for _, rated := range years { // which may be the year after the service
					rater := rated.Rater(string(resident[:]))
					one.raters = append(one.raters, rater[:])
				}
			}
			return nil
		})
	return list, err
}
