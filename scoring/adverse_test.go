package scoring_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"steelyard/scoring"
)

// enforcers are a book of 40 officials of two services with 60 ratings each, who have to
// decide against the resident in other shares of their encounters, whatever their
// quality; that takes a level and more off a rating.
type enforcers struct {
	*book
	quality []float64
	random  *rand.Rand
}

const takenOff = 1.3

func newEnforcers(seed uint64, more float64) *enforcers {
	e := &enforcers{book: newBook(), random: rand.New(rand.NewPCG(7, seed))}
	services := []int32{e.kind("service:licence", scoring.None), e.kind("service:stall", scoring.None)}
	for i := range 40 { // every fourth gets more of what has to be refused
		p := e.official("G")
		e.quality = append(e.quality, 0.4*e.random.NormFloat64())
		for range 60 {
			service := e.random.IntN(2)
			often := 0.1 + 0.3*float64(service)
			if i%4 == 0 {
				often += more
			}
			e.meet(p, services[service], e.random.Float64() < often)
		}
	}
	return e
}

// meet adds a rating of an encounter, whose decision is marked.
func (e *enforcers) meet(p, service int32, against bool) {
	y := 4 + e.quality[p] + 0.8*e.random.NormFloat64()
	if against {
		y -= takenOff
	}
	e.rating(p, e.person(), service, uint8(min(max(math.Round(y), 1), 5)), firstDay+scoring.Day(e.random.IntN(365)))
	e.ev.Ratings.Adverse = append(e.ev.Ratings.Adverse, against)
}

// withoutMarks is the same evidence, nothing marked.
func (e *enforcers) withoutMarks() *scoring.Evidence {
	ev := *e.ev
	ev.Ratings.Adverse = nil
	return &ev
}

// agreement is the correlation of composites with true quality.
func (e *enforcers) agreement(r *scoring.Result) float64 {
	var x, y, xx, yy, xy, n float64
	for i, q := range e.quality {
		c := r.Assessments[i].Composite
		x, y, xx, yy, xy, n = x+q, y+c, xx+q*q, yy+c*c, xy+q*c, n+1
	}
	return (xy - x*y/n) / math.Sqrt((xx-x*x/n)*(yy-y*y/n))
}

// points are the points of a part of the official's satisfaction.
func points(a *scoring.Assessment, code string) float64 {
	sum := int64(0)
	for _, p := range a.Parts {
		if p.Code == code && p.Component == int8(scoring.Satisfaction) {
			sum += p.Points
		}
	}
	return float64(sum) / 100
}

func decisionPiece(a *scoring.Assessment, code string) *scoring.Piece {
	for _, part := range a.Parts {
		for i, piece := range part.Pieces {
			if part.Code == code && piece.Source == scoring.PieceDecision {
				return &part.Pieces[i]
			}
		}
	}
	return nil
}

// TestDecisionsAgainstResidentsDoNotCountAgainstTheOfficial: who has to decide against
// residents more often than colleagues of the same service is not rated down for it, and
// the explanation says by how much.
func TestDecisionsAgainstResidentsDoNotCountAgainstTheOfficial(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		e := newEnforcers(seed, 0.2)
		with, without := e.assess(t), assess(t, e.withoutMarks(), scoring.DefaultPolicy())
		if got, was := e.agreement(with), e.agreement(without); got < was+0.015 || got < 0.92 {
			t.Errorf("seed %d: composites agree with the work by %.3f, and by %.3f without the marks", seed, got, was)
		}
		a := &with.Assessments[0] // decides against residents often
		piece := decisionPiece(a, scoring.PartCaseMix)
		if piece == nil || math.Abs(piece.Value+takenOff) > 0.35 || piece.Effect <= 0 || piece.N < 10 {
			t.Errorf("seed %d: the explanation says %+v of the decisions", seed, piece)
		}
		if decisionPiece(&without.Assessments[0], scoring.PartCaseMix) != nil {
			t.Errorf("seed %d: a piece of what is not marked", seed)
		}
	}
}

// TestMarksBeyondWhatIsUsualEarnLittle: who marks whatever went badly as a decision
// against the resident gains no more than colleagues' honest marks give, unless a person
// has looked at so many marks and found them right.
func TestMarksBeyondWhatIsUsualEarnLittle(t *testing.T) {
	t.Parallel()
	const cheat = 1
	e := newEnforcers(5, 0)
	for i, p := range e.ev.Ratings.Posting { // an honest official first
		if p == cheat && e.ev.Ratings.Adverse[i] && e.ev.Ratings.Level[i] > 2 {
			e.ev.Ratings.Level[i]--
		}
	}
	honest := e.assess(t).Assessments[cheat]
	marks := int32(0)
	for i, p := range e.ev.Ratings.Posting {
		if p == cheat {
			e.ev.Ratings.Adverse[i] = e.ev.Ratings.Adverse[i] || e.ev.Ratings.Level[i] <= 4
			marks += int32(b2i(e.ev.Ratings.Adverse[i]))
		}
	}
	cheats := e.assess(t).Assessments[cheat]
	cleared := []scoring.Finding{{Flag: scoring.FlagOftenAdverse, Count: marks}}
	e.ev.Postings[cheat].Cleared = cleared
	trusted := e.assess(t).Assessments[cheat]
	gain, full := cheats.Composite-honest.Composite, trusted.Composite-honest.Composite
	if full < 15 || gain > full/2 {
		t.Errorf("%d marks bring %.2f points, and %.2f were all of them believed", marks, gain, full)
	}
	if points(&cheats, scoring.PartAttack) > -5 || decisionPiece(&cheats, scoring.PartAttack) == nil {
		t.Errorf("%.2f points say what was withheld: %+v", points(&cheats, scoring.PartAttack), cheats.Parts)
	}
	if math.Abs(points(&trusted, scoring.PartAttack)) > 0.5 || points(&trusted, scoring.PartCaseMix) <= points(&honest, scoring.PartCaseMix) {
		t.Errorf("what a person has found right is withheld: %.2f of %.2f, honest %.2f", points(&trusted, scoring.PartAttack), points(&trusted, scoring.PartCaseMix), points(&honest, scoring.PartCaseMix))
	}
	// More marks than were looked at do not all count.
	cleared[0].Count = marks / 2
	if half := e.assess(t).Assessments[cheat]; half.Composite >= trusted.Composite-2 || half.Composite < cheats.Composite {
		t.Errorf("half of the marks found right: %.2f, of all %.2f, of none %.2f", half.Composite, trusted.Composite, cheats.Composite)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestHonestMarksCount: among officials who decide against residents in shares that
// honestly differ hardly any mark is withheld.
func TestHonestMarksCount(t *testing.T) {
	t.Parallel()
	withheld, all := 0, 0
	for seed := range uint64(3) {
		r := newEnforcers(seed+10, 0.1).assess(t)
		for i := range r.Assessments {
			all++
			withheld += b2i(points(&r.Assessments[i], scoring.PartAttack) < 0)
		}
	}
	if withheld*100 > 8*all {
		t.Errorf("of %d honest officials %d have marks withheld", all, withheld)
	}
}

// TestFewMarksTellNothing: below what makes a cell of its own they change no figure, but
// the evidence is another.
func TestFewMarksTellNothing(t *testing.T) {
	t.Parallel()
	e := newEnforcers(1, 0.2)
	kept := 0
	for i, marked := range e.ev.Ratings.Adverse {
		kept += b2i(marked)
		e.ev.Ratings.Adverse[i] = marked && kept < 10
	}
	few, none := e.assess(t), assess(t, e.withoutMarks(), scoring.DefaultPolicy())
	for i := range few.Assessments {
		if few.Assessments[i].Composite != none.Assessments[i].Composite {
			t.Fatalf("official %d: %v with ten marks, %v without", i, few.Assessments[i].Composite, none.Assessments[i].Composite)
		}
	}
	if few.EvidenceDigest == none.EvidenceDigest {
		t.Error("the digest does not say what was marked")
	}
	clear(e.ev.Ratings.Adverse)
	if e.ev.Digest() != none.EvidenceDigest {
		t.Error("nothing marked is other evidence than no marks")
	}
}

func TestMarksInAnyOrder(t *testing.T) {
	t.Parallel()
	e := newEnforcers(2, 0.2)
	want := e.assess(t)
	other, order := shuffled(e.ev, rand.New(rand.NewPCG(1, 2)))
	got := assess(t, other, scoring.DefaultPolicy())
	for i, p := range order {
		if got.Assessments[p].Composite != want.Assessments[i].Composite {
			t.Fatalf("official %d: %v in another order, %v", i, got.Assessments[p].Composite, want.Assessments[i].Composite)
		}
	}
	if got.EvidenceDigest != want.EvidenceDigest {
		t.Error("two digests of one evidence")
	}
}

func TestALaterMarkAgreesWithTheFullRun(t *testing.T) {
	t.Parallel()
	e := newEnforcers(4, 0.2)
	policy := scoring.DefaultPolicy()
	_, kept, err := scoring.AssessKept(t.Context(), e.ev, policy, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, against := range []bool{false, true} {
		later := scoring.LaterRating{Posting: 3, Rater: scoring.None, Kind: 0, Level: 2, Day: lastDay, Adverse: against}
		got, err := kept.Rate(later)
		if err != nil {
			t.Fatal(err)
		}
		ev := withRating(e.ev, later)
		ev.Ratings.Adverse = append(append([]bool(nil), ev.Ratings.Adverse...), against)
		if want := assess(t, ev, policy).Assessments[3].Composite; math.Abs(got.Composite-want) > 0.3 {
			t.Errorf("against %v: %.3f, full run %.3f", against, got.Composite, want)
		}
	}
}
