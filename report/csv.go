package report

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"

	"steelyard/models"
)

// columns are the header, in the contract's order.
var columns = []string{
	"official_id", "unit_id", "position", "peer_group", "status",
	"composite", "composite_low", "composite_high", "rank", "rank_low", "rank_high", "grade",
	"satisfaction", "satisfaction_se", "satisfaction_n", "outcomes", "outcomes_se", "outcomes_n",
	"peer_review", "peer_review_se", "peer_review_n",
	"practical_work", "practical_work_se", "practical_work_n",
	"visibility", "showcase_gap", "flags",
}

// CSV writes the assessment report: a header, then the rows as they come, which
// is to say in the order of [Compare]. Lines end in LF; numbers have two
// decimals, ranks none, absent cells are empty. It holds one row at a time and
// ends with the error that rows or w give.
//
// A text that a spreadsheet would take for a formula gets an apostrophe before
// it.
func CSV(w io.Writer, rows iter.Seq2[*Row, error]) error {
	out := bufio.NewWriterSize(w, 1<<16)
	if _, err := out.WriteString(strings.Join(columns, ",") + "\n"); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	var line []byte
	for row, err := range rows {
		if err != nil {
			return err
		}
		line = row.append(line[:0])
		if _, err := out.Write(line); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// All hands out rows that are in memory already.
func All(rows []Row) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		for i := range rows {
			if !yield(&rows[i], nil) {
				return
			}
		}
	}
}

// append writes the row as a line.
func (r *Row) append(to []byte) []byte {
	to = appendText(to, r.Official)
	for _, text := range []string{r.Unit, r.Position, r.PeerGroup, string(r.Status)} {
		to = appendText(append(to, ','), text)
	}
	for _, x := range []float64{r.Composite, r.Low, r.High} {
		to = models.Score(x).Append(append(to, ','))
	}
	for _, n := range []int{r.Rank, r.RankLow, r.RankHigh} {
		to = append(to, ',')
		if n != 0 {
			to = strconv.AppendInt(to, int64(n), 10)
		}
	}
	to = appendText(append(to, ','), string(r.Grade))
	for _, c := range r.Components {
		for _, x := range []float64{c.Value, c.SE, c.N} {
			to = models.Score(x).Append(append(to, ','))
		}
	}
	for _, x := range []float64{r.Visibility, r.ShowcaseGap} {
		to = models.Score(x).Append(append(to, ','))
	}
	to = appendText(append(to, ','), strings.Join(r.Flags, ";"))
	return append(to, '\n')
}

// appendText writes a cell as RFC 4180 has it, guarded against being taken for a
// formula.
func appendText(to []byte, text string) []byte {
	text = guarded(text)
	if !strings.ContainsAny(text, "\",\r\n") && !strings.HasPrefix(text, " ") && utf8.ValidString(text) {
		return append(to, text...)
	}
	to = append(to, '"')
	to = append(to, strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), `"`, `""`)...)
	return append(to, '"')
}

// guarded puts an apostrophe before a text that a spreadsheet would take for a
// formula.
func guarded(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
