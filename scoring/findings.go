package scoring

import (
	"cmp"
	"slices"
)

// cleared says whether a person has found a finding harmless. A rule that holds for
// everybody cannot be cleared: one person has one voice, whoever it is.
func (p *Posting) cleared(f Finding) bool { return slices.Contains(p.Cleared, f) }

// findings are what stands behind a posting's flags that doubt the evidence.
func (r *run) findings(p int32) []Finding {
	var all []Finding
	if r.bursts != nil {
		all = append(all, r.bursts[p]...)
		if n := r.voices[p]; n >= repeatedRater {
			all = append(all, Finding{Flag: FlagRepeatedRater, Count: n})
		}
	}
	all = append(all, r.favourFindings(p)...)
	if r.spurts != nil && slices.Contains(r.flags[p], FlagCampaignBurst) {
		all = append(all, r.spurts[p])
	}
	sortFindings(all)
	return all
}

func sortFindings(list []Finding) {
	slices.SortFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Flag, b.Flag), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To),
			cmp.Compare(boolFloat(a.High), boolFloat(b.High)), cmp.Compare(a.Count, b.Count))
	})
}

// clearances adds what persons have cleared to a digest. Where nothing is cleared it
// adds nothing: such evidence has the digest that it always had.
func (d *digester) clearances(postings []Posting) {
	for i := range postings {
		if len(postings[i].Cleared) == 0 {
			continue
		}
		d.texts("cleared")
		d.int64(int64(i))
		d.int64(int64(len(postings[i].Cleared)))
		for _, f := range postings[i].Cleared {
			d.texts(string(f.Flag))
			d.int64(int64(f.From))
			d.int64(int64(f.To))
			d.int64(int64(boolFloat(f.High)))
			d.int64(int64(f.Count))
		}
	}
}
