package mixed

import (
	"fmt"
	"math"
)

// layout is a problem made ready to be solved: rows sorted by what is absorbed
// and summed where nothing tells them apart.
//
// A run is a stretch of rows with one level of the inner absorbed factor (or
// without), a block is a stretch of runs with one level of the outer one (or
// without). Either factor may be missing.
type layout struct {
	p     *Problem
	rows  int     // responses of positive weight, before summing
	logW  float64 // Σ log w over them
	shift float64 // taken off y; given back to the first fixed factor
	// within is Σ w (y − mean)² inside the rows that were summed.
	within float64

	combo []int32 // by row: line of design, the combination of lead and cell
	lead  []int32 // by row: level of the first kept random factor, or their number: none
	cell  []int32 // by row: line of cells, the combination of everything else that is kept
	w, wy []float64

	runStart   []int32 // first row of each run, then the number of rows
	runLevel   []int32 // level of inner, or None
	runW       []float64
	blockStart []int32 // first run of each block, then the number of runs
	blockLevel []int32 // level of outer, or None
	chunks     []int   // borders of blocks that make up one task

	inner, outer int   // absorbed random factors, or -1
	kept         []int // the other random factors
	keptStart    []int // their first columns
	random       int   // columns of random levels
	columns      int   // columns in all: random levels, then active fixed effects

	leads       int       // levels of the first kept random factor
	cells       sparse    // by cell: its columns
	design      sparse    // by combination: its columns
	comboWeight []float64 // by combination: Σ w
	comboLead   []int32   // by combination: as lead
	comboCell   []int32   // by combination: as cell
	fixed       fixedPart
}

// choice is which random factors are absorbed, -1: none.
type choice struct{ inner, outer int }

// choose finds the absorption that leaves the fewest random levels. With
// keepTarget the first factor is not absorbed.
func choose(p *Problem, keepTarget bool) (choice, int) {
	total := 0
	for _, f := range p.Random {
		total += f.Levels
	}
	best, left := choice{-1, -1}, total
	take := func(c choice) {
		l := total
		for _, k := range []int{c.inner, c.outer} {
			if k >= 0 {
				l -= p.Random[k].Levels
			}
		}
		if l < left {
			best, left = c, l
		}
	}
	first := 0
	if keepTarget {
		first = 1
	}
	for k := first; k < len(p.Random); k++ {
		take(choice{-1, k})
		for j := first; j < len(p.Random); j++ {
			if j != k && nested(p, j, k) {
				take(choice{j, k})
			}
		}
	}
	return best, left
}

// nested says whether each level of random factor j meets a single level of k.
func nested(p *Problem, j, k int) bool {
	child, parent := p.Random[j], p.Random[k]
	const unseen = int32(-2)
	of := make([]int32, child.Levels)
	for i := range of {
		of[i] = unseen
	}
	for i, c := range child.Index {
		if c < 0 || (p.Weight != nil && p.Weight[i] == 0) {
			continue
		}
		if of[c] == unseen {
			of[c] = parent.Index[i]
		} else if of[c] != parent.Index[i] {
			return false
		}
	}
	return true
}

func newLayout(p *Problem, c choice) (*layout, error) {
	l := &layout{p: p, inner: c.inner, outer: c.outer}
	for k, f := range p.Random {
		if k != c.inner && k != c.outer {
			l.kept = append(l.kept, k)
			l.keptStart = append(l.keptStart, l.random)
			l.random += f.Levels
		}
	}
	sumW, sumWY := 0.0, 0.0
	for i, y := range p.Y {
		w := p.weight(i)
		if w > 0 {
			n := p.count(i)
			l.rows += int(n)
			sumW += w
			sumWY += float64(w * y)
			if p.Within != nil {
				l.within += p.Within[i]
			}
			if w != n {
				l.logW += float64(n * math.Log(w/n))
			}
		}
	}
	if l.rows == 0 {
		return nil, fmt.Errorf("%w: no row has a positive weight", ErrProblem)
	}
	l.shift = sumWY / sumW

	cells, cs := newCombos(p), newCombos(p)
	for i, k := range l.kept {
		if i > 0 {
			cells.refine(p.Random[k].Index, p.Random[k].Levels)
			continue
		}
		l.leads = p.Random[k].Levels
		cs.refine(p.Random[k].Index, p.Random[k].Levels)
	}
	for _, f := range p.Fixed {
		cells.refine(f.Index, f.Levels)
	}
	for _, x := range p.Covariates {
		cells.refineByValue(x)
	}
	cs.refine(cells.of, cells.count)
	l.sumRows(cs)
	if err := l.makeDesign(cs, cells); err != nil {
		return nil, err
	}
	return l, nil
}

// count is how many responses row i stands for.
func (p *Problem) count(i int) float64 {
	if p.Count == nil {
		return 1
	}
	return float64(p.Count[i])
}

func (p *Problem) weight(i int) float64 {
	if p.Weight == nil {
		return 1
	}
	return p.Weight[i]
}
