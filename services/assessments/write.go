package assessments

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"steelyard/models"
	"steelyard/privacy"
	"steelyard/scoring"
	"steelyard/store"
)

// results are a run's results as they are stored, made before the transaction
// that stores them.
type results struct {
	runID       models.ID
	computed    *Computed
	thresholds  privacy.Thresholds
	assessments []assessmentRow
	// explained waits until explanations and flags are there.
	explained func() error
	// explanations are in the order of assessments.
	explanations []explanationRow
	flags        []*flagRow
}

// assessmentRow and explanationRow carry their lists as the JSON that the tables keep.
type assessmentRow struct {
	models.Assessment
	flags, components string
}

type explanationRow struct {
	models.Explanation
	parts string
}

// resultsOf turns what was computed into rows. Explanations take longest: they are made
// while the database stores the assessments, and who needs them waits for explained.
func (s *Service) resultsOf(runID models.ID, thresholds privacy.Thresholds, c *Computed) (*results, error) {
	out := &results{
		runID: runID, computed: c, thresholds: thresholds,
		assessments: make([]assessmentRow, len(c.order)), explanations: make([]explanationRow, len(c.order)),
	}
	ids := make([]models.ID, len(c.order))
	for i := range ids {
		ids[i] = models.NewID() // in the report's order
	}
	err := sideBySide(len(c.order), func(place int) (err error) {
		out.assessments[place], err = out.assessment(place, ids[place])
		return err
	})
	if err != nil {
		return nil, err
	}
	var behind errgroup.Group
	behind.Go(out.explain)
	out.explained = behind.Wait
	return out, nil
}

// explain makes the explanations, and the flags, which rest on them.
func (r *results) explain() error {
	shown := newVisiblePieces(r.computed.reading.ev, r.thresholds)
	err := sideBySide(len(r.explanations), func(place int) (err error) {
		a, why := &r.computed.result.Assessments[r.computed.order[place]], &r.explanations[place]
		why.AssessmentID, why.Parts = r.assessments[place].ID, partsOf(a, shown.at(a))
		why.parts, err = asJSON(why.Parts)
		return err
	})
	if err != nil {
		return err
	}
	r.raise()
	return nil
}

// sideBySide makes the rows of each place of the report on all processors.
func sideBySide(places int, row func(place int) error) error {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	const stretch = 64
	for from := 0; from < places; from += stretch {
		group.Go(func() (err error) {
			for i := from; i < min(from+stretch, places) && err == nil; i++ {
				err = row(i)
			}
			return err
		})
	}
	return group.Wait()
}

// assessment is the row of the assessment at a place of the report.
func (r *results) assessment(place int, id models.ID) (assessmentRow, error) {
	posting := r.computed.order[place]
	a := &r.computed.result.Assessments[posting]
	post, p := r.computed.reading.posts[posting], &r.computed.reading.ev.Postings[posting]
	row := assessmentRow{Assessment: models.Assessment{
		ID: id, RunID: r.runID, OfficialID: post.official, PostingID: post.posting, UnitID: post.unit,
		Position: p.Position, PeerGroup: models.PeerGroup(p.PeerGroup), SortOrder: place + 1,
		Status:    models.AssessmentStatus(a.Status),
		Composite: known[models.Score](a.Composite), CompositeLow: known[models.Score](a.Low), CompositeHigh: known[models.Score](a.High),
		Rank: ranked(a.Rank), RankLow: ranked(a.RankLow), RankHigh: ranked(a.RankHigh),
		Grade:       models.GradeProposal(a.Grade),
		Reliability: known[models.Score](a.Reliability), WithoutHalo: known[models.Score](a.WithoutHalo), Geometric: known[models.Score](a.Geometric),
		Visibility: known[models.Score](a.Visibility), ShowcaseGap: known[models.Score](a.ShowcaseGap),
		Flags: make([]string, len(a.Flags)), Components: make([]models.ComponentScore, len(models.ScoreComponents)),
	}}
	for i, f := range a.Flags {
		row.Flags[i] = string(f)
	}
	for i, name := range models.ScoreComponents {
		c := &a.Components[i]
		row.Components[i] = models.ComponentScore{
			Component: name, Value: known[models.Score](c.Value), SE: known[models.Score](c.SE), N: models.Score(c.N), Counts: c.Counts, Weight: models.Score(c.Weight),
		}
	}
	var err error
	if row.flags, err = asJSON(row.Flags); err != nil {
		return row, err
	}
	row.components, err = asJSON(row.Components)
	return row, err
}

func partsOf(a *scoring.Assessment, shown *postingPieces) []*models.ScorePart {
	parts := make([]*models.ScorePart, len(a.Parts))
	for i := range a.Parts {
		p := &a.Parts[i]
		parts[i] = &models.ScorePart{Code: p.Code, Points: p.Points, Value: known[float64](p.Value), Pieces: shown.kept(p.Pieces)}
		if p.Component >= 0 {
			parts[i].Component = models.ScoreComponents[p.Component]
		}
	}
	return parts
}

// known is a number of the engine's, nil where it is absent.
func known[F ~float64](x float64) *F {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	known := F(x)
	return &known
}

func ranked(rank int32) *int {
	if rank == 0 {
		return nil
	}
	n := int(rank)
	return &n
}

// asJSON writes a list as its column keeps it: [] where it is empty.
func asJSON[T any](list []T) (string, error) {
	if len(list) == 0 {
		return "[]", nil
	}
	text, err := json.Marshal(list)
	if err != nil {
		return "", fmt.Errorf("write %T: %w", list, err)
	}
	return string(text), nil
}

// write stores the results of a run that is still this worker's, with the word
// that it is done. The cycle must still wait for them: where it has moved on, they
// are refused. A remedy leaves the cycle as it is.
func (r *results) write(ctx context.Context, tx *store.Tx, l *lease) error {
	cycle, err := store.Take[models.Cycle](store.Lock(tx.DB).Where("id = ?", l.run.CycleID), "Cycle")
	if err != nil {
		return err
	}
	if remedy := l.run.ObjectionID != nil; !remedy && cycle.State != models.CycleScoring {
		return &models.Error{
			Code: models.CodeIllegalState, Key: models.KeyIllegalStep,
			Args: []string{"Cycle", string(cycle.State), string(models.CycleStepScore), ""},
		}
	}
	// In this order: who has lost the run writes nothing, and a finished run of a
	// sealed cycle takes no more rows.
	if err := l.Update(tx.DB, map[string]any{"heartbeat_at": tx.Now}); err != nil {
		return err
	}
	if err := r.load(ctx, tx); err != nil {
		return err
	}
	if err := l.Update(tx.DB, map[string]any{
		"state": models.RunDone, "finished_at": tx.Now, "heartbeat_at": tx.Now, "stage": "", "done": 0, "total": 0,
		"engine_version": r.computed.EngineVersion, "failure": "",
		"evidence_digest": models.Hash(r.computed.EvidenceDigest[:]), "policy_digest": models.Hash(r.computed.PolicyDigest[:]),
	}); err != nil {
		return err
	}
	if l.run.ObjectionID != nil {
		o, err := store.Take[models.Objection](tx.Where("id = ?", *l.run.ObjectionID), "Objection")
		if err != nil {
			return err
		}
		return store.SettleBetter(tx, r.runID, o)
	}
	cycle.RunID, cycle.UpdatedAt = &r.runID, tx.Now
	return tx.Model(cycle).Select("run_id", "updated_at").UpdateColumns(cycle).Error
}

// load writes the rows. Who has too little evidence has nothing to explain, and no
// explanation.
func (r *results) load(ctx context.Context, tx *store.Tx) error {
	if _, err := tx.Load(ctx, "assessments", assessmentColumns, each(r.assessments, (*assessmentRow).values)); err != nil {
		return err
	}
	if err := r.explained(); err != nil {
		return err
	}
	explained := slices.DeleteFunc(slices.Clone(r.explanations), func(e explanationRow) bool { return len(e.Parts) == 0 })
	if _, err := tx.Load(ctx, "explanations", explanationColumns, each(explained, (*explanationRow).values)); err != nil {
		return err
	}
	_, err := tx.Load(ctx, "integrity_flags", flagColumns, r.flagValues(tx.Now))
	return err
}

// each hands out a list's rows as a table's values.
func each[T any](list []T, values func(*T, []any) []any) store.Rows {
	next := 0
	var row []any
	return func() ([]any, error) {
		if next == len(list) {
			return nil, nil
		}
		row = values(&list[next], row[:0])
		next++
		return row, nil
	}
}

var assessmentColumns = []string{
	"id", "run_id", "official_id", "posting_id", "unit_id", "position", "peer_group", "sort_order", "status",
	"composite", "composite_low", "composite_high", "rank", "rank_low", "rank_high", "grade",
	"reliability", "without_halo", "geometric", "visibility", "showcase_gap", "flags", "components",
}

func (a *assessmentRow) values(to []any) []any {
	return append(to, a.ID[:], a.RunID[:], a.OfficialID[:], a.PostingID[:], a.UnitID[:],
		a.Position, string(a.PeerGroup), int64(a.SortOrder), string(a.Status),
		orNull(a.Composite), orNull(a.CompositeLow), orNull(a.CompositeHigh),
		whole(a.Rank), whole(a.RankLow), whole(a.RankHigh), string(a.Grade),
		orNull(a.Reliability), orNull(a.WithoutHalo), orNull(a.Geometric), orNull(a.Visibility), orNull(a.ShowcaseGap),
		a.flags, a.components)
}

var explanationColumns = []string{"assessment_id", "parts"}

func (e *explanationRow) values(to []any) []any { return append(to, e.AssessmentID[:], e.parts) }

// orNull is a column's value: no typed nil reaches a driver.
func orNull[F ~float64](x *F) any {
	if x == nil {
		return nil
	}
	return float64(*x)
}

func whole(x *int) any {
	if x == nil {
		return nil
	}
	return int64(*x)
}
