package simulate

import (
	"math"
	"reflect"
	"testing"

	"steelyard/scoring"
)

// small returns a world with fewer officials, for what does not need many.
func small(w World) World {
	w.Officials = 90
	return w
}

func TestEvidenceIsValidInEveryWorld(t *testing.T) {
	t.Parallel()
	for _, w := range Worlds() {
		t.Run(w.Name, func(t *testing.T) {
			t.Parallel()
			s := small(w).Generate(3)
			if err := s.Evidence.Validate(); err != nil {
				t.Fatal(err)
			}
			if got := len(s.Evidence.Postings); got != 90 {
				t.Fatalf("%d officials, want 90", got)
			}
		})
	}
}

func TestSameSeedSameWorld(t *testing.T) {
	t.Parallel()
	w := small(mixed())
	a, b := w.Generate(5), w.Generate(5)
	if !reflect.DeepEqual(a.Evidence, b.Evidence) || !reflect.DeepEqual(a.Truth, b.Truth) {
		t.Error("one seed made two worlds")
	}
	c := w.Generate(6)
	if reflect.DeepEqual(a.structure, c.structure) {
		t.Error("two seeds drew the same structure")
	}
}

// TestTrapsAreThere looks at each trap from outside: where it is set it must be
// seen in the evidence, where it is not it must be absent.
func TestTrapsAreThere(t *testing.T) {
	t.Parallel()
	plain, full := standard().Generate(2), mixed().Generate(2)

	if r := hardnessFollowsQuality(standard().Generate(4)); math.Abs(r) > 0.2 {
		t.Errorf("plain: hard work follows quality by %.2f", r)
	}
	if r := hardnessFollowsQuality(confounded().Generate(4)); r < 0.4 {
		t.Errorf("confounded: hard work follows quality by only %.2f", r)
	}
	policy := scoring.DefaultPolicy()
	lean := func(s *Sample) float64 {
		means := WeightedMeans(s.Evidence, policy)
		return s.slope(s.scored(means), means)
	}
	if x := lean(plain); math.Abs(x) > 0.1 {
		t.Errorf("plain: the means lean on visibility by %.2f", x)
	}
	if x := lean(full); x < 0.2 {
		t.Errorf("mixed: the means lean on visibility by only %.2f", x)
	}
	if d := unsolvedClaims(plain); d > 0.12 {
		t.Errorf("plain: %.2f of the unsolved are claimed", d)
	}
	if d := unsolvedClaims(claims().Generate(2)); d < 0.15 {
		t.Errorf("claims: only %.2f of the unsolved are claimed", d)
	}
	if n := len(bursts().Generate(2).Evidence.Ratings.Level) - len(halo().Generate(2).Evidence.Ratings.Level); n < 300 {
		t.Errorf("bursts: only %d ratings more", n)
	}
	c := correlated().Generate(2).Truth
	if r := correlation(c.Quality, c.Visibility); math.Abs(r-0.4) > 0.15 {
		t.Errorf("correlated: q and v by %.2f, want about 0.4", r)
	}
	if share := solvedShare(solved97().Generate(2)); math.Abs(share-0.95) > 0.035 {
		t.Errorf("solved97: residents confirm %.3f", share)
	}
}

// hardnessFollowsQuality correlates q with the mean hardness of an official's
// services, hardness being what the service takes off a rating.
func hardnessFollowsQuality(s *Sample) float64 {
	hard, n := make([]float64, len(s.officials)), make([]float64, len(s.officials))
	for row, i := range s.Evidence.Ratings.Posting {
		hard[i] -= s.structure.services[s.Evidence.Ratings.Kind[row]]
		n[i]++
	}
	for i := range hard {
		hard[i] /= n[i]
	}
	return correlation(hard, s.Truth.Quality)
}

// unsolvedClaims is the share claimed as resolved of what residents deny.
func unsolvedClaims(s *Sample) float64 {
	claimed, denied := 0.0, 0.0
	for row, said := range s.Evidence.Cases.Confirmed {
		if said == scoring.No {
			denied++
			if s.Evidence.Cases.Outcome[row] == scoring.OutcomeResolved {
				claimed++
			}
		}
	}
	return claimed / denied
}

func solvedShare(s *Sample) float64 {
	yes, n := 0.0, 0.0
	for _, said := range s.Evidence.Cases.Confirmed {
		switch said {
		case scoring.Yes:
			yes++
			n++
		case scoring.No:
			n++
		case scoring.Unknown:
		}
	}
	return yes / n
}

func correlation(a, b []float64) float64 {
	x, y := append([]float64(nil), a...), append([]float64(nil), b...)
	standardise(x)
	standardise(y)
	return dot(x, y) / float64(len(x))
}

func TestHistoriesAgreeWithTheirCases(t *testing.T) {
	t.Parallel()
	ev := small(mixed()).Generate(7).Evidence
	c, e := &ev.Cases, &ev.Events
	transfers, reopened := make([]int32, len(c.ID)), make([]int32, len(c.ID))
	holder := make([]int32, len(c.ID))
	for i := range holder {
		holder[i] = scoring.None
	}
	for row, of := range e.Case {
		if row > 0 && (of < e.Case[row-1] || of == e.Case[row-1] && e.At[row] < e.At[row-1]) {
			t.Fatalf("event %d is out of order", row)
		}
		if e.At[row] < c.Opened[of] || e.At[row] >= c.End {
			t.Fatalf("event %d lies outside its case", row)
		}
		switch e.Kind[row] {
		case scoring.EventAssigned, scoring.EventTransferAccepted, scoring.EventTransferRefused:
			holder[of] = e.To[row]
		case scoring.EventTransferred:
			transfers[of]++
		case scoring.EventReopened:
			reopened[of]++
		default:
		}
	}
	for i := range c.ID {
		if holder[i] != c.Posting[i] {
			t.Errorf("case %s: history ends with %d, the case says %d", c.ID[i], holder[i], c.Posting[i])
		}
		if transfers[i] != c.Transfers[i] || reopened[i] != c.Reopened[i] {
			t.Errorf("case %s: counts differ from the history", c.ID[i])
		}
	}
}
