package imports

import (
	"cmp"
	"slices"
	"time"
)

// NoticeKind is what is no fault of a folder and hardly meant so.
type NoticeKind string

// The kinds of notice. Their sentences are in the message catalogue.
const (
	UnreadFile    NoticeKind = "UNREAD_FILE"     // a .csv file that is none of the format
	LeftOutColumn NoticeKind = "LEFT_OUT_COLUMN" // an unknown one, where bad rows are skipped
	FutureTime    NoticeKind = "FUTURE_TIME"     // something has happened at a time that is still to come
)

// Notice is something to be looked at. Nothing is refused for it.
type Notice struct {
	Kind   NoticeKind
	File   string
	Line   int // where it is seen first; 0: the whole file
	Column string
	Value  string   // of that line
	Rows   int64    // how many rows it is seen in
	Free   []string // files or columns of the format that are not there: one of them may be meant
}

// clockSkew is how far ahead of ours the clock of a source may be.
const clockSkew = 24 * time.Hour

// future notes that what a row says has happened lies ahead.
func (w *row) future(column int) {
	at := [2]int{int(w.at.file), column}
	n := w.run.future[at]
	if n == nil {
		n = &Notice{Kind: FutureTime, File: w.run.nameOf(w.at.file), Column: format[w.at.file].columns[column].name}
		w.run.future[at] = n
	}
	if n.Rows++; n.Rows == 1 || int(w.at.line) < n.Line { // shares are read in no order of lines
		n.Line, n.Value = int(w.at.line), shown(w.values[column].text)
	}
}

// leaveOut notes a column that is not imported.
func (r *run) leaveOut(f uint8, name []byte, l *layout) {
	n := Notice{Kind: LeftOutColumn, File: r.nameOf(f), Line: 1, Column: shown(name)}
	for i, c := range format[f].columns {
		if l.cellOf[i] < 0 && n.File != RejectedName {
			n.Free = append(n.Free, c.name)
		}
	}
	r.leftOut = append(r.leftOut, n)
}

// notices are those of a run: of files, of columns, of times.
func (r *run) notices() []Notice {
	var out []Notice
	for _, name := range r.src.unread {
		n := Notice{Kind: UnreadFile, File: name}
		for i := range format {
			if _, there := r.src.open[format[i].name]; !there {
				n.Free = append(n.Free, format[i].name)
			}
		}
		out = append(out, n)
	}
	out = append(out, r.leftOut...)
	times := len(out)
	for _, n := range r.future {
		out = append(out, *n)
	}
	slices.SortFunc(out[times:], func(a, b Notice) int {
		return cmp.Or(cmp.Compare(rank(a.File), rank(b.File)), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return out
}
