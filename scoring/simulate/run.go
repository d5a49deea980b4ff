package simulate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"steelyard/scoring"
)

// Options say what [Run] runs.
type Options struct {
	Worlds   []World // by default [Worlds]
	Seeds    []uint64
	Policy   scoring.Policy
	Progress func(done, total int) // may be nil; never called twice at once
}

// Report is the outcome of a run, a row a world.
type Report struct{ Rows []Row }

// Row holds the figures of one world, each slice by seed.
type Row struct {
	World     World
	Seeds     []uint64
	Steelyard []Figures
	Means     []Figures // weighted means
	Bayes     []Figures // Bayesian average
	Oracle    []Figures // the oracle itself
	Failed    []error   // why the engine gave no result, or nil; Steelyard is NaN there
}

// Seeds returns the seeds from first on.
func Seeds(first uint64, n int) []uint64 {
	seeds := make([]uint64, n)
	for i := range seeds {
		seeds[i] = first + uint64(i)
	}
	return seeds
}

// Run draws every world with every seed, scores each by every method and judges
// them, as many at once as there are CPUs. The report depends on worlds, seeds
// and policy only. A world that the engine refuses is a miss in the report, not
// an error.
func Run(ctx context.Context, o Options) (*Report, error) {
	if len(o.Seeds) == 0 {
		return nil, errors.New("simulate: no seeds")
	}
	if len(o.Worlds) == 0 {
		o.Worlds = Worlds()
	}
	report := &Report{Rows: make([]Row, len(o.Worlds))}
	var (
		mu    sync.Mutex
		done  int
		total = len(o.Worlds) * len(o.Seeds)
	)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, w := range o.Worlds {
		n := len(o.Seeds)
		row := &report.Rows[i]
		*row = Row{
			World: w, Seeds: o.Seeds,
			Steelyard: make([]Figures, n), Means: make([]Figures, n), Bayes: make([]Figures, n), Oracle: make([]Figures, n),
			Failed: make([]error, n),
		}
		for j, seed := range o.Seeds {
			group.Go(func() error {
				if err := row.run(ctx, j, o.Policy); err != nil {
					return fmt.Errorf("world %s, seed %d: %w", w.Name, seed, err)
				}
				mu.Lock()
				defer mu.Unlock()
				done++
				if o.Progress != nil {
					o.Progress(done, total)
				}
				return nil
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return report, nil
}

// run fills in the j-th seed.
func (r *Row) run(ctx context.Context, j int, policy scoring.Policy) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s := r.World.Generate(r.Seeds[j])
	oracle := s.Oracle(policy)
	result, err := scoring.Assess(ctx, s.Evidence, policy, nil)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		nan := math.NaN()
		r.Failed[j] = err
		r.Steelyard[j] = Figures{Rho: nan, Share: nan, Sum: nan, Slope: nan, Rank: nan, Composite: nan}
	default:
		r.Steelyard[j] = s.Evaluate(result, policy, oracle)
	}
	r.Means[j] = s.EvaluateScores(WeightedMeans(s.Evidence, policy), policy, oracle)
	r.Bayes[j] = s.EvaluateScores(BayesianAverage(s.Evidence, policy), policy, oracle)
	r.Oracle[j] = s.EvaluateScores(oracle.Quality, policy, oracle)
	return nil
}
