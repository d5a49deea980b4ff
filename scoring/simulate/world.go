package simulate

// Range is an interval from which a structure draws a number, once a seed.
type Range struct{ Low, High float64 }

// Scale says how a felt quality becomes a level from 1 to 5.
type Scale uint8

// The scales.
const (
	ScaleDrawn   Scale = iota // either, by the seed
	ScaleLinear               // levels at equal distances
	ScaleOrdinal              // thresholds at unequal distances, most answers at the top
)

// Timing says how the time that a case takes comes about.
type Timing uint8

// The timings.
const (
	TimingDrawn    Timing = iota // either, by the seed
	TimingBinary                 // in time or late; nothing more is in the days
	TimingDuration               // log-normal durations
)

// World is what holds in a world. Ranges are drawn from once a seed; halos are
// in levels (ratings, reviews) or logs of rates (deeds) a standard deviation of
// visibility, shares are from 0 to 1.
type World struct {
	Name  string // a word for flags and files
	Title string // a line for tables

	Officials int
	Groups    int

	Ratings   float64 // mean number an official
	Cases     float64 // mean number an official
	Reviewers int     // an official
	Deeds     Range   // mean number an official and year
	Unequal   float64 // standard deviation of the log of an official's amount of ratings and cases
	Dealt     bool    // ratings and cases are dealt out, by a fifth more or less to each; else their numbers are Poisson
	PartYear  float64 // share of officials who came during the year

	Answering float64 // share of cases whose resident says whether it is solved
	Solved    Range   // mean share of cases solved
	InTime    Range   // mean share of cases in time
	CaseMarks float64 // share of answering residents who leave a satisfaction mark

	Confounding Range // how strongly hard work follows q; 0: not at all
	RatingHalo  Range
	ReviewHalo  Range
	DeedHalo    Range
	Correlation float64 // of q and v
	Specific    Range   // share of a strand's true variance that is its own

	Cliques        Range   // share of officials in circles of favours
	Buyers         Range   // share of officials who buy ratings
	Campaigners    Range   // share of officials whose deeds crowd before an inspection
	DishonestUnits Range   // share of units that claim what they have not solved
	FalseClaims    Range   // share of their unsolved cases that they claim
	Inherited      Range   // share of cases that waited long before they were assigned
	Handovers      Range   // mean share of cases handed on needlessly
	Repeats        float64 // share of ratings that come from an official's regulars

	Scale  Scale
	Timing Timing

	Bars Bars
}

// Bars are what the engine must reach in a world on the mean over the seeds;
// zero is no bar.
type Bars struct {
	Share float64 // of the oracle's rank correlation with q
	Sum   float64 // of the oracle's rank correlation with the true sum
	Slope float64 // largest size of the slope on visibility
}

// worstBelow is how far a single seed may stay behind a bar that the mean must
// reach.
const worstBelow = 0.04

// Limits that hold in every world.
const (
	coverageLow, coverageHigh = 0.93, 0.98
	scoredLow                 = 0.95
)

// standard is the world without traps on which the others build.
func standard() World {
	return World{
		Name:  "plain",
		Title: "no traps",

		Officials: 300,
		Groups:    3,
		Ratings:   50,
		Cases:     40,
		Reviewers: 8,
		Deeds:     Range{8, 14},

		Answering: 0.5,
		Solved:    Range{0.62, 0.78},
		InTime:    Range{0.65, 0.8},
		Handovers: Range{0.08, 0.15},
		Repeats:   0.04,

		Scale:  ScaleLinear,
		Timing: TimingBinary,
		Bars:   Bars{Share: 0.985, Slope: 0.08},
	}
}

func confounded() World {
	w := standard()
	w.Name, w.Title = "confounded", "case mix confounded with q"
	w.Confounding = Range{0.8, 1.3}
	return w
}

func halo() World {
	w := confounded()
	w.Name, w.Title = "halo", "halo, confounding and cliques"
	w.RatingHalo = Range{0.28, 0.45}
	w.ReviewHalo = Range{0.35, 0.6}
	w.DeedHalo = Range{0, 0.2}
	w.Cliques = Range{0.08, 0.15}
	w.Bars.Share = 0.975
	return w
}

// fifth keeps two reviewers, so that peer review falls below the policy's
// minimum and most results are provisional: so little is little.
func fifth() World {
	w := halo()
	w.Name, w.Title = "fifth", "… with a fifth of the evidence"
	w.Ratings, w.Cases, w.Reviewers = 10, 8, 2
	w.Deeds = Range{2, 3}
	w.Bars.Share = 0.93
	w.Bars.Slope = 0
	// By chance alone one in ten would have fewer than the five cases that the policy
	// asks for, and no method may score them.
	w.Dealt = true
	return w
}

func bursts() World {
	w := halo()
	w.Name, w.Title = "bursts", "… with bought bursts of top ratings"
	w.Buyers = Range{0.12, 0.2}
	return w
}

func correlated() World {
	w := halo()
	w.Name, w.Title = "correlated", "… with q and v correlated by 0.4"
	w.Correlation = 0.4
	return w
}

func specific() World {
	w := halo()
	w.Name, w.Title = "specific", "… with truths of the components' own"
	w.Specific = Range{0.2, 0.45}
	// The composite weighs by policy, the oracle by what each strand says of q:
	// the two part, and a bar on q would be a bar on the policy.
	w.Bars.Share, w.Bars.Sum = 0, 0.96
	return w
}

func solved97() World {
	w := halo()
	w.Name, w.Title = "solved97", "… with 97 % solved"
	w.Solved = Range{0.965, 0.975}
	w.InTime = Range{0.9, 0.95}
	// The anchor of the halo says little here: the oracle itself leans by 0.08.
	w.Bars.Share, w.Bars.Slope = 0.95, 0
	return w
}

func ordinal() World {
	w := halo()
	w.Name, w.Title = "ordinal", "… with ordinal ratings, most at the top"
	w.Scale = ScaleOrdinal
	return w
}

func claims() World {
	w := halo()
	w.Name, w.Title = "claims", "… with dishonest units and inherited queues"
	w.DishonestUnits = Range{0.25, 0.4}
	w.FalseClaims = Range{0.6, 0.9}
	w.Inherited = Range{0.05, 0.15}
	return w
}

// mixed is the world of everything at once, in uneven amounts and over wide
// ranges: the least like any other generator.
func mixed() World {
	w := bursts()
	w.Name, w.Title = "mixed", "… everything at once, unequal amounts"
	w.Unequal = 0.5
	w.PartYear = 0.15
	w.Solved = Range{0.55, 0.9}
	w.InTime = Range{0.6, 0.9}
	w.CaseMarks = 0.4
	w.Confounding = Range{0.4, 1.6}
	w.RatingHalo = Range{0.1, 0.45}
	w.ReviewHalo = Range{0.15, 0.6}
	w.Correlation = 0.2
	w.Specific = Range{0, 0.15}
	w.Campaigners = Range{0.05, 0.15}
	w.DishonestUnits = Range{0.1, 0.3}
	w.FalseClaims = Range{0.4, 0.8}
	w.Inherited = Range{0, 0.1}
	w.Scale = ScaleDrawn
	w.Timing = TimingDrawn
	w.Bars.Share = 0.95
	w.Bars.Slope = 0
	return w
}

// Worlds returns the worlds of the table, in its order: first those with a bar
// in the method's description, then the others.
func Worlds() []World {
	return []World{
		standard(), confounded(), halo(), fifth(), bursts(),
		correlated(), specific(), solved97(), ordinal(), claims(), mixed(),
	}
}
