package mixed

import "math"

// tile is the edge of the blocks of the dense kernels; strip is how much of a
// row they take at a time, so that two tiles' strips stay in the second cache.
const (
	tile  = 64
	strip = 256
)

// square is a dense symmetric matrix of order n, rows one after the other. Only
// the lower triangle holds the matrix; the upper is workspace.
type square struct {
	n int
	a []float64
}

func newSquare(n int) *square { return &square{n: n, a: make([]float64, n*n)} }

func (s *square) row(i int) []float64 { return s.a[i*s.n : (i+1)*s.n : (i+1)*s.n] }

// at is element (i, j) of the lower triangle, given in either order.
func (s *square) at(i, j int) float64 {
	if j > i {
		i, j = j, i
	}
	return s.a[i*s.n+j]
}

// dots42 are the eight inner products of four rows with two, over their common
// length. Each is summed from the left.
func dots42(a0, a1, a2, a3, b0, b1 []float64) (c00, c01, c10, c11, c20, c21, c30, c31 float64) {
	n := len(a0)
	a1, a2, a3, b0, b1 = a1[:n], a2[:n], a3[:n], b0[:n], b1[:n]
	for k, x0 := range a0 {
		y0, y1 := b0[k], b1[k]
		x1, x2, x3 := a1[k], a2[k], a3[k]
		c00 += float64(x0 * y0)
		c01 += float64(x0 * y1)
		c10 += float64(x1 * y0)
		c11 += float64(x1 * y1)
		c20 += float64(x2 * y0)
		c21 += float64(x2 * y1)
		c30 += float64(x3 * y0)
		c31 += float64(x3 * y1)
	}
	return
}

func dot(a, b []float64) float64 {
	b = b[:len(a)]
	var s float64
	for k, x := range a {
		s += float64(x * b[k])
	}
	return s
}

// block is a small matrix of inner products, c[i][j].
type block [tile][tile]float64

// addDots adds to c[i][j] the inner products of columns from … to-1 of rows
// ra(i), i < na, and rb(j), j < nb. The order of summation is that of the strips.
func (c *block) addDots(ra, rb func(int) []float64, na, nb, from, to int) {
	for k := from; k < to; k += strip {
		e := min(k+strip, to)
		i := 0
		for ; i+4 <= na; i += 4 {
			a0, a1, a2, a3 := ra(i)[k:e], ra(i + 1)[k:e], ra(i + 2)[k:e], ra(i + 3)[k:e]
			j := 0
			for ; j+2 <= nb; j += 2 {
				c00, c01, c10, c11, c20, c21, c30, c31 := dots42(a0, a1, a2, a3, rb(j)[k:e], rb(j + 1)[k:e])
				c[i][j] += c00
				c[i][j+1] += c01
				c[i+1][j] += c10
				c[i+1][j+1] += c11
				c[i+2][j] += c20
				c[i+2][j+1] += c21
				c[i+3][j] += c30
				c[i+3][j+1] += c31
			}
			for ; j < nb; j++ {
				b := rb(j)[k:e]
				c[i][j] += dot(a0, b)
				c[i+1][j] += dot(a1, b)
				c[i+2][j] += dot(a2, b)
				c[i+3][j] += dot(a3, b)
			}
		}
		for ; i < na; i++ {
			a := ra(i)[k:e]
			for j := range nb {
				c[i][j] += dot(a, rb(j)[k:e])
			}
		}
	}
}

// cholesky replaces the lower triangle by L with L L' = the matrix. It returns
// false where a pivot is not positive.
//
// Blocks of columns from the left; within one, all tiles below the diagonal are
// independent of each other.
func (s *square) cholesky() bool {
	n := s.n
	tiles := (n + tile - 1) / tile
	for t := range tiles {
		j0, j1 := t*tile, min((t+1)*tile, n)
		if !s.factorTile(j0, j1) {
			return false
		}
		parallel(tiles-t-1, func(u int) {
			i0 := (t + 1 + u) * tile
			s.factorBelow(i0, min(i0+tile, n), j0, j1)
		})
	}
	return true
}

func (s *square) factorTile(j0, j1 int) bool {
	var c block
	rows := func(i int) []float64 { return s.row(j0 + i) }
	c.addDots(rows, rows, j1-j0, j1-j0, 0, j0)
	for i := j0; i < j1; i++ {
		ri := s.row(i)
		for j := j0; j < i; j++ {
			rj := s.row(j)
			ri[j] = (ri[j] - c[i-j0][j-j0] - dot(ri[j0:j], rj[j0:j])) / rj[j]
		}
		d := ri[i] - c[i-j0][i-j0] - dot(ri[j0:i], ri[j0:i])
		if !(d > 0) || math.IsInf(d, 0) {
			return false
		}
		ri[i] = math.Sqrt(d)
	}
	return true
}

func (s *square) factorBelow(i0, i1, j0, j1 int) {
	var c block
	c.addDots(func(i int) []float64 { return s.row(i0 + i) }, func(j int) []float64 { return s.row(j0 + j) }, i1-i0, j1-j0, 0, j0)
	for i := i0; i < i1; i++ {
		ri := s.row(i)
		for j := j0; j < j1; j++ {
			rj := s.row(j)
			ri[j] = (ri[j] - c[i-i0][j-j0] - dot(ri[j0:j], rj[j0:j])) / rj[j]
		}
	}
}

// logDet is the logarithm of the determinant of the leading m × m part, after cholesky.
func (s *square) logDet(m int) float64 {
	var l float64
	for i := range m {
		l += math.Log(s.a[i*s.n+i])
	}
	return 2 * l
}

// solve overwrites x with the solution of L L' z = x, after cholesky.
func (s *square) solve(x []float64) {
	for i := range x {
		r := s.row(i)
		x[i] = (x[i] - dot(r[:i], x[:i])) / r[i]
	}
	for i := len(x) - 1; i >= 0; i-- {
		r := s.row(i)
		x[i] /= r[i]
		f := x[i]
		for j, l := range r[:i] {
			x[j] -= float64(l * f)
		}
	}
}

// invert replaces, after cholesky, the lower triangle of the leading m × m part
// by that of its inverse. The factor is lost.
//
// First the rows of (L⁻¹)' are written into the upper triangle, then their inner
// products into the lower one. All inner loops run along rows.
func (s *square) invert(m int) {
	tiles := (m + tile - 1) / tile
	diag := make([]float64, m)
	for i := range diag {
		diag[i] = s.a[i*s.n+i]
		s.a[i*s.n+i] = 1 / diag[i]
	}
	parallel(tiles, func(t int) { s.inverseRows(t*tile, min((t+1)*tile, m), m, diag) })
	out := make([]float64, m)
	parallel(tiles, func(u int) {
		t := tiles - 1 - u // the short ones last
		i0 := t * tile
		for j0 := 0; j0 <= i0; j0 += tile {
			s.inverseTile(i0, min(i0+tile, m), j0, min(j0+tile, m), m, out)
		}
	})
	for i, v := range out {
		s.a[i*s.n+i] = v
	}
}

// inverseRows writes rows i0 … i1-1 of U = (L⁻¹)' right of the diagonal:
// U[i][k] = −(Σ_{i≤j<k} L[k][j]·U[i][j]) / L[k][k].
func (s *square) inverseRows(i0, i1, m int, diag []float64) {
	for i := i0; i < i1; i++ {
		ri := s.row(i)
		for k := i + 1; k < i1; k++ {
			ri[k] = -dot(s.row(k)[i:k], ri[i:k]) / diag[k]
		}
	}
	head := s.upperTile(i0, i1)
	for k0 := i1; k0 < m; k0 += tile {
		k1 := min(k0+tile, m)
		var c block
		left := func(k int) []float64 { return s.row(k0 + k)[i0:i1] }
		c.addDots(func(i int) []float64 { return head[i][:] }, left, i1-i0, k1-k0, 0, i1-i0)
		c.addDots(func(i int) []float64 { return s.row(i0 + i) }, func(k int) []float64 { return s.row(k0 + k) }, i1-i0, k1-k0, i1, k0)
		for i := i0; i < i1; i++ {
			ri := s.row(i)
			for k := k0; k < k1; k++ {
				ri[k] = -(c[i-i0][k-k0] + dot(s.row(k)[k0:k], ri[k0:k])) / diag[k]
			}
		}
	}
}

// upperTile is the diagonal tile with zeros below its diagonal.
func (s *square) upperTile(i0, i1 int) *block {
	var b block
	for i := i0; i < i1; i++ {
		copy(b[i-i0][i-i0:], s.row(i)[i:i1])
	}
	return &b
}

// inverseTile writes the inner products of the rows of U into the tile; those of
// the diagonal go to out, since U still needs its own.
func (s *square) inverseTile(i0, i1, j0, j1, m int, out []float64) {
	var c block
	head := s.upperTile(i0, i1)
	rj := func(j int) []float64 { return s.row(j0 + j)[i0:i1] }
	if i0 == j0 {
		rj = func(j int) []float64 { return head[j][:] }
	}
	c.addDots(func(i int) []float64 { return head[i][:] }, rj, i1-i0, j1-j0, 0, i1-i0)
	c.addDots(func(i int) []float64 { return s.row(i0 + i) }, func(j int) []float64 { return s.row(j0 + j) }, i1-i0, j1-j0, i1, m)
	for i := i0; i < i1; i++ {
		ri := s.row(i)
		for j := j0; j < j1; j++ {
			switch {
			case j < i:
				ri[j] = c[i-i0][j-j0]
			case j == i:
				out[i] = c[i-i0][j-j0]
			}
		}
	}
}
