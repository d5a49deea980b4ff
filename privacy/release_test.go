package privacy

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestThresholds(t *testing.T) {
	t.Parallel()
	th := Default()
	if err := th.Validate(); err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int][2]bool{0: {}, 4: {}, 5: {true, false}, 9: {true, false}, 10: {true, true}} {
		if got := [2]bool{th.ShowsFigure(n), th.ShowsComments(n)}; got != want {
			t.Errorf("%d answers: figure and comments %v, want %v", n, got, want)
		}
	}
	for _, bad := range []Thresholds{{}, {2, 10}, {5, 4}, {-1, -1}} {
		if bad.Validate() == nil {
			t.Errorf("%+v was accepted", bad)
		}
		if bad.ShowsFigure(2) || bad.ShowsComments(2) {
			t.Errorf("%+v shows what is below the floor", bad)
		}
	}
	if err := (Thresholds{3, 3}).Validate(); err != nil {
		t.Error(err)
	}
}

const (
	s = Show
	w = Withhold
	k = Keep
)

func TestSuppress(t *testing.T) {
	t.Parallel()
	total := func(cell int, parts ...int) Sum { return Sum{cell, parts} }
	for _, tt := range []struct {
		name   string
		counts []int
		sums   []Sum
		want   []Decision
	}{
		{"alone", []int{4, 5}, nil, []Decision{w, s}},
		{"all large", []int{17, 5, 12}, []Sum{total(0, 1, 2)}, []Decision{s, s, s}},
		{"one small: the smallest other goes with it", []int{26, 4, 15, 7}, []Sum{total(0, 1, 2, 3)}, []Decision{s, w, s, w}},
		{"two small that make a crowd", []int{20, 4, 3, 13}, []Sum{total(0, 1, 2, 3)}, []Decision{s, w, w, s}},
		{"two small that make none", []int{20, 2, 2, 9, 7}, []Sum{total(0, 1, 2, 3, 4)}, []Decision{s, w, w, s, w}},
		{"an empty cell hides nobody", []int{20, 4, 0, 9, 7}, []Sum{total(0, 1, 2, 3, 4)}, []Decision{s, w, w, s, w}},
		{"only empty cells small", []int{12, 0, 7, 5}, []Sum{total(0, 1, 2, 3)}, []Decision{s, w, s, s}},
		{"two parts only", []int{9, 4, 5}, []Sum{total(0, 1, 2)}, []Decision{s, w, w}},
		{"a single part is its total", []int{4, 4}, []Sum{total(0, 1)}, []Decision{w, w}},
		{
			"a chain of totals", // 0 = 1 + 2, 1 = 3 + 4: hiding 3 takes 4 with it, 1 stays
			[]int{30, 12, 18, 3, 9},
			[]Sum{total(0, 1, 2), total(1, 3, 4)},
			[]Decision{s, s, s, w, w},
		},
		{
			"a cross table", // rows 6,7 of cells 0 1 2 / 3 4 5, columns 8 9 10: a small cell takes a rectangle with it
			[]int{3, 9, 20, 8, 30, 40, 32, 78, 11, 39, 60},
			[]Sum{total(6, 0, 1, 2), total(7, 3, 4, 5), total(8, 0, 3), total(9, 1, 4), total(10, 2, 5)},
			[]Decision{w, w, s, w, w, s, s, s, s, s, s},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Suppress(tt.counts, tt.sums, 5)
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Fatalf("got %v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

func batch(added, removed []int, shown ...bool) Batch {
	if removed == nil {
		removed = make([]int, len(added))
	}
	return Batch{Added: added, Removed: removed, Shown: shown}
}

func TestRelease(t *testing.T) {
	t.Parallel()
	whole := []Sum{{0, []int{1, 2}}}
	for _, tt := range []struct {
		name string
		past []Batch
		next Batch
		sums []Sum
		want []Decision
	}{
		{"one more answer", []Batch{batch([]int{5}, nil, true)}, batch([]int{1}, nil), nil, []Decision{k}},
		{"five more answers", []Batch{batch([]int{5}, nil, true)}, batch([]int{5}, nil), nil, []Decision{s}},
		{"nothing new", []Batch{batch([]int{5}, nil, true)}, batch([]int{0}, nil), nil, []Decision{s}},
		{"one taken away", []Batch{batch([]int{9}, nil, true)}, batch([]int{0}, []int{1}), nil, []Decision{k}},
		{"too few left", []Batch{batch([]int{9}, nil, true)}, batch([]int{0}, []int{6}), nil, []Decision{k}},
		{"three and two more, kept in between", []Batch{batch([]int{5}, nil, true), batch([]int{3}, nil, false)}, batch([]int{2}, nil), nil, []Decision{s}},
		{"not enough yet", []Batch{batch([]int{3}, nil, false)}, batch([]int{1}, nil), nil, []Decision{w}},
		{"enough at last", []Batch{batch([]int{3}, nil, false)}, batch([]int{2}, nil), nil, []Decision{s}},
		{
			"a part that stays takes the other with it",
			[]Batch{batch([]int{20, 10, 10}, nil, true, true, true)},
			batch([]int{7, 6, 1}, nil), whole,
			[]Decision{s, k, k},
		},
		{
			"a total that would move by too little stays",
			[]Batch{batch([]int{20, 10, 10}, nil, true, true, true)},
			batch([]int{3, 0, 3}, nil), whole,
			[]Decision{k, s, k},
		},
		{
			"a part first shown must not give away its first batch", // the total told 24 then: 20 less 16 would be 4
			[]Batch{batch([]int{20, 16, 4}, nil, true, false, false)},
			batch([]int{5, 0, 5}, nil), whole,
			[]Decision{s, w, w},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Release(tt.past, tt.next, tt.sums, 5)
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Fatalf("got %v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

func TestReleaseRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	good := batch([]int{9, 4, 5}, nil, true, true, true)
	whole := []Sum{{0, []int{1, 2}}}
	for name, f := range map[string]func() ([]Decision, error){
		"threshold below the floor": func() ([]Decision, error) { return Release(nil, good, whole, 2) },
		"cell out of range":         func() ([]Decision, error) { return Release(nil, good, []Sum{{0, []int{1, 3}}}, 5) },
		"cell twice":                func() ([]Decision, error) { return Release(nil, good, []Sum{{0, []int{1, 1}}}, 5) },
		"total its own part":        func() ([]Decision, error) { return Release(nil, good, []Sum{{0, []int{0}}}, 5) },
		"sums that do not add up":   func() ([]Decision, error) { return Suppress([]int{9, 4, 4}, whole, 5) },
		"negative count":            func() ([]Decision, error) { return Suppress([]int{-1}, nil, 5) },
		"more removed than there":   func() ([]Decision, error) { return Release(nil, batch([]int{9}, []int{1}), nil, 5) },
		"other number of cells":     func() ([]Decision, error) { return Release([]Batch{good}, batch([]int{1}, nil), nil, 5) },
		"past without decisions": func() ([]Decision, error) {
			return Release([]Batch{batch([]int{1}, nil)}, batch([]int{1}, nil), nil, 5)
		},
	} {
		if got, err := f(); err == nil {
			t.Errorf("%s gave %v", name, got)
		}
	}
}

// drawTable draws sums over cells whose parts come first: one-way, a tree, or a cross table.
func drawTable(t *rapid.T) (parts int, sums []Sum) {
	switch rapid.SampledFrom([]string{"one way", "tree", "cross", "square"}).Draw(t, "table") {
	case "one way":
		parts = rapid.IntRange(1, 5).Draw(t, "parts")
		return parts, []Sum{{parts, upTo(parts)}}
	case "tree":
		return 5, []Sum{{5, []int{0, 1}}, {6, []int{2, 3, 4}}, {7, []int{5, 6}}}
	case "cross":
		return 6, []Sum{{6, []int{0, 1, 2}}, {7, []int{3, 4, 5}}, {8, []int{0, 3}}, {9, []int{1, 4}}, {10, []int{2, 5}}, {11, []int{6, 7}}}
	default: // a cross table of four cells with both margins
		return 4, []Sum{{4, []int{0, 1}}, {5, []int{2, 3}}, {6, []int{4, 5}}, {7, []int{0, 2}}, {8, []int{1, 3}}, {6, []int{7, 8}}}
	}
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// fill completes the counts of the parts by those of the totals.
func fill(parts []int, sums []Sum) []int {
	cells := len(parts)
	for _, s := range sums {
		cells = max(cells, s.Total+1)
	}
	counts := append(slices.Clone(parts), make([]int, cells-len(parts))...)
	for _, s := range sums {
		counts[s.Total] = 0
		for _, p := range s.Parts {
			counts[s.Total] += counts[p]
		}
	}
	return counts
}

func drawBatch(t *rapid.T, parts int, sums []Sum, present []int) Batch {
	added := rapid.SliceOfN(rapid.SampledFrom([]int{0, 0, 1, 2, 3, 4, 5, 6, 9, 20}), parts, parts).Draw(t, "added")
	removed := make([]int, parts)
	if rapid.IntRange(0, 3).Draw(t, "removals") == 0 {
		for i := range removed {
			removed[i] = rapid.IntRange(0, min(present[i], 3)).Draw(t, "removed")
		}
	}
	return Batch{Added: fill(added, sums), Removed: fill(removed, sums)}
}

// TestNothingBelowTheThresholdFollows plays several releases of a random table and lets an attacker who knows all of
// them compute what can be computed, by exact rational arithmetic written apart from the package's.
func TestNothingBelowTheThresholdFollows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		threshold := rapid.IntRange(Floor, 6).Draw(t, "threshold")
		parts, sums := drawTable(t)
		present := fill(make([]int, parts), sums)
		var past []Batch
		for range rapid.IntRange(1, 3).Draw(t, "releases") {
			next := drawBatch(t, parts, sums, present)
			decisions, err := Release(past, next, sums, threshold)
			if err != nil {
				t.Fatal(err)
			}
			next.Shown = make([]bool, len(decisions))
			allShown := slices.Clone(next.Shown)
			for i, d := range decisions {
				present[i] += next.Added[i] - next.Removed[i]
				next.Shown[i] = d == Show
				allShown[i] = present[i] >= threshold
				if d == Show && present[i] < threshold {
					t.Fatalf("cell %d is shown with %d answers", i, present[i])
				}
				if kept := slices.ContainsFunc(past, func(b Batch) bool { return b.Shown[i] }); d == Keep && !kept || d == Withhold && kept {
					t.Fatalf("cell %d: %s, though shown before is %v", i, d, kept)
				}
			}
			before := learned(past, next, sums, make([]bool, len(decisions)), threshold)
			after := learned(past, next, sums, next.Shown, threshold)
			if extra := missingFrom(after, before); len(extra) > 0 {
				t.Fatalf("release %d: computable below %d: %v\npast %+v\nnext %+v\nsums %v", len(past), threshold, extra, past, next, sums)
			}
			if len(missingFrom(learned(past, next, sums, allShown, threshold), before)) == 0 && !slices.Equal(allShown, next.Shown) {
				t.Fatalf("release %d hides without need: %v instead of %v", len(past), next.Shown, allShown)
			}
			past = append(past, next)
		}
	})
}

// TestReleaseIsDeterministic: the same input gives the same decisions, and arguments stay as they are.
func TestReleaseIsDeterministic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts, sums := drawTable(t)
		next := drawBatch(t, parts, sums, fill(make([]int, parts), sums))
		copied := Batch{Added: slices.Clone(next.Added), Removed: slices.Clone(next.Removed)}
		first, err := Release(nil, next, sums, 5)
		if err != nil {
			t.Fatal(err)
		}
		second, err := Release(nil, next, sums, 5)
		if err != nil || !slices.Equal(first, second) || !reflect.DeepEqual(next, copied) {
			t.Fatalf("%v, then %v, %v", first, second, err)
		}
	})
}

// BenchmarkRelease: a unit of 300 officials over a year of monthly releases.
func BenchmarkRelease(b *testing.B) {
	const officials, releases = 300, 12
	sums := []Sum{{officials, upTo(officials)}}
	var past []Batch
	make1 := func(r int) Batch {
		parts := make([]int, officials)
		for i := range parts {
			parts[i] = (i*7 + r*11 + i*r) % 13
		}
		return Batch{Added: fill(parts, sums), Removed: make([]int, officials+1)}
	}
	for r := range releases - 1 {
		next := make1(r)
		decisions, err := Release(past, next, sums, 5)
		if err != nil {
			b.Fatal(err)
		}
		for _, d := range decisions {
			next.Shown = append(next.Shown, d == Show)
		}
		past = append(past, next)
	}
	last := make1(releases)
	for b.Loop() {
		if _, err := Release(past, last, sums, 5); err != nil {
			b.Fatal(err)
		}
	}
}

// TestACrowdedTableStaysQuickAndSafe: a cross table of single answers has more combinations of rows than are tried.
// Its margins may then be hidden without need, but nothing of the inside is shown.
func TestACrowdedTableStaysQuickAndSafe(t *testing.T) {
	t.Parallel()
	const side = 20
	parts := make([]int, side*side)
	var sums []Sum
	for i := range side {
		rowSum, colSum := Sum{Total: side*side + i}, Sum{Total: side*side + side + i}
		for j := range side {
			parts[i*side+j] = 1
			rowSum.Parts = append(rowSum.Parts, i*side+j)
			colSum.Parts = append(colSum.Parts, j*side+i)
		}
		sums = append(sums, rowSum, colSum)
	}
	got, err := Suppress(fill(parts, sums), sums, 5)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(got[:side*side], Show) {
		t.Fatal("a single answer is shown")
	}
	if !slices.Contains(got[side*side:], Show) {
		t.Fatal("no margin is left")
	}
}
