package scoring_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"steelyard/scoring"
)

func TestNobodyToAssess(t *testing.T) {
	t.Parallel()
	if r := newBook().assess(t); len(r.Assessments) != 0 {
		t.Errorf("%d assessments of nobody", len(r.Assessments))
	}
}

func TestTooLittleEvidenceHasNoComposite(t *testing.T) {
	t.Parallel()
	b := newBook()
	list := b.rated("G", 12, 20)
	poor, none := b.official("G"), b.official("G")
	b.rate(poor, 1, 1, 2, 1) // four, the policy wants five
	r := b.assess(t)
	for _, p := range []int32{poor, none} {
		a := &r.Assessments[p]
		if a.Status != scoring.InsufficientEvidence || !math.IsNaN(a.Composite) || !math.IsNaN(a.Low) || a.Rank != 0 || a.Parts != nil || a.Grade != scoring.GradeNone {
			t.Errorf("%+v: want no composite, no rank, no parts, no grade", a)
		}
	}
	if c := r.Assessments[poor].Components[scoring.Satisfaction]; c.Counts || math.IsNaN(c.Value) || c.N != 4 {
		t.Errorf("%+v: the cell is filled, it only does not count", c)
	}
	if c := r.Assessments[none].Components[scoring.Satisfaction]; !math.IsNaN(c.Value) || c.N != 0 {
		t.Errorf("%+v: no evidence, no cell", c)
	}
	// One component for the whole group: provisional, flagged, but ranked.
	for _, p := range list {
		a := &r.Assessments[p]
		if a.Status != scoring.Provisional || !has(a, scoring.FlagOneComponent) || a.Rank == 0 {
			t.Errorf("%s %v rank %d: want PROVISIONAL, ONE_COMPONENT and a rank", a.Status, a.Flags, a.Rank)
		}
	}
}

func TestLackingComponentIsSharedOut(t *testing.T) {
	t.Parallel()
	b := newBook()
	list := b.rated("G", 14, 20)
	b.handled(list[1:], 30)
	r := b.assess(t)
	lacks, full := &r.Assessments[list[0]], &r.Assessments[list[5]]
	if full.Status != scoring.Scored || full.Components[scoring.Satisfaction].Weight != 0.5 || full.Components[scoring.Outcomes].Weight != 0.5 {
		t.Errorf("%s %+v: the components that the group lacks are not weighed and make nobody provisional", full.Status, full.Components)
	}
	if lacks.Status != scoring.Provisional || lacks.Components[scoring.Satisfaction].Weight != 1 {
		t.Errorf("%s %+v: the other component takes the whole weight", lacks.Status, lacks.Components)
	}
}

func TestLessThanHalfTheWeightIsNotEnough(t *testing.T) {
	t.Parallel()
	b := newBook()
	list := b.rated("G", 14, 20)
	b.handled(list, 30)
	only := b.official("G")
	for n := range 5 {
		reviewer := b.person()
		for i, p := range append(list, only) {
			score := uint8(2 + (i+n)%4)
			b.review(p, reviewer, scoring.None, scoring.RelationPeer, score, score, score, score, score)
		}
	}
	if a := &b.assess(t).Assessments[only]; a.Status != scoring.InsufficientEvidence || !math.IsNaN(a.Composite) {
		t.Errorf("%s %.2f with 0.20 of 0.90", a.Status, a.Composite)
	}
}

func TestSmallGroupsHaveNoRanks(t *testing.T) {
	t.Parallel()
	b := newBook()
	small, large := b.rated("small", 9, 20), b.rated("large", 10, 20)
	r := b.assess(t)
	for _, p := range small {
		if a := &r.Assessments[p]; a.Rank != 0 || a.RankLow != 0 || !has(a, scoring.FlagSmallGroup) || math.IsNaN(a.Composite) {
			t.Errorf("nine: rank %d, %v, %.2f", a.Rank, a.Flags, a.Composite)
		}
	}
	for _, p := range large {
		if a := &r.Assessments[p]; a.Rank == 0 || has(a, scoring.FlagSmallGroup) {
			t.Errorf("ten: rank %d, %v", a.Rank, a.Flags)
		}
	}
}

func TestWhatNobodyComparesHasNoRank(t *testing.T) {
	t.Parallel()
	b := newBook()
	common, apart := b.kind("service:common", scoring.None), b.kind("service:apart", scoring.None)
	for i := range 16 {
		p := b.official("G")
		kind := common
		if i >= 13 {
			kind = apart // three officials alone do it: no cell or rater leads to the others
		}
		for j := range 20 {
			b.rating(p, b.person(), kind, uint8(1+(i+j*j)%5), firstDay+scoring.Day(j*17))
		}
	}
	r := b.assess(t)
	for i := range r.Assessments {
		a := &r.Assessments[i]
		if away := i >= 13; has(a, scoring.FlagDisconnected) != away || (a.Rank == 0) != away {
			t.Errorf("official %d: rank %d, flags %v", i, a.Rank, a.Flags)
		}
	}
}

// TestAWalkInWeighsAQuarter: four of them are as good as one rated encounter, for
// the estimate and toward the minimum alike, and a policy may trust them more. More
// rows tell a little more of the variances: hence the tolerance of 0.2 of tens.
func TestAWalkInWeighsAQuarter(t *testing.T) {
	t.Parallel()
	build := func(count int, source scoring.Source) (*book, int32) {
		b := newBook()
		b.rated("G", 14, 20)
		p := b.official("G")
		for i := range count {
			b.rating(p, scoring.None, scoring.None, 2, firstDay+scoring.Day(i*300/count))
			b.ev.Ratings.Source[len(b.ev.Ratings.Source)-1] = source
		}
		return b, p
	}
	rated, p := build(6, scoring.SourceRating)
	walked, _ := build(24, scoring.SourceWalkIn)
	want, got := rated.assess(t).Assessments[p], walked.assess(t).Assessments[p]
	if w, g := want.Components[scoring.Satisfaction], got.Components[scoring.Satisfaction]; g.N != 6 || math.Abs(g.Value-w.Value) > 0.2 || math.Abs(g.SE-w.SE) > 0.2 {
		t.Errorf("24 walk-ins give %+v, six rated encounters %+v", g, w)
	}
	few, _ := build(19, scoring.SourceWalkIn)
	if a := few.assess(t).Assessments[p]; a.Status != scoring.InsufficientEvidence || a.Components[scoring.Satisfaction].N != 4.75 {
		t.Errorf("19 walk-ins: %s, %+v", a.Status, a.Components[scoring.Satisfaction])
	}
	policy := scoring.DefaultPolicy()
	policy.WalkInWeight = 1
	if a := assess(t, few.ev, policy).Assessments[p]; a.Status == scoring.InsufficientEvidence || a.Components[scoring.Satisfaction].N != 19 {
		t.Errorf("19 trusted walk-ins: %s, %+v", a.Status, a.Components[scoring.Satisfaction])
	}
}

func TestOnePersonHasOneVoice(t *testing.T) {
	t.Parallel()
	b := newBook()
	list := b.rated("G", 12, 20)
	fan := b.person()
	for j := range 40 {
		b.rating(list[3], fan, scoring.None, 5, firstDay+scoring.Day(j*9))
	}
	once := newBook()
	onceList := once.rated("G", 12, 20)
	once.rating(onceList[3], once.person(), scoring.None, 5, firstDay+100)
	got, want := b.assess(t).Assessments[list[3]], once.assess(t).Assessments[onceList[3]]
	// Forty ratings of weight 1/40 are one voice, although of a smaller variance.
	if n := got.Components[scoring.Satisfaction].N; math.Abs(n-21) > 1e-9 {
		t.Errorf("effective number %.6f, want 21", n)
	}
	if !has(&got, scoring.FlagRepeatedRater) || math.Abs(got.Composite-want.Composite) > 0.5 {
		t.Errorf("forty ratings by one person: %.3f %v; one: %.3f", got.Composite, got.Flags, want.Composite)
	}
}

func TestSelfReviewsNeverCount(t *testing.T) {
	t.Parallel()
	make := func(self bool) *book {
		b := newBook()
		list := b.rated("G", 12, 20)
		for n := range 6 {
			reviewer := int32(1000 + n)
			for i, p := range list {
				score := uint8(2 + (i*(n+2)+n)%4)
				b.review(p, reviewer, scoring.None, scoring.RelationPeer, score, score, 3, score, 4)
			}
		}
		if self {
			for _, p := range list {
				b.review(p, 2000+p, p, scoring.RelationSelf, 5, 5, 5, 5, 5)
				b.review(p, 2000+p, p, scoring.RelationPeer, 5, 5, 5, 5, 5) // under another name
			}
		}
		return b
	}
	with, without := make(true).assess(t), make(false).assess(t)
	for i := range with.Assessments {
		a, b := &with.Assessments[i], &without.Assessments[i]
		if fmt.Sprint(a.Composite, a.Components) != fmt.Sprint(b.Composite, b.Components) { // NaN among them
			t.Errorf("official %d: %.6f with, %.6f without self reviews", i, a.Composite, b.Composite)
		}
	}
}

// TestLittleContactIsLittleWeight: one reviewer thinks more of the first official than
// all others do. The less they have to do with each other, the less that lifts the
// score, and the less it counts as evidence; much weighs what unknown does.
func TestLittleContactIsLittleWeight(t *testing.T) {
	t.Parallel()
	said := func(contact scoring.Contact) scoring.ComponentScore {
		b := newBook()
		list := b.rated("G", 12, 20)
		for n := range 6 {
			for i, p := range list {
				score := uint8(1 + i/3 + (i+n)%2)
				if n == 0 && p == list[0] {
					score = 5
				}
				b.review(p, int32(1000+n), scoring.None, scoring.RelationPeer, score, score, score, score, score)
				for range scoring.Dimensions {
					of := scoring.ContactUnknown
					if n == 0 && p == list[0] {
						of = contact
					}
					b.ev.Reviews.Contact = append(b.ev.Reviews.Contact, of)
				}
			}
		}
		return b.assess(t).Assessments[0].Components[scoring.PeerReview]
	}
	unknown, little, some, much := said(scoring.ContactUnknown), said(scoring.ContactLittle), said(scoring.ContactSome), said(scoring.ContactMuch)
	if math.Abs(much.Value-unknown.Value) > 1e-6 || much.N != unknown.N { // the rows stand in another order
		t.Errorf("much contact gives %+v, unknown %+v", much, unknown)
	}
	if !(little.Value < some.Value && some.Value < much.Value) || !(little.N < some.N && some.N < much.N) {
		t.Errorf("little %+v, some %+v, much %+v", little, some, much)
	}
}

func TestCampaignIsFlagged(t *testing.T) {
	t.Parallel()
	b := newBook()
	list := b.rated("G", 12, 20)
	for i, p := range list {
		for j := range 6 + i {
			b.deed(p, firstDay+scoring.Day(j*19), scoring.Yes, b.person())
		}
	}
	campaigner := b.official("G")
	for j := range 14 { // three a week for five weeks, and nothing else in the year
		b.deed(campaigner, firstDay+200+scoring.Day(j*5/2), scoring.Yes, b.person())
	}
	a := b.assess(t).Assessments[campaigner]
	if c := a.Components[scoring.PracticalWork]; !has(&a, scoring.FlagCampaignBurst) || c.N >= 8 {
		t.Errorf("%v, %.2f deeds count of 14", a.Flags, c.N)
	}
}

func TestBoughtRatingsAreWeighedDown(t *testing.T) {
	t.Parallel()
	b := newBook()
	list := b.rated("G", 14, 30)
	for range 25 {
		b.rating(list[2], b.person(), scoring.None, 5, firstDay+180)
	}
	clean := newBook()
	cleanList := clean.rated("G", 14, 30)
	got, want := b.assess(t), clean.assess(t)
	a := got.Assessments[list[2]]
	if !has(&a, scoring.FlagBurst) || has(&got.Assessments[list[3]], scoring.FlagBurst) {
		t.Errorf("flags %v: want BURST for the buyer alone", a.Flags)
	}
	if c := want.Assessments[cleanList[2]].Composite; math.Abs(a.Composite-c) > 2 {
		t.Errorf("composite %.2f with bought ratings, %.2f without", a.Composite, c)
	}
	found := false
	for _, part := range a.Parts {
		found = found || part.Code == scoring.PartAttack && part.Points < 0 && len(part.Pieces) > 0
	}
	if !found {
		t.Errorf("no part says what the burst lost: %+v", a.Parts)
	}
}

func TestShowcaseGapIsVisibilityLessComposite(t *testing.T) {
	t.Parallel()
	b := newBook()
	list := b.rated("G", 10, 25)
	b.achievement(list[0], 12) // weak and seen
	r := b.assess(t)
	weak, strong := r.Assessments[list[0]], r.Assessments[list[9]]
	// Mid-rank percentiles of ten: the only one who is seen 95, the nine others 45;
	// composites from 5 to 95.
	if weak.Visibility != 95 || strong.Visibility != 45 || weak.ShowcaseGap != 90 || strong.ShowcaseGap != -50 {
		t.Errorf("weak %v, %v; strong %v, %v", weak.Visibility, weak.ShowcaseGap, strong.Visibility, strong.ShowcaseGap)
	}
}

func TestQuotasAreRoundedDownByUnitAndPosition(t *testing.T) {
	t.Parallel()
	b := newBook()
	for i := range 24 {
		unit := "U1"
		if i >= 14 {
			unit = "U2"
		}
		p := b.posting("G", unit, "clerk")
		b.rateAbout(p, 1.8+float64(i%14)*0.2, 120)
	}
	b.ev.Postings[0].Standing = scoring.StandingNotGraded
	best := int32(13) // of U1
	b.ev.Postings[best].Standing = scoring.StandingNotExcellent
	r := b.assess(t)
	want := []scoring.Quota{{Unit: "U1", Position: "clerk", Size: 13, Places: 2}, {Unit: "U2", Position: "clerk", Size: 10, Places: 2}}
	if len(r.Quotas) != 2 || r.Quotas[0] != want[0] || r.Quotas[1] != want[1] {
		t.Errorf("quotas %+v, want %+v", r.Quotas, want)
	}
	excellent := map[string]int{}
	for i := range r.Assessments {
		a := &r.Assessments[i]
		p := &b.ev.Postings[i]
		if a.Grade == scoring.GradeExcellent {
			excellent[p.Unit]++
		}
		if p.Standing != scoring.StandingFull && (a.Grade != scoring.GradeNone || !has(a, scoring.FlagExcluded)) {
			t.Errorf("official %d: %q %v in spite of a reason on record", i, a.Grade, a.Flags)
		}
		if a.Grade != scoring.GradeNone && a.Reliability < 0.70 {
			t.Errorf("official %d: %s at reliability %.2f", i, a.Grade, a.Reliability)
		}
	}
	if excellent["U1"] > 2 || excellent["U2"] > 2 || excellent["U1"]+excellent["U2"] == 0 {
		t.Errorf("proposed %v", excellent)
	}
}

func TestUnreliableScoresHaveNoGrade(t *testing.T) {
	t.Parallel()
	b := newBook()
	for i := range 20 {
		p := b.official("G")
		b.rateAbout(p, 3.2+float64(i)*0.02, 6)
	}
	for i, a := range b.assess(t).Assessments {
		if a.Reliability < 0.70 && (a.Grade != scoring.GradeNone || !has(&a, scoring.FlagLowReliability) && a.Status != scoring.InsufficientEvidence) {
			t.Errorf("official %d: reliability %.2f, grade %q, %v", i, a.Reliability, a.Grade, a.Flags)
		}
	}
}

func TestNoDifferenceIsFlagged(t *testing.T) {
	t.Parallel()
	b := newBook()
	for range 12 {
		b.rate(b.official("G"), 1, 2, 3, 4, 5, 3, 3, 2, 4, 3)
	}
	r := b.assess(t)
	for i := range r.Assessments {
		if a := &r.Assessments[i]; !has(a, scoring.FlagNoVariance) || a.Status != scoring.InsufficientEvidence {
			t.Errorf("official %d: %s %v: want NO_VARIANCE and no composite", i, a.Status, a.Flags)
		}
	}
	if len(r.Fits) != 1 || !r.Fits[0].Effects[0].Boundary {
		t.Errorf("fits %+v: want a variance at the boundary", r.Fits)
	}
}

// TestWhatAPersonHasClearedCountsInFull: the same facts are found and reported, and
// weigh nothing down; other facts are none of those that were cleared.
func TestWhatAPersonHasClearedCountsInFull(t *testing.T) {
	t.Parallel()
	cheats := func(more int, cleared ...scoring.Finding) *book {
		b := newBook()
		list := b.rated("G", 14, 30)
		for i, p := range list {
			for j := range 6 + i {
				b.deed(p, firstDay+scoring.Day(j*19), scoring.Yes, b.person())
			}
		}
		for range 25 + more {
			b.rating(list[2], b.person(), scoring.None, 5, firstDay+180)
		}
		for range 6 {
			b.rating(list[2], 100_000, scoring.None, 3, firstDay+scoring.Day(60*b.person()%360))
		}
		for j := range 14 {
			b.deed(list[3], firstDay+200+scoring.Day(j*5/2), scoring.Yes, b.person())
		}
		for p := range b.ev.Postings {
			b.ev.Postings[p].Cleared = cleared
		}
		return b
	}
	raised := cheats(0).assess(t)
	buyer, campaigner := raised.Assessments[2], raised.Assessments[3]
	if len(buyer.Findings) != 2 || buyer.Findings[0].Count != 25 || buyer.Findings[1].Flag != scoring.FlagRepeatedRater || len(campaigner.Findings) != 1 {
		t.Fatalf("found %+v and %+v", buyer.Findings, campaigner.Findings)
	}
	all := append(slices.Clone(buyer.Findings), campaigner.Findings...)
	cleared := cheats(0, all...).assess(t)
	a, c := cleared.Assessments[2], cleared.Assessments[3]
	if a.Components[scoring.Satisfaction].N < buyer.Components[scoring.Satisfaction].N+15 || !(a.Composite > buyer.Composite) {
		t.Errorf("cleared: %.1f ratings count, composite %.2f; before %.1f and %.2f",
			a.Components[scoring.Satisfaction].N, a.Composite, buyer.Components[scoring.Satisfaction].N, buyer.Composite)
	}
	if got, was := c.Components[scoring.PracticalWork].N, campaigner.Components[scoring.PracticalWork].N; got <= was {
		t.Errorf("cleared: %.1f deeds count, before %.1f", got, was)
	}
	if !slices.Equal(a.Findings, buyer.Findings) || !slices.Equal(a.Flags, buyer.Flags) || !slices.Equal(c.Findings, campaigner.Findings) {
		t.Errorf("what is cleared is reported no more: %+v, %v", a.Findings, a.Flags)
	}
	if cleared.EvidenceDigest == raised.EvidenceDigest || raised.EvidenceDigest != cheats(0).ev.Digest() {
		t.Error("the digest does not say what was cleared, or moves without it")
	}
	// One person has one voice, whoever has looked at it: 25 at most, and one of six.
	if n := a.Components[scoring.Satisfaction].N; n > 30+25+1+1e-9 {
		t.Errorf("%.2f ratings count of 30, 25 bought and six by one person", n)
	}
	other := cheats(1, all...).assess(t).Assessments[2]
	if other.Components[scoring.Satisfaction].N > buyer.Components[scoring.Satisfaction].N+1 {
		t.Errorf("a larger burst than the one that was cleared counts in full: %+v", other.Findings)
	}
}
