package mixed_test

import (
	"context"
	"fmt"

	"steelyard/scoring/mixed"
)

// Five ratees, four raters who each met some of them, variances known. The third
// ratee is ahead of the first by 0.17 in the raw means, and by 0.07 once it is known
// who rated whom.
func ExampleFit() {
	problem := mixed.Problem{
		Y:     []float64{5, 4, 4, 4, 3, 2, 4, 5, 3, 2, 4, 3},
		Fixed: []mixed.Factor{{Name: "mean", Levels: 1, Index: make([]int32, 12)}},
		Random: []mixed.Factor{
			{Name: "ratee", Levels: 5, Index: []int32{0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4}},
			{Name: "rater", Levels: 4, Index: []int32{0, 1, 2, 0, 1, 3, 1, 2, 2, 3, 0, 3}},
		},
	}
	s, err := mixed.Fit(context.Background(), problem, mixed.Options{FixedVariances: []float64{0.5, 0.25, 1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, effect := range s.Effects[0] {
		fmt.Printf("ratee %d: %+.3f, reliability %.2f\n", i+1, effect, s.Reliability(0)[i])
	}
	// Output:
	// ratee 1: +0.369, reliability 0.46
	// ratee 2: -0.321, reliability 0.46
	// ratee 3: +0.435, reliability 0.39
	// ratee 4: -0.468, reliability 0.39
	// ratee 5: -0.014, reliability 0.39
}
