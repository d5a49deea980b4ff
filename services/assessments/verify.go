package assessments

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"steelyard/models"
	"steelyard/store"
)

// Verification is a stored run beside what the database gives now.
type Verification struct {
	Run         *models.AssessmentRun
	Computed    *Computed
	Differences []Difference
}

// Difference is one thing that is not as it was stored. What is a field, or
// "row" for one that stands on one side alone.
type Difference struct {
	Official, Unit string // external ids; empty: the run as a whole
	What           string
	Stored, Now    string
}

// OK says whether the run is exactly what the database gives.
func (v *Verification) OK() bool { return len(v.Differences) == 0 }

// Verify computes a finished run anew and compares digests, engine version and
// every stored figure, bit by bit. A run that is not done is refused.
//
// It is for operators: it does not ask who may see what. A run over a year whose
// key was destroyed since cannot recognise reviewers any more, and differs.
func (s *Service) Verify(ctx context.Context, runID models.ID, progress Progress) (*Verification, error) {
	run, err := store.Take[models.AssessmentRun](s.Store.Read(ctx).Where("id = ?", runID), "AssessmentRun")
	if err != nil {
		return nil, err
	}
	if run.State != models.RunDone {
		return nil, &models.Error{Code: models.CodeIllegalState, Key: models.KeyRunNotDone, Args: []string{string(run.State)}}
	}
	c, err := s.computeRun(ctx, run, progress)
	if err != nil {
		return nil, err
	}
	thresholds, err := s.thresholds(s.Store.Read(ctx), run.PolicyID)
	if err != nil {
		return nil, err
	}
	now, err := s.resultsOf(run.ID, thresholds, c)
	if err != nil {
		return nil, err
	}
	if err := now.explained(); err != nil {
		return nil, err
	}
	v := &Verification{Run: run, Computed: c}
	v.compareRun(run, c)
	return v, v.compareRows(ctx, s.Store, now)
}

func (v *Verification) compareRun(run *models.AssessmentRun, c *Computed) {
	v.compare("", "", "engineVersion", run.EngineVersion, c.EngineVersion)
	v.compare("", "", "policyDigest", fmt.Sprintf("%x", []byte(run.PolicyDigest)), fmt.Sprintf("%x", c.PolicyDigest))
	v.compare("", "", "evidenceDigest", fmt.Sprintf("%x", []byte(run.EvidenceDigest)), fmt.Sprintf("%x", c.EvidenceDigest))
}

func (v *Verification) compare(official, unit, what, stored, now string) {
	if stored != now {
		v.Differences = append(v.Differences, Difference{official, unit, what, stored, now})
	}
}

// compareRows compares every stored row with the one computed for its posting.
func (v *Verification) compareRows(ctx context.Context, st *store.Store, now *results) error {
	stored, err := storedResults(ctx, st, v.Run.ID)
	if err != nil {
		return err
	}
	for i := range now.assessments {
		a, row := &now.assessments[i].Assessment, &v.Computed.Rows[i]
		was, ok := stored[a.PostingID]
		if !ok {
			v.compare(row.Official, row.Unit, "row", "missing", "present")
			continue
		}
		delete(stored, a.PostingID)
		before, after := fieldsOf(&was.Assessment, was.parts), fieldsOf(a, now.explanations[i].Parts)
		if !slices.Equal(before, after) {
			after = now.asBefore(i, before, after)
		}
		for k := range max(len(before), len(after)) {
			b, f := fieldAt(before, k), fieldAt(after, k)
			v.compare(row.Official, row.Unit, max(b.name, f.name), b.text, f.text)
		}
	}
	for _, posting := range slices.SortedFunc(maps.Keys(stored), func(a, b models.ID) int {
		return cmp.Compare(stored[a].SortOrder, stored[b].SortOrder)
	}) {
		was := stored[posting]
		v.compare(was.OfficialRef, was.UnitRef, "row", "present", "missing")
	}
	return nil
}

// asBefore is what is computed of the row at a place, each line with the pieces that were
// kept of it when cells of pieces were looked at by themselves, where that is what is stored:
// a run of that time is no other for it.
func (r *results) asBefore(place int, stored, now []field) []field {
	a := &r.computed.result.Assessments[r.computed.order[place]]
	shown := newVisiblePieces(r.computed.reading.ev, r.thresholds)
	shown.alone = true
	before := fieldsOf(&r.assessments[place].Assessment, partsOf(a, shown.at(a)))
	out := slices.Clone(now)
	for k := range out {
		if fieldAt(stored, k) == before[k] {
			out[k] = before[k]
		}
	}
	return out
}

// storedResult is an assessment as it is stored, with its explanation.
type storedResult struct {
	named
	parts []*models.ScorePart
}

// storedResults reads a run's results by posting.
func storedResults(ctx context.Context, st *store.Store, run models.ID) (map[models.ID]*storedResult, error) {
	var rows []*named
	query := st.Read(ctx).Model(&models.Assessment{}).Where("assessments.run_id = ?", run)
	if err := withNames(query).Find(&rows).Error; err != nil {
		return nil, err
	}
	byPosting, byID := make(map[models.ID]*storedResult, len(rows)), make(map[models.ID]*storedResult, len(rows))
	for _, r := range rows {
		result := &storedResult{named: *r}
		byPosting[r.PostingID], byID[r.ID] = result, result
	}
	var explanations []*models.Explanation
	err := st.Read(ctx).Where("assessment_id IN (SELECT id FROM assessments WHERE run_id = ?)", run).Find(&explanations).Error
	for _, e := range explanations {
		byID[e.AssessmentID].parts = e.Parts
	}
	return byPosting, err
}

// field is a figure as text; of a number the shortest that gives it back.
type field struct{ name, text string }

func fieldAt(fields []field, i int) field {
	if i < len(fields) {
		return fields[i]
	}
	return field{}
}

// fieldsOf lists everything that is stored of an assessment except its ids.
func fieldsOf(a *models.Assessment, parts []*models.ScorePart) []field {
	fields := []field{
		{"sortOrder", strconv.Itoa(a.SortOrder)},
		{"position", a.Position},
		{"peerGroup", string(a.PeerGroup)},
		{"status", string(a.Status)},
		{"composite", textOf(a.Composite)},
		{"compositeLow", textOf(a.CompositeLow)},
		{"compositeHigh", textOf(a.CompositeHigh)},
		{"rank", textOfRank(a.Rank)},
		{"rankLow", textOfRank(a.RankLow)},
		{"rankHigh", textOfRank(a.RankHigh)},
		{"grade", string(a.Grade)},
		{"reliability", textOf(a.Reliability)},
		{"withoutHalo", textOf(a.WithoutHalo)},
		{"geometric", textOf(a.Geometric)},
		{"visibility", textOf(a.Visibility)},
		{"showcaseGap", textOf(a.ShowcaseGap)},
		{"flags", strings.Join(a.Flags, ";")},
	}
	for _, c := range a.Components {
		fields = append(fields, field{string(c.Component), fmt.Sprintf("%s ± %s, n %s, counts %t, weight %s",
			textOf(c.Value), textOf(c.SE), textOf(&c.N), c.Counts, textOf(&c.Weight))})
	}
	for i, p := range parts {
		fields = append(fields, field{"part " + strconv.Itoa(i+1), fmt.Sprintf("%s %s %d, value %s, pieces %v",
			p.Component, p.Code, p.Points, textOf(p.Value), p.Pieces)})
	}
	return fields
}

func textOf[F ~float64](x *F) string {
	if x == nil {
		return ""
	}
	return strconv.FormatFloat(float64(*x), 'g', -1, 64)
}

func textOfRank(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}
