package scoring_test

import (
	"context"
	"fmt"

	"steelyard/scoring"
	"steelyard/scoring/simulate"
)

// A year of forty officials, scored; the explanation of one composite adds up to it
// as printed.
func ExampleAssess() {
	world := simulate.Worlds()[0] // no traps
	world.Officials = 40
	evidence := world.Generate(1).Evidence

	result, err := scoring.Assess(context.Background(), evidence, scoring.DefaultPolicy(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	a := result.Assessments[0]
	sum := int64(0)
	for _, part := range a.Parts {
		sum += part.Points
	}
	fmt.Println(a.Status, fmt.Sprintf("%.2f", a.Composite) == fmt.Sprintf("%.2f", float64(sum)/100))
	fmt.Println(a.RankLow <= a.Rank, a.Rank <= a.RankHigh, a.Low <= a.Composite, a.Composite <= a.High)
	// Output:
	// SCORED true
	// true true true true
}
