package scoring

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"slices"
)

// Digest returns the SHA-256 of the canonical form. It does not depend on the
// order of rows or on how persons were numbered.
func (ev *Evidence) Digest() [32]byte {
	return ev.Canonical().digest()
}

// digest is Digest of evidence that is canonical already. Every column is
// preceded by its length, numbers are little-endian, texts have their length.
func (ev *Evidence) digest() [32]byte {
	d := digester{hash: sha256.New()}
	d.int64(int64(ev.From))
	d.int64(int64(ev.To))
	d.int64(int64(len(ev.Postings)))
	for i := range ev.Postings {
		p := &ev.Postings[i]
		d.texts(p.Official, p.Unit, p.Position, p.PeerGroup)
		d.int64(int64(p.Person))
		d.int64(int64(p.From))
		d.int64(int64(p.To))
		d.int64(int64(p.Standing))
	}
	d.int64(int64(len(ev.Kinds)))
	for i := range ev.Kinds {
		d.texts(ev.Kinds[i].ID)
		d.int64(int64(ev.Kinds[i].Parent))
	}
	r := &ev.Ratings
	column(&d, r.Posting)
	column(&d, r.Rater)
	column(&d, r.Kind)
	column(&d, r.Channel)
	column(&d, r.Level)
	column(&d, r.Day)
	column(&d, r.Source)
	column(&d, r.Invited)
	if r.Adverse != nil {
		d.answers(r.Adverse)
	}
	d.cases(&ev.Cases)
	e := &ev.Events
	column(&d, e.Case)
	column(&d, e.At)
	column(&d, e.Kind)
	column(&d, e.From)
	column(&d, e.To)
	d.texts(e.Unit...)
	v := &ev.Reviews
	column(&d, v.Posting)
	column(&d, v.Reviewer)
	column(&d, v.ReviewerPerson)
	column(&d, v.Relation)
	column(&d, v.Dimension)
	column(&d, v.Score)
	column(&d, v.Day)
	if v.Contact != nil {
		column(&d, v.Contact)
	}
	d.texts(ev.Deeds.ID...)
	column(&d, ev.Deeds.Posting)
	column(&d, ev.Deeds.Kind)
	column(&d, ev.Deeds.Day)
	column(&d, ev.Deeds.Confirmed)
	column(&d, ev.Deeds.Beneficiary)
	column(&d, ev.Achievements.Posting)
	column(&d, ev.Achievements.Kind)
	column(&d, ev.Achievements.Day)
	d.int64(int64(len(ev.Response)))
	for _, a := range ev.Response {
		d.int64(int64(a.Encounters))
		d.int64(int64(a.Invited))
		d.int64(int64(a.Answered))
	}
	d.clearances(ev.Postings)
	return d.sum()
}

func (d *digester) cases(c *Cases) {
	d.texts(c.ID...)
	column(d, c.Posting)
	column(d, c.Kind)
	column(d, c.Channel)
	column(d, c.Opened)
	column(d, c.Due)
	column(d, c.Closed)
	column(d, c.Outcome)
	column(d, c.Confirmed)
	column(d, c.Asked)
	column(d, c.Satisfaction)
	column(d, c.Transfers)
	column(d, c.Reopened)
	column(d, c.Resident)
	d.answers(c.Upheld)
	d.int64(c.End)
}

// digester gathers bytes before they are hashed; a hash never fails to write.
type digester struct {
	hash   hash.Hash
	buffer bytes.Buffer
}

func (d *digester) spill() {
	if d.buffer.Len() >= 1<<16 {
		d.flush()
	}
}

func (d *digester) flush() {
	if _, err := d.buffer.WriteTo(d.hash); err != nil {
		panic("scoring: a hash refused to be written to: " + err.Error())
	}
}

func (d *digester) int64(x int64) {
	d.buffer.Write(binary.LittleEndian.AppendUint64(d.buffer.AvailableBuffer(), uint64(x)))
	d.spill()
}

func (d *digester) texts(texts ...string) {
	d.int64(int64(len(texts)))
	for _, t := range texts {
		d.int64(int64(len(t)))
		d.buffer.WriteString(t)
		d.spill()
	}
}

func (d *digester) sum() [32]byte {
	d.flush()
	return [32]byte(d.hash.Sum(nil))
}

// cell is what a column of evidence can hold, but for yes and no.
type cell interface {
	~uint8 | ~int32 | ~int64
}

// column adds a column. Types of our own would take binary.Append to reflection,
// value by value: longer than the hash takes.
func column[T cell](d *digester, values []T) {
	const stretch = 1 << 12
	d.int64(int64(len(values)))
	var one T
	size := binary.Size(one)
	for some := range slices.Chunk(values, stretch) {
		d.buffer.Grow(8 * stretch)
		buffer := d.buffer.AvailableBuffer()
		for _, x := range some {
			switch size {
			case 1:
				buffer = append(buffer, byte(x))
			case 4:
				buffer = binary.LittleEndian.AppendUint32(buffer, uint32(x))
			default:
				buffer = binary.LittleEndian.AppendUint64(buffer, uint64(x))
			}
		}
		d.buffer.Write(buffer)
		d.spill()
	}
}

// answers adds a column of yes and no: 1 and 0.
func (d *digester) answers(values []bool) {
	bytes := make([]uint8, len(values))
	for i, yes := range values {
		if yes {
			bytes[i] = 1
		}
	}
	column(d, bytes)
}
