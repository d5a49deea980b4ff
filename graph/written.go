package graph

import (
	"bytes"
	"io"
	"slices"
	"sync"

	"github.com/99designs/gqlgen/graphql"
)

// written is an object as it stands in the answer. gqlgen's FieldSet writes the same, and
// makes a map of each object's names and a copy of each of its fields for it.
type written struct {
	fields []graphql.CollectedField
	values []graphql.Marshaler
}

// MarshalGQL implements graphql.Marshaler. A name of GraphQL has no character that JSON
// would write otherwise; one that is there twice is written once.
func (o written) MarshalGQL(w io.Writer) {
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
		o.values[i].MarshalGQL(b)
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
