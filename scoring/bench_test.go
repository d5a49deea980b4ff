package scoring_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"steelyard/scoring"
)

// size is how much evidence a benchmark has.
type size struct{ officials, ratings, raters, cases, reviewers int }

// city draws evidence in bulk: officials in ten groups, 40 services and 30
// categories, each official with some of them; raters who meet anybody; reviewers
// of the same group, five dimensions each.
func city(s size) *scoring.Evidence {
	r := rand.New(rand.NewPCG(1, uint64(s.ratings)))
	b := newBook()
	ev := b.ev
	normal := func(n int, sd float64) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = sd * r.NormFloat64()
		}
		return v
	}
	level := func(x float64) uint8 { return uint8(math.Round(min(max(x, 1), 5))) }
	for i := range s.officials {
		b.posting(fmt.Sprintf("G%d", i%10), fmt.Sprintf("U%03d", i/50), "P")
	}
	for k := range 70 {
		b.kind(fmt.Sprintf("kind:%02d", k), scoring.None)
	}
	quality, visibility := normal(s.officials, 1), normal(s.officials, 1)
	severity, hard := normal(s.raters, 0.4), normal(70, 0.5)
	day := func() scoring.Day { return firstDay + scoring.Day(r.IntN(365)) }
	for range s.ratings {
		o, who := r.IntN(s.officials), r.IntN(s.raters)
		kind := (o*7 + r.IntN(12)) % 40
		b.rating(int32(o), int32(who), int32(kind), level(3.4+0.4*quality[o]+0.3*visibility[o]+severity[who]-hard[kind]+0.9*r.NormFloat64()), day())
	}
	t := &ev.Cases
	for i := range s.cases {
		o := r.IntN(s.officials)
		kind := 40 + (o*5+r.IntN(8))%30
		opened := noon(firstDay + scoring.Day(r.IntN(330)))
		t.ID = append(t.ID, fmt.Sprintf("C%08d", i))
		t.Posting = append(t.Posting, int32(o))
		t.Kind = append(t.Kind, int32(kind))
		t.Channel = append(t.Channel, scoring.Channel(r.IntN(4)))
		t.Opened = append(t.Opened, opened)
		t.Due = append(t.Due, opened+10*86400)
		took := int64(3*86400 + r.IntN(9*86400))
		if r.Float64() < 1/(1+math.Exp(-0.6*quality[o]-1)) {
			took /= 2
		}
		t.Closed = append(t.Closed, opened+took)
		t.Outcome = append(t.Outcome, scoring.OutcomeResolved)
		confirmed := scoring.Unknown
		if r.IntN(2) == 0 {
			confirmed = scoring.No
			if r.Float64() < 1/(1+math.Exp(-0.7*quality[o]-1+hard[kind])) {
				confirmed = scoring.Yes
			}
		}
		t.Confirmed = append(t.Confirmed, confirmed)
		t.Asked = append(t.Asked, scoring.Yes)
		t.Satisfaction = append(t.Satisfaction, 0)
		t.Transfers = append(t.Transfers, 0)
		t.Reopened = append(t.Reopened, int32(r.IntN(12)/11))
		t.Resident = append(t.Resident, int32(r.IntN(s.raters)))
		t.Upheld = append(t.Upheld, false)
	}
	for o := range s.officials {
		for range s.reviewers {
			by := (o + 10*(1+r.IntN(s.officials/10-1))) % s.officials
			pair := 0.3 * r.NormFloat64()
			var scores []uint8
			for range 5 {
				scores = append(scores, level(3.5+0.4*quality[o]+0.4*visibility[o]+pair+0.5*r.NormFloat64()))
			}
			b.review(int32(o), int32(by), int32(by), scoring.RelationPeer, scores...)
		}
		for range 4 + r.IntN(8) {
			b.deed(int32(o), day(), scoring.Yes, scoring.None)
		}
		b.achievement(int32(o), int(5*math.Exp(0.8*visibility[o])))
	}
	return ev
}

// BenchmarkAssess runs the whole engine over sizes: seconds as a multiple of a bare
// pass that sums levels by official, the memory taken from the system, and the
// exponent of the growth since the size before.
func BenchmarkAssess(b *testing.B) {
	lastRows, lastSeconds := 0.0, 0.0
	for _, s := range []size{
		{1_000, 50_000, 10_000, 10_000, 4},
		{2_000, 500_000, 100_000, 100_000, 4},
		{10_000, 5_000_000, 1_000_000, 1_000_000, 4},
	} {
		b.Run(fmt.Sprintf("ratings=%d/officials=%d", s.ratings, s.officials), func(b *testing.B) {
			ev := city(s)
			bare := barePass(ev)
			runtime.GC()
			b.ResetTimer()
			start := time.Now()
			for range b.N {
				assess(b, ev, scoring.DefaultPolicy())
			}
			seconds := time.Since(start).Seconds() / float64(b.N)
			b.StopTimer()
			var memory runtime.MemStats
			runtime.ReadMemStats(&memory)
			b.ReportMetric(seconds/bare, "x-bare-pass")
			b.ReportMetric(float64(memory.Sys)/(1<<20), "MiB-from-system")
			if lastRows > 0 {
				b.ReportMetric(math.Log(seconds/lastSeconds)/math.Log(float64(s.ratings)/lastRows), "exponent")
			}
			lastRows, lastSeconds = float64(s.ratings), seconds
		})
	}
}

// BenchmarkLaterRatingInACity is a rating that comes after a run, by the run's size:
// it must stay a matter of milliseconds.
func BenchmarkLaterRatingInACity(b *testing.B) {
	for _, s := range []size{{1_000, 50_000, 10_000, 10_000, 4}, {2_000, 500_000, 100_000, 100_000, 4}} {
		ev := city(s)
		_, kept, err := scoring.AssessKept(b.Context(), ev, scoring.DefaultPolicy(), nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("ratings=%d", s.ratings), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				later := scoring.LaterRating{Posting: int32(i % s.officials), Rater: int32(i % s.raters), Kind: 3, Level: 4, Day: ev.To}
				if _, err := kept.Rate(later); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// barePass is the time of one pass that counts and sums by official.
func barePass(ev *scoring.Evidence) float64 {
	start := time.Now()
	n, sum := make([]int, len(ev.Postings)), make([]float64, len(ev.Postings))
	for i, p := range ev.Ratings.Posting {
		n[p]++
		sum[p] += float64(ev.Ratings.Level[i])
	}
	seconds := time.Since(start).Seconds()
	if n[0] > 0 && sum[0] == 0 {
		return math.NaN()
	}
	return seconds
}
