package scoring

// Codes of the parts, in the order of an explanation.
const (
	PartBase          = "BASE"           // where the middle of the group lies
	PartRaw           = "RAW"            // the raw figure against the group's
	PartAttack        = "ATTACK"         // voices counted once, bursts and favours weighed down
	PartCaseMix       = "CASE_MIX"       // how hard the work was
	PartRater         = "RATER"          // who happened to rate
	PartShrinkage     = "SHRINKAGE"      // how little is known
	PartBorrowed      = "BORROWED"       // what it owes to the other components
	PartHalo          = "HALO"           // what leans on visibility
	PartWeightSharing = "WEIGHT_SHARING" // the place of components left out
	PartWinsorised    = "WINSORISED"     // cut at 0 or 100
)

// PartCodes returns every code that a [Part] can have, in the order of an
// explanation: the message catalogue has words for each.
func PartCodes() []string {
	return []string{
		PartBase, PartRaw, PartAttack, PartCaseMix, PartRater, PartShrinkage, PartBorrowed, PartHalo,
		PartWeightSharing, PartWinsorised,
	}
}

// explain writes each composite as a sum of parts. Component by component at its
// nominal weight: the steps from the raw figure to the clean one; then what weight
// sharing adds, and the cut at the ends. The parts, in hundredths of a point, add
// up to the composite as printed.
func (a *assessed) explain(list []Assessment) {
	steps := a.stepsByComponent()
	inParallel(len(list), func(from, to int) {
		for i := from; i < to; i++ {
			if a.composed.standing[i].status != InsufficientEvidence {
				list[i].Parts = a.parts(i, steps)
			}
		}
	})
}

// stepValues are one component's steps for all postings, in component units
// about the group's means.
type stepValues struct{ raw, attack, caseMix, rater []float64 }

// stepsByComponent adds up the indicators' steps with their worth.
func (a *assessed) stepsByComponent() [Components]stepValues {
	var steps [Components]stepValues
	n := len(a.run.ev.Postings)
	for k := range Components {
		steps[k] = stepValues{make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)}
	}
	for j, in := range a.combined.list {
		s := &steps[in.component]
		worth := a.combined.worth(j) / in.sigma
		a.addStep(s.raw, in.raw, worth)
		a.addStep(s.attack, in.attack, worth)
		a.addStep(s.caseMix, in.caseMix, worth)
		a.addStep(s.rater, in.rater, worth)
	}
	return steps
}

func (a *assessed) addStep(sum, step []float64, worth float64) {
	for g, members := range a.run.groups.members {
		mean := a.run.groups.mean(g, step)
		for _, i := range members {
			if step[i] == step[i] {
				sum[i] += float64(worth * (step[i] - mean))
			}
		}
	}
}

// figure is the component's raw figure as people know it; for outcomes, that of
// the first indicator that has one.
func (a *assessed) figure(k Component, i int) float64 {
	for _, in := range a.indicators {
		if in.component == k && in.figure[i] == in.figure[i] {
			return in.figure[i]
		}
	}
	return nan
}

func (a *assessed) parts(i int, steps [Components]stepValues) []Part {
	c, out := a.combined, a.composed
	g := a.run.groups.of[i]
	s := &out.standing[i]
	var parts []Part
	var points []float64
	add := func(component int8, code string, value, p float64) {
		parts = append(parts, Part{Component: component, Code: code, Value: value})
		points = append(points, p)
	}
	last := func(pieces []Piece) { parts[len(parts)-1].Pieces = pieces }
	base, shared := 0.0, 0.0
	for k := range Components {
		base += float64(out.nominal[g][k] * out.scale[g][k].base)
	}
	add(-1, PartBase, nan, base)
	for k := range Components {
		if !s.counts[k] {
			if out.nominal[g][k] > 0 {
				shared -= float64(out.nominal[g][k] * out.scale[g][k].base)
			}
			continue
		}
		f := float64(out.nominal[g][k] * out.scale[g][k].slope)
		centre := out.centre[g][k]
		st := &steps[k]
		known := st.raw[i] + st.attack[i] + st.caseMix[i] + st.rater[i]
		apart, joint, clean := c.apart[k][i]-centre.apart, c.joint[k][i]-centre.joint, c.clean[k][i]-centre.clean
		add(int8(k), PartRaw, a.figure(k, i), float64(f*st.raw[i]))
		last(a.piecesOf(k, PartRaw, i, f))
		add(int8(k), PartAttack, nan, float64(f*st.attack[i]))
		last(a.piecesOf(k, PartAttack, i, f))
		add(int8(k), PartCaseMix, nan, float64(f*st.caseMix[i]))
		last(a.piecesOf(k, PartCaseMix, i, f))
		add(int8(k), PartRater, nan, float64(f*st.rater[i]))
		add(int8(k), PartShrinkage, nan, float64(f*(apart-known)))
		add(int8(k), PartBorrowed, nan, float64(f*(joint-apart)))
		add(int8(k), PartHalo, nan, float64(f*(clean-joint)))
		shared += float64((s.weight[k] - out.nominal[g][k]) * out.scale[g][k].points(clean))
	}
	add(-1, PartWeightSharing, nan, shared)
	add(-1, PartWinsorised, nan, out.value[i]-out.raw[i])
	rounded := largestRemainder(points, hundredths(out.value[i]))
	kept := parts[:0]
	for p := range parts {
		parts[p].Points = rounded[p]
		if rounded[p] != 0 || parts[p].Code == PartBase || parts[p].Code == PartRaw {
			kept = append(kept, parts[p])
		}
	}
	return kept
}
