package backup

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/store"
)

var kinds = []store.Kind{
	store.KindBytes, store.KindText, store.KindInteger, store.KindReal, store.KindBoolean, store.KindInstant, store.KindDate,
}

// FuzzRow: a line is refused, or it is a row that is written and read again as the same.
func FuzzRow(f *testing.F) {
	whole, err := appendRow(nil, []any{
		[]byte{0, 255}, "文<\u2028\n", int64(-1 << 62), 0.1, true, time.UnixMicro(1).UTC(), models.NewDate(2025, 2, 28),
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte("[null,null,null,null,null,null,null]"))
	f.Add([]byte(`["0","",1e400,1,0,"",""] []`))
	columns := make([]store.Column, len(kinds))
	for i, kind := range kinds {
		columns[i] = store.Column{Name: string(kind), Kind: kind}
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		row, err := parseRow(line, columns)
		if err != nil {
			return
		}
		once, err := appendRow(nil, row)
		if err != nil {
			t.Skip("an instant of a year that JSON cannot say")
		}
		again, err := parseRow(once, columns)
		if err != nil {
			t.Fatalf("%s: %v", once, err)
		}
		if fmt.Sprint(again) != fmt.Sprint(row) {
			t.Errorf("%v became %v", row, again)
		}
	})
}

// FuzzArchive: whatever a file holds, it is refused or whole.
func FuzzArchive(f *testing.F) {
	var whole bytes.Buffer
	w := &writer{zip: zip.NewWriter(&whole), contents: Contents{Format: format, Steps: []int64{1}, Attachments: 1}}
	if err := w.whole(attachmentFolder+"ab", []byte("x")); err != nil {
		f.Fatal(err)
	}
	if err := w.end(); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes())
	f.Add(whole.Bytes()[:whole.Len()-3])
	f.Fuzz(func(t *testing.T, file []byte) {
		a, err := Open(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		if err := a.Check(context.Background(), func(string, int64, int64) {}); err == nil && len(a.sums) < 1 {
			t.Error("whole without anything in it")
		}
	})
}
