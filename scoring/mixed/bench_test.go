package mixed

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// world draws ratings on whole levels: officials in groups, each with some of the
// cells, raters of about five ratings each who meet anybody.
func world(rows, officials, raters, groups, cells int) Problem {
	r := rand.New(rand.NewPCG(7, uint64(rows)))
	normal := func(n int, sd float64) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = sd * r.NormFloat64()
		}
		return v
	}
	u, s, c, g := normal(officials, .5), normal(raters, .4), normal(cells, .5), normal(groups, .2)
	column := func(name string, levels int) Factor {
		return Factor{Name: name, Levels: levels, Index: make([]int32, rows)}
	}
	group, cell := column("group", groups), column("cell", cells)
	official, rater := column("official", officials), column("rater", raters)
	y := make([]float64, rows)
	for i := range rows {
		o := r.IntN(officials)
		k := (o*7 + r.IntN(1+cells/3)) % cells
		official.Index[i], group.Index[i], cell.Index[i] = int32(o), int32(o%groups), int32(k)
		y[i] = 3 + u[o] + g[o%groups] + c[k] + 1.1*r.NormFloat64()
		rater.Index[i] = int32(r.IntN(raters))
		y[i] += s[rater.Index[i]]
		y[i] = math.Round(math.Min(5, math.Max(1, y[i])))
	}
	return Problem{Y: y, Fixed: []Factor{group, cell}, Random: []Factor{official, rater}}
}

// BenchmarkFit shows how the time of a fit grows: its seconds as a multiple of a
// bare pass that sums by official, the bytes allocated a row, and the exponent of
// the growth since the size before.
func BenchmarkFit(b *testing.B) {
	var lastRows, lastSeconds float64
	for _, size := range []struct{ rows, officials, raters int }{
		{50_000, 1000, 10_000}, {500_000, 2000, 100_000}, {500_000, 5000, 100_000}, {5_000_000, 10_000, 1_000_000},
	} {
		b.Run(fmt.Sprintf("rows=%d/officials=%d", size.rows, size.officials), func(b *testing.B) {
			p := world(size.rows, size.officials, size.raters, 6, 40)
			bare := barePass(&p)
			b.ResetTimer()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			t0 := time.Now()
			var s *Solution
			for range b.N {
				s = mustFit(b, p, Options{})
			}
			seconds := time.Since(t0).Seconds() / float64(b.N)
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(s.Iterations), "iterations")
			b.ReportMetric(seconds/bare, "x-bare-pass")
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/float64(size.rows), "B/row")
			if lastRows > 0 {
				b.ReportMetric(math.Log(seconds/lastSeconds)/math.Log(float64(size.rows)/lastRows), "exponent")
			}
			if size.rows != int(lastRows) {
				lastRows, lastSeconds = float64(size.rows), seconds
			}
		})
	}
}

// barePass is the time of one pass that counts and sums by official.
func barePass(p *Problem) float64 {
	t0 := time.Now()
	f := p.Random[0]
	n, sum := make([]int, f.Levels), make([]float64, f.Levels)
	for i, o := range f.Index {
		n[o]++
		sum[o] += p.Y[i]
	}
	seconds := time.Since(t0).Seconds()
	if sum[0] == 0 && n[0] > 0 {
		return 0
	}
	return seconds
}
