package mixed

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// positive makes a well-conditioned symmetric matrix.
func positive(n int) *square {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	s := newSquare(n)
	for i := range n {
		for j := range i {
			s.a[i*n+j] = r.Float64() - 0.5
		}
		s.a[i*n+i] = float64(n)/4 + r.Float64()
	}
	return s
}

// The oracle is the definition: the matrix times its inverse is the identity.
func TestInverseTimesMatrixIsIdentity(t *testing.T) {
	for _, n := range []int{1, 2, 5, 63, 64, 65, 130, 201} {
		for _, m := range []int{n, n / 2} {
			a, s := positive(n), positive(n)
			if !s.cholesky() {
				t.Fatalf("n=%d: not positive definite", n)
			}
			s.invert(m)
			for i := range m {
				for j := range m {
					var sum float64
					for k := range m {
						sum += a.at(i, k) * s.at(k, j)
					}
					want := 0.0
					if i == j {
						want = 1
					}
					if math.Abs(sum-want) > 1e-10 {
						t.Fatalf("n=%d m=%d (%d,%d): %g", n, m, i, j, sum)
					}
				}
			}
		}
	}
}

func TestSolveAndDeterminant(t *testing.T) {
	s := &square{n: 2, a: []float64{4, 0, 2, 5}} // determinant 16
	if !s.cholesky() || math.Abs(s.logDet(2)-math.Log(16)) > 1e-14 {
		t.Fatal("determinant")
	}
	x := []float64{8, 9} // 4·1.375 + 2·1.25, 2·1.375 + 5·1.25
	s.solve(x)
	if math.Abs(x[0]-1.375) > 1e-14 || math.Abs(x[1]-1.25) > 1e-14 {
		t.Fatal(x)
	}
}

func TestCholeskyRefusesIndefinite(t *testing.T) {
	s := &square{n: 2, a: []float64{1, 0, 2, 1}}
	if s.cholesky() {
		t.Fatal("indefinite matrix accepted")
	}
}

func BenchmarkDense(b *testing.B) {
	for _, n := range []int{500, 1000, 2000, 3000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var factor, inverse time.Duration
			for range b.N {
				s := positive(n)
				t0 := time.Now()
				if !s.cholesky() {
					b.Fatal("not positive definite")
				}
				t1 := time.Now()
				s.invert(n)
				factor += t1.Sub(t0)
				inverse += time.Since(t1)
			}
			b.ReportMetric(factor.Seconds()/float64(b.N), "s-factor")
			b.ReportMetric(inverse.Seconds()/float64(b.N), "s-inverse")
		})
	}
}
