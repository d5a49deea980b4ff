package web

import (
	"slices"
	"testing"
)

func TestHalfForOneLeavesTheOthersTheirProportions(t *testing.T) {
	for _, test := range []struct{ own, want []int }{
		{[]int{35, 35, 20, 10}, []int{22, 22, 50, 6}},
		{[]int{40, 40, 0, 20}, []int{20, 20, 50, 10}},
		{[]int{0, 0, 100, 0}, []int{17, 17, 50, 16}},
		{[]int{33, 33, 0, 34}, []int{17, 17, 50, 16}},
	} {
		page := whatIfPage{}
		for i, percent := range test.own {
			page.Own = append(page.Own, weight{AllScoreComponent[i], percent})
			page.Weights = append(page.Weights, weight{AllScoreComponent[i], percent})
		}
		page.half()
		var got []int
		for _, w := range page.Weights {
			got = append(got, w.Percent)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("of %v: %v, want %v", test.own, got, test.want)
		}
	}
}

func TestMoversAreTheLargestEffectsEitherWay(t *testing.T) {
	var parts []Part
	for i := range 2 * mostMovers {
		effect := float64(i)
		if i%2 == 0 {
			effect = -effect
		}
		parts = append(parts, Part{Evidence: []Piece{{Effect: effect}}})
	}
	got := movers(parts)
	if len(got) != mostMovers || got[0].Effect != 23 || got[1].Effect != -22 {
		t.Errorf("%v", got)
	}
	if parts[0].Evidence[0].Effect != 0 {
		t.Error("the parts are in another order now")
	}
}
