package extract

import (
	"bytes"
	"encoding/hex"
	"errors"

	"steelyard/scoring"
)

// take adds what a line holds.
func (r *lineReader) take(l *line) {
	ev := r.run.Evidence
	switch {
	case l.Start != nil:
		if err := r.begin(l.Start); err != nil {
			r.wrong = err.Error()
		}
	case l.Posting != nil:
		p := l.Posting
		ev.Postings = append(ev.Postings, scoring.Posting{
			Official: p.Official, Person: p.Person, Unit: p.Unit, Position: p.Position, PeerGroup: p.PeerGroup,
			From: scoring.Day(p.From), To: scoring.Day(p.To), Standing: scoring.Standing(p.Standing), Cleared: p.Cleared,
		})
	case l.Kind != nil:
		ev.Kinds = append(ev.Kinds, scoring.Kind{ID: l.Kind.ID, Parent: l.Kind.Parent})
	case l.Rating != nil:
		r.rating(l.Rating)
	case l.Review != nil:
		r.review(l.Review)
	case l.Case != nil:
		r.caseRow(l.Case)
	case l.Event != nil:
		r.event(l.Event)
	case l.Deed != nil:
		r.deed(l.Deed)
	case l.Achievement != nil:
		if in := l.Achievement; r.numbers(in, whole, small, whole) {
			a := &ev.Achievements
			a.Posting = append(a.Posting, int32(in[0]))
			a.Kind = append(a.Kind, scoring.AchievementKind(in[1]))
			a.Day = append(a.Day, scoring.Day(in[2]))
		}
	case l.Response != nil:
		if in := l.Response; r.numbers(in, whole, whole, whole) {
			ev.Response = append(ev.Response, scoring.Response{Encounters: int32(in[0]), Invited: int32(in[1]), Answered: int32(in[2])})
		}
	case l.Result != nil:
		r.run.Results = append(r.run.Results, *l.Result)
	}
}

func (r *lineReader) begin(s *start) (err error) {
	if s.Format != Format {
		return errors.New("it is no extract of a run")
	}
	run := r.run
	run.EngineVersion = s.EngineVersion
	if run.EvidenceDigest, err = digest(s.EvidenceDigest); err != nil {
		return err
	}
	if run.PolicyDigest, err = digest(s.PolicyDigest); err != nil {
		return err
	}
	run.Evidence.From, run.Evidence.To, run.Evidence.Cases.End = scoring.Day(s.From), scoring.Day(s.To), s.CasesEnd
	run.Policy, err = scoring.ParsePolicy(bytes.NewReader(s.Policy))
	return err
}

func digest(text string) ([32]byte, error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != 32 {
		return [32]byte{}, errors.New("a digest is 64 hexadecimal digits")
	}
	return [32]byte(raw), nil
}

// rating takes a rating; a ninth number, 1, says that it answers a decision against the
// resident.
func (r *lineReader) rating(in row) {
	adverse := len(in) == 9 && in[8] == 1
	if adverse {
		in = in[:8]
	}
	if !r.numbers(in, whole, whole, whole, small, small, whole, small, small) {
		return
	}
	to := &r.run.Evidence.Ratings
	to.Posting = append(to.Posting, int32(in[0]))
	to.Rater = append(to.Rater, int32(in[1]))
	to.Kind = append(to.Kind, int32(in[2]))
	to.Channel = append(to.Channel, scoring.Channel(in[3]))
	to.Level = append(to.Level, uint8(in[4]))
	to.Day = append(to.Day, scoring.Day(in[5]))
	to.Source = append(to.Source, scoring.Source(in[6]))
	to.Invited = append(to.Invited, scoring.Ternary(in[7]))
	r.adverse = append(r.adverse, adverse)
	r.marked = r.marked || adverse
}

func (r *lineReader) review(in row) {
	if !r.numbers(in, whole, whole, whole, small, small, small, whole, small) {
		return
	}
	to := &r.run.Evidence.Reviews
	to.Posting = append(to.Posting, int32(in[0]))
	to.Reviewer = append(to.Reviewer, int32(in[1]))
	to.ReviewerPerson = append(to.ReviewerPerson, int32(in[2]))
	to.Relation = append(to.Relation, scoring.Relation(in[3]))
	to.Dimension = append(to.Dimension, scoring.Dimension(in[4]))
	to.Score = append(to.Score, uint8(in[5]))
	to.Day = append(to.Day, scoring.Day(in[6]))
	r.contacts = append(r.contacts, scoring.Contact(in[7]))
	r.told = r.told || in[7] != 0
}

func (r *lineReader) caseRow(c *caseRow) {
	in := c.Row
	if !r.numbers(in, whole, whole, small, small, small, small, small, whole, whole, whole) {
		return
	}
	to := &r.run.Evidence.Cases
	to.ID = append(to.ID, c.ID)
	to.Posting = append(to.Posting, int32(in[0]))
	to.Kind = append(to.Kind, int32(in[1]))
	to.Channel = append(to.Channel, scoring.Channel(in[2]))
	to.Outcome = append(to.Outcome, scoring.Outcome(in[3]))
	to.Confirmed = append(to.Confirmed, scoring.Ternary(in[4]))
	to.Asked = append(to.Asked, scoring.Ternary(in[5]))
	to.Satisfaction = append(to.Satisfaction, uint8(in[6]))
	to.Transfers = append(to.Transfers, int32(in[7]))
	to.Reopened = append(to.Reopened, int32(in[8]))
	to.Resident = append(to.Resident, int32(in[9]))
	to.Opened = append(to.Opened, c.Opened)
	to.Due = append(to.Due, instant(c.Due))
	to.Closed = append(to.Closed, instant(c.Closed))
	to.Upheld = append(to.Upheld, c.Upheld)
}

func instant(at *int64) int64 {
	if at == nil {
		return scoring.NoTime
	}
	return *at
}

func (r *lineReader) event(e *eventRow) {
	in := e.Row
	if !r.numbers(in, whole, 0, small, whole, whole) {
		return
	}
	to := &r.run.Evidence.Events
	to.Case = append(to.Case, int32(in[0]))
	to.At = append(to.At, in[1])
	to.Kind = append(to.Kind, scoring.EventKind(in[2]))
	to.From = append(to.From, int32(in[3]))
	to.To = append(to.To, int32(in[4]))
	to.Unit = append(to.Unit, e.Unit)
}

func (r *lineReader) deed(d *identified) {
	in := d.Row
	if !r.numbers(in, whole, small, whole, small, whole) {
		return
	}
	to := &r.run.Evidence.Deeds
	to.ID = append(to.ID, d.ID)
	to.Posting = append(to.Posting, int32(in[0]))
	to.Kind = append(to.Kind, uint8(in[1]))
	to.Day = append(to.Day, scoring.Day(in[2]))
	to.Confirmed = append(to.Confirmed, scoring.Ternary(in[3]))
	to.Beneficiary = append(to.Beneficiary, int32(in[4]))
}
