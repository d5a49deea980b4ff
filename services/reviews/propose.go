package reviews

import (
	"context"
	"fmt"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/pairing"
	"steelyard/services/audit"
	"steelyard/store"
)

// The bounds of a proposal.
const (
	// MaxReviewersEach is how many reviewers an official can be given by a proposal.
	MaxReviewersEach = 30
	// MaxPartsNamed is how many parts of a plan that falls apart are named.
	MaxPartsNamed = 20
)

// Wish is what a proposal is to look like.
type Wish struct {
	RoundID        models.ID
	ReviewersEach  int
	Seed           int  // another seed, another draw among equals
	Apply          bool // false: only say what would come of it
	IdempotencyKey *string
}

// Proposal is what came, or would come, of it.
type Proposal struct {
	Officials      int // who are reviewed: all who are in office during the round
	Pairs          int
	LeastLoad      int // of a reviewer
	GreatestLoad   int
	JoiningPairs   int // beyond what was asked for, so that the plan hangs together
	MutualPairs    int // pairs of people who review each other
	Short          []*models.Official
	ShortOfficials int // how many get fewer reviewers than asked for; Short names the first
	// Parts are what the plan falls into, the largest first: one where it hangs together.
	Parts     []*ProposalPart
	PartCount int // Parts names the largest

	assignments []models.ReviewAssignment
}

// ProposalPart is a connected part of a plan.
type ProposalPart struct {
	Officials int
	UnitIDs   []models.ID // of those in it, each once
}

// Propose finds reviewers for everybody in the cycle's unit who is in office during
// the round: colleagues of their unit, superiors and subordinates by the tree of units,
// and those who worked on the same cases in the cycle's period. The loads are even, and
// conflicts of interest kept (see package pairing). The same seed proposes the same as
// long as the organisation is the same.
//
// Applied, the proposal takes the place of the round's assignments, as long as the round
// has not begun or has none.
func (s *Service) Propose(ctx context.Context, actor auth.Actor, in Wish) (*Proposal, error) {
	if err := models.ValidIdempotencyKey(in.IdempotencyKey, false); err != nil {
		return nil, err
	}
	if in.ReviewersEach < 1 || in.ReviewersEach > MaxReviewersEach {
		return nil, models.Invalid("reviewersEach", models.KeyOutOfRange, fmt.Sprint(in.ReviewersEach), "1", fmt.Sprint(MaxReviewersEach))
	}
	db := s.Store.Read(ctx)
	round, cycle, err := s.roundInScope(db, actor, in.RoundID)
	if err != nil {
		return nil, err
	}
	who, err := s.whoWorks(ctx, cycle, round)
	if err != nil {
		return nil, err
	}
	proposal := who.propose(round.ID, in)
	if !in.Apply {
		return proposal, nil
	}
	return proposal, s.Store.InTx(ctx, func(tx *store.Tx) error {
		_, err := store.Once(tx, "proposeReviewAssignments", actor.Subject, in.IdempotencyKey, in, round.ID, func() error {
			return s.apply(tx, actor, round.ID, proposal)
		})
		return err
	})
}

// propose plans and describes the plan.
func (w *working) propose(round models.ID, in Wish) *Proposal {
	seed := uint64(in.Seed)
	plan := pairing.Make(w.Candidates(2*in.ReviewersEach, seed), in.ReviewersEach, seed)
	p := &Proposal{
		Officials: len(w.officials), JoiningPairs: plan.Joining, MutualPairs: plan.Mutual,
		ShortOfficials: len(plan.Short), PartCount: len(plan.Parts),
	}
	for i, chosen := range plan.Chosen {
		for _, c := range chosen {
			p.assignments = append(p.assignments, models.ReviewAssignment{
				ID: models.NewID(), RoundID: round, OfficialID: w.officials[i].ID, ReviewerID: w.officials[c.Reviewer].ID,
				Relation: relations[c.Tie],
			})
		}
	}
	p.Pairs = len(p.assignments)
	for i, load := range plan.Load {
		if i == 0 || load < p.LeastLoad {
			p.LeastLoad = load
		}
		p.GreatestLoad = max(p.GreatestLoad, load)
	}
	for _, i := range plan.Short[:min(len(plan.Short), MaxPartsNamed)] {
		p.Short = append(p.Short, w.officials[i])
	}
	for _, part := range plan.Parts[:min(len(plan.Parts), MaxPartsNamed)] {
		p.Parts = append(p.Parts, w.part(part))
	}
	return p
}

// Connected says whether the plan hangs together.
func (p *Proposal) Connected() bool { return p.PartCount <= 1 }

// relations are the words for ties.
var relations = map[pairing.Tie]models.Relation{
	pairing.Peer: models.RelationPeer, pairing.Superior: models.RelationSuperior, pairing.Subordinate: models.RelationSubordinate,
}

// part names the units of a part.
func (w *working) part(people []int32) *ProposalPart {
	p := &ProposalPart{Officials: len(people)}
	seen := map[models.ID]bool{}
	for _, i := range people {
		if unit := w.officials[i].UnitID; !seen[unit] && len(seen) < MaxPartsNamed {
			seen[unit] = true
			p.UnitIDs = append(p.UnitIDs, unit)
		}
	}
	return p
}

// apply puts a proposal in the place of the round's assignments.
func (s *Service) apply(tx *store.Tx, actor auth.Actor, id models.ID, p *Proposal) error {
	round, err := store.Take[models.ReviewRound](store.Lock(tx.DB).Where("id = ?", id), "ReviewRound")
	if err != nil {
		return models.AtField("roundId", err)
	}
	today := models.DateOf(tx.Now, s.Zone)
	if round.Over(today) {
		return &models.Error{Code: models.CodeIllegalState, Field: "roundId", Key: models.KeyRoundClosed}
	}
	var n int64
	if err := tx.Model(&models.ReviewAssignment{}).Where("round_id = ?", id).Count(&n).Error; err != nil {
		return err
	}
	// Once it has begun, planning it anew would take away what is being written; that it
	// depends on the day alone tells nothing of who has handed in.
	if n > 0 && !today.Before(round.OpensOn) {
		return &models.Error{Code: models.CodeIllegalState, Field: "roundId", Key: models.KeyRoundBegun}
	}
	if err := unconflicted(tx, p.assignments); err != nil {
		return models.AtField("roundId", err)
	}
	if err := tx.Where("round_id = ?", id).Delete(&models.ReviewAssignment{}).Error; err != nil {
		return err
	}
	if len(p.assignments) > 0 {
		if err := tx.CreateInBatches(p.assignments, batch).Error; err != nil {
			return err
		}
	}
	return audit.Record(tx, audit.Entry{
		Actor: actor.Subject, Action: "proposeReviewAssignments", Noun: "ReviewRound", NounID: &id,
		Details: map[string]string{"assignments": fmt.Sprint(p.Pairs), "replaced": fmt.Sprint(n)},
	})
}
