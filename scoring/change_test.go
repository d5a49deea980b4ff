package scoring_test

import (
	"math"
	"testing"

	"steelyard/scoring"
)

// The oracle is Newcombe (1998), table II (a): 56/70 against 48/80, whose Wilson
// intervals are 0.6921 to 0.8774 and 0.4905 to 0.7000 to four digits, gives a difference
// of 0.2 and the interval 0.0524 to 0.3339.
func TestChangeIsNewcombes(t *testing.T) {
	d, low, high := scoring.Change(
		scoring.Bounded{Value: 48. / 80, Low: 0.4904537, High: 0.7003982},
		scoring.Bounded{Value: 56. / 70, Low: 0.6917989, High: 0.8770152})
	for _, c := range []struct{ got, want float64 }{{d, 0.2}, {low, 0.0524}, {high, 0.3339}} {
		if math.Abs(c.got-c.want) > 0.0005 { // the table's digits
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
}

func TestChangeTurnsRound(t *testing.T) {
	a, b := scoring.Bounded{Value: 40, Low: 31, High: 52}, scoring.Bounded{Value: 61, Low: 55, High: 66}
	d, low, high := scoring.Change(a, b)
	back, lowBack, highBack := scoring.Change(b, a)
	if d != -back || low != -highBack || high != -lowBack {
		t.Errorf("forth %v %v %v, back %v %v %v", d, low, high, back, lowBack, highBack)
	}
}
