package privacy

import (
	"cmp"
	"slices"
)

// What can be computed from figures is a matter of linear algebra. The unknowns are the contributions of each batch to
// each cell (their sums of levels, say; every figure is linear in such sums). Known are the sums of the table, in each
// batch, and each figure shown: the sum of a cell's batches so far. A group of contributions can be computed if and
// only if the vector with ones at the group and zeros elsewhere is a linear combination of the known rows.
//
// The rows are brought to reduced echelon form with the unknowns ordered from many answers to few. A group below the
// threshold holds small unknowns only, so that it can only be combined from rows whose leading unknown is small, each
// taken once or not at all: few, and quickly tried. Coefficients are residues modulo a large prime, which never
// overflow. With rational numbers the result could differ only if that prime divided a determinant of the system, whose
// entries are 0, 1 and -1; where the cells form trees or two-way tables these determinants are themselves 0, 1 or -1.
const prime = 1<<31 - 1

// maxTries bounds the search for combinations; beyond it a row is taken for a breach, which hides more, never less.
const maxTries = 10_000

// term is a coefficient at an index; vectors are sorted by index and hold no zeros.
type term struct {
	at    int
	coeff uint64
}

type vector []term

// row is a linear fact. from tells which of the new figures it was combined from.
type row struct {
	vec  vector
	from vector // indices are cells
}

// problem is a set of linear facts over unknowns that are ordered by falling weight.
type problem struct {
	weight []int // answers behind each unknown, falling
	facts  []row
}

// system states what is known once the cells in show get their new figure.
func system(past []Batch, next Batch, sums []Sum, show []bool) problem {
	batches := append(slices.Clone(past), next)
	cells := len(show)
	type unknown struct{ batch, cell, weight int }
	var order []unknown
	for k, b := range batches {
		for i := range cells {
			if w := b.Added[i] + b.Removed[i]; w > 0 {
				order = append(order, unknown{k, i, w})
			}
		}
	}
	slices.SortStableFunc(order, func(a, b unknown) int { return cmp.Compare(b.weight, a.weight) })
	p := problem{weight: make([]int, len(order))}
	index := make(map[[2]int]int, len(order))
	for at, u := range order {
		p.weight[at] = u.weight
		index[[2]int{u.batch, u.cell}] = at
	}
	// One that nothing contributed to is known to be zero and does not appear.
	add := func(vec vector, batch, cell int, coeff uint64) vector {
		if at, found := index[[2]int{batch, cell}]; found {
			vec = append(vec, term{at, coeff})
		}
		return vec
	}
	for k := range batches {
		for _, s := range sums {
			vec := add(nil, k, s.Total, prime-1)
			for _, part := range s.Parts {
				vec = add(vec, k, part, 1)
			}
			p.facts = append(p.facts, row{vec: sorted(vec)})
		}
	}
	upTo := func(k, cell int) vector {
		var vec vector
		for j := range k + 1 {
			vec = add(vec, j, cell, 1)
		}
		return sorted(vec)
	}
	for k, b := range past {
		for i, shown := range b.Shown {
			if shown {
				p.facts = append(p.facts, row{vec: upTo(k, i)})
			}
		}
	}
	// The new figures come last: a group that follows from the old facts alone is then never laid to a new figure.
	for i, shown := range show {
		if shown {
			p.facts = append(p.facts, row{vec: upTo(len(past), i), from: vector{{i, 1}}})
		}
	}
	return p
}

// findBreaches looks for groups of unknowns whose weights sum to less than the threshold and which can be computed with
// the help of new figures. For each it returns the cells of these figures; not every group there is, but none only if
// there is none.
func findBreaches(p problem, threshold int) [][]int {
	var small []row
	for _, r := range reduce(p.facts) {
		if p.weight[r.vec[0].at] < threshold {
			small = append(small, r)
		}
	}
	var breaches [][]int
	for _, group := range linked(small) {
		tries := 0
		cells := search(group, row{}, 0, p.weight, threshold, &tries)
		if cells == nil && tries >= maxTries {
			if i := slices.IndexFunc(group, func(r row) bool { return len(r.from) > 0 }); i >= 0 {
				cells = indices(group[i].from)
			}
		}
		if cells != nil {
			breaches = append(breaches, cells)
		}
	}
	return breaches
}

// search adds rows to sum, each once or not at all, and returns the new figures behind the first breach it finds. used
// is the weight of the leading unknowns so far; each of them is in no other row, so it stays in the sum.
func search(rows []row, sum row, used int, weight []int, threshold int, tries *int) []int {
	for i, r := range rows {
		lead := weight[r.vec[0].at]
		if used+lead >= threshold || *tries >= maxTries {
			continue
		}
		*tries++
		next := row{vec: combine(sum.vec, r.vec, 1), from: combine(sum.from, r.from, 1)}
		if len(next.from) > 0 && isGroup(next.vec, weight, threshold) {
			return indices(next.from)
		}
		if cells := search(rows[i+1:], next, used+lead, weight, threshold, tries); cells != nil {
			return cells
		}
	}
	return nil
}

// isGroup reports whether vec has ones only, over unknowns that weigh less than the threshold together.
func isGroup(vec vector, weight []int, threshold int) bool {
	total := 0
	for _, t := range vec {
		total += weight[t.at]
		if t.coeff != 1 || total >= threshold {
			return false
		}
	}
	return len(vec) > 0
}

// reduce returns the reduced echelon form of the facts, without empty rows.
func reduce(facts []row) []row {
	var rows []row
	leading := map[int]int{} // leading unknown to row
	for _, fact := range facts {
		r := row{vec: slices.Clone(fact.vec), from: slices.Clone(fact.from)}
		for _, t := range fact.vec {
			// Rows hold no leading unknown but their own, so a coefficient at one is as it was in the fact.
			if at, found := leading[t.at]; found {
				r.vec = combine(r.vec, rows[at].vec, prime-t.coeff)
				r.from = combine(r.from, rows[at].from, prime-t.coeff)
			}
		}
		if len(r.vec) == 0 {
			continue // it says nothing new
		}
		inverse := power(r.vec[0].coeff, prime-2)
		r = row{vec: combine(nil, r.vec, inverse), from: combine(nil, r.from, inverse)}
		lead := r.vec[0].at
		for i := range rows {
			if c := rows[i].vec.coeff(lead); c != 0 {
				rows[i].vec = combine(rows[i].vec, r.vec, prime-c)
				rows[i].from = combine(rows[i].from, r.from, prime-c)
			}
		}
		leading[lead] = len(rows)
		rows = append(rows, r)
	}
	return rows
}

// linked splits rows into sets that share no unknown: a group over several sets is a group in each of them.
func linked(rows []row) [][]row {
	set := make([]int, len(rows))
	for i := range set {
		set[i] = i
	}
	find := func(i int) int {
		for set[i] != i {
			set[i] = set[set[i]]
			i = set[i]
		}
		return i
	}
	owner := map[int]int{}
	for i, r := range rows {
		for _, t := range r.vec {
			if j, found := owner[t.at]; found {
				set[find(i)] = find(j)
			} else {
				owner[t.at] = i
			}
		}
	}
	place := map[int]int{}
	var groups [][]row
	for i, r := range rows {
		at, found := place[find(i)]
		if !found {
			at = len(groups)
			place[find(i)] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], r)
	}
	return groups
}

// combine returns a + factor b.
func combine(a, b vector, factor uint64) vector {
	out := make(vector, 0, len(a)+len(b))
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].at < b[0].at:
			out, a = append(out, a[0]), a[1:]
		case len(a) == 0 || b[0].at < a[0].at:
			out, b = append(out, term{b[0].at, factor * b[0].coeff % prime}), b[1:]
		default:
			if c := (a[0].coeff + factor*b[0].coeff) % prime; c != 0 {
				out = append(out, term{a[0].at, c})
			}
			a, b = a[1:], b[1:]
		}
	}
	return out
}

func (v vector) coeff(at int) uint64 {
	i, found := slices.BinarySearchFunc(v, at, func(t term, at int) int { return cmp.Compare(t.at, at) })
	if !found {
		return 0
	}
	return v[i].coeff
}

func sorted(v vector) vector {
	slices.SortFunc(v, func(a, b term) int { return cmp.Compare(a.at, b.at) })
	return v
}

func indices(v vector) []int {
	out := make([]int, len(v))
	for i, t := range v {
		out[i] = t.at
	}
	return out
}

// power returns base^exponent modulo prime.
func power(base, exponent uint64) uint64 {
	result := uint64(1)
	for ; exponent > 0; exponent >>= 1 {
		if exponent&1 == 1 {
			result = result * base % prime
		}
		base = base * base % prime
	}
	return result
}
