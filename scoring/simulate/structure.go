package simulate

import "math"

// shape is how the hardness of the work follows quality.
type shape uint8

const (
	shapeLinear shape = iota // the better, the harder
	shapeStep                // the better half gets the hard work
	shapeTail                // only the best get hard work
	shapeUnit                // good units have hard districts
	shapes
)

// strandKind numbers the strands of evidence that show quality.
type strandKind uint8

const (
	strandRatings strandKind = iota
	strandSolved
	strandInTime
	strandHanding // cases kept: the sign is turned, more is better
	strandReviews
	strandDeeds
	strands
)

// response is how an ordered mark comes from a continuous one: the mark is the
// number of thresholds below u + noise, plus one.
type response struct {
	thresholds [4]float64
	noise      float64 // scale of the noise
	logistic   bool    // logistic instead of normal noise
}

// structure is what a seed drew from a world's ranges.
type structure struct {
	effect  [strands]float64 // a_k
	halo    [strands]float64 // h_k
	loading [strands]float64 // λ_k

	groupSizes  []int
	groupEffect [strands][]float64 // by group, in the strand's own units

	shape       shape
	confounding float64
	taste       float64   // how much the mix differs for reasons of its own
	unitShare   float64   // share of the variance of q between units
	services    []float64 // effect of a service on ratings
	categories  []category
	channels    [5]float64 // effect of a channel on ratings

	rating, review   response
	severity         float64 // sd of residents
	regular          float64 // sd of what an official's regulars think of them beyond the work
	reviewSeverity   float64
	pair             float64 // sd of what a reviewer thinks of a colleague in all dimensions
	dimension        [5]float64
	relation         [5]float64
	cliques          float64 // share of officials
	favour           float64 // what friends add, in levels
	inTime           float64 // mean share
	timing           Timing
	timeNoise        float64 // sd of the log of durations
	handing          float64 // logit of a needless hand-over
	confirmationSlip float64 // share of residents who say the wrong thing

	deeds          float64 // mean a year
	deedsConfirmed float64
	visibility     float64 // mean count of achievements a year
	visible        float64 // how much of v an achievement shows: log rate a standard deviation

	buyers         float64
	campaigners    float64
	dishonestUnits float64
	falseClaims    float64
	inherited      float64
}

// category is one kind of case.
type category struct {
	solved float64 // logit of the share solved by the usual official
	inTime float64 // logit of the share in time
	days   float64 // allowed
	hard   float64 // standardised hardness
}

// draw takes one structure from the world's ranges.
func (w World) draw(s stream) structure {
	st := structure{
		shape:       shape(s.IntN(int(shapes))),
		confounding: s.between(w.Confounding),
		taste:       s.between(Range{0.4, 0.8}),
		unitShare:   s.between(Range{0.05, 0.2}),

		severity:         s.between(Range{0.3, 0.5}),
		regular:          s.between(Range{0.3, 0.6}),
		reviewSeverity:   s.between(Range{0.25, 0.45}),
		pair:             s.between(Range{0.25, 0.4}),
		cliques:          s.between(w.Cliques),
		favour:           s.between(Range{0.8, 1.4}),
		inTime:           s.between(w.InTime),
		timing:           w.Timing,
		timeNoise:        s.between(Range{0.5, 0.8}),
		handing:          logit(math.Max(s.between(w.Handovers), 0.005)),
		confirmationSlip: s.between(Range{0, 0.03}),

		deeds:          s.between(w.Deeds),
		deedsConfirmed: s.between(Range{0.6, 0.85}),
		visibility:     s.between(Range{8, 14}),
		visible:        s.between(Range{0.7, 1}),

		buyers:         s.between(w.Buyers),
		campaigners:    s.between(w.Campaigners),
		dishonestUnits: s.between(w.DishonestUnits),
		falseClaims:    s.between(w.FalseClaims),
		inherited:      s.between(w.Inherited),
	}
	if st.shape == shapeUnit {
		st.unitShare = s.between(Range{0.3, 0.5})
	}
	if st.timing == TimingDrawn {
		st.timing = TimingBinary + Timing(s.IntN(2))
	}
	st.drawStrands(w, s)
	st.drawGroups(w, s)
	st.drawKinds(w, s)
	st.rating = w.drawResponse(s)
	st.review = response{thresholds: [4]float64{1.5, 2.5, 3.5, 4.5}, noise: s.between(Range{0.45, 0.65})}
	for d := range st.dimension {
		st.dimension[d] = s.normal(0.2)
	}
	for r := range st.relation {
		st.relation[r] = s.normal(0.15)
	}
	return st
}

func (st *structure) drawStrands(w World, s stream) {
	st.effect = [strands]float64{
		strandRatings: s.between(Range{0.32, 0.45}),
		strandSolved:  s.between(Range{0.55, 0.85}),
		strandInTime:  s.between(Range{0.45, 0.75}),
		strandHanding: s.between(Range{0.3, 0.6}),
		strandReviews: s.between(Range{0.35, 0.5}),
		strandDeeds:   s.between(Range{0.3, 0.5}),
	}
	st.halo[strandRatings] = s.between(w.RatingHalo)
	st.halo[strandReviews] = s.between(w.ReviewHalo)
	st.halo[strandDeeds] = s.between(w.DeedHalo)
	for k := range st.loading {
		st.loading[k] = math.Sqrt(1 - s.between(w.Specific))
	}
}

// drawGroups splits the officials unevenly among the peer groups.
func (st *structure) drawGroups(w World, s stream) {
	st.groupSizes = make([]int, w.Groups)
	left := w.Officials
	for g := range st.groupSizes {
		n := left / (w.Groups - g)
		if g < w.Groups-1 {
			n = int(float64(n) * s.between(Range{0.8, 1.2}))
		}
		st.groupSizes[g] = n
		left -= n
	}
	spread := [strands]float64{0.2, 0.2, 0.2, 0.2, 0.2, 0.2}
	for k := range st.groupEffect {
		st.groupEffect[k] = make([]float64, w.Groups)
		for g := range st.groupEffect[k] {
			st.groupEffect[k][g] = s.normal(spread[k])
		}
	}
}

func (st *structure) drawKinds(w World, s stream) {
	hard := make([]float64, 10+s.IntN(8))
	for i := range hard {
		hard[i] = s.NormFloat64()
	}
	standardise(hard)
	depth := s.between(Range{0.45, 0.65})
	for _, h := range hard {
		st.services = append(st.services, -depth*h)
	}
	for c := range st.channels {
		st.channels[c] = s.normal(0.15)
	}

	hard = make([]float64, 8+s.IntN(6))
	for i := range hard {
		hard[i] = s.NormFloat64()
	}
	standardise(hard)
	solved := logit(s.between(w.Solved))
	depth = s.between(Range{0.7, 1})
	timeDepth := s.between(Range{0.4, 0.8})
	for _, h := range hard {
		st.categories = append(st.categories, category{
			solved: solved - depth*h,
			inTime: logit(st.inTime) - timeDepth*(0.7*h+s.normal(0.7)),
			days:   math.Round(s.between(Range{5, 30})),
			hard:   h,
		})
	}
}

// drawResponse makes the scale of the ratings: the middle at about 3.5, or most
// answers at 5 with rare low ones.
func (w World) drawResponse(s stream) response {
	scale := w.Scale
	if scale == ScaleDrawn {
		scale = ScaleLinear + Scale(s.IntN(2))
	}
	r := response{noise: s.between(Range{0.75, 0.95}), logistic: s.chance(0.5)}
	if r.logistic {
		r.noise *= math.Sqrt(3) / math.Pi // the same standard deviation
	}
	if scale == ScaleLinear {
		centre := s.between(Range{3.2, 3.7})
		for c := range r.thresholds {
			r.thresholds[c] = float64(c) + 1.5 - centre
		}
		return r
	}
	top := s.between(Range{-0.4, 0.1}) // where "very satisfied" begins
	r.thresholds = [4]float64{top - 2.1, top - 1.7, top - s.between(Range{1, 1.3}), top}
	return r
}

func logit(p float64) float64 { return math.Log(p / (1 - p)) }

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
