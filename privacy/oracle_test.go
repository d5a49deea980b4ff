package privacy

import (
	"fmt"
	"math/big"
)

// learned lists every group of contributions (batch and cell) with fewer answers than the threshold that an attacker
// can compute who knows the sums, the figures of past, and those of next in the cells of show. It tries all groups
// against an echelon form over the rationals.
func learned(past []Batch, next Batch, sums []Sum, show []bool, threshold int) map[string]bool {
	batches := append(append([]Batch(nil), past...), next)
	cells := len(show)
	weight := make([]int, len(batches)*cells)
	for k, b := range batches {
		for i := range cells {
			weight[k*cells+i] = b.Added[i] + b.Removed[i]
		}
	}
	var facts [][]int64
	fact := func() []int64 {
		facts = append(facts, make([]int64, len(weight)))
		return facts[len(facts)-1]
	}
	for at, w := range weight {
		if w == 0 {
			fact()[at] = 1
		}
	}
	for k, b := range batches {
		for _, s := range sums {
			f := fact()
			f[k*cells+s.Total] = -1
			for _, p := range s.Parts {
				f[k*cells+p] = 1
			}
		}
		shown := b.Shown
		if k == len(past) {
			shown = show
		}
		for i, yes := range shown {
			if !yes {
				continue
			}
			f := fact()
			for j := range k + 1 {
				f[j*cells+i] = 1
			}
		}
	}
	basis := echelon(facts)
	found := map[string]bool{}
	group := make([]int64, len(weight))
	var try func(from, left int)
	try = func(from, left int) {
		for at := from; at < len(weight); at++ {
			if weight[at] == 0 || weight[at] > left {
				continue
			}
			group[at] = 1
			if spanned(basis, group) {
				found[fmt.Sprint(group)] = true
			}
			try(at+1, left-weight[at])
			group[at] = 0
		}
	}
	try(0, threshold-1)
	return found
}

func missingFrom(a, b map[string]bool) []string {
	var out []string
	for key := range a {
		if !b[key] {
			out = append(out, key)
		}
	}
	return out
}

// echelon returns rows by their leading column.
func echelon(facts [][]int64) map[int][]*big.Rat {
	basis := map[int][]*big.Rat{}
	for _, f := range facts {
		if lead, rest := reduceBy(basis, f); lead >= 0 {
			basis[lead] = rest
		}
	}
	return basis
}

func spanned(basis map[int][]*big.Rat, f []int64) bool {
	lead, _ := reduceBy(basis, f)
	return lead < 0
}

// reduceBy subtracts basis rows from f and returns the first column that is left with the rest scaled to 1 there, or -1.
func reduceBy(basis map[int][]*big.Rat, f []int64) (int, []*big.Rat) {
	rest := make([]*big.Rat, len(f))
	for i, v := range f {
		rest[i] = new(big.Rat).SetInt64(v)
	}
	for i := range rest {
		if rest[i].Sign() == 0 {
			continue
		}
		factor := new(big.Rat).Set(rest[i])
		row, found := basis[i]
		if !found {
			for j := range rest {
				rest[j].Quo(rest[j], factor)
			}
			return i, rest
		}
		for j := i; j < len(rest); j++ {
			if row[j].Sign() != 0 {
				rest[j].Sub(rest[j], new(big.Rat).Mul(factor, row[j]))
			}
		}
	}
	return -1, nil
}
