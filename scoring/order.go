package scoring

import (
	"cmp"
	"math/bits"
	"runtime"
	"slices"
	"sync"
)

// personOrder is the canonical order of rows that persons gave.
type personOrder struct {
	rows    []keyedRow
	starts  []int32 // where each posting's rows begin, and the last one's end
	persons []int32 // the person's new number at each place
	number  []int32 // the new number by the old one, or None
}

// keyedRow is a row without its posting. key holds all of its content except posting
// and person: columns are read from it again, in order, rather than gathered from all
// over the evidence.
type keyedRow struct {
	key    uint64
	person int32
}

// orderByPerson sorts rows by posting, then key, then the signature of the
// person who gave them, and numbers the persons by first appearance.
//
// Rows equal in all three belong to persons all of whose rows are alike, so
// that it does not matter which is called first; from their second row on, the
// number already given decides, which keeps the outcome unique.
func orderByPerson(postings int, posting, person []int32, key func(row int32) uint64) personOrder {
	o := personOrder{rows: make([]keyedRow, len(posting)), starts: starts(postings, posting)}
	o.place(posting, person, key)
	most := int32(-1)
	for _, who := range person {
		most = max(most, who)
	}
	o.eachPosting(func(rows []keyedRow) {
		slices.SortFunc(rows, func(a, b keyedRow) int { return cmp.Compare(a.key, b.key) })
	})
	signs := o.signatures(most, posting, person, key)
	o.eachPosting(func(rows []keyedRow) {
		eachTie(rows, func(tie []keyedRow) {
			slices.SortFunc(tie, func(a, b keyedRow) int { return signs.of(a).compare(signs.of(b)) })
		})
	})
	o.numberPersons(most, signs)
	return o
}

// place puts each posting's rows together. Several go through all rows, each for postings
// of its own: rows and places lie far apart, and to wait for memory takes most of the time.
func (o *personOrder) place(posting, person []int32, key func(row int32) uint64) {
	next := slices.Clone(o.starts[:len(o.starts)-1])
	parts := min(runtime.GOMAXPROCS(0), 4)
	borders := make([]int, parts+1)
	for s := 1; s < parts; s++ {
		borders[s], _ = slices.BinarySearch(o.starts, int32(len(posting)*s/parts))
	}
	borders[parts] = len(next)
	inStretches(parts, func(s int) {
		from, to := int32(borders[s]), int32(borders[s+1])
		for i, p := range posting {
			if from <= p && p < to {
				o.rows[next[p]] = keyedRow{key: key(int32(i)), person: person[i]}
				next[p]++
			}
		}
	})
}

// eachPosting calls work with each posting's rows, several postings at a time.
func (o *personOrder) eachPosting(work func(rows []keyedRow)) {
	inParallel(len(o.starts)-1, func(from, to int) {
		for p := from; p < to; p++ {
			work(o.rows[o.starts[p]:o.starts[p+1]])
		}
	})
}

// eachRow calls fill with each row's place, posting and key, many at a time: it must
// write that place alone.
func (o *personOrder) eachRow(fill func(i int, posting int32, key uint64)) {
	inParallel(len(o.starts)-1, func(from, to int) {
		for p := from; p < to; p++ {
			for i := o.starts[p]; i < o.starts[p+1]; i++ {
				fill(int(i), int32(p), o.rows[i].key)
			}
		}
	})
}

// eachTie calls work with each stretch of at least two rows that have the same key.
func eachTie(rows []keyedRow, work func(tie []keyedRow)) {
	for start := 0; start < len(rows); {
		end := start + 1
		for end < len(rows) && rows[end].key == rows[start].key {
			end++
		}
		if end > start+1 {
			work(rows[start:end])
		}
		start = end
	}
}

// numberPersons numbers persons by first appearance in rows, and lets numbers
// already given decide among rows that are alike.
func (o *personOrder) numberPersons(most int32, signs signatures) {
	o.number, o.persons = filledIndex(int(most)+1, None), make([]int32, len(o.rows))
	next := int32(0)
	for p := range len(o.starts) - 1 {
		for start, last := int(o.starts[p]), int(o.starts[p+1]); start < last; {
			end := start + 1
			for end < last && signs.alike(o.rows[start], o.rows[end]) {
				end++
			}
			group := o.rows[start:end]
			if len(group) > 1 {
				slices.SortStableFunc(group, func(a, b keyedRow) int {
					return cmp.Compare(uint32(o.number[a.person]), uint32(o.number[b.person])) // None comes last
				})
			}
			for i := range group {
				who := group[i].person
				if who == None {
					o.persons[start+i] = None
					continue
				}
				if o.number[who] == None {
					o.number[who] = next
					next++
				}
				o.persons[start+i] = o.number[who]
			}
			if len(group) > 1 {
				slices.Sort(o.persons[start:end])
			}
			start = end
		}
	}
}

// signature is 128 bits that depend on the set of a person's rows and on nothing
// else: the sum of a hash of each row.
type signature struct{ hi, lo uint64 }

func (s signature) compare(o signature) int {
	if s.hi != o.hi {
		return cmp.Compare(s.hi, o.hi)
	}
	return cmp.Compare(s.lo, o.lo)
}

// signatures are those of the persons who need one, by place; place is by person,
// None for the others.
type signatures struct {
	place []int32
	list  []signature
}

// of is the signature of a row's person; zero for nobody.
func (s signatures) of(r keyedRow) signature {
	if r.person == None {
		return signature{}
	}
	return s.list[s.place[r.person]]
}

// alike says whether rows of one posting differ by nothing but two persons who
// cannot be told apart.
func (s signatures) alike(a, b keyedRow) bool {
	return a.key == b.key && a.person != None && b.person != None && s.of(a) == s.of(b)
}

// signatures signs the persons who have a row like somebody else's: few of a million.
func (o *personOrder) signatures(most int32, posting, person []int32, key func(row int32) uint64) signatures {
	s := signatures{place: filledIndex(int(most)+1, None)}
	for p := range len(o.starts) - 1 {
		eachTie(o.rows[o.starts[p]:o.starts[p+1]], func(tie []keyedRow) {
			for _, r := range tie {
				if r.person != None && s.place[r.person] == None {
					s.place[r.person] = int32(len(s.list))
					s.list = append(s.list, signature{})
				}
			}
		})
	}
	for i, who := range person {
		if who == None || s.place[who] == None {
			continue
		}
		a, b := uint64(posting[i]), key(int32(i))
		sign := &s.list[s.place[who]]
		sign.hi += mixBits(mixBits(a^0x9e3779b97f4a7c15) ^ b)
		sign.lo += mixBits(mixBits(b^0xd1b54a32d192ed03) + bits.RotateLeft64(a, 32))
	}
	return s
}

// mixBits is the finaliser of SplitMix64 (Steele, Lea & Flood 2014).
func mixBits(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// bucket sorts row numbers by level, rows of one level in the order given.
// borders has one entry more than there are levels. No level is None.
func bucket(levels int, level []int32) (rows, borders []int32) {
	borders = starts(levels, level)
	next := slices.Clone(borders[:levels])
	rows = make([]int32, len(level))
	for i, l := range level {
		rows[next[l]] = int32(i)
		next[l]++
	}
	return rows, borders
}

// starts is where each level's rows begin among rows sorted by level, and the end.
func starts(levels int, level []int32) []int32 {
	out := make([]int32, levels+1)
	for _, l := range level {
		out[l+1]++
	}
	for l := range levels {
		out[l+1] += out[l]
	}
	return out
}

// inParallel calls work on stretches of 0…n−1 whose borders do not depend on
// the number of CPUs. Each stretch must write only what is its own.
func inParallel(n int, work func(from, to int)) {
	const stretches = 64
	if n < 2*stretches || runtime.GOMAXPROCS(0) == 1 {
		work(0, n)
		return
	}
	inStretches(stretches, func(s int) { work(n*s/stretches, n*(s+1)/stretches) })
}

// byPosting calls work on stretches of the rows, several at a time, such that all rows
// of a posting lie in one; rows that do not stand by posting are one stretch.
func byPosting(posting []int32, work func(from, to int)) {
	n := len(posting)
	if !slices.IsSorted(posting) {
		work(0, n)
		return
	}
	const stretches = 64
	border := func(s int) int {
		at := n * s / stretches
		for 0 < at && at < n && posting[at] == posting[at-1] {
			at++
		}
		return at
	}
	inStretches(stretches, func(s int) { work(border(s), border(s+1)) })
}

// inStretches calls work for 0…n−1, several at a time. Each call must write only
// what is its own.
func inStretches(n int, work func(i int)) {
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		wait.Go(func() {
			work(i)
			<-slots
		})
	}
	wait.Wait()
}
