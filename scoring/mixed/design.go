package mixed

import (
	"fmt"
	"math"
)

// makeDesign finds the estimable fixed effects and writes the columns of each
// combination and each cell.
func (l *layout) makeDesign(cs, cells *combos) error {
	p := l.p
	example := make([]int32, cs.count)
	for i, c := range cs.of {
		if c >= 0 {
			example[c] = int32(i)
		}
	}
	raw, rawColumn, rawCount, err := l.rawDesign(example)
	if err != nil {
		return err
	}
	active := codeFixed(raw, l.comboWeight, rawCount)
	l.fixed.column = make([][]int32, len(p.Fixed))
	l.fixed.ofColumn = active
	for f, levels := range rawColumn {
		l.fixed.column[f] = make([]int32, len(levels))
		for v, c := range levels {
			if c >= 0 {
				c = active[c]
			}
			l.fixed.column[f][v] = c
		}
	}
	l.fixed.slope = make([]int32, len(p.Covariates))
	for j := range p.Covariates {
		l.fixed.slope[j] = active[rawCount-len(p.Covariates)+j]
	}
	for _, c := range active {
		if c >= 0 {
			l.fixed.active++
		}
	}
	l.columns = l.random + l.fixed.active
	l.comboLead, l.comboCell = make([]int32, cs.count), make([]int32, cs.count)
	inCell := make([]int32, cells.count) // a combination that has the cell
	width := len(l.kept) + len(p.Fixed) + len(p.Covariates)
	l.design = newSparse(cs.count, cs.count*width)
	for c, r := range example {
		l.comboLead[c], l.comboCell[c] = int32(l.leads), cells.of[r]
		inCell[cells.of[r]] = int32(c)
		if len(l.kept) > 0 {
			if v := p.Random[l.kept[0]].Index[r]; v >= 0 {
				l.comboLead[c] = v
				l.design.add(v, 1)
			}
		}
		l.addCell(&l.design, raw, int32(c), r, active)
	}
	l.cells = newSparse(cells.count, cells.count*width)
	for _, c := range inCell {
		l.addCell(&l.cells, raw, c, example[c], active)
	}
	l.lead, l.cell = make([]int32, len(l.combo)), make([]int32, len(l.combo))
	for i, c := range l.combo {
		l.lead[i], l.cell[i] = l.comboLead[c], l.comboCell[c]
	}
	return nil
}

// addCell ends a row of d with the columns of a cell: those of the combination c,
// which row r is an example of, without the first kept factor's.
func (l *layout) addCell(d, raw *sparse, c, r int32, active []int32) {
	for k, factor := range l.kept {
		if v := l.p.Random[factor].Index[r]; k > 0 && v >= 0 {
			d.add(int32(l.keptStart[k])+v, 1)
		}
	}
	cols, vals := raw.row(c)
	for i, col := range cols {
		if a := active[col]; a >= 0 {
			d.add(int32(l.random)+a, vals[i])
		}
	}
	d.endRow()
}

// rawDesign codes the fixed effects before the search for dependent columns:
// levels that have rows, the first one of each factor but the first left out,
// then the covariates, centred and scaled.
func (l *layout) rawDesign(example []int32) (raw *sparse, column [][]int32, count int, err error) {
	p := l.p
	column = make([][]int32, len(p.Fixed))
	for f, factor := range p.Fixed {
		column[f] = make([]int32, factor.Levels)
		for v := range column[f] {
			column[f][v] = aliased
		}
		for _, r := range example {
			column[f][factor.Index[r]] = 0
		}
		first := f > 0
		for v, c := range column[f] {
			if c == aliased {
				continue
			}
			if first {
				column[f][v] = reference
				first = false
				continue
			}
			column[f][v] = int32(count)
			count++
		}
	}
	slope := count
	count += len(p.Covariates)
	if count > maxFixed {
		return nil, nil, 0, fmt.Errorf("%w: %d fixed parameters, at most %d are possible", ErrProblem, count, maxFixed)
	}
	l.standardise(example)
	lines := newSparse(len(example), len(example)*(len(p.Fixed)+len(p.Covariates)))
	raw = &lines
	for _, r := range example {
		for f, factor := range p.Fixed {
			if c := column[f][factor.Index[r]]; c >= 0 {
				raw.add(c, 1)
			}
		}
		for j, x := range p.Covariates {
			if l.fixed.scale[j] > 0 {
				raw.add(int32(slope+j), (x[r]-l.fixed.centre[j])/l.fixed.scale[j])
			}
		}
		raw.endRow()
	}
	return raw, column, count, nil
}

// standardise finds the covariates' weighted means and standard deviations.
func (l *layout) standardise(example []int32) {
	for _, x := range l.p.Covariates {
		var w, wx, wd float64
		for c, r := range example {
			w += l.comboWeight[c]
			wx += float64(l.comboWeight[c] * x[r])
		}
		mean := wx / w
		for c, r := range example {
			d := x[r] - mean
			wd += float64(float64(l.comboWeight[c]*d) * d)
		}
		l.fixed.centre = append(l.fixed.centre, mean)
		l.fixed.scale = append(l.fixed.scale, math.Sqrt(wd/w))
	}
}
