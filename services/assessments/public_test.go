package assessments

import (
	"testing"

	"steelyard/scoring"
)

// TestWhatEverybodyKnowsHidesNobody: three imported cases among twenty that stand in the list
// of public cases are those of three residents, whatever surrounds them.
func TestWhatEverybodyKnowsHidesNobody(t *testing.T) {
	type some struct{ known, others int }
	for name, test := range map[string]struct {
		cases some
		want  int
	}{
		"known ones alone":               {some{7, 0}, 7},
		"others alone":                   {some{0, 6}, 6},
		"few others among known ones":    {some{20, 3}, 3},
		"enough others among known ones": {some{2, 9}, 9},
		"none":                           {some{0, 0}, 0},
	} {
		ev := &scoring.Evidence{Postings: make([]scoring.Posting, 2)}
		known := map[string]bool{}
		for i := range test.cases.known + test.cases.others {
			id := string(rune('a' + i))
			known[id] = i < test.cases.known
			ev.Cases.ID = append(ev.Cases.ID, id)
			ev.Cases.Posting = append(ev.Cases.Posting, 1)
			ev.Cases.Resident = append(ev.Cases.Resident, int32(i))
		}
		got := personsBehind(ev, &scoring.Result{Assessments: []scoring.Assessment{{Posting: 1}, {Posting: 0}}}, known)
		if n := got[0][scoring.Outcomes]; n != test.want || got[1][scoring.Outcomes] != 0 {
			t.Errorf("%s: %d residents are behind the line, want %d; behind another %v", name, n, test.want, got[1])
		}
	}
}
