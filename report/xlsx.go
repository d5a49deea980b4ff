package report

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// The bounds of a workbook. What is written for a sheet stays in memory until it
// grows to megabytes and goes to a temporary file: many small sheets would add up.
const (
	maxUnitSheets = 100    // with more units one sheet holds all rows
	maxUnitRows   = 20_000 // likewise with more rows
	maxSheetRows  = 1_000_000
	maxPoints     = 5_000 // of the middling; all of the quiet and the showy are shown
)

// XLSX writes a report as a workbook: a summary with charts, then a sheet a unit,
// or one for all where the units or rows are many. Figures are numbers that show
// the two decimals of the CSV; texts are guarded as there. It reads the rows twice
// and holds a bounded number of them in memory.
func XLSX(w io.Writer, look Look, r Report) (err error) {
	s, err := Summarise(r.Rows, look.Minimum)
	if err != nil {
		return err
	}
	b := &workbook{Look: look, file: excelize.NewFile(), about: r.About, columns: sheetColumns(r.Columns), names: sheetNames{}, units: map[string]*unitSheet{}}
	defer func() { err = errors.Join(err, b.file.Close()) }()
	if err := b.fill(s, r.Rows); err != nil {
		return err
	}
	// The library gathers a file in memory before it hands it out; by its way of
	// zipping it goes out at once.
	out := bufio.NewWriterSize(w, fileBuffer)
	b.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(out) })
	if _, err := b.file.WriteToBuffer(); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

// workbook is a file while it is written.
type workbook struct {
	Look
	file    *excelize.File
	about   About
	columns []column
	names   sheetNames
	styles  styles
	units   map[string]*unitSheet // by external id; "" holds all
	order   []*unitSheet
	points  *excelize.StreamWriter
	thin    int // one in so many of the middling is shown
	placed  struct{ rows, middling int }
}

// unitSheet is a sheet of rows.
type unitSheet struct {
	name, text string // its own name, and the unit's
	sheets     int    // how many it has become
	stream     *excelize.StreamWriter
	rows       int // with the header
	line       []any
}

func (b *workbook) fill(s *Summary, rows Rows) error {
	if err := b.makeStyles(); err != nil {
		return err
	}
	summary := b.names.take(b.say("summary"))
	if err := b.file.SetSheetName("Sheet1", summary); err != nil {
		return fmt.Errorf("name sheet: %w", err)
	}
	if err := b.openUnits(s); err != nil {
		return err
	}
	if err := b.openPoints(s); err != nil {
		return err
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		if err := b.add(row); err != nil {
			return err
		}
	}
	for _, u := range b.order {
		if err := b.closeSheet(u); err != nil {
			return err
		}
	}
	if err := b.points.Flush(); err != nil {
		return fmt.Errorf("end points: %w", err)
	}
	if err := b.summarise(summary, s); err != nil {
		return err
	}
	return b.file.SetDocProps(&excelize.DocProperties{
		Title: b.say("report"), Creator: "Steelyard", LastModifiedBy: "Steelyard", Language: string(b.Lang),
		Created: b.about.date().Format(time.RFC3339), Modified: b.about.date().Format(time.RFC3339),
	})
}

// openUnits makes a sheet for each unit, or one for all.
func (b *workbook) openUnits(s *Summary) error {
	if len(s.Units) == 0 || len(s.Units) > maxUnitSheets || s.All.Officials > maxUnitRows {
		return b.openSheet("", b.say("all"))
	}
	for i := range s.Units {
		if err := b.openSheet(s.Units[i].Ref, s.Units[i].Name); err != nil {
			return err
		}
	}
	return nil
}

func (b *workbook) openSheet(ref, text string) error {
	u := &unitSheet{text: text, line: make([]any, len(b.columns))}
	b.units[ref] = u
	b.order = append(b.order, u)
	return b.nextSheet(u)
}

// nextSheet begins a sheet of a unit: the first, or one more where it is full.
func (b *workbook) nextSheet(u *unitSheet) error {
	u.sheets++
	u.name = b.names.take(u.text)
	if _, err := b.file.NewSheet(u.name); err != nil {
		return fmt.Errorf("make sheet: %w", err)
	}
	var err error
	if u.stream, err = b.file.NewStreamWriter(u.name); err != nil {
		return fmt.Errorf("make sheet: %w", err)
	}
	for i, c := range b.columns {
		if err := u.stream.SetColWidth(i+1, i+1, c.width); err != nil {
			return fmt.Errorf("make sheet: %w", err)
		}
		u.line[i] = excelize.Cell{StyleID: b.styles.head, Value: b.say(c.name)}
	}
	if err := u.stream.SetPanes(b.frozen()); err != nil {
		return fmt.Errorf("freeze header: %w", err)
	}
	if err := u.stream.SetRow("A1", u.line, excelize.RowOpts{Height: 32}); err != nil {
		return fmt.Errorf("write header: %w", err)
	}
	u.rows = 1
	return b.pageSetup(u.name)
}

// frozen keeps the header in sight, and the names where they stand first.
func (b *workbook) frozen() *excelize.Panes {
	if len(b.columns) < len(tableColumns) {
		return &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}
	}
	return &excelize.Panes{Freeze: true, XSplit: 2, YSplit: 1, TopLeftCell: "C2", ActivePane: "bottomRight"}
}

// pageSetup is how a sheet prints: on its side, with policy and digests below.
func (b *workbook) pageSetup(sheet string) error {
	wide, landscape, across, down := true, "landscape", 1, 0
	paper := 9 // A4
	if err := b.file.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &wide}); err != nil {
		return fmt.Errorf("set up sheet: %w", err)
	}
	if err := b.file.SetPageLayout(sheet, &excelize.PageLayoutOptions{Size: &paper, Orientation: &landscape, FitToWidth: &across, FitToHeight: &down}); err != nil {
		return fmt.Errorf("set up sheet: %w", err)
	}
	// An ampersand begins a code, and a footer holds 255 characters.
	foot := strings.ReplaceAll(b.policy(b.about), "&", "&&")
	foot = string([]rune(foot)[:min(len([]rune(foot)), 80)])
	foot = "&L&8" + foot + "\n" + short(b.about.EvidenceDigest) + " " + short(b.about.PolicyDigest) + "&R&8&P / &N"
	if err := b.file.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{OddFooter: foot}); err != nil {
		return fmt.Errorf("set up sheet: %w", err)
	}
	return nil
}

// short is the beginning of a digest, enough to tell two apart.
func short(sum []byte) string {
	return digest(sum[:min(len(sum), 8)])
}

// add writes a row to its unit's sheet, and its point to the chart.
func (b *workbook) add(row *Row) error {
	u := b.units[row.Unit]
	if u == nil {
		u = b.units[""]
	}
	if u.rows == maxSheetRows {
		if err := b.closeSheet(u); err != nil {
			return err
		}
		if err := b.nextSheet(u); err != nil {
			return err
		}
	}
	for i, c := range b.columns {
		u.line[i] = c.cell(b, row)
	}
	u.rows++
	if err := u.stream.SetRow("A"+strconv.Itoa(u.rows), u.line); err != nil {
		return fmt.Errorf("write row: %w", err)
	}
	return b.point(row)
}

// closeSheet ends a sheet; a sheet with rows can be filtered by its header.
func (b *workbook) closeSheet(u *unitSheet) error {
	if u.rows > 1 {
		last, err := excelize.CoordinatesToCellName(len(b.columns), u.rows)
		if err != nil {
			return fmt.Errorf("end sheet: %w", err)
		}
		banded := true
		if err := u.stream.AddTable(&excelize.Table{
			Range: "A1:" + last, StyleName: "TableStyleLight1", ShowRowStripes: &banded,
		}); err != nil {
			return fmt.Errorf("end sheet: %w", err)
		}
	}
	if err := u.stream.Flush(); err != nil {
		return fmt.Errorf("end sheet: %w", err)
	}
	return nil
}

// figure is a number with the two decimals that every report prints; no cell
// where there is none.
func (b *workbook) figure(x float64) any {
	text := printed(x)
	if text == "" {
		return nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) {
		return nil
	}
	return excelize.Cell{StyleID: b.styles.figure, Value: n}
}

func (b *workbook) whole(n int) any {
	if n == 0 {
		return nil
	}
	return excelize.Cell{StyleID: b.styles.whole, Value: n}
}

// text is a cell that no program takes for a formula.
func (b *workbook) text(s string) any {
	if s == "" {
		return nil
	}
	return excelize.Cell{StyleID: b.styles.text, Value: guarded(s)}
}

// styles are the numbers of the cells' looks.
type styles struct{ title, head, name, text, figure, whole int }

func (b *workbook) makeStyles() error {
	two, font := 2, "Microsoft YaHei"
	for _, s := range []struct {
		to    *int
		style excelize.Style
	}{
		{&b.styles.title, excelize.Style{Font: &excelize.Font{Bold: true, Size: 16, Family: font}}},
		{&b.styles.head, excelize.Style{
			Font:      &excelize.Font{Bold: true, Family: font, Color: "FFFFFF"},
			Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{strings.TrimPrefix(chartBlue, "#")}},
			Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"},
		}},
		{&b.styles.name, excelize.Style{Font: &excelize.Font{Bold: true, Family: font}}},
		{&b.styles.text, excelize.Style{Font: &excelize.Font{Family: font}}},
		{&b.styles.figure, excelize.Style{NumFmt: 2, DecimalPlaces: &two, Font: &excelize.Font{Family: font}}},
		{&b.styles.whole, excelize.Style{NumFmt: 1, Font: &excelize.Font{Family: font}}},
	} {
		id, err := b.file.NewStyle(&s.style)
		if err != nil {
			return fmt.Errorf("make style: %w", err)
		}
		*s.to = id
	}
	return nil
}
