package assessments

import (
	"context"
	"errors"
	"io"

	"steelyard/extract"
	"steelyard/models"
	"steelyard/services/audit"
	"steelyard/store"
)

// ErrNotAsStored says that a run is not what the database gives any more, so that
// nothing could be shown that it rests on.
var ErrNotAsStored = errors.New("the run is not what the database gives: assess --verify names what differs")

// Extract writes what a finished run rests on and what it found, for an auditor to
// compute anew without the database; see package extract for what it tells of whom.
// It leaves an audit entry.
//
// It is for operators: it does not ask who may see what.
func (s *Service) Extract(ctx context.Context, runID models.ID, out io.Writer, progress Progress) (*Computed, error) {
	v, err := s.takeOut(ctx, runID, "extract", progress)
	if err != nil {
		return nil, err
	}
	policy, err := s.policyOf(ctx, v.Run.PolicyID)
	if err != nil {
		return nil, err
	}
	c := v.Computed
	return c, extract.Write(out, &extract.Run{
		EngineVersion: c.EngineVersion, EvidenceDigest: c.EvidenceDigest, PolicyDigest: c.PolicyDigest, Policy: policy,
		Evidence: c.reading.ev, Results: extract.Results(c.reading.ev.Postings, c.result),
	})
}

// ExtractSheet writes the component estimates of a finished run and what followed
// from them, and none of the evidence. It leaves an audit entry, and is for
// operators as [Service.Extract] is.
func (s *Service) ExtractSheet(ctx context.Context, runID models.ID, out io.Writer, progress Progress) (*Computed, error) {
	v, err := s.takeOut(ctx, runID, "extractSheet", progress)
	if err != nil {
		return nil, err
	}
	c := v.Computed
	return c, extract.NewSheet(c.reading.ev.Postings, c.result).Write(out)
}

// takeOut computes a run anew, and says in the audit trail that it is taken out. One
// that is not what was stored is refused.
func (s *Service) takeOut(ctx context.Context, runID models.ID, action string, progress Progress) (*Verification, error) {
	v, err := s.Verify(ctx, runID, progress)
	if err != nil {
		return nil, err
	}
	if !v.OK() {
		return nil, ErrNotAsStored
	}
	return v, s.noteExtract(ctx, v.Run, action)
}

// noteExtract says in the audit trail that a run was taken out.
func (s *Service) noteExtract(ctx context.Context, run *models.AssessmentRun, action string) error {
	return s.Store.InTx(ctx, func(tx *store.Tx) error {
		return audit.Record(tx, audit.Entry{
			Actor: "system", Action: action, Noun: "AssessmentRun", NounID: &run.ID,
			Details: map[string]string{"evidenceDigest": models.Hash(run.EvidenceDigest).Key()},
		})
	})
}
