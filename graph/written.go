package graph

import (
	"bytes"
	"context"
	"io"
	"slices"
	"sync"

	"github.com/99designs/gqlgen/graphql"
)

// answer is what is answered of an object. gqlgen's FieldSet does the same, and makes a map
// of each object's names and a copy of each of its fields to write it. It is asked for what
// is resolved side by side alone.
type answer struct {
	fields   []graphql.CollectedField
	Values   []graphql.Marshaler // of each field
	Invalids uint32              // how many are null that must not be
	beside   *graphql.FieldSet   // nil where nothing is resolved side by side
}

// newAnswer is an answer without its values: in a list that is marshalled in turn, one that
// is written before the next element's turn.
func newAnswer(ctx context.Context, fields []graphql.CollectedField) *answer {
	if t, ok := ctx.Value(inTurnKey{}).(*turn); ok {
		return t.room.answer(fields)
	}
	return &answer{fields: fields, Values: make([]graphql.Marshaler, len(fields))}
}

// room is where all that is answered of one element of a list is put together, and then of
// the next: a page's answers would be most of the memory that is made for it.
type room struct {
	answers []answer
	values  []graphql.Marshaler
}

func (r *room) answer(fields []graphql.CollectedField) *answer {
	if len(r.answers) == cap(r.answers) {
		r.answers = make([]answer, 0, max(8, 2*cap(r.answers))) // those of before live on as long as they are asked for
	}
	r.answers = append(r.answers, answer{fields: fields, Values: r.take(len(fields))})
	return &r.answers[len(r.answers)-1]
}

// take is room for so many values, all nil.
func (r *room) take(n int) []graphql.Marshaler {
	from := len(r.values)
	if from+n > cap(r.values) {
		r.values, from = make([]graphql.Marshaler, 0, max(32, 2*cap(r.values), n)), 0
	}
	r.values = r.values[:from+n]
	taken := r.values[from : from+n : from+n]
	clear(taken)
	return taken
}

// leave gives all of it back: the element has been written.
func (r *room) leave() { r.answers, r.values = r.answers[:0], r.values[:0] }

// Dispatch waits for what is resolved side by side.
func (o *answer) Dispatch(ctx context.Context) {
	if o.beside == nil {
		return
	}
	o.beside.Dispatch(ctx)
	for i, v := range o.beside.Values {
		if v != nil {
			o.Values[i] = v
		}
	}
	o.Invalids += o.beside.Invalids
}

// MarshalGQL implements graphql.Marshaler. A name of GraphQL has no character that JSON
// would write otherwise; one that is there twice is written once.
func (o *answer) MarshalGQL(w io.Writer) {
	b, ok := w.(*bytes.Buffer)
	if !ok {
		b = new(bytes.Buffer)
		defer func() {
			if _, err := b.WriteTo(w); err != nil {
				panic(err) // the writer is the response's buffer
			}
		}()
	}
	b.WriteByte('{')
	for i := range o.fields {
		name := o.fields[i].Alias
		if slices.ContainsFunc(o.fields[:i], func(before graphql.CollectedField) bool { return before.Alias == name }) {
			continue
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		b.WriteString(name)
		b.WriteString(`":`)
		o.Values[i].MarshalGQL(b)
	}
	b.WriteByte('}')
}

// written is a list that has been written. It is written once, as everything in an answer is.
type written struct{ text *bytes.Buffer }

// MarshalGQL implements graphql.Marshaler.
func (l *written) MarshalGQL(w io.Writer) {
	if _, err := w.Write(l.text.Bytes()); err != nil {
		panic(err) // the writer is the response's buffer
	}
	done(l.text)
	l.text = nil
}

// buffers are where answers are written before their length is known.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxBuffer is the largest buffer that is kept: most answers are far smaller.
const maxBuffer = 256 << 10

// buffer is an empty one, until it is done with.
func buffer() *bytes.Buffer {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	return b
}

func done(b *bytes.Buffer) {
	if b.Cap() <= maxBuffer {
		buffers.Put(b)
	}
}

// answered is an answer as it is sent.
func answered(data graphql.Marshaler) []byte {
	b := buffer()
	defer done(b)
	data.MarshalGQL(b)
	return bytes.Clone(b.Bytes())
}
