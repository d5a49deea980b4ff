package simulate

import (
	"context"
	"math"
	"os"
	"testing"

	"steelyard/scoring"
)

// TestEngineReachesItsBars judges the engine as the table does, by what a single
// seed may miss: few seeds say nothing of a mean. The command simulate runs the
// whole table.
func TestEngineReachesItsBars(t *testing.T) {
	t.Parallel()
	worlds, seeds := Worlds()[:5], Seeds(1, 1)
	if os.Getenv("CI") == "true" {
		worlds = Worlds()
	}
	report, err := Run(context.Background(), Options{Worlds: worlds, Seeds: seeds, Policy: scoring.DefaultPolicy()})
	if err != nil {
		t.Fatal(err)
	}
	for i := range report.Rows {
		row := &report.Rows[i]
		for j, f := range row.Steelyard {
			if err := row.Failed[j]; err != nil {
				t.Errorf("%s, seed %d: %v", row.World.Name, row.Seeds[j], err)
				continue
			}
			least := func(figure string, got, bar float64) {
				if bar > 0 && !(got >= bar-worstBelow) {
					t.Errorf("%s, seed %d: %s %.3f, least %.3f", row.World.Name, row.Seeds[j], figure, got, bar-worstBelow)
				}
			}
			least("share of the oracle", f.Share, row.World.Bars.Share)
			least("share of the oracle of the sum", f.Sum, row.World.Bars.Sum)
			least("rank intervals", f.Rank, coverageLow)
			least("composite intervals", f.Composite, coverageLow)
			least("scored", f.Scored, scoredLow)
			if bar := row.World.Bars.Slope; bar > 0 && !(math.Abs(f.Slope) <= bar+worstBelow) {
				t.Errorf("%s, seed %d: slope on visibility %.3f", row.World.Name, row.Seeds[j], f.Slope)
			}
			if m := row.Means[j].Share; row.World.Bars.Share > 0 && !(f.Share > m) {
				t.Errorf("%s, seed %d: %.3f of the oracle, weighted means %.3f", row.World.Name, row.Seeds[j], f.Share, m)
			}
		}
	}
}
