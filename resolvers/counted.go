package resolvers

import (
	"encoding/hex"

	"steelyard/graph"
	"steelyard/services/assessments"
)

// countedRating writes a proof's hashes in hexadecimal.
func countedRating(c *assessments.Counted) *graph.CountedRating {
	out := &graph.CountedRating{
		CycleID: c.Cycle.ID, CycleName: c.Cycle.Name, Ratings: int32(c.Tally.Ratings), Root: hex.EncodeToString(c.Tally.Root),
		Salt: c.Salt, Content: c.Content, Leaf: hex.EncodeToString(c.Leaf[:]), Path: make([]*graph.ProofStep, len(c.Path)),
	}
	for i, s := range c.Path {
		out.Path[i] = &graph.ProofStep{Hash: hex.EncodeToString(s.Hash[:]), Left: s.Left}
	}
	return out
}
