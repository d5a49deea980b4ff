package district

import (
	"fmt"
	"math"
	"time"
)

// post is one official's time in one post.
type post struct {
	official int
	unit     string
	area     int
	role     role
	from, to int // days of the year, to not included
}

// share is the part of the year spent in the post.
func (p post) share() float64 { return float64(p.to-p.from) / days }

// career is an official's service as a whole.
type career struct {
	posts []int // indices of posts, in order of time
	since time.Time
	left  int // the day the official left, or 0
}

// resident is somebody who is served. Their severity lowers every mark they give.
type resident struct {
	ref      string
	severity float64
}

const (
	residentsPerArea = 400 // in each subdistrict
	regulars         = 6   // residents who come back to the same official
)

func newWorld(seed uint64) *world {
	w := &world{seed: seed, year: newYear(2025)}
	w.staff()
	w.cast()
	w.populate()
	return w
}

// staff makes the officials and their first posts, unit by unit.
func (w *world) staff() {
	d := w.dice(1)
	names := make(map[string]bool)
	hire := func(n, area int, r role, suffixes ...string) {
		for i := range n {
			w.hire(d, names, area, r, areaUnit(area)+suffixes[i%len(suffixes)])
		}
	}
	for area := range subdistricts {
		hire(5, area, window, "-FW")
		hire(7, area, grid, "-S1", "-S2")
		hire(3, area, enforcer, "-ZF")
		hire(2, area, mediator, "-TJ")
	}
	for i, b := range bureaus {
		area := len(subdistricts) + i
		hire(4, area, window, "-FW")
		hire(5, area, caseworker, "-YW")
		if b.enforces {
			hire(4, area, enforcer, "-ZF")
		}
	}
}

func (w *world) hire(d dice, names map[string]bool, area int, r role, unit string) {
	number := len(w.officials)
	name := newName(d)
	for names[name] {
		name = newName(d)
	}
	names[name] = true
	w.officials = append(w.officials, Official{
		ID: fmt.Sprintf("G%03d", number+1), Name: name, Position: duties[r].position,
		Quality: d.normal(1), Visibility: d.normal(1),
	})
	since := time.Date(2005+d.IntN(19), time.July, 1, 0, 0, 0, 0, zone)
	w.careers = append(w.careers, career{posts: []int{len(w.posts)}, since: since})
	w.posts = append(w.posts, post{official: number, unit: unit, area: area, role: r, to: days})
}

func newName(d dice) string {
	name := string(pick(d, surnames)) + string(pick(d, givenFirst))
	if d.chance(0.75) {
		name += string(pick(d, givenLast))
	}
	return name
}

// cliqueArea is the subdistrict whose clique praises itself.
const cliqueArea = 4

// cast gives some officials a part to play and the quality that belongs to it.
func (w *world) cast() {
	d := w.dice(2)
	free := d.Perm(len(w.officials))
	next := func(fits func(post) bool) int {
		for i, o := range free {
			if fits(w.posts[w.careers[o].posts[0]]) {
				free = append(free[:i], free[i+1:]...)
				return o
			}
		}
		panic("district: nobody is left for a part") // the parts are far fewer than the officials
	}
	anyone := func(p post) bool { return p.area != cliqueArea }
	is := func(r role) func(post) bool {
		return func(p post) bool { return p.role == r && anyone(p) && p.area < len(subdistricts) }
	}
	play := func(n int, story Story, fits func(post) bool, quality, visibility float64) {
		for range n {
			o := &w.officials[next(fits)]
			o.Story = story
			o.Quality = quality + d.normal(0.3)
			o.Visibility = visibility + d.normal(0.3)
		}
	}
	play(6, StoryClique, func(p post) bool { return p.area == cliqueArea }, -0.5, 0.5)
	play(18, StoryQuiet, anyone, 1.4, -1.5)
	play(14, StoryShowy, anyone, -1.2, 1.7)
	play(3, StoryBought, is(window), -0.8, 0.2)
	play(1, StoryAttacked, is(enforcer), 1.0, 0)
	play(2, StorySelective, is(window), -0.3, 0.4)
	play(5, StoryPusher, is(grid), -0.9, 0)

	w.move(next(is(grid)), func(p *post) {
		p.area = (p.area + 1) % len(subdistricts)
		p.unit = areaUnit(p.area) + "-S1"
	})
	w.move(next(is(window)), func(p *post) {
		p.area, p.role = len(subdistricts), caseworker
		p.unit = areaUnit(p.area) + "-YW"
	})
	w.join(next(anyone), w.year.day(8, 1))
	w.leave(next(anyone), w.year.day(10, 1))
}

// move gives the official a second post from 1 July on.
func (w *world) move(official int, change func(*post)) {
	first := &w.posts[w.careers[official].posts[0]]
	second := *first
	first.to = w.year.day(7, 1)
	second.from = first.to
	change(&second)
	w.careers[official].posts = append(w.careers[official].posts, len(w.posts))
	w.posts = append(w.posts, second)
	w.officials[official].Story = StoryMoved
	w.officials[official].Position = duties[second.role].position
}

func (w *world) join(official, day int) {
	w.posts[w.careers[official].posts[0]].from = day
	w.careers[official].since = w.year.midnight(day)
	w.officials[official].Story = StoryJoined
}

func (w *world) leave(official, day int) {
	w.posts[w.careers[official].posts[0]].to = day
	w.careers[official].left = day
	w.officials[official].Story = StoryLeft
}

// last is the official's last post.
func (w *world) last(official int) post {
	posts := w.careers[official].posts
	return w.posts[posts[len(posts)-1]]
}

// populate makes the residents of all subdistricts, one after the other.
func (w *world) populate() {
	d := w.dice(3)
	for range residentsPerArea * len(subdistricts) {
		w.addResident(d.normal(0.6))
	}
}

// addResident makes one more resident and returns the number.
func (w *world) addResident(severity float64) int {
	n := len(w.residents)
	w.residents = append(w.residents, resident{fmt.Sprintf("R%05d", n+1), severity})
	return n
}

// someResident draws a resident of the area; a bureau serves the whole district.
func (w *world) someResident(d dice, area int) int {
	if area < len(subdistricts) {
		return area*residentsPerArea + d.IntN(residentsPerArea)
	}
	return d.IntN(len(subdistricts) * residentsPerArea)
}

// nobody is the resident or official of a row that names none.
const nobody = -1

// residentRef is the resident's reference, empty for nobody.
func (w *world) residentRef(n int) string {
	if n == nobody {
		return ""
	}
	return w.residents[n].ref
}

// workload draws how many pieces of work fall into a post, for a yearly figure.
func workload(d dice, yearly float64, p post) int {
	return int(math.Round(yearly * (0.75 + d.Float64()/2) * p.share()))
}

// level turns how content a resident is into a mark. The thresholds give the
// skew of real counters: about six in ten 5, and a tail of 1 and 2.
func level(content float64) int {
	switch {
	case content > -0.45:
		return 5
	case content > -1.35:
		return 4
	case content > -1.95:
		return 3
	case content > -2.5:
		return 2
	}
	return 1
}
