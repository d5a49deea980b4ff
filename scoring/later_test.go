package scoring_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"steelyard/scoring"
	"steelyard/scoring/simulate"
)

// world returns one of the simulator's worlds with so many officials, as the seed
// draws it.
func world(t testing.TB, name string, officials int, seed uint64) *simulate.Sample {
	t.Helper()
	for _, w := range simulate.Worlds() {
		if w.Name == name {
			w.Officials = officials
			return w.Generate(seed)
		}
	}
	t.Fatalf("no world %q", name)
	return nil
}

func assess(t testing.TB, ev *scoring.Evidence, policy scoring.Policy) *scoring.Result {
	t.Helper()
	r, err := scoring.Assess(t.Context(), ev, policy, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// withRating is the evidence with one more rating.
func withRating(ev *scoring.Evidence, r scoring.LaterRating) *scoring.Evidence {
	out := *ev
	t := &out.Ratings
	t.Posting = append(slices.Clone(t.Posting), r.Posting)
	t.Rater = append(slices.Clone(t.Rater), r.Rater)
	t.Kind = append(slices.Clone(t.Kind), r.Kind)
	t.Channel = append(slices.Clone(t.Channel), r.Channel)
	t.Level = append(slices.Clone(t.Level), r.Level)
	t.Day = append(slices.Clone(t.Day), r.Day)
	t.Source = append(slices.Clone(t.Source), r.Source)
	t.Invited = append(slices.Clone(t.Invited), scoring.Unknown)
	return &out
}

// The oracle is the full run on the evidence with the rating in it. Three digits
// of a number of tens are 0.05.
func TestLaterRatingAgreesWithTheFullRun(t *testing.T) {
	t.Parallel()
	ev, policy := world(t, "halo", 150, 3).Evidence, scoring.DefaultPolicy()
	_, kept, err := scoring.AssessKept(t.Context(), ev, policy, nil)
	if err != nil {
		t.Fatal(err)
	}
	last := len(ev.Ratings.Rater) - 1
	for _, later := range []scoring.LaterRating{
		{Posting: 0, Rater: scoring.None, Kind: ev.Ratings.Kind[0], Level: 1, Day: ev.To},
		{Posting: 7, Rater: ev.Ratings.Rater[last], Kind: ev.Ratings.Kind[3], Channel: scoring.ChannelPhone, Level: 5, Day: ev.From + 40},
		{Posting: 3, Rater: scoring.None, Kind: ev.Ratings.Kind[0], Level: 1, Day: ev.To, Source: scoring.SourceWalkIn},
		{Posting: 149, Rater: 1 << 20, Kind: scoring.None, Channel: scoring.ChannelMail, Level: 3, Day: ev.From},
	} {
		got, err := kept.Rate(later)
		if err != nil {
			t.Fatal(err)
		}
		before, err := kept.Rate(scoring.LaterRating{Posting: later.Posting, Rater: later.Rater, Kind: later.Kind, Level: 3, Day: later.Day, Source: later.Source})
		if err != nil {
			t.Fatal(err)
		}
		want := assess(t, withRating(ev, later), policy).Assessments[later.Posting]
		if got.Status != want.Status || math.Abs(got.Composite-want.Composite) > 0.05 {
			t.Errorf("posting %d: %s %.4f, full run %s %.4f", later.Posting, got.Status, got.Composite, want.Status, want.Composite)
		}
		s := want.Components[scoring.Satisfaction]
		if math.Abs(got.Satisfaction.Value-s.Value) > 0.05 || math.Abs(got.Satisfaction.SE-s.SE) > 0.01 || math.Abs(got.Satisfaction.N-s.N) > 1e-9 {
			t.Errorf("posting %d: satisfaction %+v, full run %+v", later.Posting, got.Satisfaction, s)
		}
		if later.Level == 1 && got.Composite >= before.Composite || later.Level == 5 && got.Composite <= before.Composite {
			t.Errorf("posting %d: level %d gives %.4f, level 3 %.4f", later.Posting, later.Level, got.Composite, before.Composite)
		}
	}
}

func TestLaterRatingIsChecked(t *testing.T) {
	t.Parallel()
	ev := world(t, "plain", 40, 1).Evidence
	_, kept, err := scoring.AssessKept(t.Context(), ev, scoring.DefaultPolicy(), nil)
	if err != nil {
		t.Fatal(err)
	}
	right := scoring.LaterRating{Posting: 1, Rater: scoring.None, Kind: scoring.None, Level: 4, Day: ev.To}
	if _, err := kept.Rate(right); err != nil {
		t.Fatal(err)
	}
	for name, wrong := range map[string]func(*scoring.LaterRating){
		"posting": func(r *scoring.LaterRating) { r.Posting = 40 },
		"kind":    func(r *scoring.LaterRating) { r.Kind = 1 << 20 },
		"channel": func(r *scoring.LaterRating) { r.Channel = 99 },
		"level":   func(r *scoring.LaterRating) { r.Level = 6 },
		"day":     func(r *scoring.LaterRating) { r.Day = ev.To + 1 },
	} {
		r := right
		wrong(&r)
		var fault *scoring.EvidenceError
		if _, err := kept.Rate(r); !errors.As(err, &fault) {
			t.Errorf("wrong %s: %v", name, err)
		}
	}
}

func BenchmarkLaterRating(b *testing.B) {
	ev := world(b, "halo", 150, 3).Evidence
	_, kept, err := scoring.AssessKept(b.Context(), ev, scoring.DefaultPolicy(), nil)
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		if _, err := kept.Rate(scoring.LaterRating{Posting: int32(i % 150), Rater: scoring.None, Kind: scoring.None, Level: 4, Day: ev.To}); err != nil {
			b.Fatal(err)
		}
	}
}
