package assessments

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"steelyard/models"
	"steelyard/privacy"
	"steelyard/scoring"
)

// pieceWorld is one posting's ratings or reviews, and a piece for each of them.
type pieceWorld struct {
	ev     *scoring.Evidence
	pieces []scoring.Piece
	who    []int32 // behind each piece
}

// drawPieces draws up to a dozen persons over two months and two kinds of work, some of
// whom come twice.
func drawPieces(random *rand.Rand, source string) pieceWorld {
	w := pieceWorld{ev: &scoring.Evidence{
		Postings: make([]scoring.Posting, 1),
		Kinds:    []scoring.Kind{{ID: "service:x", Name: "X", Parent: scoring.None}, {ID: "service:y", Name: "Y", Parent: scoring.None}},
	}}
	months, kinds := 1+random.IntN(2), 1+random.IntN(2)
	for i := range 4 + random.IntN(14) {
		who := int32(random.IntN(i + 1))
		if random.IntN(3) > 0 {
			who = int32(i)
		}
		month, kind := random.IntN(months), int32(random.IntN(kinds))
		date := day(fmt.Sprintf("2025-0%d-10", 3+month))
		at := scoring.Day(date.EpochDay())
		if source == scoring.PieceRating {
			r := &w.ev.Ratings
			r.Posting, r.Kind, r.Day = append(r.Posting, 0), append(r.Kind, kind), append(r.Day, at)
			r.Rater, r.Adverse = append(r.Rater, who), append(r.Adverse, false)
		} else {
			kind = scoring.None
			r := &w.ev.Reviews
			r.Posting, r.Day, r.Reviewer = append(r.Posting, 0), append(r.Day, at), append(r.Reviewer, who)
			r.ReviewerPerson, r.Relation = append(r.ReviewerPerson, scoring.None), append(r.Relation, scoring.RelationPeer)
		}
		w.pieces = append(w.pieces, scoring.Piece{Source: source, Month: date.String()[:7], Kind: kind, Value: float64(i)})
		w.who = append(w.who, who)
	}
	return w
}

// TestWhatIsLeftOfThePiecesIsOfEnough: whoever knows the plain mean of all pieces subtracts
// those that are shown, a cell as a whole.
func TestWhatIsLeftOfThePiecesIsOfEnough(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	shown := 0
	for range 400 {
		w := drawPieces(random, []string{scoring.PieceRating, scoring.PieceReview}[random.IntN(2)])
		a := &scoring.Assessment{Parts: []scoring.Part{{Pieces: w.pieces}}}
		kept := map[models.Score]bool{}
		for _, p := range newVisiblePieces(w.ev, privacy.Default()).at(a).kept(w.pieces) {
			kept[p.Value] = true
		}
		rest := map[int32]bool{}
		for i := range w.pieces {
			if !kept[models.Score(i)] {
				rest[w.who[i]] = true
			}
		}
		shown += len(kept)
		if len(kept) > 0 && len(rest) > 0 && len(rest) < 5 {
			t.Errorf("%d pieces are kept, and what is left is of %d persons: %+v, by %v", len(kept), len(rest), w.pieces, w.who)
		}
	}
	if shown < 1000 {
		t.Errorf("%d pieces are kept at all", shown)
	}
}

// TestARunOfBeforeIsNoOther: pieces that were stored when cells were looked at by themselves
// are no difference; others are.
func TestARunOfBeforeIsNoOther(t *testing.T) {
	w := pieceWorld{ev: &scoring.Evidence{Postings: make([]scoring.Posting, 1), Kinds: []scoring.Kind{{ID: "service:x", Name: "X", Parent: scoring.None}}}}
	for i := range int32(7) { // five in March, two in April
		r := &w.ev.Ratings
		date := day([]string{"2025-03-10", "2025-04-10"}[i/5])
		r.Posting, r.Kind, r.Day = append(r.Posting, 0), append(r.Kind, 0), append(r.Day, scoring.Day(date.EpochDay()))
		r.Rater, r.Adverse = append(r.Rater, i), append(r.Adverse, false)
		w.pieces = append(w.pieces, scoring.Piece{Source: scoring.PieceRating, Month: date.String()[:7], Kind: 0, Value: float64(i)})
	}
	c := &Computed{
		reading: &reading{ev: w.ev, posts: make([]post, 1)}, order: []int32{0},
		result: &scoring.Result{Assessments: []scoring.Assessment{{Parts: []scoring.Part{{Component: -1, Code: scoring.PartRaw, Pieces: w.pieces}}}}},
	}
	r, err := (&Service{Thresholds: privacy.Default()}).resultsOf(models.NewID(), privacy.Default(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.explained(); err != nil {
		t.Fatal(err)
	}
	now := fieldsOf(&r.assessments[0].Assessment, r.explanations[0].Parts)
	if n := len(r.explanations[0].Parts[0].Pieces); n != 0 {
		t.Fatalf("%d pieces are kept", n)
	}
	old := func(change func(pieces []models.EvidencePiece)) []field {
		parts := partsOf(&c.result.Assessments[0], func() *postingPieces {
			before := newVisiblePieces(w.ev, privacy.Default())
			before.alone = true
			return before.at(&c.result.Assessments[0])
		}())
		if len(parts[0].Pieces) != 5 {
			t.Fatalf("%d pieces were kept", len(parts[0].Pieces))
		}
		change(parts[0].Pieces)
		return fieldsOf(&r.assessments[0].Assessment, parts)
	}
	same := func(stored []field) bool {
		v := &Verification{}
		for k, f := range r.asBefore(0, stored, now) {
			v.compare("", "", f.name, stored[k].text, f.text)
		}
		return v.OK()
	}
	if !same(old(func([]models.EvidencePiece) {})) {
		t.Error("a run of before is another")
	}
	if same(old(func(pieces []models.EvidencePiece) { pieces[0].Value = 4.5 })) {
		t.Error("a piece that was changed is not found")
	}
}
