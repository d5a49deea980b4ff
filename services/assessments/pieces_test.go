package assessments

import (
	"math"
	"testing"

	"steelyard/models"
	"steelyard/privacy"
	"steelyard/scoring"
)

func TestPiecesAreKeptFromEnoughPersonsOn(t *testing.T) {
	rated := func(raters ...int32) *scoring.Evidence {
		ev := &scoring.Evidence{
			Postings: make([]scoring.Posting, 1), Kinds: []scoring.Kind{{ID: "service:x", Name: "Proof of life", Parent: scoring.None}},
		}
		for _, r := range raters {
			ev.Ratings.Posting = append(ev.Ratings.Posting, 0)
			ev.Ratings.Kind = append(ev.Ratings.Kind, 0)
			ev.Ratings.Day = append(ev.Ratings.Day, scoring.Day(day("2025-03-31").EpochDay()))
			ev.Ratings.Rater = append(ev.Ratings.Rater, r)
			ev.Ratings.Adverse = append(ev.Ratings.Adverse, r <= 5)
		}
		return ev
	}
	piece := scoring.Piece{Source: scoring.PieceRating, Month: "2025-03", Kind: 0, Value: 1, Weight: 0.5, Effect: -1.25}
	decision := scoring.Piece{Source: scoring.PieceDecision, Kind: scoring.None}
	shown := []models.EvidencePiece{{Source: "RATING", Month: "2025-03", Kind: "Proof of life", Value: 1, Weight: 0.5, Effect: -1.25}}
	for name, test := range map[string]struct {
		ev    *scoring.Evidence
		piece scoring.Piece
		want  []models.EvidencePiece
	}{
		"five raters":                {rated(1, 2, 3, 4, 5), piece, shown},
		"four raters":                {rated(1, 2, 3, 4), piece, nil},
		"four raters, one twice":     {rated(1, 2, 3, 4, 4, 4), piece, nil},
		"five of whom none is known": {rated(-1, -1, -1, -1, -1), piece, shown},
		"of another month":           {rated(1, 2, 3, 4, 5), scoring.Piece{Source: scoring.PieceRating, Month: "2025-04", Kind: 0}, nil},
		"of another source":          {rated(1, 2, 3, 4, 5), scoring.Piece{Source: scoring.PieceCase, Month: "2025-03", Kind: 0}, nil},
		"of all months":              {rated(1, 2, 3, 4, 5), scoring.Piece{Source: scoring.PieceRating, Kind: 0}, []models.EvidencePiece{{Source: "RATING", Kind: "Proof of life"}}},
		"of all months and kinds":    {rated(1, 2, 3, 4, 5), scoring.Piece{Source: scoring.PieceRating, Kind: scoring.None}, []models.EvidencePiece{{Source: "RATING"}}},
		"of too few in all":          {rated(1, 2, 3, 4), scoring.Piece{Source: scoring.PieceRating, Kind: 0}, nil},
		"decisions that five met":    {rated(1, 2, 3, 4, 5, 6, 7), decision, []models.EvidencePiece{{Source: "DECISION"}}},
		"decisions that four met":    {rated(1, 2, 3, 4, 6, 7, 8), decision, nil},
		"a figure that is absent":    {rated(1, 2, 3, 4, 5), scoring.Piece{Source: scoring.PieceRating, Month: "2025-03", Kind: 0, Value: math.NaN()}, nil},
	} {
		a := &scoring.Assessment{Parts: []scoring.Part{{Pieces: []scoring.Piece{test.piece}}}}
		got := newVisiblePieces(test.ev, privacy.Default()).at(a).kept(a.Parts[0].Pieces)
		if test.want == nil {
			test.want = []models.EvidencePiece{}
		}
		want(t, name, got, test.want)
		if kept := newVisiblePieces(test.ev, privacy.Thresholds{}).at(a).kept(a.Parts[0].Pieces); len(test.want) == 0 && len(test.ev.Ratings.Rater) < privacy.Floor && len(kept) > 0 {
			t.Errorf("%s: below the floor %v is kept", name, kept)
		}
	}
}

func TestPiecesOfEverySourceAreCounted(t *testing.T) {
	at := scoring.Day(day("2025-03-10").EpochDay())
	ev := &scoring.Evidence{Kinds: []scoring.Kind{{ID: "category:x", Name: "Roads", Parent: scoring.None}}}
	ev.Postings = []scoring.Posting{{Person: 7}}
	ev.To, ev.Cases.End = scoring.Day(march.To.EpochDay()), clock("2025-04-01 00:00:00").Unix()
	for i := range int32(5) {
		ev.Cases.Posting = append(ev.Cases.Posting, 0)
		ev.Cases.Kind = append(ev.Cases.Kind, 0)
		ev.Cases.Closed = append(ev.Cases.Closed, []int64{clock("2025-03-01 00:00:00").Unix(), scoring.NoTime}[i%2])
		ev.Cases.Resident = append(ev.Cases.Resident, i)
		ev.Reviews.Posting = append(ev.Reviews.Posting, 0)
		ev.Reviews.Day = append(ev.Reviews.Day, at)
		ev.Reviews.Reviewer = append(ev.Reviews.Reviewer, i)
		ev.Reviews.ReviewerPerson = append(ev.Reviews.ReviewerPerson, scoring.None)
		ev.Reviews.Relation = append(ev.Reviews.Relation, scoring.RelationPeer)
		ev.Deeds.Posting = append(ev.Deeds.Posting, 0)
		ev.Deeds.Day = append(ev.Deeds.Day, at)
		ev.Deeds.Beneficiary = append(ev.Deeds.Beneficiary, i)
		ev.Deeds.Confirmed = append(ev.Deeds.Confirmed, scoring.Yes)
	}
	var pieces []scoring.Piece
	for _, source := range scoring.PieceSources() {
		kind := scoring.None
		if source == scoring.PieceCase {
			kind = 0
		}
		pieces = append(pieces, scoring.Piece{Source: source, Month: "2025-03", Kind: kind})
	}
	a := &scoring.Assessment{Parts: []scoring.Part{{Pieces: pieces}}}
	want(t, "kept", newVisiblePieces(ev, privacy.Default()).at(a).kept(pieces), []models.EvidencePiece{
		{Source: "CASE", Month: "2025-03", Kind: "Roads"}, {Source: "REVIEW", Month: "2025-03"}, {Source: "DEED", Month: "2025-03"},
	})
}

// TestReviewersAreCountedByRelation: whoever is the only one of a relation must not
// hide behind the others, nor the official behind the own review.
func TestReviewersAreCountedByRelation(t *testing.T) {
	const me = 7
	type by struct {
		relation scoring.Relation
		person   int32
	}
	peer := by{scoring.RelationPeer, scoring.None}
	subordinate := by{scoring.RelationSubordinate, scoring.None}
	for name, test := range map[string]struct {
		by   []by
		kept bool
	}{
		"five peers":                             {[]by{peer, peer, peer, peer, peer}, true},
		"four peers":                             {[]by{peer, peer, peer, peer}, false},
		"four peers and oneself":                 {[]by{peer, peer, peer, peer, {scoring.RelationSelf, scoring.None}}, false},
		"four peers and oneself as a peer":       {[]by{peer, peer, peer, peer, {scoring.RelationPeer, me}}, false},
		"five peers and oneself":                 {[]by{peer, peer, peer, peer, peer, {scoring.RelationSelf, me}}, true},
		"three peers and two subordinates":       {[]by{peer, peer, peer, subordinate, subordinate}, false},
		"five peers and the superior":            {[]by{peer, peer, peer, peer, peer, {scoring.RelationSuperior, scoring.None}}, false},
		"five peers and five subordinates":       {[]by{peer, peer, peer, peer, peer, subordinate, subordinate, subordinate, subordinate, subordinate}, true},
		"oneself alone, five times":              {[]by{{scoring.RelationSelf, me}, {scoring.RelationSelf, me}, {scoring.RelationSelf, me}, {scoring.RelationSelf, me}, {scoring.RelationSelf, me}}, false},
		"five peers who are assessed themselves": {[]by{{scoring.RelationPeer, 1}, {scoring.RelationPeer, 2}, {scoring.RelationPeer, 3}, {scoring.RelationPeer, 4}, {scoring.RelationPeer, 5}}, true},
	} {
		ev := &scoring.Evidence{Postings: []scoring.Posting{{Person: me}}}
		for i, b := range test.by {
			r := &ev.Reviews
			r.Posting, r.Reviewer = append(r.Posting, 0), append(r.Reviewer, int32(i))
			r.ReviewerPerson, r.Relation = append(r.ReviewerPerson, b.person), append(r.Relation, b.relation)
			r.Day = append(r.Day, scoring.Day(day("2025-03-10").EpochDay()))
		}
		pieces := []scoring.Piece{{Source: scoring.PieceReview, Month: "2025-03", Kind: scoring.None}}
		a := &scoring.Assessment{Parts: []scoring.Part{{Pieces: pieces}}}
		kept := newVisiblePieces(ev, privacy.Default()).at(a).kept(pieces)
		if (len(kept) == 1) != test.kept {
			t.Errorf("%s: kept %v", name, kept)
		}
	}
}

func TestIntegrityFlagsAreRaisedOnceAnOfficial(t *testing.T) {
	who := models.NewID()
	c := &Computed{
		reading: &reading{
			ev:    &scoring.Evidence{Postings: make([]scoring.Posting, 2)},
			posts: []post{{models.NewID(), who, models.NewID()}, {models.NewID(), who, models.NewID()}},
		},
		order: []int32{1, 0},
		result: &scoring.Result{Assessments: []scoring.Assessment{
			{Posting: 0, Status: scoring.Scored, Flags: []scoring.Flag{scoring.FlagBurst, scoring.FlagSmallGroup}},
			{Posting: 1, Status: scoring.Scored, Flags: []scoring.Flag{scoring.FlagBurst, scoring.FlagClique}},
		}},
	}
	r, err := (&Service{Thresholds: privacy.Default()}).resultsOf(models.NewID(), privacy.Default(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.explained(); err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, f := range r.flags {
		kinds = append(kinds, string(f.kind))
		if f.official != who || f.id.IsZero() {
			t.Errorf("flag %+v", f)
		}
	}
	want(t, "flags", kinds, []string{"BURST", "CLIQUE"})
}
