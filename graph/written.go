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
	few      [4]graphql.Marshaler
}

func newAnswer(fields []graphql.CollectedField) *answer {
	o := &answer{fields: fields}
	if len(fields) <= len(o.few) {
		o.Values = o.few[:len(fields)]
	} else {
		o.Values = make([]graphql.Marshaler, len(fields))
	}
	return o
}

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

// buffers are where answers are written before their length is known.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxBuffer is the largest buffer that is kept: most answers are far smaller.
const maxBuffer = 256 << 10

// answered is an answer as it is sent.
func answered(data graphql.Marshaler) []byte {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	data.MarshalGQL(b)
	answer := bytes.Clone(b.Bytes())
	if b.Cap() <= maxBuffer {
		buffers.Put(b)
	}
	return answer
}
