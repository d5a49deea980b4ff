package pairing

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// Plan is who reviews whom.
type Plan struct {
	Chosen [][]Candidate // by person, in the order of the reviewers' numbers
	Load   []int         // by reviewer: how many they review
	// Short are those who have fewer reviewers than asked for: nobody else knows their
	// work, or may review it.
	Short []int32
	// Joining is how many pairs were added, beyond what was asked for, to join parts.
	Joining int
	// Parts are the reviewed of each connected part, the largest part first. Between two
	// parts severity and level cannot be told apart. One part is what is wanted.
	Parts [][]int32
	// Mutual is how many pairs of people review each other.
	Mutual int
}

// mutualCost is how much more load a reviewer may have before somebody is asked who is
// reviewed by the very person.
const mutualCost = 1.5

// Make plans that each person gets so many reviewers out of their candidates, or all
// where there are fewer.
func Make(candidates [][]Candidate, each int, seed uint64) *Plan {
	m := newMatching(candidates)
	m.start(each, seed)
	m.balance()
	plan := &Plan{Load: m.load}
	plan.Joining = m.join()
	plan.Chosen = make([][]Candidate, len(candidates))
	for i, list := range candidates {
		for k, c := range list {
			if m.taken[i][k] {
				plan.Chosen[i] = append(plan.Chosen[i], c)
			}
		}
		if len(plan.Chosen[i]) < each {
			plan.Short = append(plan.Short, int32(i))
		}
	}
	plan.Parts = m.parts()
	plan.Mutual = mutual(plan.Chosen)
	return plan
}

// matching is a plan in the making.
type matching struct {
	candidates [][]Candidate
	taken      [][]bool // by person and candidate
	load       []int
	reviews    [][]place // by reviewer: where they are a candidate
}

// place is a person and the number of a candidate.
type place struct{ person, candidate int32 }

func newMatching(candidates [][]Candidate) *matching {
	m := &matching{
		candidates: candidates, taken: make([][]bool, len(candidates)),
		load: make([]int, len(candidates)), reviews: make([][]place, len(candidates)),
	}
	for i, list := range candidates {
		m.taken[i] = make([]bool, len(list))
		for k, c := range list {
			m.reviews[c.Reviewer] = append(m.reviews[c.Reviewer], place{int32(i), int32(k)})
		}
	}
	return m
}

// start gives everybody reviewers, one after the other in a drawn order, so that the
// first has no better choice than the last. Who has little choice goes first.
func (m *matching) start(each int, seed uint64) {
	dice := rand.New(rand.NewPCG(seed, 2))
	order := make([]int, len(m.candidates))
	for i := range order {
		order[i] = i
	}
	pairs := map[[2]int32]bool{}
	for range each {
		dice.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
		slices.SortStableFunc(order, func(a, b int) int {
			return cmp.Compare(min(len(m.candidates[a]), 2*each), min(len(m.candidates[b]), 2*each))
		})
		for _, i := range order {
			best, least := -1, 0.0
			for k, c := range m.candidates[i] {
				if m.taken[i][k] {
					continue
				}
				cost := float64(m.load[c.Reviewer]) - c.Strength
				if pairs[[2]int32{c.Reviewer, int32(i)}] {
					cost += mutualCost
				}
				if best < 0 || cost < least {
					best, least = k, cost
				}
			}
			if best >= 0 {
				m.taken[i][best] = true
				reviewer := m.candidates[i][best].Reviewer
				m.load[reviewer]++
				pairs[[2]int32{int32(i), reviewer}] = true
			}
		}
	}
}

// balance moves load from the most to the less burdened along alternating paths, until
// no path leads from a reviewer to one with at least two less. Where none leads on, all
// that can be reached is settled: it holds loads of this level and the next alone.
func (m *matching) balance() {
	settled := make([]bool, len(m.load))
	for {
		most := -1
		for r, load := range m.load {
			if !settled[r] && load > most {
				most = load
			}
		}
		if most < 2 {
			return
		}
		s := m.search(most, settled)
		if s.found >= 0 {
			s.move(m)
			continue
		}
		for r, reached := range s.reached {
			settled[r] = settled[r] || reached
		}
	}
}

// search is a walk over the reviewers that load can move to.
type search struct {
	reached []bool
	from    []hop // by reviewer: how it was reached
	found   int32 // a reviewer with at least two less than where the walk began; or -1
}

// hop is a person whose review moves from one candidate to another.
type hop struct{ person, gives, takes int32 }

// search walks breadth first from all unsettled reviewers with a load.
func (m *matching) search(load int, settled []bool) *search {
	s := &search{reached: make([]bool, len(m.load)), from: make([]hop, len(m.load)), found: -1}
	seen := make([]bool, len(m.candidates))
	var queue []int32
	for r, have := range m.load {
		if have == load && !settled[r] {
			s.reached[r], s.from[r] = true, hop{person: -1}
			queue = append(queue, int32(r))
		}
	}
	for len(queue) > 0 {
		r := queue[0]
		queue = queue[1:]
		for _, at := range m.reviews[r] {
			if seen[at.person] || !m.taken[at.person][at.candidate] {
				continue
			}
			seen[at.person] = true
			for k, c := range m.candidates[at.person] {
				if m.taken[at.person][k] || s.reached[c.Reviewer] {
					continue
				}
				s.reached[c.Reviewer], s.from[c.Reviewer] = true, hop{at.person, at.candidate, int32(k)}
				if m.load[c.Reviewer] <= load-2 {
					s.found = c.Reviewer
					return s
				}
				queue = append(queue, c.Reviewer)
			}
		}
	}
	return s
}

// move carries one review along the path to who was found.
func (s *search) move(m *matching) {
	m.load[s.found]++
	for r := s.found; ; {
		h := s.from[r]
		if h.person < 0 {
			m.load[r]--
			return
		}
		m.taken[h.person][h.takes], m.taken[h.person][h.gives] = true, false
		r = m.candidates[h.person][h.gives].Reviewer
	}
}

// mutual counts the pairs of people who review each other.
func mutual(chosen [][]Candidate) int {
	pairs, n := map[[2]int32]bool{}, 0
	for i, list := range chosen {
		for _, c := range list {
			pairs[[2]int32{int32(i), c.Reviewer}] = true
			if pairs[[2]int32{c.Reviewer, int32(i)}] {
				n++
			}
		}
	}
	return n
}
