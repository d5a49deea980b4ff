package extract

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"steelyard/scoring"
)

// Format is the first word of an extract.
const Format = "steelyard run extract v1"

// maxLine bounds a line of an extract, in bytes.
const maxLine = 1 << 20

// Run is a run with everything that it rests on.
type Run struct {
	EngineVersion  string
	EvidenceDigest [32]byte
	PolicyDigest   [32]byte
	Policy         scoring.Policy
	Evidence       *scoring.Evidence
	Results        []Result // as Evidence.Postings
}

// line is one line: exactly one of its members is there. Rows of numbers stand in the
// order that is said behind them.
type line struct {
	Start       *start      `json:"start,omitempty"`
	Posting     *posting    `json:"posting,omitempty"`
	Kind        *kind       `json:"kind,omitempty"`
	Rating      row         `json:"rating,omitempty"` // posting, rater, kind, channel, level, day, source, invited; of decisions against the resident 1 behind them
	Case        *caseRow    `json:"case,omitempty"`
	Event       *eventRow   `json:"event,omitempty"`
	Review      row         `json:"review,omitempty"` // posting, reviewer, reviewer's person, relation, dimension, score, day, contact
	Deed        *identified `json:"deed,omitempty"`   // posting, kind, day, confirmed, beneficiary
	Achievement row         `json:"achievement,omitempty"`
	Response    row         `json:"response,omitempty"` // encounters, invited, answered, of the postings one after the other
	Result      *Result     `json:"result,omitempty"`
	End         *end        `json:"end,omitempty"`
}

type row []int64

type start struct {
	Format         string          `json:"format"`
	EngineVersion  string          `json:"engineVersion"`
	EvidenceDigest string          `json:"evidenceDigest"`
	PolicyDigest   string          `json:"policyDigest"`
	From           int32           `json:"from"` // days since 1970-01-01, as all days here
	To             int32           `json:"to"`
	CasesEnd       int64           `json:"casesEnd"` // Unix seconds: the first instant after the period
	Policy         json.RawMessage `json:"policy"`
}

type posting struct {
	Official  string `json:"official"`
	Person    int32  `json:"person"`
	Unit      string `json:"unit"`
	Position  string `json:"position"`
	PeerGroup string `json:"peerGroup"`
	From      int32  `json:"from"`
	To        int32  `json:"to"`
	Standing  uint8  `json:"standing,omitempty"`
	// Cleared are the findings that a person found harmless.
	Cleared []scoring.Finding `json:"cleared,omitempty"`
}

type kind struct {
	ID     string `json:"id"`
	Parent int32  `json:"parent"` // -1: none
}

// caseRow's numbers are: posting, kind, channel, outcome, confirmed, asked,
// satisfaction, transfers, reopened, resident.
type caseRow struct {
	ID     string `json:"id"`
	Row    row    `json:"row"`
	Opened int64  `json:"opened"` // Unix seconds
	Due    *int64 `json:"due,omitempty"`
	Closed *int64 `json:"closed,omitempty"`
	Upheld bool   `json:"upheld,omitempty"`
}

// eventRow's numbers are: case, at in Unix seconds, kind, from, to.
type eventRow struct {
	Row  row    `json:"row"`
	Unit string `json:"unit,omitempty"`
}

type identified struct {
	ID  string `json:"id"`
	Row row    `json:"row"`
}

type end struct {
	Lines int `json:"lines"` // before this one
}

// Result is what the engine found of one posting.
type Result struct {
	Official string   `json:"official"`
	Unit     string   `json:"unit"`
	From     int32    `json:"from"`
	Figures  []Figure `json:"figures"`
}

// Figure is a figure by its name: a number in the shortest form that gives it back.
type Figure struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// lineWriter writes lines until the first error.
type lineWriter struct {
	json *json.Encoder
	n    int
	err  error
}

func (w *lineWriter) put(l line) {
	if w.err == nil {
		w.n++
		w.err = w.json.Encode(l)
	}
}

// Write writes a run.
func Write(out io.Writer, run *Run) error {
	policy, err := json.Marshal(run.Policy)
	if err != nil {
		return fmt.Errorf("write the policy: %w", err)
	}
	buffered := bufio.NewWriterSize(out, 1<<16)
	w := &lineWriter{json: json.NewEncoder(buffered)}
	w.json.SetEscapeHTML(false)
	ev := run.Evidence
	w.put(line{Start: &start{
		Format: Format, EngineVersion: run.EngineVersion,
		EvidenceDigest: fmt.Sprintf("%x", run.EvidenceDigest), PolicyDigest: fmt.Sprintf("%x", run.PolicyDigest),
		From: int32(ev.From), To: int32(ev.To), CasesEnd: ev.Cases.End, Policy: policy,
	}})
	w.frame(ev)
	w.answers(ev)
	w.cases(ev)
	w.works(ev)
	for i := range run.Results {
		w.put(line{Result: &run.Results[i]})
	}
	w.put(line{End: &end{w.n}})
	return errors.Join(w.err, buffered.Flush())
}

func (w *lineWriter) frame(ev *scoring.Evidence) {
	for i := range ev.Postings {
		p := &ev.Postings[i]
		w.put(line{Posting: &posting{p.Official, p.Person, p.Unit, p.Position, p.PeerGroup, int32(p.From), int32(p.To), uint8(p.Standing), p.Cleared}})
	}
	for i := range ev.Kinds {
		w.put(line{Kind: &kind{ev.Kinds[i].ID, ev.Kinds[i].Parent}})
	}
	for _, r := range ev.Response {
		w.put(line{Response: row{int64(r.Encounters), int64(r.Invited), int64(r.Answered)}})
	}
}

func (w *lineWriter) answers(ev *scoring.Evidence) {
	r := &ev.Ratings
	for i := range r.Posting {
		rating := row{
			int64(r.Posting[i]), int64(r.Rater[i]), int64(r.Kind[i]), int64(r.Channel[i]), int64(r.Level[i]), int64(r.Day[i]),
			int64(r.Source[i]), int64(r.Invited[i]),
		}
		if r.Adverse != nil && r.Adverse[i] {
			rating = append(rating, 1)
		}
		w.put(line{Rating: rating})
	}
	v := &ev.Reviews
	for i := range v.Posting {
		contact := scoring.ContactUnknown
		if v.Contact != nil {
			contact = v.Contact[i]
		}
		w.put(line{Review: row{
			int64(v.Posting[i]), int64(v.Reviewer[i]), int64(v.ReviewerPerson[i]), int64(v.Relation[i]), int64(v.Dimension[i]),
			int64(v.Score[i]), int64(v.Day[i]), int64(contact),
		}})
	}
}

func (w *lineWriter) cases(ev *scoring.Evidence) {
	c := &ev.Cases
	for i := range c.ID {
		w.put(line{Case: &caseRow{
			ID: c.ID[i], Opened: c.Opened[i], Due: known(c.Due[i]), Closed: known(c.Closed[i]), Upheld: c.Upheld[i],
			Row: row{
				int64(c.Posting[i]), int64(c.Kind[i]), int64(c.Channel[i]), int64(c.Outcome[i]), int64(c.Confirmed[i]), int64(c.Asked[i]),
				int64(c.Satisfaction[i]), int64(c.Transfers[i]), int64(c.Reopened[i]), int64(c.Resident[i]),
			},
		}})
	}
	e := &ev.Events
	for i := range e.Case {
		w.put(line{Event: &eventRow{row{int64(e.Case[i]), e.At[i], int64(e.Kind[i]), int64(e.From[i]), int64(e.To[i])}, e.Unit[i]}})
	}
}

func (w *lineWriter) works(ev *scoring.Evidence) {
	d := &ev.Deeds
	for i := range d.ID {
		w.put(line{Deed: &identified{d.ID[i], row{
			int64(d.Posting[i]), int64(d.Kind[i]), int64(d.Day[i]), int64(d.Confirmed[i]), int64(d.Beneficiary[i]),
		}}})
	}
	a := &ev.Achievements
	for i := range a.Posting {
		w.put(line{Achievement: row{int64(a.Posting[i]), int64(a.Kind[i]), int64(a.Day[i])}})
	}
}

// known is an instant, or nil where it is unknown.
func known(at int64) *int64 {
	if at == scoring.NoTime {
		return nil
	}
	return &at
}

// LineError is a line of an extract that is none.
type LineError struct {
	Line int
	Why  string
}

// Error names the line.
func (e *LineError) Error() string {
	return fmt.Sprintf("line %d of the extract: %s", e.Line, e.Why)
}

// Read reads a run. A file that is not one, from its first line to its last, is a
// *LineError; evidence that cannot be, an error of package scoring.
func Read(in io.Reader) (*Run, error) {
	r := &lineReader{in: bufio.NewScanner(in), run: &Run{Evidence: &scoring.Evidence{}}}
	r.in.Buffer(make([]byte, 0, 1<<16), maxLine)
	for {
		l, err := r.next()
		if err != nil {
			return nil, err
		}
		if l.End != nil {
			return r.finish(l.End)
		}
		if (l.Start != nil) != (r.n == 1) {
			return nil, r.fail("a start stands in the first line, and nowhere else")
		}
		r.take(l)
		if r.wrong != "" {
			return nil, r.fail(r.wrong)
		}
	}
}

// lineReader gathers a run from its lines.
type lineReader struct {
	in       *bufio.Scanner
	n        int
	run      *Run
	adverse  []bool // of the ratings
	marked   bool   // one of them is
	contacts []scoring.Contact
	told     bool // whether any contact is known
	wrong    string
}

func (r *lineReader) fail(why string) error { return &LineError{r.n, why} }

// next reads one line, which holds exactly one thing.
func (r *lineReader) next() (*line, error) {
	r.n++
	if !r.in.Scan() {
		if err := r.in.Err(); err != nil && !errors.Is(err, bufio.ErrTooLong) {
			return nil, fmt.Errorf("read the extract: %w", err)
		}
		return nil, r.fail("it breaks off here")
	}
	var l line
	dec := json.NewDecoder(bytes.NewReader(r.in.Bytes()))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&l); err != nil {
		return nil, r.fail(err.Error())
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) || l.members() != 1 {
		return nil, r.fail("it does not hold one thing")
	}
	return &l, nil
}

func (l *line) members() int {
	n := 0
	for _, is := range []bool{
		l.Start != nil, l.Posting != nil, l.Kind != nil, l.Rating != nil, l.Case != nil, l.Event != nil, l.Review != nil,
		l.Deed != nil, l.Achievement != nil, l.Response != nil, l.Result != nil, l.End != nil,
	} {
		if is {
			n++
		}
	}
	return n
}

func (r *lineReader) finish(e *end) (*Run, error) {
	if e.Lines != r.n-1 || r.n == 1 {
		return nil, r.fail(fmt.Sprintf("%d lines stand before it, and it says %d", r.n-1, e.Lines))
	}
	if r.n++; r.in.Scan() {
		return nil, r.fail("it follows the last line")
	}
	if r.told {
		r.run.Evidence.Reviews.Contact = r.contacts
	}
	if r.marked {
		r.run.Evidence.Ratings.Adverse = r.adverse
	}
	return r.run, r.in.Err()
}

// bounds of the kinds of numbers in a row.
const (
	small = math.MaxUint8
	whole = math.MaxInt32
)

// numbers wants a row of so many numbers, the n-th from -1 to its limit; instants
// have the limit 0 and any value.
func (r *lineReader) numbers(in row, limits ...int64) bool {
	if len(in) != len(limits) {
		r.wrong = fmt.Sprintf("a row of %d numbers, not %d", len(limits), len(in))
		return false
	}
	for i, x := range in {
		if limits[i] > 0 && (x < -1 || x > limits[i] || x < 0 && limits[i] == small) {
			r.wrong = fmt.Sprintf("number %d of the row is out of range", i+1)
			return false
		}
	}
	return true
}
