package backup

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"steelyard/models"
	"steelyard/store"
)

// appendRow appends a row as a line: a JSON array, its bytes in hexadecimal, dates and
// instants as texts.
func appendRow(line []byte, values []any) ([]byte, error) {
	row := make([]any, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case []byte:
			row[i] = hex.EncodeToString(v)
		case time.Time:
			row[i] = v.Format(time.RFC3339Nano)
		case models.Date:
			row[i] = v.String()
		default:
			row[i] = v
		}
	}
	out := bytes.NewBuffer(line)
	to := json.NewEncoder(out)
	to.SetEscapeHTML(false)
	if err := to.Encode(row); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// parseRow reads what appendRow wrote, for the columns of a table.
func parseRow(line []byte, columns []store.Column) ([]any, error) {
	from := json.NewDecoder(bytes.NewReader(line))
	from.UseNumber()
	var row []any
	if err := from.Decode(&row); err != nil {
		return nil, fmt.Errorf("no row: %w", err)
	}
	if _, err := from.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than a row")
	}
	if len(row) != len(columns) {
		return nil, fmt.Errorf("%d values for %d columns", len(row), len(columns))
	}
	for i, c := range columns {
		if row[i] == nil {
			continue
		}
		value, err := parseValue(row[i], c.Kind)
		if err != nil {
			return nil, fmt.Errorf("%s is no %s: %w", c.Name, c.Kind, err)
		}
		row[i] = value
	}
	return row, nil
}

// errKind says that JSON has another type than the column.
var errKind = errors.New("another type")

func parseValue(v any, kind store.Kind) (any, error) {
	switch v := v.(type) {
	case bool:
		if kind == store.KindBoolean {
			return v, nil
		}
	case json.Number:
		switch kind {
		case store.KindInteger:
			return v.Int64()
		case store.KindReal:
			return v.Float64()
		}
	case string:
		switch kind {
		case store.KindText:
			return v, nil
		case store.KindBytes:
			return hex.DecodeString(v)
		case store.KindDate:
			return models.ParseDate(v)
		case store.KindInstant:
			at, err := time.Parse(time.RFC3339Nano, v)
			return at.UTC(), err
		}
	}
	return nil, errKind
}
