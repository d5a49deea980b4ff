package scoring_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"steelyard/scoring"
)

// shuffled is the same evidence with rows, postings, kinds and all numbers of
// persons in another order. order is, for each posting of ev, its new index.
func shuffled(ev *scoring.Evidence, r *rand.Rand) (out *scoring.Evidence, order []int32) {
	perm := func(n int) []int32 {
		p := make([]int32, n)
		for i, x := range r.Perm(n) {
			p[i] = int32(x)
		}
		return p
	}
	out = &scoring.Evidence{From: ev.From, To: ev.To}
	order = perm(len(ev.Postings))
	kinds := perm(len(ev.Kinds))
	person := numbers(r)
	rater, reviewer, resident, helped := numbers(r), numbers(r), numbers(r), numbers(r)
	to := func(by []int32) func(int32) int32 {
		return func(i int32) int32 {
			if i == scoring.None {
				return scoring.None
			}
			return by[i]
		}
	}
	posting, kind := to(order), to(kinds)

	out.Postings = make([]scoring.Posting, len(ev.Postings))
	for i, p := range ev.Postings {
		p.Person = person(p.Person)
		out.Postings[order[i]] = p
	}
	out.Kinds = make([]scoring.Kind, len(ev.Kinds))
	for i, k := range ev.Kinds {
		k.Parent = kind(k.Parent)
		out.Kinds[kinds[i]] = k
	}
	t := &ev.Ratings
	rows := r.Perm(len(t.Posting))
	out.Ratings = scoring.Ratings{
		Posting: moved(rows, t.Posting, posting), Rater: moved(rows, t.Rater, rater), Kind: moved(rows, t.Kind, kind),
		Channel: moved(rows, t.Channel, same), Level: moved(rows, t.Level, same), Day: moved(rows, t.Day, same),
		Source: moved(rows, t.Source, same), Invited: moved(rows, t.Invited, same),
	}
	if t.Adverse != nil {
		out.Ratings.Adverse = moved(rows, t.Adverse, same)
	}
	c := &ev.Cases
	rows = r.Perm(len(c.ID))
	place := make([]int32, len(rows))
	for at, row := range rows {
		place[row] = int32(at)
	}
	out.Cases = scoring.Cases{
		ID: moved(rows, c.ID, same), Posting: moved(rows, c.Posting, posting), Kind: moved(rows, c.Kind, kind),
		Channel: moved(rows, c.Channel, same), Opened: moved(rows, c.Opened, same), Due: moved(rows, c.Due, same),
		Closed: moved(rows, c.Closed, same), Outcome: moved(rows, c.Outcome, same), Confirmed: moved(rows, c.Confirmed, same),
		Asked: moved(rows, c.Asked, same), Satisfaction: moved(rows, c.Satisfaction, same), Transfers: moved(rows, c.Transfers, same),
		Reopened: moved(rows, c.Reopened, same), Resident: moved(rows, c.Resident, resident), Upheld: moved(rows, c.Upheld, same), End: c.End,
	}
	e := &ev.Events
	rows = r.Perm(len(e.Case))
	out.Events = scoring.Events{
		Case: moved(rows, e.Case, to(place)), At: moved(rows, e.At, same), Kind: moved(rows, e.Kind, same),
		From: moved(rows, e.From, posting), To: moved(rows, e.To, posting), Unit: moved(rows, e.Unit, same),
	}
	w := &ev.Reviews
	rows = r.Perm(len(w.Posting))
	out.Reviews = scoring.Reviews{
		Posting: moved(rows, w.Posting, posting), Reviewer: moved(rows, w.Reviewer, reviewer), ReviewerPerson: moved(rows, w.ReviewerPerson, person),
		Relation: moved(rows, w.Relation, same), Dimension: moved(rows, w.Dimension, same), Score: moved(rows, w.Score, same), Day: moved(rows, w.Day, same),
	}
	if w.Contact != nil {
		out.Reviews.Contact = moved(rows, w.Contact, same)
	}
	d := &ev.Deeds
	rows = r.Perm(len(d.ID))
	out.Deeds = scoring.Deeds{
		ID: moved(rows, d.ID, same), Posting: moved(rows, d.Posting, posting), Kind: moved(rows, d.Kind, same), Day: moved(rows, d.Day, same),
		Confirmed: moved(rows, d.Confirmed, same), Beneficiary: moved(rows, d.Beneficiary, helped),
	}
	a := &ev.Achievements
	rows = r.Perm(len(a.Posting))
	out.Achievements = scoring.Achievements{Posting: moved(rows, a.Posting, posting), Kind: moved(rows, a.Kind, same), Day: moved(rows, a.Day, same)}
	return out, order
}

func same[T any](x T) T { return x }

func moved[T any](rows []int, column []T, to func(T) T) []T {
	out := make([]T, len(rows))
	for at, row := range rows {
		out[at] = to(column[row])
	}
	return out
}

// numbers gives persons other numbers, each once.
func numbers(r *rand.Rand) func(int32) int32 {
	known := map[int32]int32{}
	free := r.Perm(1 << 20)
	return func(i int32) int32 {
		if i == scoring.None {
			return scoring.None
		}
		n, ok := known[i]
		if !ok {
			n = int32(free[len(known)])
			known[i] = n
		}
		return n
	}
}

// text is a result's every byte, assessments by the official's own id and kinds by
// theirs.
func text(ev *scoring.Evidence, r *scoring.Result) map[string]string {
	lines := map[string]string{
		"run": fmt.Sprintf("%x %x %v %v %v", r.EvidenceDigest, r.PolicyDigest, r.Groups, r.Fits, r.Quotas),
	}
	for _, a := range r.Assessments {
		p := &ev.Postings[a.Posting]
		a.Posting = 0
		kinds := ""
		for _, part := range a.Parts {
			for _, piece := range part.Pieces {
				if piece.Kind != scoring.None {
					kinds += " " + ev.Kinds[piece.Kind].ID
				}
			}
		}
		parts := a.Parts
		a.Parts = nil
		lines[p.Official] = fmt.Sprintf("%v%s", a, kinds)
		for _, part := range parts {
			lines[p.Official] += fmt.Sprint(part.Component, part.Code, part.Points, part.Value)
			for _, piece := range part.Pieces {
				piece.Kind = 0
				lines[p.Official] += fmt.Sprint(piece)
			}
		}
	}
	return lines
}

func sameText(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d lines, want %d", what, len(got), len(want))
	}
	for key, line := range want {
		if got[key] != line {
			t.Fatalf("%s: %s:\n%s\nwant\n%s", what, key, got[key], line)
		}
	}
}

// Not parallel: it changes how many CPUs there are.
func TestSameBytesInAnyOrderOnAnyNumberOfCPUs(t *testing.T) {
	ev, policy := world(t, "mixed", 60, 5).Evidence, scoring.DefaultPolicy()
	policy.Draws = 100
	want := text(ev, assess(t, ev, policy))
	before := runtime.GOMAXPROCS(1)
	one := text(ev, assess(t, ev, policy))
	runtime.GOMAXPROCS(4)
	four := text(ev, assess(t, ev, policy))
	runtime.GOMAXPROCS(before)
	sameText(t, "one CPU", one, want)
	sameText(t, "four CPUs", four, want)
	for seed := range uint64(2) {
		other, order := shuffled(ev, rand.New(rand.NewPCG(9, seed)))
		r := assess(t, other, policy)
		for i, p := range order {
			if r.Assessments[p].Posting != p || other.Postings[p].Official != ev.Postings[i].Official {
				t.Fatal("assessments do not stand as the postings")
			}
		}
		sameText(t, "another order", text(other, r), want)
		if other.Digest() != ev.Digest() {
			t.Error("two digests of one evidence")
		}
	}
}

func TestEvidenceIsNotChanged(t *testing.T) {
	t.Parallel()
	ev := world(t, "mixed", 40, 2).Evidence
	before := fmt.Sprint(*ev)
	assess(t, ev, scoring.DefaultPolicy())
	if fmt.Sprint(*ev) != before {
		t.Error("the run changed its evidence")
	}
}

// As printed: parts in hundredths sum to the composite with two decimals.
func TestPartsAddUpToTheCompositeAsPrinted(t *testing.T) {
	t.Parallel()
	absolute := scoring.DefaultPolicy()
	absolute.Normalisation = scoring.Absolute
	alone := scoring.DefaultPolicy()
	alone.Borrowing, alone.HaloCorrection = false, false
	for _, name := range []string{"halo", "fifth", "mixed"} {
		ev := world(t, name, 60, 4).Evidence
		for _, policy := range []scoring.Policy{scoring.DefaultPolicy(), absolute, alone} {
			policy.Draws = 100
			known := map[string]bool{}
			for _, code := range scoring.PartCodes() {
				known[code] = true
			}
			for _, a := range assess(t, ev, policy).Assessments {
				sum := int64(0)
				for _, part := range a.Parts {
					sum += part.Points
					if !known[part.Code] {
						t.Errorf("%s: code %q is not listed", name, part.Code)
					}
					for _, piece := range part.Pieces {
						if piece.N < 1 || math.IsNaN(piece.Value+piece.Weight+piece.Effect) {
							t.Errorf("%s: piece %+v", name, piece)
						}
					}
				}
				if math.IsNaN(a.Composite) {
					if a.Parts != nil {
						t.Errorf("%s: parts of no composite", name)
					}
					continue
				}
				if printed := fmt.Sprintf("%.2f", a.Composite); printed != fmt.Sprintf("%.2f", float64(sum)/100) {
					t.Errorf("%s: parts sum to %d, composite %s", name, sum, printed)
				}
				if !(a.Low <= a.Composite && a.Composite <= a.High) || a.Rank > 0 && !(a.RankLow <= a.Rank && a.Rank <= a.RankHigh) {
					t.Errorf("%s: %.2f in %.2f–%.2f, rank %d in %d–%d", name, a.Composite, a.Low, a.High, a.Rank, a.RankLow, a.RankHigh)
				}
			}
		}
	}
}

func TestSwitchedOffStepsLeaveNoPart(t *testing.T) {
	t.Parallel()
	ev, policy := world(t, "halo", 60, 4).Evidence, scoring.DefaultPolicy()
	policy.Draws, policy.Borrowing, policy.HaloCorrection = 100, false, false
	for _, a := range assess(t, ev, policy).Assessments {
		for _, part := range a.Parts {
			if part.Code == scoring.PartBorrowed || part.Code == scoring.PartHalo {
				t.Fatalf("%+v although the policy switches it off", part)
			}
		}
		if a.Composite != a.WithoutHalo {
			t.Fatalf("composite %.4f, without halo step %.4f: the same is wanted", a.Composite, a.WithoutHalo)
		}
	}
}

func TestHaloStepIsShownWithAndWithout(t *testing.T) {
	t.Parallel()
	differ := 0
	for _, a := range assess(t, world(t, "halo", 120, 4).Evidence, scoring.DefaultPolicy()).Assessments {
		if math.Abs(a.Composite-a.WithoutHalo) > 1 {
			differ++
		}
	}
	if differ < 30 {
		t.Errorf("the step moves %d of 120 by a point in a world full of halo", differ)
	}
}

// A policy that wants other weights gets another result and another digest.
func TestPolicyIsData(t *testing.T) {
	t.Parallel()
	ev := world(t, "plain", 40, 1).Evidence
	policy := scoring.DefaultPolicy()
	policy.Draws = 100
	first := assess(t, ev, policy)
	policy.Satisfaction.Weight, policy.Outcomes.Weight = 0.25, 0.45
	second := assess(t, ev, policy)
	if first.PolicyDigest == second.PolicyDigest || first.EvidenceDigest != second.EvidenceDigest {
		t.Error("digests do not tell policy and evidence apart")
	}
	if first.Groups[0].NominalWeights == second.Groups[0].NominalWeights {
		t.Error("nominal weights do not follow the policy")
	}
	sum := 0.0
	for _, w := range second.Groups[0].EffectiveWeights {
		sum += w
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("effective weights sum to %.12f", sum)
	}
	policy.Outcomes.Weight = 0.5
	var wrong *scoring.PolicyError
	if _, err := scoring.Assess(t.Context(), ev, policy, nil); !errors.As(err, &wrong) {
		t.Errorf("weights that sum to 1.05: %v", err)
	}
}

func TestFaultsOfEvidenceAreErrors(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*scoring.Evidence){
		"columns":  func(ev *scoring.Evidence) { ev.Ratings.Level = ev.Ratings.Level[1:] },
		"level":    func(ev *scoring.Evidence) { ev.Ratings.Level[3] = 6 },
		"posting":  func(ev *scoring.Evidence) { ev.Cases.Posting[0] = 99 },
		"kind":     func(ev *scoring.Evidence) { ev.Kinds[0].Parent = 0 },
		"day":      func(ev *scoring.Evidence) { ev.Reviews.Day[0] = ev.To + 1 },
		"order":    func(ev *scoring.Evidence) { ev.Cases.Closed[0] = ev.Cases.Opened[0] - 1 },
		"two of a": func(ev *scoring.Evidence) { ev.Cases.ID[1] = ev.Cases.ID[0] },
	} {
		ev := world(t, "plain", 30, 1).Evidence
		spoil(ev)
		var fault *scoring.EvidenceError
		if _, err := scoring.Assess(t.Context(), ev, scoring.DefaultPolicy(), nil); !errors.As(err, &fault) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRunStopsWhenItsContextDoes(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	stages := map[string]bool{}
	_, err := scoring.Assess(ctx, world(t, "plain", 40, 1).Evidence, scoring.DefaultPolicy(), func(stage string, done, total int) {
		if stages[stage] = true; stage == "reviews" {
			cancel()
		}
		if done > total {
			t.Errorf("%s: %d of %d", stage, done, total)
		}
	})
	if !errors.Is(err, context.Canceled) || !stages["ratings"] || stages["explain"] {
		t.Errorf("%v after %v", err, stages)
	}
}

func fitted(t *testing.T, ev *scoring.Evidence, policy scoring.Policy, without scoring.Choice) *scoring.Fitted {
	t.Helper()
	ordered, err := scoring.Order(ev, nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := ordered.Fit(t.Context(), policy, without, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestEveryStepCanBeLeftOut(t *testing.T) {
	t.Parallel()
	s := world(t, "bursts", 90, 6)
	policy := scoring.DefaultPolicy()
	base := assess(t, s.Evidence, policy)
	for _, without := range scoring.Choices() {
		r, err := fitted(t, s.Evidence, policy, without).Assess(t.Context(), policy, nil)
		if err != nil {
			t.Fatalf("without %s: %v", without, err)
		}
		moved := 0.0
		for i := range r.Assessments {
			moved = max(moved, math.Abs(r.Assessments[i].Composite-base.Assessments[i].Composite))
		}
		if moved < 0.05 {
			t.Errorf("without %s nobody moves by more than %.3f", without, moved)
		}
	}
	ordered, err := scoring.Order(s.Evidence, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ordered.Fit(t.Context(), policy, "LUCK", nil); err == nil {
		t.Error("a step that there is not was left out")
	}
}

// TestFittedStrandsServeOtherPolicies scores one set of fits under several policies,
// which must give what each gives by itself.
func TestFittedStrandsServeOtherPolicies(t *testing.T) {
	t.Parallel()
	s := world(t, "bursts", 90, 6)
	f := fitted(t, s.Evidence, scoring.DefaultPolicy(), "")
	for name, change := range map[string]func(*scoring.Policy){
		"none":             func(*scoring.Policy) {},
		"weights":          func(p *scoring.Policy) { p.Satisfaction.Weight, p.PeerReview.Weight = 0.05, 0.5 },
		"minimum evidence": func(p *scoring.Policy) { p.PeerReview.MinimumN = 50 },
		"shares of a case": func(p *scoring.Policy) { p.SolvedShare, p.InTimeShare, p.HandlingShare = 0.2, 0.8, 0 },
		"halo and lending": func(p *scoring.Policy) { p.HaloCorrection, p.Borrowing = false, false },
		"few draws":        func(p *scoring.Policy) { p.Draws, p.ExcellentShare = 150, 0.4 },
	} {
		policy := scoring.DefaultPolicy()
		change(&policy)
		for range 2 { // nothing of the first time is left to the second
			got, err := f.Assess(t.Context(), policy, nil)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := cmp.Diff(ordered(t, s.Evidence, policy), got, cmpopts.EquateNaNs()); diff != "" {
				t.Fatalf("%s (- by itself, + fitted before):\n%s", name, diff)
			}
		}
	}
	other := scoring.DefaultPolicy()
	other.DeedsPerWeek = 1
	if _, err := f.Assess(t.Context(), other, nil); err == nil || f.Serves(other) {
		t.Error("fits with another cap on deeds serve")
	}
}

func ordered(t *testing.T, ev *scoring.Evidence, policy scoring.Policy) *scoring.Result {
	t.Helper()
	o, err := scoring.Order(ev, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := o.Assess(t.Context(), policy, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWeightsCouldHaveBeenOthers(t *testing.T) {
	t.Parallel()
	s := world(t, "bursts", 90, 6)
	policy := scoring.DefaultPolicy()
	ranges, err := fitted(t, s.Evidence, policy, "").WeightRanges(policy)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range ranges {
		if !(w.CompositeLow <= w.CompositeHigh) || w.RankBest < 1 || w.RankBest > w.RankLow || w.RankLow > w.RankHigh || w.RankHigh > w.RankWorst || w.Top < 0 || w.Top > 1+1e-9 {
			t.Errorf("official %d: %+v", i, w)
		}
	}
}

func TestDimensionsStandBesideTheWhole(t *testing.T) {
	t.Parallel()
	s := world(t, "plain", 90, 6)
	var top, bottom float64
	for i, a := range assess(t, s.Evidence, scoring.DefaultPolicy()).Assessments {
		for d, c := range a.Dimensions {
			if math.IsNaN(c.Value) || !(c.SE > 0) || c.N < 1 {
				t.Fatalf("official %d, dimension %d: %+v", i, d, c)
			}
			if s.Truth.Quality[i] > 1 {
				top += c.Value - 50
			} else if s.Truth.Quality[i] < -1 {
				bottom += c.Value - 50
			}
		}
	}
	if top <= 0 || bottom >= 0 {
		t.Errorf("dimensions of the best sum to %.1f about 50, of the worst to %.1f", top, bottom)
	}
}

func TestCirclesOfFavoursAreFoundAndWeighedDown(t *testing.T) {
	t.Parallel()
	b := newBook()
	var list []int32
	for range 40 {
		list = append(list, b.official("G"))
	}
	r := rand.New(rand.NewPCG(1, 2))
	friends := map[int32]bool{list[0]: true, list[1]: true, list[2]: true, list[3]: true}
	for i, p := range list {
		b.rateAbout(p, 2.5+0.04*float64(i), 20)
		for n := range 8 {
			by := list[(i+n*5+1)%40]
			favour := 0.0
			if friends[p] && n < 3 {
				by = list[(i+n+1)%4]
				favour = 1.8
			}
			own := 2.6 + 0.03*float64(i) + 0.3*r.NormFloat64() + favour
			var scores []uint8
			for range 5 {
				scores = append(scores, uint8(math.Round(min(max(own+0.4*r.NormFloat64(), 1), 5))))
			}
			b.review(p, by, by, scoring.RelationPeer, scores...)
		}
	}
	result := b.assess(t)
	for i, a := range result.Assessments {
		if got := has(&a, scoring.FlagReciprocity); got != (i < 4) {
			t.Errorf("official %d: flags %v", i, a.Flags)
		}
		if i < 4 && (!has(&a, scoring.FlagClique) || a.Components[scoring.PeerReview].N > 6.5) {
			t.Errorf("official %d: %v, %.2f reviewers count", i, a.Flags, a.Components[scoring.PeerReview].N)
		}
	}
	b.ev.Postings[0].Cleared = result.Assessments[0].Findings
	b.ev.Postings[1].Cleared = result.Assessments[1].Findings[:1] // the circle alone, not the favours returned
	cleared := b.assess(t)
	for i, full := range []bool{true, false, false, false} {
		if n := cleared.Assessments[i].Components[scoring.PeerReview].N; (n > 7.9) != full {
			t.Errorf("official %d: %.2f reviewers count of 8 after a person has looked", i, n)
		}
	}
}
