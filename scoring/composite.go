package scoring

import (
	"math"
	"slices"
)

// standing is where the posting's components stand in the composite.
type standing struct {
	n      [Components]float64
	counts [Components]bool
	weight [Components]float64 // the share each really has; sums to 1 where there is a composite
	status Status
	ranked bool
}

// scale turns a component's value about its group's mean into points.
type scale struct{ base, slope float64 }

// composed is the composite of every posting.
type composed struct {
	standing  []standing
	nominal   [][Components]float64 // by group: weights of the components the group has, summing to 1
	scale     [][Components]scale   // by group
	scaleHalo [][Components]scale   // the same with the halo left in
	centre    [][Components]centres // by group

	raw         []float64 // before winsorising; NaN without a composite
	value       []float64 // 0 to 100
	withoutHalo []float64
}

// centres are the group's means of each step, over the members with evidence.
type centres struct{ unshrunk, apart, joint, clean float64 }

// compose weighs the components by the policy.
func (r *run) compose(c *combined, indicators []*indicator) *composed {
	n, groups := len(r.ev.Postings), r.groups.count()
	out := &composed{
		standing: make([]standing, n), nominal: make([][Components]float64, groups),
		scale: make([][Components]scale, groups), scaleHalo: make([][Components]scale, groups),
		centre: make([][Components]centres, groups),
		raw:    filled(n, math.NaN()), value: filled(n, math.NaN()), withoutHalo: filled(n, math.NaN()),
	}
	r.countEvidence(c, indicators, out)
	for g, members := range r.groups.members {
		r.weighGroup(g, members, out)
		for k := range Components {
			out.centre[g][k] = centres{
				unshrunk: r.groups.mean(g, c.unshrunk[k]), apart: r.groups.mean(g, c.apart[k]),
				joint: r.groups.mean(g, c.joint[k]), clean: r.groups.mean(g, c.clean[k]),
			}
			sigma := c.sigma[k]
			if !c.halo {
				sigma = c.sigmaHalo[k]
			}
			out.scale[g][k] = r.componentScale(k, g, indicators, sigma)
			out.scaleHalo[g][k] = r.componentScale(k, g, indicators, c.sigmaHalo[k])
		}
		for _, i := range members {
			r.addUp(int(i), g, c, out)
		}
	}
	return out
}

// countEvidence fills the effective numbers and what counts: evidence at the
// minimum or above, of a component that tells officials apart, on a connected
// part of the group.
func (r *run) countEvidence(c *combined, indicators []*indicator, out *composed) {
	for _, in := range indicators {
		k := in.component
		main := r.mainParts(in)
		for i := range out.standing {
			s := &out.standing[i]
			s.n[k] = max(s.n[k], in.n[i])
			if in.part == nil || in.part[i] < 0 || !in.fitted {
				continue
			}
			if in.part[i] != main[r.groups.of[i]] {
				r.flags[i].add(FlagDisconnected)
			} else if c.has(k, i) {
				s.counts[k] = true
			}
		}
	}
	for i := range out.standing {
		s := &out.standing[i]
		for k := range Components {
			rule := r.policy.Rule(k)
			s.counts[k] = s.counts[k] && s.n[k] >= rule.MinimumN && rule.Weight > 0
		}
	}
}

// mainParts is, by group, the connected part that holds most of its members.
func (r *run) mainParts(in *indicator) []int32 {
	main := filledIndex(r.groups.count(), -1)
	if in.part == nil {
		return main
	}
	for g, members := range r.groups.members {
		count := make(map[int32]int)
		most := 0
		for _, i := range members {
			part := in.part[i]
			if part < 0 {
				continue
			}
			count[part]++
			if n := count[part]; n > most || n == most && part < main[g] {
				most, main[g] = n, part
			}
		}
	}
	return main
}

// weighGroup decides each member's weights and status.
func (r *run) weighGroup(g int, members []int32, out *composed) {
	total := 0.0
	components := 0
	for k := range Components {
		for _, i := range members {
			if out.standing[i].counts[k] {
				out.nominal[g][k] = r.policy.Rule(k).Weight
				total += out.nominal[g][k]
				components++
				break
			}
		}
	}
	if total == 0 {
		for _, i := range members {
			out.standing[i].status = InsufficientEvidence
		}
		return
	}
	for k := range Components {
		out.nominal[g][k] /= total
	}
	for _, i := range members {
		s := &out.standing[i]
		if components == 1 {
			r.flags[i].add(FlagOneComponent)
		}
		s.shareOut(&out.nominal[g])
		if s.status == InsufficientEvidence {
			continue
		}
		s.ranked = len(members) >= r.policy.MinimumGroup && !slices.Contains(r.flags[i], FlagDisconnected)
	}
	if len(members) < r.policy.MinimumGroup {
		for _, i := range members {
			r.flags[i].add(FlagSmallGroup)
		}
	}
}

// shareOut decides the status from what counts, and lets what counts share the
// weight of what does not.
func (s *standing) shareOut(nominal *[Components]float64) {
	have, components := 0.0, 0
	for k := range Components {
		if nominal[k] > 0 {
			components++
		}
		if s.counts[k] {
			have += nominal[k]
		}
	}
	s.weight = [Components]float64{}
	switch {
	case have < 0.5-1e-12:
		s.status = InsufficientEvidence
		return
	case have < 1-1e-12 || components == 1:
		s.status = Provisional
	default:
		s.status = Scored
	}
	for k := range Components {
		if s.counts[k] {
			s.weight[k] = nominal[k] / have
		}
	}
}

// componentScale is 50 points at the group's mean and 50/3 points a standard
// deviation of the true effect; or, absolute, the component's own scale from 0
// to 100: levels and scores from 1 to 5, outcomes as shares, practical work as
// log(1 + deeds a month) up to the cap.
func (r *run) componentScale(k Component, g int, indicators []*indicator, sigma float64) scale {
	if r.policy.Normalisation == Standardised {
		if sigma == 0 {
			return scale{base: 50}
		}
		return scale{base: 50, slope: 50 / float64(3*sigma)}
	}
	sum, total := 0.0, 0.0
	for _, in := range indicators {
		figure := in.figure
		if k == PracticalWork {
			figure = in.raw
		}
		if mean := r.groups.mean(g, figure); in.component == k && in.fitted && mean == mean {
			sum += float64(in.share * mean)
			total += in.share
		}
	}
	switch {
	case total == 0:
		return scale{base: 50}
	case k == Satisfaction || k == PeerReview:
		return scale{base: float64(25 * (sum/total - 1)), slope: 25}
	case k == Outcomes:
		return scale{base: float64(100 * (sum / total)), slope: 100}
	}
	top := log(1 + float64(float64(r.policy.DeedsPerWeek)*daysAMonth/7))
	return scale{base: 100 * (sum / total) / top, slope: 100 / top}
}

// addUp fills the composite of posting i.
func (r *run) addUp(i, g int, c *combined, out *composed) {
	s := &out.standing[i]
	if s.status == InsufficientEvidence {
		return
	}
	sum, halo := 0.0, 0.0
	for k := range Components {
		if !s.counts[k] {
			continue
		}
		sum += float64(s.weight[k] * out.scale[g][k].points(c.clean[k][i]-out.centre[g][k].clean))
		halo += float64(s.weight[k] * out.scaleHalo[g][k].points(c.joint[k][i]-out.centre[g][k].joint))
	}
	out.raw[i] = sum
	out.value[i] = winsorise(sum)
	out.withoutHalo[i] = winsorise(halo)
}

func (s scale) points(value float64) float64 { return s.base + float64(s.slope*value) }

// se is a standard error in points.
func (s scale) se(variance float64) float64 { return float64(s.slope * math.Sqrt(variance)) }

func winsorise(x float64) float64 { return min(max(x, 0), 100) }
