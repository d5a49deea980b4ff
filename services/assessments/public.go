package assessments

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	"gorm.io/gorm"

	"steelyard/extract"
	"steelyard/models"
	"steelyard/scoring"
	"steelyard/services/audit"
	"steelyard/store"
)

// extractPublic is the action by which the audit trail keeps what was given to everybody.
const extractPublic = "extractPublic"

// ExtractPublic writes what everybody may have of a run whose results are published, under
// a policy that publishes component estimates: from it anybody follows composites and
// ranks. See [extract.Sheet.Public] for what is left out. It says how many lines there are.
//
// An answer stands behind one public extract at most: a run of another cycle, or another
// run of the same, whose period meets that of one that was given before is refused where
// their units do or did, since the difference of the two would tell single answers. The
// same run gives the same file again. The audit trail, to which rows are only ever added,
// keeps what was given.
//
// Errors for callers: FORBIDDEN where the policy does not publish estimates, ILLEGAL_STATE
// before results are published, CONFLICT after another extract. It is for operators, as
// [Service.Extract] is.
func (s *Service) ExtractPublic(ctx context.Context, runID models.ID, out io.Writer, progress Progress) (*Computed, int, error) {
	v, err := s.Verify(ctx, runID, progress)
	if err != nil {
		return nil, 0, err
	}
	if !v.OK() {
		return nil, 0, ErrNotAsStored
	}
	policy, err := s.policyOf(ctx, v.Run.PolicyID)
	if err != nil {
		return nil, 0, err
	}
	if !policy.PublishComponents {
		return nil, 0, &models.Error{Code: models.CodeForbidden, Key: models.KeyNotForPublic}
	}
	thresholds, err := s.thresholds(s.Store.Read(ctx), v.Run.PolicyID)
	if err != nil {
		return nil, 0, err
	}
	known, err := s.openCases(ctx, v.Run)
	if err != nil {
		return nil, 0, err
	}
	ev := v.Computed.reading.ev
	sheet := extract.NewSheet(ev.Postings, v.Computed.result).Public(policy, personsBehind(ev, v.Computed.result, known), thresholds.Figures)
	var file bytes.Buffer
	if err := sheet.Write(&file); err != nil {
		return nil, 0, err
	}
	if err := s.givePublic(ctx, v.Run, sha256.Sum256(file.Bytes()), len(sheet.Lines)); err != nil {
		return nil, 0, err
	}
	_, err = file.WriteTo(out)
	return v.Computed, len(sheet.Lines), err
}

// givePublic keeps what is given to everybody, once a run.
func (s *Service) givePublic(ctx context.Context, run *models.AssessmentRun, digest [sha256.Size]byte, lines int) error {
	return s.Store.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.Alone("public extract"); err != nil {
			return err
		}
		cycle, err := store.Take[models.Cycle](store.Lock(tx.DB).Where("id = ?", run.CycleID), "Cycle")
		if err != nil {
			return err
		}
		published := []models.CycleState{models.CyclePublished, models.CycleDecided, models.CycleFinal}
		if cycle.RunID == nil || *cycle.RunID != run.ID || !slices.Contains(published, cycle.State) {
			return &models.Error{Code: models.CodeIllegalState, Key: models.KeyCycleUnready, Args: []string{string(cycle.State)}}
		}
		before, err := givenBefore(tx.DB, cycle, run.ID)
		if err != nil {
			return err
		}
		for _, g := range before {
			if g.RunID != run.ID || g.Details["digest"] != hex.EncodeToString(digest[:]) {
				return &models.Error{Code: models.CodeConflict, Key: models.KeyPublicBefore, Args: []string{g.Name}}
			}
		}
		if len(before) > 0 {
			return nil // the same file again
		}
		return audit.Record(tx, audit.Entry{
			Actor: "system", Action: extractPublic, Noun: "AssessmentRun", NounID: &run.ID,
			Details: map[string]string{"cycle": cycle.ID.String(), "digest": hex.EncodeToString(digest[:]), "officials": fmt.Sprint(lines)},
		})
	})
}

// given is a run that was given to everybody.
type given struct {
	RunID   models.ID
	Name    string            // of its cycle
	Details map[string]string `gorm:"serializer:json"`
}

// givenBefore are the runs given to everybody that may rest on an answer that one of a
// cycle rests on: their periods share a day, and one's unit is the other's or lies below,
// or both assess a posting, as they do where units have moved since.
func givenBefore(db *gorm.DB, cycle *models.Cycle, run models.ID) ([]given, error) {
	var found []given
	err := db.Table("audit_entries AS e").Select("e.noun_id AS run_id, c.name, e.details").
		Joins("JOIN assessment_runs AS r ON r.id = e.noun_id").Joins("JOIN cycles AS c ON c.id = r.cycle_id").
		Where("e.action = ? AND e.noun = ? AND c.from_on <= ? AND c.to_on >= ?", extractPublic, "AssessmentRun", cycle.ToOn, cycle.FromOn).
		Where(`(c.unit_id IN (SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?)
			OR c.unit_id IN (SELECT ancestor_id FROM org_unit_closures WHERE descendant_id = ?)
			OR EXISTS (SELECT 1 FROM assessments AS a JOIN assessments AS b ON b.posting_id = a.posting_id WHERE a.run_id = r.id AND b.run_id = ?))`,
			cycle.UnitID, cycle.UnitID, run).
		Order("e.at, e.id").Scan(&found).Error
	return found, err
}

// openCases are the external ids of the cases of a run's period that everybody sees in the
// list of public cases: what was handed in here.
func (s *Service) openCases(ctx context.Context, run *models.AssessmentRun) (map[string]bool, error) {
	cycle, err := store.Take[models.Cycle](s.Store.Read(ctx).Where("id = ?", run.CycleID), "Cycle")
	if err != nil {
		return nil, err
	}
	var refs []string
	err = s.Store.Read(store.Widen(ctx, store.PublicFigures)).Model(&models.Case{}).
		Where("receipt_hash IS NOT NULL AND opened_at < ? AND (closed_at IS NULL OR closed_at >= ?)",
			cycle.ToOn.AddDays(1).Start(s.Zone), cycle.FromOn.Start(s.Zone)).Pluck("ref", &refs).Error
	known := make(map[string]bool, len(refs))
	for _, ref := range refs {
		known[ref] = true
	}
	return known, err
}

// personsBehind counts the persons behind each component of every line of a result: residents
// who rated, residents of cases, colleagues but oneself, residents who confirmed a deed. Of
// whom nothing is known counts as a person. Cases that everybody knows of are behind a line
// only where there are no others: what is known can be reckoned out, and hides nobody.
func personsBehind(ev *scoring.Evidence, result *scoring.Result, known map[string]bool) []extract.Behind {
	others := make([]bool, len(ev.Postings)) // has cases that are not known
	for i, posting := range ev.Cases.Posting {
		if posting != scoring.None && !known[ev.Cases.ID[i]] {
			others[posting] = true
		}
	}
	type one struct {
		posting   int32
		component scoring.Component
		person    int64
	}
	seen := map[one]bool{}
	counts := make([]extract.Behind, len(ev.Postings))
	add := func(posting int32, component scoring.Component, person, row int32) {
		who := one{posting, component, int64(person)}
		if person == scoring.None {
			who.person = -2 - int64(row)
		}
		if posting != scoring.None && !seen[who] {
			seen[who] = true
			counts[posting][component]++
		}
	}
	for i, posting := range ev.Ratings.Posting {
		add(posting, scoring.Satisfaction, ev.Ratings.Rater[i], int32(i))
	}
	for i, posting := range ev.Cases.Posting {
		if posting != scoring.None && (!known[ev.Cases.ID[i]] || !others[posting]) {
			add(posting, scoring.Outcomes, ev.Cases.Resident[i], int32(i))
		}
	}
	for i, posting := range ev.Reviews.Posting {
		w := &ev.Reviews
		own := posting != scoring.None && w.ReviewerPerson[i] != scoring.None && w.ReviewerPerson[i] == ev.Postings[posting].Person
		if !own && w.Relation[i] != scoring.RelationSelf {
			add(posting, scoring.PeerReview, w.Reviewer[i], int32(i))
		}
	}
	for i, posting := range ev.Deeds.Posting {
		if ev.Deeds.Confirmed[i] == scoring.Yes {
			add(posting, scoring.PracticalWork, ev.Deeds.Beneficiary[i], int32(i))
		}
	}
	lines := make([]extract.Behind, len(result.Assessments))
	for i := range result.Assessments {
		lines[i] = counts[result.Assessments[i].Posting]
	}
	return lines
}
