package assessments

import (
	"steelyard/models"
	"steelyard/scoring"
	"steelyard/store"
)

// caseReader gathers cases and their histories: histories first, so that each case
// can become columns as soon as it is read.
type caseReader struct {
	*reader
	where     string // which cases; of table c
	args      []any
	histories numbers          // the cases that have steps, by id
	later     map[int32][]step // by history: what came after the period
	before    map[int32][]step // of the same cases: what came up to its end
	pauses    map[int32][]step // by history: the pauses of our own up to the end, and what ends them
	events    scoring.Events   // Case still points into histories
	touched   []bool           // by history: a step in the period names an official of the scope
	place     []int32          // by history: of the case in the columns, or None
	kinds     kinds            // categories
	known     map[string]int32 // kinds by category
	rows      column[caseRow]
	refs      []byte // the external ids, one after the other
	residents roll
	marks     scoring.Ratings // of the cases; Rater is the case, and Kind numbered apart, until they are joined
}

func newCaseReader(r *reader) *caseReader {
	return &caseReader{
		reader: r, kinds: newKinds(), known: map[string]int32{}, later: map[int32][]step{}, before: map[int32][]step{},
		pauses: map[int32][]step{},
	}
}

// readCases reads the cases that were opened by the end of the period and not
// closed before it, as they stood at its end, and their histories up to then. A
// case belongs to the post of its holder at closing, or at the end. The
// satisfaction mark of a case that counts also stands among the ratings.
func (c *caseReader) readCases() error {
	c.where = "c.opened_at < ? AND (c.closed_at IS NULL OR c.closed_at >= ?)"
	c.args = []any{c.end, c.start}
	if c.in.unit != nil {
		const units = "(SELECT descendant_id FROM org_unit_closures WHERE ancestor_id = ?)"
		const officials = "(SELECT official_id FROM postings WHERE unit_id IN " + units + ")"
		c.where += " AND (c.unit_id IN " + units + " OR c.official_id IN " + officials +
			" OR c.id IN (SELECT case_id FROM case_events WHERE from_official_id IN " + officials +
			" OR to_official_id IN " + officials + "))"
		c.args = append(c.args, *c.in.unit, *c.in.unit, *c.in.unit, *c.in.unit)
	}
	if err := c.readLater(); err != nil {
		return err
	}
	if err := c.readEvents(); err != nil {
		return err
	}
	if err := c.readStandings(); err != nil {
		return err
	}
	c.ev.Cases = c.columns()
	c.keepEvents()
	return nil
}

func (c *caseReader) readStandings() error {
	c.touched = append(c.touched, make([]bool, c.histories.count()-len(c.touched))...) // later steps alone
	c.place = make([]int32, c.histories.count())
	for i := range c.place {
		c.place[i] = scoring.None
	}
	// Columns that are mostly empty are sent only where they are not: see readRatings.
	return c.snap.Each(c.ctx, `SELECT c.id, c.ref, c.category, c.channel, c.opened_at, c.due_at, c.closed_at, c.outcome,
			NULLIF(c.confirmed, ''), NULLIF(c.asked, ''), c.satisfaction, NULLIF(c.transfers, 0), NULLIF(c.reopened, 0),
			c.resident_key, c.official_id, c.unit_id, NULLIF(c.upheld, FALSE)
		FROM cases c WHERE `+c.where, c.args, c.addStanding)
}

func (c *caseReader) addStanding(row *store.Row) (err error) {
	id := row.ID(0)
	if c.out.leavesCaseOut(id) {
		return nil
	}
	s := standing{
		due: micros(row, 5), closed: micros(row, 6), opened: micros(row, 4),
		satisfaction: uint8(row.Int(10)), transfers: int32(row.Int(11)), reopenings: int32(row.Int(12)),
		holder: row.ID(14), unit: row.ID(15), upheld: row.Bool(16),
	}
	if s.channel, err = place[scoring.Channel](row, 3, models.Channels); err != nil {
		return err
	}
	if s.outcome, err = place[scoring.Outcome](row, 7, outcomes); err != nil {
		return err
	}
	if s.confirmed, err = place[scoring.Ternary](row, 8, ternaries); err != nil {
		return err
	}
	if s.asked, err = place[scoring.Ternary](row, 9, ternaries); err != nil {
		return err
	}
	if c.settled.on && c.settled.holdsBack(id, s.holder) {
		s.satisfaction = 0
	}
	s.kind = c.kindOf(row.Bytes(2))
	c.settle(&s, row, c.histories.find(id))
	return nil
}

// kindOf is the kind of a category, looked up without a text of its own.
func (c *caseReader) kindOf(category []byte) int32 {
	kind, known := c.known[string(category)]
	if !known {
		kind = c.kinds.ofCategory("category:", string(category))
		c.known[string(category)] = kind
	}
	return kind
}

func micros(row *store.Row, i int) int64 {
	if at, ok := row.Micros(i); ok {
		return at
	}
	return unknownTime
}

// eventQuery reads steps of the cases that count, on one side of an instant.
func (c *caseReader) eventQuery(side string) (query string, args []any) {
	return `SELECT e.case_id, e.seq, e.at, e.kind, e.from_official_id, e.to_official_id, e.to_unit_id, (e.actor <> ''), e.outcome, e.due_at
		FROM case_events e JOIN cases c ON c.id = e.case_id WHERE e.at ` + side + " ? AND " + c.where, append([]any{c.end}, c.args...)
}

// readLater gathers the steps that are to be taken back.
func (c *caseReader) readLater() error {
	query, args := c.eventQuery(">=")
	return c.snap.Each(c.ctx, query, args, func(row *store.Row) error {
		s, _, err := readStep(row)
		if err != nil {
			return err
		}
		i := c.histories.number(row.ID(0))
		c.later[i] = append(c.later[i], s)
		return nil
	})
}

// readEvents gathers the steps up to the end. An official of a step is the post
// that the official held on the day of the step.
func (c *caseReader) readEvents() error {
	query, args := c.eventQuery("<")
	e := &c.events
	return c.snap.Each(c.ctx, query, args, func(row *store.Row) error {
		s, kind, err := readStep(row)
		if err != nil {
			return err
		}
		i := c.histories.number(row.ID(0))
		if _, changed := c.later[i]; changed {
			c.before[i] = append(c.before[i], s)
		}
		if s.own && (s.kind == models.EventPaused || s.kind == models.EventResumed) {
			c.pauses[i] = append(c.pauses[i], s)
		}
		from, to := scoring.None, scoring.None
		if day := c.day(s.at); !s.from.IsZero() || !s.to.IsZero() {
			from, to = c.postAt(s.from, day), c.postAt(s.to, day)
		}
		for len(c.touched) < c.histories.count() {
			c.touched = append(c.touched, false)
		}
		c.touched[i] = c.touched[i] || from != scoring.None || to != scoring.None
		e.Case = append(e.Case, i)
		e.At = append(e.At, seconds(s.at))
		e.Kind = append(e.Kind, kind)
		e.From = append(e.From, from)
		e.To = append(e.To, to)
		e.Unit = append(e.Unit, c.units[s.unit])
		return nil
	})
}

func readStep(row *store.Row) (step, scoring.EventKind, error) {
	kind, err := place[scoring.EventKind](row, 3, models.CaseEventKinds)
	if err != nil {
		return step{}, 0, err
	}
	outcome, err := place[scoring.Outcome](row, 8, outcomes)
	return step{
		at: micros(row, 2), seq: row.Int(1), kind: models.CaseEventKinds[kind],
		from: row.ID(4), to: row.ID(5), unit: row.ID(6), own: row.Bool(7), outcome: outcome, due: micros(row, 9),
	}, kind, err
}

// settle takes back what came after the period and turns a case and its row into
// columns; history is None where it has no steps.
func (c *caseReader) settle(s *standing, row *store.Row, history int32) {
	touched := false
	if history != scoring.None {
		s.atEnd(c.before[history], c.later[history], c.end.UnixMicro())
		if pauses := c.pauses[history]; len(pauses) > 0 {
			s.leavePausesOut(pauses)
		}
		touched = c.touched[history]
	} else {
		s.atEnd(nil, nil, c.end.UnixMicro())
	}
	if s.closed != unknownTime && s.closed < c.start.UnixMicro() {
		return
	}
	posting := scoring.None
	if s.closed != unknownTime {
		posting = c.postAt(s.holder, c.day(s.closed))
	} else {
		posting = c.postAt(s.holder, c.ev.To)
	}
	if posting == scoring.None && !touched && !c.nobodys(s) {
		return
	}
	if history != scoring.None {
		c.place[history] = int32(c.rows.len())
	}
	c.addCase(s, row, posting)
	if s.satisfaction != 0 && s.closed != unknownTime && posting != scoring.None {
		c.addMark(s, posting)
	}
}

// nobodys says whether a case that no post of the evidence answers for belongs
// to it all the same: in the whole organisation each does, in a part of it those
// that nobody holds.
func (c *caseReader) nobodys(s *standing) bool {
	if c.in.unit == nil {
		return true
	}
	return s.holder.IsZero() && c.inScope[s.unit]
}

// caseRow is a case as it stood at the end, but for its resident.
type caseRow struct {
	refEnd                int // in refs
	posting, kind         int32
	opened, due, closed   int64
	transfers, reopenings int32
	channel               scoring.Channel
	outcome               scoring.Outcome
	confirmed, asked      scoring.Ternary
	satisfaction          uint8
	upheld                bool
}

func (c *caseReader) addCase(s *standing, row *store.Row, posting int32) {
	c.refs = append(c.refs, row.Bytes(1)...)
	c.residents.add(row, 13)
	c.rows.add(caseRow{
		refEnd: len(c.refs), posting: posting, kind: s.kind,
		opened: seconds(s.opened), due: secondsOrNone(s.due), closed: secondsOrNone(s.closed),
		transfers: s.transfers, reopenings: s.reopenings, channel: s.channel, outcome: s.outcome,
		confirmed: s.confirmed, asked: s.asked, satisfaction: s.satisfaction, upheld: s.upheld,
	})
}

// columns turns the rows into columns. The external ids are cut out of one text: a million
// small ones would be dear.
func (c *caseReader) columns() scoring.Cases {
	n, refs := c.rows.len(), string(c.refs)
	t := scoring.Cases{
		ID: make([]string, n), Posting: make([]int32, n), Kind: make([]int32, n), Channel: make([]scoring.Channel, n),
		Opened: make([]int64, n), Due: make([]int64, n), Closed: make([]int64, n), Outcome: make([]scoring.Outcome, n),
		Confirmed: make([]scoring.Ternary, n), Asked: make([]scoring.Ternary, n), Satisfaction: make([]uint8, n),
		Transfers: make([]int32, n), Reopened: make([]int32, n), Upheld: make([]bool, n),
		Resident: c.residents.all(), End: seconds(c.end.UnixMicro()),
	}
	i, start := 0, 0
	for _, block := range c.rows.blocks() {
		for k := range block {
			row := &block[k]
			t.ID[i], start = refs[start:row.refEnd], row.refEnd
			t.Posting[i], t.Kind[i], t.Channel[i] = row.posting, row.kind, row.channel
			t.Opened[i], t.Due[i], t.Closed[i], t.Outcome[i] = row.opened, row.due, row.closed, row.outcome
			t.Confirmed[i], t.Asked[i], t.Satisfaction[i] = row.confirmed, row.asked, row.satisfaction
			t.Transfers[i], t.Reopened[i], t.Upheld[i] = row.transfers, row.reopenings, row.upheld
			i++
		}
	}
	c.rows, c.refs = column[caseRow]{}, nil
	return t
}

// addMark notes a case's satisfaction mark, which is a rating dated by the day on
// which the case was closed.
func (c *caseReader) addMark(s *standing, posting int32) {
	invited := s.asked
	t := &c.marks
	t.Posting = append(t.Posting, posting)
	t.Rater = append(t.Rater, int32(c.rows.len()-1))
	t.Kind = append(t.Kind, s.kind)
	t.Channel = append(t.Channel, s.channel)
	t.Level = append(t.Level, s.satisfaction)
	t.Day = append(t.Day, c.day(s.closed))
	t.Source = append(t.Source, scoring.SourceCaseMark)
	t.Invited = append(t.Invited, invited)
}

// keepEvents keeps the histories of the cases that have a place.
func (c *caseReader) keepEvents() {
	e, n := &c.events, 0
	for i, history := range e.Case {
		place := c.place[history]
		if place == scoring.None {
			continue
		}
		e.Case[n], e.At[n], e.Kind[n] = place, e.At[i], e.Kind[i]
		e.From[n], e.To[n], e.Unit[n] = e.From[i], e.To[i], e.Unit[i]
		n++
	}
	c.ev.Events = scoring.Events{
		Case: e.Case[:n], At: e.At[:n], Kind: e.Kind[:n], From: e.From[:n], To: e.To[:n], Unit: e.Unit[:n],
	}
}

func secondsOrNone(micros int64) int64 {
	if micros == unknownTime {
		return scoring.NoTime
	}
	return seconds(micros)
}
