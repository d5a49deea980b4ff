package scoring_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"steelyard/scoring"
)

// colleagues are officials of one sort whose shares differ about 0.7 by more than
// chance.
func colleagues(r *rand.Rand, n, of int) []scoring.Tally {
	list := make([]scoring.Tally, n)
	for i := range list {
		share := 1 / (1 + math.Exp(-(0.85 + 0.3*r.NormFloat64())))
		list[i] = scoring.Tally{Of: int32(of)}
		for range of {
			if r.Float64() < share {
				list[i].Hits++
			}
		}
	}
	return list
}

// TestUnusualSharesSeldomCryWolf draws 200 worlds in which nothing is wrong. At 1 %
// two of them may name somebody; more than eight is beyond what chance makes of that once in a
// thousand times.
func TestUnusualSharesSeldomCryWolf(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	alarms := 0
	for range 200 {
		named := scoring.Discoveries(scoring.UnusualShares(colleagues(r, 40, 60), true), 0.01)
		for _, is := range named {
			if is {
				alarms++
				break
			}
		}
	}
	if alarms > 8 {
		t.Errorf("%d of 200 worlds without a culprit have one", alarms)
	}
}

func TestUnusualSharesFindWhoInvitesFew(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		list := colleagues(r, 40, 60)
		for i := range 4 { // several at once hide one another in a mean, not in a median
			list[i].Hits = 8
		}
		p := scoring.UnusualShares(list, true)
		named := scoring.Discoveries(p, 0.01)
		for i := range 4 {
			if !named[i] {
				t.Errorf("8 of 60 where 70 %% are usual has p = %.2g and is not named", p[i])
			}
		}
		if high := scoring.UnusualShares(list, false); high[0] < 0.5 {
			t.Errorf("a low share is called high: %.2g", high[0])
		}
	}
}

func TestUnusualSharesOfFewColleaguesAreNotTested(t *testing.T) {
	list := colleagues(rand.New(rand.NewPCG(5, 6)), 5, 60)
	list[0].Hits = 0
	for _, p := range scoring.UnusualShares(list, true) {
		if !math.IsNaN(p) {
			t.Errorf("five are compared with one another: %v", p)
		}
	}
	more := append(colleagues(rand.New(rand.NewPCG(5, 6)), 8, 60), scoring.Tally{Hits: 0, Of: 9})
	if p := scoring.UnusualShares(more, true); !math.IsNaN(p[8]) || math.IsNaN(p[0]) {
		t.Errorf("nine pieces are tested, or sixty are not: %v", p)
	}
}

// TestUnusualContrastsKnowWhatIsUsualOfASource: everybody's telephone is rated
// lower, and one official's far higher than the rest of that official's work.
func TestUnusualContrastsKnowWhatIsUsualOfASource(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	draw := func(n int, share float64) (hits int32) {
		for range n {
			if r.Float64() < share {
				hits++
			}
		}
		return hits
	}
	var list []scoring.Contrast
	for range 30 {
		list = append(list, scoring.Contrast{In: draw(40, 0.5), Of: 40, Others: scoring.Tally{Hits: draw(60, 0.8), Of: 60}})
	}
	if named := scoring.Discoveries(scoring.UnusualContrasts(list), 0.01); count(named) > 0 {
		t.Errorf("%d are named because telephones are rated lower", count(named))
	}
	list[7].In, list[7].Others.Hits = 39, 24
	named := scoring.Discoveries(scoring.UnusualContrasts(list), 0.01)
	if !named[7] || count(named) != 1 {
		t.Errorf("39 of 40 are 4 and 5 by telephone and 24 of 60 elsewhere: %v are named", named)
	}
}

func count(named []bool) (n int) {
	for _, is := range named {
		if is {
			n++
		}
	}
	return n
}

// TestDiscoveries is example 3.1 of Benjamini & Hochberg 1995: four of fifteen at 5 %.
func TestDiscoveries(t *testing.T) {
	p := []float64{
		0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1,
	}
	if got := count(scoring.Discoveries(p, 0.05)); got != 4 {
		t.Errorf("%d are named, the paper has 4", got)
	}
	if got := count(scoring.Discoveries([]float64{math.NaN(), math.NaN()}, 1)); got != 0 {
		t.Error("what was not tested is named")
	}
}
