package assessments

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
)

// flagRow is a flag on its way into the table.
type flagRow struct {
	id, official models.ID
	kind         models.FlagKind
	component    models.ScoreComponent
	found        []scoring.Finding
	composite    *models.Score
	without      *models.Score
}

// raise turns the flags that doubt the evidence into rows: an official with several
// posts is flagged once.
func (r *results) raise() {
	raised := map[[2]string]*flagRow{}
	for i, posting := range r.computed.order {
		a := &r.computed.result.Assessments[posting]
		for _, f := range a.Flags {
			if !slices.Contains(scoring.Doubts(), f) {
				continue
			}
			official := r.assessments[i].OfficialID
			key := [2]string{official.String(), string(f)}
			row := raised[key]
			if row == nil {
				row = &flagRow{id: models.NewID(), official: official, kind: models.FlagKind(f), component: models.ScoreComponents[doubted[f]]}
				if row.composite = r.assessments[i].Composite; row.composite != nil {
					without := row.composite.Without(scoring.PartAttack, row.component, r.explanations[i].Parts)
					row.without = &without
				}
				raised[key] = row
				r.flags = append(r.flags, row)
			}
			for _, found := range a.Findings {
				if found.Flag == f {
					row.found = append(row.found, found)
				}
			}
		}
	}
}

// doubted is what each flag's evidence counts towards.
var doubted = map[scoring.Flag]scoring.Component{
	scoring.FlagBurst: scoring.Satisfaction, scoring.FlagRepeatedRater: scoring.Satisfaction,
	scoring.FlagClique: scoring.PeerReview, scoring.FlagReciprocity: scoring.PeerReview,
	scoring.FlagCampaignBurst: scoring.PracticalWork,
}

// facts are the findings as later runs compare them.
func (f *flagRow) facts() (string, error) { return asJSON(f.found) }

// evidence is what may be said of the findings: months, and of answers at least how
// many, in fives.
func (f *flagRow) evidence() (string, error) {
	lines := make([]models.FlagEvidence, 0, len(f.found))
	for _, found := range f.found {
		line := models.FlagEvidence{Code: factOf(found), N: models.AtLeast(int(found.Count))}
		if found.From != 0 {
			line.From, line.To = monthWord(found.From), monthWord(found.To)
		}
		lines = append(lines, line)
	}
	return asJSON(lines)
}

func factOf(f scoring.Finding) models.FlagFact {
	switch f.Flag {
	case scoring.FlagBurst:
		if f.High {
			return models.FactBurstHigh
		}
		return models.FactBurstLow
	case scoring.FlagRepeatedRater:
		return models.FactOneVoice
	case scoring.FlagReciprocity:
		return models.FactReturned
	case scoring.FlagClique:
		return models.FactCircle
	}
	return models.FactCampaign
}

func monthWord(day scoring.Day) string {
	return time.Unix(int64(day)*86400, 0).UTC().Format("2006-01")
}

var flagColumns = []string{
	"id", "run_id", "official_id", "kind", "state", "raised_at", "decided_by", "decision",
	"evidence", "facts", "component", "composite", "without_composite", "causers",
}

// flagValues hands out the flags as the table's values.
func (r *results) flagValues(now time.Time) store.Rows {
	next := 0
	var row []any
	return func() (values []any, err error) {
		if next == len(r.flags) {
			return nil, nil
		}
		row, err = r.flags[next].values(row[:0], r.runID, now)
		next++
		return row, err
	}
}

func (f *flagRow) values(to []any, run models.ID, now time.Time) ([]any, error) {
	facts, err := f.facts()
	if err != nil {
		return nil, err
	}
	evidence, err := f.evidence()
	return append(to, f.id[:], run[:], f.official[:], string(f.kind), string(models.FlagRaised), now, "", "",
		evidence, facts, string(f.component), orNull(f.composite), orNull(f.without), "[]"), err
}

// readCleared reads what persons had found harmless in the cycle when the run was
// asked for: flags that were dismissed, or whose appeal was upheld.
func (r *reader) readCleared() error {
	if r.in.run == nil {
		return nil
	}
	r.cleared = map[models.ID][]scoring.Finding{}
	return r.snap.Each(r.ctx, `SELECT f.official_id, f.kind, f.facts FROM integrity_flags f JOIN assessment_runs u ON u.id = f.run_id
			LEFT JOIN flag_appeals a ON a.flag_id = f.id AND a.state = 'UPHELD'
		WHERE u.cycle_id = ? AND f.carried_id IS NULL AND f.state = 'DISMISSED' AND f.component <> ''
			AND f.kind IN ('BURST', 'CAMPAIGN_BURST', 'CLIQUE', 'RECIPROCITY', 'REPEATED_RATER', 'OFTEN_ADVERSE')
			AND COALESCE(a.decided_at, f.decided_at) <= ?`,
		[]any{r.in.run.CycleID, r.in.run.RequestedAt}, func(row *store.Row) error {
			official := row.ID(0)
			found, err := clearedFacts(models.FlagKind(row.Text(1)), row.Text(2))
			if err != nil {
				return fmt.Errorf("the facts of a flag of %s: %w", official, err)
			}
			for _, f := range found {
				if !slices.Contains(r.cleared[official], f) {
					r.cleared[official] = append(r.cleared[official], f)
				}
			}
			return nil
		})
}

// clearedFacts reads what a flag found as the engine takes it. Of encounters marked as
// decisions against residents it is how many were looked at, in all services that are
// unusual: so many marks count.
func clearedFacts(kind models.FlagKind, facts string) (found []scoring.Finding, err error) {
	if kind != models.FlagOftenAdverse {
		return found, json.Unmarshal([]byte(facts), &found)
	}
	var services []string
	if err := json.Unmarshal([]byte(facts), &services); err != nil {
		return nil, err
	}
	marks := int32(0)
	for _, line := range services {
		var service string
		var marked, all int32
		if _, err := fmt.Sscanf(line, models.OftenAdverseFacts, &service, &marked, &all); err != nil {
			return nil, err
		}
		marks += marked
	}
	return []scoring.Finding{{Flag: scoring.FlagOftenAdverse, Count: marks}}, nil
}
