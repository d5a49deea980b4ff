// Package scalar reads and writes the schema's scalars. What cannot be read is an
// error that names what would be right, never an internal one.
package scalar

import (
	"bytes"
	"context"
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"steelyard/models"
)

// MarshalID writes a global id.
func MarshalID(id models.ID) graphql.Marshaler { return quoted(id.String()) }

// UnmarshalID reads a global id.
func UnmarshalID(v any) (models.ID, error) {
	s, ok := v.(string)
	if !ok {
		return models.ID{}, models.Invalid("id", models.KeyBadID, printable(v))
	}
	id, err := models.ParseID(s)
	if err != nil {
		return models.ID{}, models.Invalid("id", models.KeyBadID, printable(v))
	}
	return id, nil
}

// MarshalDateTime writes an instant in RFC 3339.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return quoted(t.UTC().Format(time.RFC3339Nano))
}

// UnmarshalDateTime reads an instant in RFC 3339.
func UnmarshalDateTime(v any) (time.Time, error) {
	if s, ok := v.(string); ok {
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
			return t.UTC().Truncate(time.Microsecond), nil
		}
	}
	return time.Time{}, models.Invalid("", models.KeyTimeForm, printable(v))
}

// MarshalDate writes a day.
func MarshalDate(d models.Date) graphql.Marshaler {
	if d.IsZero() {
		return graphql.Null
	}
	return quoted(d.String())
}

// UnmarshalDate reads a day.
func UnmarshalDate(v any) (models.Date, error) {
	if s, ok := v.(string); ok {
		if d, err := models.ParseDate(s); err == nil {
			return d, nil
		}
	}
	return models.Date{}, models.Invalid("", models.KeyDateForm, printable(v))
}

// MarshalFloatContext writes a number; one that JSON has not is an error.
func MarshalFloatContext(x float64) graphql.ContextMarshaler { return graphql.MarshalFloatContext(x) }

// UnmarshalFloatContext reads a number. A text is none, as the specification has it: "NaN"
// and "Infinity" would pass every comparison with a bound.
func UnmarshalFloatContext(ctx context.Context, v any) (float64, error) {
	if _, text := v.(string); text {
		return 0, models.Invalid("", models.KeyWrongKind)
	}
	return graphql.UnmarshalFloatContext(ctx, v)
}

// MarshalScore writes a figure of a report with its two decimals.
func MarshalScore(s models.Score) graphql.Marshaler { return figure(s) }

// figure is a figure of a report as it is written.
type figure models.Score

// MarshalGQL implements graphql.Marshaler.
func (f figure) MarshalGQL(w io.Writer) {
	var room []byte
	if b, ok := w.(*bytes.Buffer); ok {
		room = b.AvailableBuffer()
	}
	text := models.Score(f).Append(room)
	if len(text) == 0 {
		text = []byte("null")
	}
	// The writer is the response's buffer.
	if _, err := w.Write(text); err != nil {
		panic(err)
	}
}

// UnmarshalScore reads a figure.
func UnmarshalScore(v any) (models.Score, error) {
	x, err := graphql.UnmarshalFloat(v)
	return models.Score(x), err
}

// quoted writes what holds nothing that JSON escapes: ids and dates.
func quoted(s string) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		// The writer is the response's buffer.
		if _, err := io.WriteString(w, `"`+s+`"`); err != nil {
			panic(err)
		}
	})
}

// printable is a value as an error may repeat it: short, and text only.
func printable(v any) string {
	s, ok := v.(string)
	if !ok {
		return "?"
	}
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
