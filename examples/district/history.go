package district

import (
	"cmp"
	"slices"
	"time"
)

// answerDays is the longest that a resident takes to answer whether a case is
// solved; after as many days without an answer it is closed unconfirmed.
const answerDays = 7

// course draws the steps between the opening and the settling of a case, in
// order and without their instants, and counts its transfers and reopenings.
func (w *world) course(d dice, c *caseRecord, p post) []event {
	own, other := event{to: p.official, unit: p.unit}, w.colleague(d, p)
	pushing := w.officials[p.official].Story == StoryPusher
	steps := []event{{kind: "ACCEPTED", from: nobody, to: nobody, unit: p.unit}}
	chances := []float64{0.06, 0.03, 0.01, 0.9}
	if pushing {
		chances = []float64{0.02, 0.3, 0.15, 0.53}
	}
	switch d.weighted(chances) {
	case 0: // came from somebody else
		c.transfers = 1
		steps[0].unit = other.unit
		steps = append(steps, assigned(other), passed(other, own, "按属地职责转办"), taken(other, own))
	case 1: // offered to somebody else, who refused
		c.transfers = 1
		steps = append(steps, assigned(own), passed(own, other, "建议由贵单位办理"),
			event{kind: "TRANSFER_REFUSED", from: own.to, to: other.to, unit: other.unit, note: "不属于本单位职责，退回"})
	case 2: // passed on, accepted, and handed back
		c.transfers = 2
		steps = append(steps, assigned(own), passed(own, other, "建议由贵单位办理"), taken(own, other),
			passed(other, own, "经核实属首办单位职责"), taken(other, own))
	default:
		steps = append(steps, assigned(own))
	}
	if p.role == mediator && d.chance(0.5) || d.chance(0.02) {
		steps = append(steps, event{kind: "MEDIATION", from: nobody, to: nobody, note: "邀请第三方参与调解"})
	}
	if d.chance(0.1) {
		steps = append(steps,
			event{kind: "PAUSED", from: nobody, to: nobody, note: "等待补充材料"},
			event{kind: "RESUMED", from: nobody, to: nobody, note: "材料已补齐"})
	}
	if d.chance(0.06 * logistic(-w.officials[p.official].Quality) * 2) {
		c.reopened = 1
		steps = append(steps,
			event{kind: "RESOLVED", from: nobody, to: nobody, note: "已到现场处理"},
			event{kind: "REOPENED", from: nobody, to: nobody, note: "问题再次出现"})
	}
	return steps
}

// colleague draws an official of the same role in another unit who was there all
// year, with the unit.
func (w *world) colleague(d dice, p post) event {
	for {
		q := pick(d, w.posts)
		if q.role == p.role && q.area != p.area && q.from == 0 && q.to == days {
			return event{to: q.official, unit: q.unit}
		}
	}
}

func assigned(to event) event {
	return event{kind: "ASSIGNED", from: nobody, to: to.to, unit: to.unit}
}

func passed(from, to event, note string) event {
	return event{kind: "TRANSFERRED", from: from.to, to: to.to, unit: to.unit, note: note}
}

func taken(from, to event) event {
	return event{kind: "TRANSFER_ACCEPTED", from: from.to, to: to.to, unit: to.unit}
}

// recordHistory gives the steps their instants and adds the beginning and the end.
// The first two steps come within the first tenth of the case's time.
func (w *world) recordHistory(d dice, c *caseRecord, steps []event) {
	end := c.closed
	if end.IsZero() {
		end = c.opened.AddDate(0, 0, 30)
		if last := w.year.midnight(days); end.After(last) {
			end = last
		}
	}
	span := end.Sub(c.opened)
	moments := make([]time.Duration, len(steps))
	for i := range moments {
		low, width := 0.1, 0.85
		if i < 2 {
			low, width = 0.05*float64(i), 0.05
		}
		moments[i] = time.Duration(float64((low + float64(width*d.Float64())) * float64(span)))
	}
	slices.SortFunc(moments, cmp.Compare[time.Duration])
	first := c.unit
	if len(steps) > 0 {
		first = steps[0].unit
	}
	c.events = append(c.events, event{at: c.opened, kind: "SUBMITTED", from: nobody, to: nobody, unit: first})
	for i, s := range steps {
		s.at = c.opened.Add(moments[i]).Truncate(time.Second)
		c.events = append(c.events, s)
	}
	w.recordEnd(d, c)
}

// recordEnd adds how the case was settled and what followed.
func (w *world) recordEnd(d dice, c *caseRecord) {
	if c.closed.IsZero() {
		return
	}
	add := func(at time.Time, kind, note string) {
		c.events = append(c.events, event{at: at, kind: kind, from: nobody, to: nobody, note: note})
	}
	switch c.outcome {
	case "REJECTED":
		add(c.closed, "REJECTED", "不属于受理范围")
		return
	case "WITHDRAWN":
		add(c.closed, "WITHDRAWN", "")
		return
	case "UNRESOLVED":
		add(c.closed, "RESOLVED", "暂不具备解决条件，已向群众说明")
	case "PARTLY_RESOLVED":
		add(c.closed, "RESOLVED", "已部分解决")
	default:
		add(c.closed, "RESOLVED", "")
	}
	answered := c.closed.Add(time.Duration(d.IntN(answerDays*24*60*60)) * time.Second)
	switch c.confirmed {
	case "YES":
		add(answered, "CONFIRMED", "")
	case "NO":
		c.reopened++
		add(answered, "REOPENED", "群众反映问题仍未解决")
	default:
		if at := c.closed.AddDate(0, 0, answerDays); w.year.dayOf(at) < days {
			add(at, "CLOSED", "期满未收到答复")
		}
	}
}
