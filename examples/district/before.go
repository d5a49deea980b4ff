package district

// risen is how many officials were much weaker in the year before.
const risen = 6

// evidence are the tables that a year fills; the others tell of the organisation.
var evidence = map[string]bool{
	"encounters.csv": true, "ratings.csv": true, "cases.csv": true, "case_events.csv": true,
	"reviews.csv": true, "deeds.csv": true, "achievements.csv": true,
}

// GenerateYearBefore makes the district that belongs to the seed as it was in the year
// before: the same people in the posts with which they began the year, a little better or
// worse than they became, some of them much worse. Nothing was bought or organised, and
// every case was settled within the year.
func GenerateYearBefore(seed uint64) *District {
	w := newWorld(seed)
	w.goBack()
	return w.live()
}

// goBack makes the world that of the year before.
func (w *world) goBack() {
	w.before, w.year = true, newYear(w.year.start.Year()-1)
	w.posts = w.posts[:len(w.officials)] // the first post of each
	d := w.dice(9)
	left := risen
	for _, i := range d.Perm(len(w.officials)) {
		o, c := &w.officials[i], &w.careers[i]
		w.posts[i].from, w.posts[i].to = 0, days
		*c = career{posts: []int{i}, since: c.since}
		o.Position = duties[w.posts[i].role].position
		o.Quality -= d.normal(0.25)
		switch o.Story {
		case StoryJoined:
			w.posts[i].to, c.left = 0, 1 // not yet here
		case StoryNone:
			if left > 0 && o.Quality > 0.7 {
				o.Quality -= 2.2
				o.Story = StoryRisen
				left--
			}
		case StoryQuiet, StoryShowy, StoryClique, StoryPusher:
		default:
			o.Story = StoryNone
		}
	}
}

// absent says whether the official has no day in office in the year.
func (w *world) absent(official int) bool {
	p := w.posts[w.careers[official].posts[0]]
	return p.from == p.to
}
