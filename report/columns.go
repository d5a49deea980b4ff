package report

import (
	"slices"
	"strconv"
	"strings"

	"steelyard/messages"
	"steelyard/models"
)

// column is one of a table of rows: its name in the contract, and how it is written
// as text and as a cell of a workbook.
type column struct {
	name  string
	width float64
	text  func(to []byte, r *Row) []byte
	cell  func(*workbook, *Row) any
}

// tableColumns are all that a table may have: those of the CSV contract, and the
// names beside the ids.
var tableColumns = makeColumns()

// named are the columns that stand for people beside the ids: a workbook has them, the
// contract has not.
var named = []string{"official_name", "unit_name"}

// ColumnNames are the names of all columns that a table may have, in the order of a
// workbook.
func ColumnNames() []string {
	names := make([]string, len(tableColumns))
	for i, c := range tableColumns {
		names[i] = c.name
	}
	return names
}

// CheckColumns says whether a table can have these columns: each there is, and each
// once. None are those of the format.
func CheckColumns(names []string) error {
	for i, name := range names {
		if !slices.Contains(ColumnNames(), name) {
			return models.Invalid("columns."+strconv.Itoa(i), models.KeyNotInList, name, strings.Join(ColumnNames(), ", "))
		}
		if slices.Contains(names[:i], name) {
			return models.Invalid("columns."+strconv.Itoa(i), models.KeyAlreadyNamed, name)
		}
	}
	return nil
}

// choose returns the columns with these names, in this order.
func choose(names []string) []column {
	list := make([]column, 0, len(names))
	for _, name := range names {
		for _, c := range tableColumns {
			if c.name == name {
				list = append(list, c)
			}
		}
	}
	return list
}

// textColumns are the columns of a CSV: those that were asked for, or the contract's.
func textColumns(names []string) []column {
	if len(names) > 0 {
		return choose(names)
	}
	return slices.DeleteFunc(slices.Clone(tableColumns), func(c column) bool { return slices.Contains(named, c.name) })
}

// sheetColumns are the columns of a workbook: those that were asked for, or all.
func sheetColumns(names []string) []column {
	if len(names) > 0 {
		return choose(names)
	}
	return tableColumns
}

func makeColumns() []column {
	text := func(name string, width float64, of func(*Row) string) column {
		return column{
			name, width,
			func(to []byte, r *Row) []byte { return appendText(to, of(r)) },
			func(b *workbook, r *Row) any { return b.text(of(r)) },
		}
	}
	// A word is the enum's own in a contract for programs, and the reader's in a workbook.
	word := func(name string, width float64, of func(*Row) string) column {
		c := text(name, width, of)
		c.cell = func(b *workbook, r *Row) any { return b.text(b.say(of(r))) }
		return c
	}
	figure := func(name string, of func(*Row) float64) column {
		return column{
			name, 11,
			func(to []byte, r *Row) []byte { return models.Score(of(r)).Append(to) },
			func(b *workbook, r *Row) any { return b.figure(of(r)) },
		}
	}
	whole := func(name string, of func(*Row) int) column {
		return column{
			name, 9,
			func(to []byte, r *Row) []byte {
				if of(r) == 0 {
					return to
				}
				return strconv.AppendInt(to, int64(of(r)), 10)
			},
			func(b *workbook, r *Row) any { return b.whole(of(r)) },
		}
	}
	list := []column{
		text("official_id", 12, func(r *Row) string { return r.Official }),
		text("official_name", 12, func(r *Row) string { return r.OfficialName }),
		text("unit_id", 12, func(r *Row) string { return r.Unit }),
		text("unit_name", 20, func(r *Row) string { return r.UnitName }),
		text("position", 16, func(r *Row) string { return r.Position }),
		text("peer_group", 16, func(r *Row) string { return r.PeerGroup }),
		word("status", 12, func(r *Row) string { return string(r.Status) }),
		figure("composite", func(r *Row) float64 { return r.Composite }),
		figure("composite_low", func(r *Row) float64 { return r.Low }),
		figure("composite_high", func(r *Row) float64 { return r.High }),
		whole("rank", func(r *Row) int { return r.Rank }),
		whole("rank_low", func(r *Row) int { return r.RankLow }),
		whole("rank_high", func(r *Row) int { return r.RankHigh }),
		word("grade", 12, func(r *Row) string { return string(r.Grade) }),
	}
	for c, name := range models.ScoreComponents {
		name := strings.ToLower(string(name))
		list = append(list,
			figure(name, func(r *Row) float64 { return r.Components[c].Value }),
			figure(name+"_se", func(r *Row) float64 { return r.Components[c].SE }),
			figure(name+"_n", func(r *Row) float64 { return r.Components[c].N }))
	}
	flags := text("flags", 30, func(r *Row) string { return strings.Join(r.Flags, ";") })
	flags.cell = func(b *workbook, r *Row) any { return b.text(b.flags(r.Flags)) }
	return append(list,
		figure("visibility", func(r *Row) float64 { return r.Visibility }),
		figure("showcase_gap", func(r *Row) float64 { return r.ShowcaseGap }),
		flags)
}

// flags are a row's flags in the reader's language.
func (l Look) flags(list []string) string {
	words := make([]string, len(list))
	for i, f := range list {
		words[i] = messages.Report(l.Lang, f)
	}
	return strings.Join(words, "; ")
}
