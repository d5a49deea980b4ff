package report

import (
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"

	"steelyard/messages"
	"steelyard/models"
)

// Rows hands out a report's rows one after the other, in the order of [Compare];
// each range over it begins anew.
type Rows = iter.Seq2[*Row, error]

// About says what a report is of, for its head and its footer.
type About struct {
	Cycle         string // its name; empty for a period without a cycle
	Unit          string // the unit's name; empty: all units
	PeerGroup     string // empty: all peer groups
	Period        models.Period
	Policy        string // its name; empty: the default policy
	PolicyVersion int    // 0: it has none
	EngineVersion string

	EvidenceDigest, PolicyDigest []byte

	// MadeAt is when the figures were computed; zero: nobody has noted it.
	MadeAt time.Time
}

// date is the date of the file, the same however often it is written: that of
// the figures, or else the end of their period.
func (a About) date() time.Time {
	if a.MadeAt.IsZero() {
		return time.Unix(int64(a.Period.To.EpochDay()+1)*86400, 0).UTC()
	}
	return a.MadeAt.UTC()
}

// Report is rows and what they are of.
type Report struct {
	About
	Rows Rows
	// Columns are those of a table, by their names and in this order; none: all that the
	// format has.
	Columns []string
}

// Look is how a file looks to its reader.
type Look struct {
	Lang messages.Lang
	Zone *time.Location // of the instants that are printed; nil: UTC
	// Font is a TrueType file for names with characters that the built-in typeface
	// lacks; nil: the built-in one.
	Font []byte
	// Minimum is the least number of officials behind a mean.
	Minimum int
}

// Write writes a report in a format. It ends with the error that rows or w give.
func Write(w io.Writer, format models.ReportFormat, look Look, r Report) error {
	switch format {
	case models.FormatCSV:
		return Table(w, r.Columns, r.Rows)
	case models.FormatXLSX:
		return XLSX(w, look, r)
	case models.FormatPDF:
		return PDF(w, look, r)
	case models.FormatPNG:
		return ShowcasePicture(w, look.showcaseWords(), look.Font, r.Rows)
	case models.FormatSVG:
		return Showcase(w, look.showcaseWords(), r.Rows)
	}
	return models.Invalid("format", models.KeyFormatUnavailable, string(format))
}

// Passes is how often a format goes through the rows.
func Passes(format models.ReportFormat) int {
	switch format {
	case models.FormatXLSX: // it counts before it writes
		return 2
	case models.FormatPDF: // and draws in between
		return 3
	}
	return 1
}

// CheckLength says whether a report of so many rows can be written in a format.
func CheckLength(format models.ReportFormat, rows int) error {
	if format == models.FormatPDF && rows > maxPaperRows {
		return models.Invalid("format", models.KeyTooLong, strconv.Itoa(maxPaperRows), strconv.Itoa(rows))
	}
	return nil
}

// say is a word in the reader's language.
func (l Look) say(word string, args ...string) string { return messages.Report(l.Lang, word, args...) }

// showcaseWords are those of the chart of the quiet and the showy.
func (l Look) showcaseWords() Words {
	return Words{Title: l.say("showcase"), X: l.say("showcase_x"), Y: l.say("composite"), Quiet: l.say("quiet"), Showy: l.say("showy")}
}

// moment prints an instant.
func (l Look) moment(at time.Time) string {
	if l.Zone != nil {
		at = at.In(l.Zone)
	}
	return at.Format("2006-01-02 15:04")
}

// fact is a line of a report's head.
type fact struct{ name, value string }

// facts are the report's head in the reader's language.
func (l Look) facts(a About) []fact {
	var list []fact
	add := func(name, value string) {
		if value != "" {
			list = append(list, fact{l.say(name), value})
		}
	}
	add("cycle", a.Cycle)
	add("period", l.say("period_of", a.Period.From.String(), a.Period.To.String()))
	unit := a.Unit
	if unit == "" {
		unit = l.say("whole")
	}
	add("unit", unit)
	add("peer_group", a.PeerGroup)
	add("policy", l.policy(a))
	add("engine", a.EngineVersion)
	if !a.MadeAt.IsZero() {
		add("made", l.moment(a.MadeAt))
	}
	add("evidence_digest", digest(a.EvidenceDigest))
	add("policy_digest", digest(a.PolicyDigest))
	return list
}

// policy names the policy and its version.
func (l Look) policy(a About) string {
	switch {
	case a.Policy == "":
		return l.say("policy_default")
	case a.PolicyVersion == 0: // of a file
		return a.Policy
	}
	return l.say("policy_of", a.Policy, fmt.Sprint(a.PolicyVersion))
}

func digest(sum []byte) string {
	if len(sum) == 0 {
		return ""
	}
	return fmt.Sprintf("%x", sum)
}

// printed is a figure with two decimals, empty where there is none.
func printed(x float64) string { return string(models.Score(x).Append(nil)) }

// signed is a figure that is added to another: with its sign, also above zero.
func signed(x float64) string {
	text := printed(x)
	if text == "" || text[0] == '-' {
		return text
	}
	return "+" + text
}
