package pairing

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// draw draws an organisation: a tree of units, people in them, cases shared by some,
// and conflicts between some.
func draw(t *rapid.T) (*Organisation, map[[2]int32]bool) {
	units := rapid.IntRange(1, 6).Draw(t, "units")
	o := &Organisation{Parent: make([]int32, units)}
	for u := range o.Parent {
		o.Parent[u] = int32(rapid.IntRange(-1, u-1).Draw(t, "parent"))
	}
	n := int32(rapid.IntRange(1, 30).Draw(t, "people"))
	for range n {
		o.People = append(o.People, Person{int32(rapid.IntRange(0, units-1).Draw(t, "unit")), int32(rapid.IntRange(0, 2).Draw(t, "position"))})
	}
	person := rapid.Int32Range(0, n-1)
	for range rapid.IntRange(0, 10).Draw(t, "shared") {
		o.Shared = append(o.Shared, Work{person.Draw(t, "a"), person.Draw(t, "b"), rapid.IntRange(1, 9).Draw(t, "cases")})
	}
	apart := map[[2]int32]bool{}
	for range rapid.IntRange(0, 10).Draw(t, "conflicts") {
		a, b := person.Draw(t, "x"), person.Draw(t, "y")
		apart[[2]int32{a, b}], apart[[2]int32{b, a}] = true, true
	}
	o.Apart = func(a, b int32) bool { return apart[[2]int32{a, b}] }
	return o, apart
}

// TestPlansKeepTheirPromises: nobody reviews themself or somebody they have a conflict
// with, everybody gets as many reviewers as there can be, the loads are as even as they
// can be, and the parts are those of the candidates.
func TestPlansKeepTheirPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o, apart := draw(t)
		each, seed := rapid.IntRange(1, 6).Draw(t, "each"), rapid.Uint64().Draw(t, "seed")
		candidates := o.Candidates(2*each, seed)
		plan := Make(candidates, each, seed)
		if again := Make(o.Candidates(2*each, seed), each, seed); !reflect.DeepEqual(plan, again) {
			t.Fatal("the same seed gives another plan")
		}
		load, extra := make([]int, len(candidates)), 0
		for i, chosen := range plan.Chosen {
			for k, c := range chosen {
				if c.Reviewer == int32(i) || apart[[2]int32{int32(i), c.Reviewer}] {
					t.Fatalf("%d reviews %d", c.Reviewer, i)
				}
				if k > 0 && chosen[k-1].Reviewer >= c.Reviewer {
					t.Fatalf("the reviewers of %d: %v", i, chosen)
				}
				if !slices.Contains(candidates[i], c) {
					t.Fatalf("%v is no candidate for %d", c, i)
				}
				load[c.Reviewer]++
			}
			want := min(each, len(candidates[i]))
			if len(chosen) < want {
				t.Fatalf("%d has %d reviewers of %d", i, len(chosen), want)
			}
			extra += len(chosen) - want
			if slices.Contains(plan.Short, int32(i)) != (len(chosen) < each) {
				t.Fatalf("short: %v", plan.Short)
			}
		}
		if !slices.Equal(load, plan.Load) || extra != plan.Joining {
			t.Fatalf("loads %v, said to be %v; %d more than asked, said to be %d", load, plan.Load, extra, plan.Joining)
		}
		checkParts(t, candidates, plan)
	})
}

// checkParts holds the parts against those of the candidates, found by another way:
// flooding.
func checkParts(t *rapid.T, candidates [][]Candidate, plan *Plan) {
	n := 0
	for _, part := range plan.Parts {
		n += len(part)
	}
	reviewed := 0
	for _, chosen := range plan.Chosen {
		if len(chosen) > 0 {
			reviewed++
		}
	}
	if n != reviewed {
		t.Fatalf("%d in parts, %d reviewed", n, reviewed)
	}
	of := make([]int, len(candidates))
	for k, part := range plan.Parts {
		for _, i := range part {
			of[i] = k + 1
		}
	}
	// Two of different parts have no candidate in common who reviews at all, and no
	// candidate of one reviews the other.
	for i := range candidates {
		for j := range candidates {
			if of[i] == 0 || of[j] == 0 || of[i] == of[j] {
				continue
			}
			for _, c := range candidates[i] {
				for _, d := range plan.Chosen[j] {
					if c.Reviewer == d.Reviewer {
						t.Fatalf("%d could join the parts of %d and %d", c.Reviewer, i, j)
					}
				}
			}
		}
	}
	for i := range plan.Chosen {
		for j := range plan.Chosen {
			for _, c := range plan.Chosen[i] {
				for _, d := range plan.Chosen[j] {
					if c.Reviewer == d.Reviewer && of[i] != of[j] {
						t.Fatalf("%d and %d have reviewer %d in common and are in two parts", i, j, c.Reviewer)
					}
				}
			}
		}
	}
}

// TestLoadsAreAsEvenAsTheyCanBe compares Σ load² with the least there is, by trying
// everything.
func TestLoadsAreAsEvenAsTheyCanBe(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "people")
		each := rapid.IntRange(1, 2).Draw(t, "each")
		candidates := make([][]Candidate, n)
		for i := range candidates {
			for r := range n {
				if r != i && rapid.Bool().Draw(t, "candidate") {
					candidates[i] = append(candidates[i], Candidate{Reviewer: int32(r), Strength: rapid.Float64Range(0, 1).Draw(t, "strength")})
				}
			}
		}
		m := newMatching(candidates)
		m.start(each, 7)
		m.balance()
		sum := 0
		for _, l := range m.load {
			sum += l * l
		}
		if least := least(candidates, each, 0, make([]int, n)); sum != least {
			t.Fatalf("Σ load² is %d, the least is %d: %v", sum, least, m.load)
		}
	})
}

// least tries every choice of reviewers for the persons from i on.
func least(candidates [][]Candidate, each, i int, load []int) int {
	if i == len(candidates) {
		sum := 0
		for _, l := range load {
			sum += l * l
		}
		return sum
	}
	best := -1
	list := candidates[i]
	for set := range 1 << len(list) {
		n := 0
		for k := range list {
			n += set >> k & 1
		}
		if n != min(each, len(list)) {
			continue
		}
		for k, c := range list {
			load[c.Reviewer] += set >> k & 1
		}
		if sum := least(candidates, each, i+1, load); best < 0 || sum < best {
			best = sum
		}
		for k, c := range list {
			load[c.Reviewer] -= set >> k & 1
		}
	}
	return best
}

func TestTies(t *testing.T) {
	t.Parallel()
	// 0 leads; 1 and 2 work below; 3 works elsewhere and shares a case with 1 and one with 0.
	o := &Organisation{
		People: []Person{{0, 0}, {1, 1}, {1, 1}, {2, 1}}, Parent: []int32{-1, 0, -1},
		Shared: []Work{{1, 3, 2}, {0, 3, 1}, {1, 1, 5}},
	}
	want := [][]Candidate{
		{{1, Subordinate, strengthSubordinate}, {2, Subordinate, strengthSubordinate}, {3, Peer, strengthShared}},
		{{0, Superior, strengthSuperior}, {2, Peer, strengthPost}, {3, Peer, strengthShared}},
		{{0, Superior, strengthSuperior}, {1, Peer, strengthPost}},
		{{0, Peer, strengthShared}, {1, Peer, strengthShared}},
	}
	if got := o.Candidates(4, 1); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

// TestALargeOrganisation: loads of a ring are even, and all hang together.
func TestALargeOrganisation(t *testing.T) {
	t.Parallel()
	o := large(2000)
	plan := Make(o.Candidates(16, 1), 8, 1)
	if len(plan.Parts) != 1 || len(plan.Short) > 0 || plan.Joining > 100 {
		t.Errorf("%d parts, %d short, %d joining", len(plan.Parts), len(plan.Short), plan.Joining)
	}
	if least, most := slices.Min(plan.Load), slices.Max(plan.Load); least < 7 || most > 10 {
		t.Errorf("loads from %d to %d", least, most)
	}
}

// large is a county: units of 30 below a head office.
func large(n int) *Organisation {
	o := &Organisation{Parent: []int32{-1}}
	for i := range n {
		if i%30 == 0 && i > 0 {
			o.Parent = append(o.Parent, 0)
		}
		o.People = append(o.People, Person{int32(len(o.Parent) - 1), int32(i % 3)})
		if i%4 == 0 {
			o.Shared = append(o.Shared, Work{int32(i), int32((i * 17) % n), 1 + i%5})
		}
	}
	return o
}

// BenchmarkTenThousand: a whole city.
func BenchmarkTenThousand(b *testing.B) {
	o := large(10_000)
	for b.Loop() {
		if plan := Make(o.Candidates(16, 1), 8, 1); len(plan.Parts) != 1 {
			b.Fatal(len(plan.Parts))
		}
	}
}
