package simulate

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// mean and worst sum a figure up over the seeds; worst is the least.
func mean(figures []Figures, of func(Figures) float64) float64 {
	sum := 0.0
	for _, f := range figures {
		sum += of(f) / float64(len(figures))
	}
	return sum
}

func worst(figures []Figures, of func(Figures) float64) float64 {
	low := math.Inf(1)
	for _, f := range figures {
		// A figure that cannot be had is worse than any other.
		if x := of(f); math.IsNaN(x) || x < low {
			low = x
		}
		if math.IsNaN(low) {
			return low
		}
	}
	return low
}

func rhoOf(f Figures) float64       { return f.Rho }
func shareOf(f Figures) float64     { return f.Share }
func sumOf(f Figures) float64       { return f.Sum }
func slopeOf(f Figures) float64     { return f.Slope }
func leastSlope(f Figures) float64  { return -math.Abs(f.Slope) }
func rankOf(f Figures) float64      { return f.Rank }
func compositeOf(f Figures) float64 { return f.Composite }
func scoredOf(f Figures) float64    { return f.Scored }

// WriteText writes two tables, a line a world, means over the seeds with the worst
// seed behind the stroke, then what was missed.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	b.WriteString("Rank correlation with q as a share of the oracle's (1.000); mean / worst seed.\n\n")
	err := r.writeTable(&b, (*Row).shares, "world", "oracle ρ", "means", "Bayes", "Steelyard", "must reach", "of the sum", "must reach", "")
	if err != nil {
		return err
	}
	b.WriteString("\nSlope on visibility given q, in standard deviations of the score; share of 95 % intervals that hold the truth; share scored.\n\n")
	err = r.writeTable(&b, (*Row).fairness, "world", "means", "oracle", "Steelyard", "at most", "rank intervals", "composite intervals", "scored", "must reach", "")
	if err != nil {
		return err
	}
	fmt.Fprintf(&b, "\nIntervals must hold the truth for %.0f to %.0f %%; a single seed may miss by %.2f.\n",
		100*coverageLow, 100*coverageHigh, worstBelow)
	missed := r.Missed()
	for _, m := range missed {
		fmt.Fprintf(&b, "missed: %s\n", m)
	}
	if len(missed) == 0 {
		b.WriteString("Every bar is reached.\n")
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

func (r *Report) writeTable(w io.Writer, cells func(*Row) []string, head ...string) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	writeLine(t, head)
	for i := range r.Rows {
		writeLine(t, cells(&r.Rows[i]))
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

func writeLine(t *tabwriter.Writer, cells []string) {
	fmt.Fprintln(t, strings.Join(cells, "\t"))
}

// verdict is a word that a reader finds at the end of a line.
func (r *Row) verdict() string {
	if len(r.missed()) > 0 {
		return "MISSED"
	}
	return "reached"
}

func (r *Row) shares() []string {
	return []string{
		r.World.Title,
		fmt.Sprintf("%.3f", mean(r.Oracle, rhoOf)),
		fmt.Sprintf("%.3f", mean(r.Means, shareOf)),
		fmt.Sprintf("%.3f", mean(r.Bayes, shareOf)),
		pair(mean(r.Steelyard, shareOf), worst(r.Steelyard, shareOf)),
		bar(r.World.Bars.Share),
		pair(mean(r.Steelyard, sumOf), worst(r.Steelyard, sumOf)),
		bar(r.World.Bars.Sum),
		r.verdict(),
	}
}

func (r *Row) fairness() []string {
	return []string{
		r.World.Title,
		fmt.Sprintf("%.2f", mean(r.Means, slopeOf)),
		fmt.Sprintf("%.2f", mean(r.Oracle, slopeOf)),
		pair(mean(r.Steelyard, slopeOf), -worst(r.Steelyard, leastSlope)),
		bar(r.World.Bars.Slope),
		pair(mean(r.Steelyard, rankOf), worst(r.Steelyard, rankOf)),
		pair(mean(r.Steelyard, compositeOf), worst(r.Steelyard, compositeOf)),
		pair(mean(r.Steelyard, scoredOf), worst(r.Steelyard, scoredOf)),
		bar(scoredLow),
		r.verdict(),
	}
}

func pair(a, b float64) string { return fmt.Sprintf("%.3f / %.3f", a, b) }

func bar(x float64) string {
	if x == 0 {
		return "–"
	}
	return fmt.Sprintf("%.3f", x)
}

// Missed says which bars were not reached, a line each; nil is success.
func (r *Report) Missed() []string {
	var all []string
	for i := range r.Rows {
		all = append(all, r.Rows[i].missed()...)
	}
	return all
}

func (r *Row) missed() []string {
	var all []string
	for j, err := range r.Failed {
		if err != nil {
			all = append(all, fmt.Sprintf("%s: seed %d: no result: %v", r.World.Name, r.Seeds[j], err))
		}
	}
	// Comparisons are so written that NaN misses.
	check := func(figure string, of func(Figures) float64, least float64) {
		if m := mean(r.Steelyard, of); !(m >= least) {
			all = append(all, fmt.Sprintf("%s: %s: mean %.3f, must reach %.3f", r.World.Name, figure, m, least))
		}
		if m := worst(r.Steelyard, of); !(m >= least-worstBelow) {
			all = append(all, fmt.Sprintf("%s: %s: worst %.3f, must reach %.3f", r.World.Name, figure, m, least-worstBelow))
		}
	}
	most := func(figure string, of func(Figures) float64, most float64) {
		if m := mean(r.Steelyard, of); !(m <= most) {
			all = append(all, fmt.Sprintf("%s: %s: mean %.3f, at most %.3f", r.World.Name, figure, m, most))
		}
	}
	b := r.World.Bars
	if b.Share > 0 {
		check("share of the oracle", shareOf, b.Share)
	}
	if b.Sum > 0 {
		check("share of the oracle of the sum", sumOf, b.Sum)
	}
	if b.Slope > 0 {
		if m := math.Abs(mean(r.Steelyard, slopeOf)); !(m <= b.Slope) {
			all = append(all, fmt.Sprintf("%s: slope on visibility: mean %.3f, at most %.3f", r.World.Name, m, b.Slope))
		}
		if m := -worst(r.Steelyard, leastSlope); !(m <= b.Slope+worstBelow) {
			all = append(all, fmt.Sprintf("%s: slope on visibility: worst %.3f, at most %.3f", r.World.Name, m, b.Slope+worstBelow))
		}
	}
	check("rank intervals", rankOf, coverageLow)
	most("rank intervals", rankOf, coverageHigh)
	check("composite intervals", compositeOf, coverageLow)
	most("composite intervals", compositeOf, coverageHigh)
	check("scored", scoredOf, scoredLow)
	return all
}
