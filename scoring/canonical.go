package scoring

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// Canonical returns the evidence in the one order on which all results rest;
// the receiver is not changed.
//
// Postings stand by official, unit, position, peer group and days, kinds, cases
// and deeds by external id, everything else by content. Persons are numbered by
// first appearance in that order. Rows of ratings and reviews that differ only by
// who gave them are told apart by a signature of all that person's rows, which
// depends neither on the numbering nor on the order given; persons whose rows
// are all alike are interchangeable. Canonical evidence is its own canonical form.
//
// The evidence must be valid.
func (ev *Evidence) Canonical() *Evidence {
	return ev.canonical().ev
}

// canonical is evidence in canonical order with the way back.
type canonical struct {
	ev              *Evidence
	postings, kinds []int32 // for each canonical one, its index in the evidence given
	raters          []int32 // the new number of each rater, by the number given; None: has no ratings
}

func (ev *Evidence) canonical() *canonical {
	postings := sortedIndex(len(ev.Postings), func(a, b int32) int {
		return comparePostings(&ev.Postings[a], &ev.Postings[b])
	})
	kinds := sortedIndex(len(ev.Kinds), func(a, b int32) int { return strings.Compare(ev.Kinds[a].ID, ev.Kinds[b].ID) })
	newPosting, newKind := inverse(postings), inverse(kinds)

	out := &Evidence{From: ev.From, To: ev.To}
	persons := newNumbering(len(ev.Postings))
	out.Postings = make([]Posting, len(postings))
	for i, old := range postings {
		out.Postings[i] = ev.Postings[old]
		out.Postings[i].Person = persons.number(ev.Postings[old].Person)
		out.Postings[i].Cleared = slices.Clone(ev.Postings[old].Cleared)
		sortFindings(out.Postings[i].Cleared)
	}
	out.Kinds = make([]Kind, len(kinds))
	for i, old := range kinds {
		out.Kinds[i] = ev.Kinds[old]
		out.Kinds[i].Parent = renumber(newKind, ev.Kinds[old].Parent)
	}
	var raters []int32
	var beside sync.WaitGroup
	beside.Go(func() { out.Ratings, raters = ev.Ratings.canonical(ev.From, newPosting, newKind) }) // most of the rows
	caseOrder := sortedIndex(len(ev.Cases.ID), func(a, b int32) int { return strings.Compare(ev.Cases.ID[a], ev.Cases.ID[b]) })
	out.Cases = ev.Cases.canonical(caseOrder, newPosting, newKind)
	out.Events = ev.Events.canonical(inverse(caseOrder), newPosting)
	out.Reviews = ev.Reviews.canonical(ev.From, newPosting, persons)
	out.Deeds = ev.Deeds.canonical(newPosting)
	out.Achievements = ev.Achievements.canonical(newPosting)
	if ev.Response != nil {
		out.Response = gather(ev.Response, postings)
	}
	beside.Wait()
	return &canonical{ev: out, postings: postings, kinds: kinds, raters: raters}
}

func comparePostings(a, b *Posting) int {
	return cmp.Or(
		strings.Compare(a.Official, b.Official), strings.Compare(a.Unit, b.Unit),
		strings.Compare(a.Position, b.Position), strings.Compare(a.PeerGroup, b.PeerGroup),
		cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
}

// adverse is 1 where a rating answers a decision against the resident, else 0.
func (r *Ratings) adverse(row int32) uint64 {
	if r.Adverse != nil && r.Adverse[row] {
		return 1
	}
	return 0
}

// canonical also returns the raters' new numbers.
func (r *Ratings) canonical(from Day, newPosting, newKind []int32) (Ratings, []int32) {
	posting := renumberAll(newPosting, r.Posting)
	order := orderByPerson(len(newPosting), posting, r.Rater, func(i int32) uint64 {
		kind := uint64(renumber(newKind, r.Kind[i]) + 1)
		return kind<<42 | uint64(r.Channel[i])<<38 | uint64(r.Day[i]-from)<<12 |
			uint64(r.Level[i])<<8 | r.adverse(i)<<7 | uint64(r.Source[i])<<4 | uint64(r.Invited[i])
	})
	n := len(order.rows)
	out := Ratings{
		Posting: posting, Rater: order.persons, Kind: make([]int32, n), Channel: make([]Channel, n), Level: make([]uint8, n),
		Day: make([]Day, n), Source: make([]Source, n), Invited: make([]Ternary, n),
	}
	if slices.Contains(r.Adverse, true) {
		out.Adverse = make([]bool, n) // nil as long as nothing is marked
	}
	order.eachRow(func(i int, posting int32, key uint64) {
		out.Posting[i] = posting
		out.Kind[i] = int32(key>>42) - 1
		out.Channel[i] = Channel(key >> 38 & 15)
		out.Day[i] = from + Day(key>>12&(1<<26-1))
		out.Level[i] = uint8(key >> 8 & 15)
		out.Source[i] = Source(key >> 4 & 7)
		if out.Adverse != nil {
			out.Adverse[i] = key>>7&1 == 1
		}
		out.Invited[i] = Ternary(key & 15)
	})
	return out, order.number
}

func (c *Cases) canonical(order, newPosting, newKind []int32) Cases {
	return Cases{
		ID:           gather(c.ID, order),
		Posting:      renumberAll(newPosting, gather(c.Posting, order)),
		Kind:         renumberAll(newKind, gather(c.Kind, order)),
		Channel:      gather(c.Channel, order),
		Opened:       gather(c.Opened, order),
		Due:          gather(c.Due, order),
		Closed:       gather(c.Closed, order),
		Outcome:      gather(c.Outcome, order),
		Confirmed:    gather(c.Confirmed, order),
		Asked:        gather(c.Asked, order),
		Satisfaction: gather(c.Satisfaction, order),
		Transfers:    gather(c.Transfers, order),
		Reopened:     gather(c.Reopened, order),
		Resident:     newNumbering(len(c.ID)).all(gather(c.Resident, order)),
		Upheld:       gather(c.Upheld, order),
		End:          c.End,
	}
}

func (e *Events) canonical(newCase, newPosting []int32) Events {
	order := sortedIndex(len(e.Case), func(a, b int32) int {
		return cmp.Or(
			cmp.Compare(newCase[e.Case[a]], newCase[e.Case[b]]), cmp.Compare(e.At[a], e.At[b]),
			cmp.Compare(e.Kind[a], e.Kind[b]),
			cmp.Compare(renumber(newPosting, e.From[a]), renumber(newPosting, e.From[b])),
			cmp.Compare(renumber(newPosting, e.To[a]), renumber(newPosting, e.To[b])),
			strings.Compare(e.Unit[a], e.Unit[b]))
	})
	return Events{
		Case: renumberAll(newCase, gather(e.Case, order)),
		At:   gather(e.At, order),
		Kind: gather(e.Kind, order),
		From: renumberAll(newPosting, gather(e.From, order)),
		To:   renumberAll(newPosting, gather(e.To, order)),
		Unit: gather(e.Unit, order),
	}
}

// contact is how much the reviewer of a row has to do with the reviewed.
func (r *Reviews) contact(row int32) Contact {
	if r.Contact == nil {
		return ContactUnknown
	}
	return r.Contact[row]
}

func (r *Reviews) canonical(from Day, newPosting []int32, persons *numbering) Reviews {
	posting := renumberAll(newPosting, r.Posting)
	person := persons.all(r.ReviewerPerson)
	order := orderByPerson(len(newPosting), posting, r.Reviewer, func(i int32) uint64 {
		return uint64(r.Relation[i])<<61 | uint64(r.Dimension[i])<<58 | uint64(r.Score[i])<<55 | uint64(r.contact(i))<<53 |
			uint64(r.Day[i]-from)<<26 | uint64(person[i]+1)
	})
	n := len(order.rows)
	out := Reviews{
		Posting: posting, Reviewer: order.persons, ReviewerPerson: person, Relation: make([]Relation, n),
		Dimension: make([]Dimension, n), Score: make([]uint8, n), Day: make([]Day, n),
	}
	if slices.ContainsFunc(r.Contact, func(c Contact) bool { return c != ContactUnknown }) {
		out.Contact = make([]Contact, n) // nil as long as nobody has said anything
	}
	order.eachRow(func(i int, posting int32, key uint64) {
		out.Posting[i] = posting
		out.Relation[i] = Relation(key >> 61)
		out.Dimension[i] = Dimension(key >> 58 & 7)
		out.Score[i] = uint8(key >> 55 & 7)
		if out.Contact != nil {
			out.Contact[i] = Contact(key >> 53 & 3)
		}
		out.Day[i] = from + Day(key>>26&(1<<26-1))
		out.ReviewerPerson[i] = int32(key&(1<<26-1)) - 1
	})
	return out
}

func (d *Deeds) canonical(newPosting []int32) Deeds {
	order := sortedIndex(len(d.ID), func(a, b int32) int { return strings.Compare(d.ID[a], d.ID[b]) })
	return Deeds{
		ID:          gather(d.ID, order),
		Posting:     renumberAll(newPosting, gather(d.Posting, order)),
		Kind:        gather(d.Kind, order),
		Day:         gather(d.Day, order),
		Confirmed:   gather(d.Confirmed, order),
		Beneficiary: newNumbering(len(d.ID)).all(gather(d.Beneficiary, order)),
	}
}

func (a *Achievements) canonical(newPosting []int32) Achievements {
	posting := renumberAll(newPosting, a.Posting)
	order := sortedIndex(len(posting), func(i, j int32) int {
		return cmp.Or(cmp.Compare(posting[i], posting[j]), cmp.Compare(a.Kind[i], a.Kind[j]), cmp.Compare(a.Day[i], a.Day[j]))
	})
	return Achievements{Posting: gather(posting, order), Kind: gather(a.Kind, order), Day: gather(a.Day, order)}
}

// sortedIndex returns 0…n−1 sorted by compare, equals in the order given.
func sortedIndex(n int, compare func(a, b int32) int) []int32 {
	index := make([]int32, n)
	for i := range index {
		index[i] = int32(i)
	}
	if !slices.IsSortedFunc(index, compare) {
		slices.SortStableFunc(index, compare)
	}
	return index
}

// inverse turns "new → old" into "old → new".
func inverse(order []int32) []int32 {
	out := make([]int32, len(order))
	for i, old := range order {
		out[old] = int32(i)
	}
	return out
}

func renumber(to []int32, i int32) int32 {
	if i == None {
		return None
	}
	return to[i]
}

func renumberAll(to, from []int32) []int32 {
	out := make([]int32, len(from))
	for i, x := range from {
		out[i] = renumber(to, x)
	}
	return out
}

func gather[T any](column []T, order []int32) []T {
	out := make([]T, len(order))
	for i, row := range order {
		out[i] = column[row]
	}
	return out
}

// numbering gives numbers by first appearance; None stays None.
type numbering struct {
	next  int32
	small []int32         // of old numbers below its length, or None
	large map[int32]int32 // of the others
}

// newNumbering is quick for old numbers below the given size.
func newNumbering(size int) *numbering {
	return &numbering{small: filledIndex(size, None), large: make(map[int32]int32)}
}

func (n *numbering) number(old int32) int32 {
	if old == None {
		return None
	}
	known := None
	if int(old) < len(n.small) {
		known = n.small[old]
	} else if number, ok := n.large[old]; ok {
		known = number
	}
	if known != None {
		return known
	}
	if int(old) < len(n.small) {
		n.small[old] = n.next
	} else {
		n.large[old] = n.next
	}
	n.next++
	return n.next - 1
}

func (n *numbering) all(old []int32) []int32 {
	out := make([]int32, len(old))
	for i, x := range old {
		out[i] = n.number(x)
	}
	return out
}
