package district

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// encounter is one service done for one resident, with the rating if one came.
type encounter struct {
	post     int
	service  int
	resident int // or nobody
	channel  int
	at       time.Time
	invited  string
	level    int // 0: not rated
	ratedAt  time.Time
	comment  string
	tags     string
}

func (w *world) makeEncounters() {
	d := w.dice(4)
	for i, p := range w.posts {
		w.serve(d, i, p)
		switch w.officials[p.official].Story {
		case StoryBought:
			w.burst(d, i, p, 40, 12, 5)
		case StoryAttacked:
			w.burst(d, i, p, 30, 10, 1)
		}
	}
	slices.SortStableFunc(w.encounters, func(a, b encounter) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.post, b.post))
	})
}

// serve makes the ordinary encounters of one post.
func (w *world) serve(d dice, number int, p post) {
	o := w.officials[p.official]
	weights := make([]float64, len(services))
	for i, s := range services {
		if s.role == p.role {
			weights[i] = hardWork(o.Quality, s.hard)
			if s.bureau >= 0 && s.bureau == p.area-len(subdistricts) {
				weights[i] *= 4
			}
		}
	}
	var known [regulars]int
	for i := range known {
		known[i] = w.someResident(d, p.area)
	}
	answering := 0.52 + d.Float64()*0.22
	for range workload(d, duties[p.role].encounters, p) {
		e := encounter{post: number, service: d.weighted(weights), channel: d.weighted(duties[p.role].channels)}
		at, ok := w.year.office(d, p.from+d.IntN(p.to-p.from))
		if !ok || w.year.dayOf(at) >= p.to {
			continue
		}
		e.at = at
		e.resident = w.visitor(d, p, known)
		content := w.content(d, o, services[e.service].hard, e.channel, e.resident)
		e.invited = invitation(d, o.Story, content)
		w.answer(d, &e, content, answering)
		w.encounters = append(w.encounters, e)
	}
}

// hardWork weighs how likely work of the given difficulty falls to an official:
// the better the official, the harder the work.
func hardWork(quality, hard float64) float64 {
	return 2 * logistic(float64(1.2*float64(quality*hard)))
}

// visitor draws who comes: one resident in eight is a regular, one in ten leaves no reference.
func (w *world) visitor(d dice, p post, known [regulars]int) int {
	switch u := d.Float64(); {
	case u < 0.12:
		return known[d.IntN(regulars)]
	case u < 0.22:
		return nobody
	}
	return w.someResident(d, p.area)
}

// content is how content a resident is after an encounter or a case: the quality
// of the work and a halo of the official's visibility, less what is hard about it
// and the resident's severity.
func (w *world) content(d dice, o Official, hard float64, channel, resident int) float64 {
	severity := 0.0
	if resident == nobody {
		severity = d.normal(0.6)
	} else {
		severity = w.residents[resident].severity
	}
	return lean(0.55, o.Quality, 0.3, o.Visibility, -0.8, hard) + channelLift[channel] - severity + d.normal(0.9)
}

// invitation says whether the resident was asked to rate.
func invitation(d dice, story Story, content float64) string {
	if story == StorySelective {
		if content > 0.6 {
			return "YES"
		}
		return "NO"
	}
	switch u := d.Float64(); {
	case u < 0.88:
		return "YES"
	case u < 0.95:
		return "NO"
	}
	return ""
}

// answer lets the resident rate, within three days; the discontent a little more
// often than the content, and never without an invitation that could have been given.
func (w *world) answer(d dice, e *encounter, content, answering float64) {
	mark := level(content)
	if mark <= 2 {
		answering += 0.12
	}
	delay := time.Duration(d.IntN(20*60)) * time.Second
	if d.chance(0.25) {
		delay = time.Duration(d.IntN(3*24*60*60)) * time.Second
	}
	ratedAt := e.at.Add(delay)
	if e.invited == "NO" || !d.chance(answering) || w.year.dayOf(ratedAt) >= days {
		return
	}
	e.level, e.ratedAt = mark, ratedAt
	if d.chance(0.12) || (mark <= 2 && d.chance(0.4)) {
		e.comment = pick(d, comments[mark-1])
	}
	e.tags = tags(d, mark)
}

// tags draws up to two tags for some ratings, joined by ";".
func tags(d dice, mark int) string {
	if mark == 3 || !d.chance(0.3) {
		return ""
	}
	words := goodTags
	if mark < 3 {
		words = badTags
	}
	first, second := pick(d, words), pick(d, words)
	if first == second {
		return first
	}
	return strings.Join([]string{first, second}, ";")
}

// burst adds organised ratings: within a day and a half, over the network, for
// the easiest service, by few people who come again and again.
func (w *world) burst(d dice, number int, p post, count, people, mark int) {
	easiest := -1
	for i, s := range services {
		if s.role == p.role && (easiest < 0 || s.hard < services[easiest].hard) {
			easiest = i
		}
	}
	crowd := make([]int, people)
	for i := range crowd {
		crowd[i] = w.addResident(0)
	}
	start, ok := w.year.office(d, p.from+30+d.IntN(p.to-p.from-60))
	if !ok {
		return
	}
	comment := "非常满意，服务周到。"
	if mark == 1 {
		comment = "非常不满意，执法不公。"
	}
	for range count {
		e := encounter{post: number, service: easiest, resident: pick(d, crowd), channel: channelOnline, invited: "YES", level: mark}
		e.at = start.Add(time.Duration(d.IntN(36*60*60)) * time.Second)
		e.ratedAt = e.at.Add(time.Duration(d.between(20, 240)) * time.Second)
		if d.chance(0.6) {
			e.comment = comment
		}
		w.encounters = append(w.encounters, e)
	}
}
