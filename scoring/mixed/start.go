package mixed

import (
	"context"
	"slices"
)

// An exact fit of many levels begins where a rough one by probes ends, and a fit of many
// rows where one of about startRows of them does.
const (
	roughFrom = 600
	startRows = 300_000

	// roughTolerance is the last change of a rough estimation: the step after it would
	// be some twenty times shorter.
	roughTolerance = 5e-3
)

// roughStart is a first estimate of the variances, or nil where the guess will do
// or nothing better was found. The error is ctx's.
func (p *Problem) roughStart(ctx context.Context, o *Options) ([]float64, error) {
	_, left := choose(p, false)
	every := len(p.Y) / startRows
	if o.rough || left <= roughFrom {
		return nil, nil
	}
	some := p.sample(every)
	if some == p && !o.exact(left) {
		return nil, nil // it would be the same estimation, twice
	}
	rough := Options{
		ML: o.ML, Seed: o.Seed, ExactLimit: -1, EffectsOnly: true, MaxIterations: o.MaxIterations, Tolerance: roughTolerance, rough: true,
	}
	s, err := fit(ctx, some, &rough)
	if err != nil || slices.Contains(s.Boundary, true) {
		return nil, ctx.Err()
	}
	return append(s.Variances, s.Residual), nil
}

// sample is the problem with every n-th level of the random factor that has most of
// them (the target aside), and of the rows without such a level every n-th.
func (p *Problem) sample(n int) *Problem {
	k := 1
	for j := range p.Random {
		if j > 0 && p.Random[j].Levels > p.Random[k].Levels {
			k = j
		}
	}
	if n < 2 || len(p.Random) < 2 {
		return p
	}
	var rows []int32
	for i, level := range p.Random[k].Index {
		if level >= 0 && int(level)%n == 0 || level < 0 && i%n == 0 {
			rows = append(rows, int32(i))
		}
	}
	s := &Problem{Y: of(p.Y, rows)}
	if p.Weight != nil {
		s.Weight = of(p.Weight, rows)
	}
	if p.Count != nil {
		s.Count = of(p.Count, rows)
	}
	if p.Within != nil {
		s.Within = of(p.Within, rows)
	}
	for _, f := range p.Fixed {
		s.Fixed = append(s.Fixed, Factor{Name: f.Name, Levels: f.Levels, Index: of(f.Index, rows)})
	}
	for _, x := range p.Covariates {
		s.Covariates = append(s.Covariates, of(x, rows))
	}
	for j, f := range p.Random {
		f.Index = of(f.Index, rows)
		if j == k {
			f.Levels = (f.Levels + n - 1) / n
			for i, level := range f.Index {
				if level >= 0 {
					f.Index[i] = level / int32(n)
				}
			}
		}
		s.Random = append(s.Random, f)
	}
	return s
}

func of[T any](column []T, rows []int32) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = column[r]
	}
	return out
}
