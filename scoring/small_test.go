package scoring_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"steelyard/scoring"
)

// Little and odd evidence of every kind must be scored, left out or flagged; it
// never fails a run, and what is published of it is in its bounds.
func TestLittleAndOddEvidenceNeverFailsARun(t *testing.T) {
	t.Parallel()
	policy := scoring.DefaultPolicy()
	policy.Draws = 100
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 77))
		b := oddBook(r)
		result, err := scoring.Assess(t.Context(), b.ev, policy, nil)
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
			continue
		}
		for i := range result.Assessments {
			a := &result.Assessments[i]
			if math.IsNaN(a.Composite) {
				if a.Status != scoring.InsufficientEvidence || a.Rank != 0 {
					t.Errorf("seed %d, official %d: no composite, %s, rank %d", seed, i, a.Status, a.Rank)
				}
				continue
			}
			if !(a.Low >= 0 && a.Low <= a.Composite && a.Composite <= a.High && a.High <= 100) {
				t.Errorf("seed %d, official %d: %v in %v–%v", seed, i, a.Composite, a.Low, a.High)
			}
		}
	}
}

// oddBook has one to twenty-five officials in one or two groups and of each kind of
// evidence none, little or some, much of it alike.
func oddBook(r *rand.Rand) *book {
	b := newBook()
	n := 1 + r.IntN(25)
	groups := 1 + r.IntN(2)
	for i := range n {
		b.official(fmt.Sprintf("G%d", i%groups))
	}
	kinds := []int32{scoring.None}
	for k := range r.IntN(4) {
		kinds = append(kinds, b.kind(fmt.Sprintf("kind:%d", k), scoring.None))
	}
	amount := func(most int) int { return r.IntN(1 + r.IntN(most)) }
	spread := 1 + r.IntN(5)
	level := func() uint8 { return uint8(5 - r.IntN(spread)) }
	day := func() scoring.Day { return firstDay + scoring.Day(r.IntN(365)) }
	for i := range int32(n) {
		for range amount(30) {
			rater := scoring.None
			if r.IntN(2) == 0 {
				rater = int32(r.IntN(12))
			}
			b.rating(i, rater, kinds[r.IntN(len(kinds))], level(), day())
		}
		for range amount(25) {
			c := caseOf{posting: i, opened: firstDay + scoring.Day(r.IntN(360)), due: 1 + r.IntN(20), outcome: scoring.Outcome(r.IntN(6)), confirmed: scoring.Ternary(r.IntN(3))}
			if c.outcome != scoring.OutcomeOpen {
				c.closed = 1 + r.IntN(4)
			}
			b.add(c)
		}
		for range amount(6) {
			by := int32(r.IntN(n + 4))
			person := scoring.None
			if by < int32(n) {
				person = by
			}
			s := level()
			b.review(i, by, person, scoring.Relation(r.IntN(5)), s, s, s, level(), s)
		}
		for range amount(12) {
			b.deed(i, day(), scoring.Ternary(r.IntN(3)), scoring.None)
		}
		b.achievement(i, amount(20))
	}
	return b
}
