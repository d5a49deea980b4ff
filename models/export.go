package models

// ReportFormat is what a report is written as.
type ReportFormat string

// The formats.
const (
	FormatCSV  ReportFormat = "CSV"
	FormatXLSX ReportFormat = "XLSX"
	FormatPDF  ReportFormat = "PDF"
	FormatSVG  ReportFormat = "SVG" // the chart of the quiet and the showy alone
	FormatPNG  ReportFormat = "PNG" // the same as a picture
)

// ReportFormats are all formats.
var ReportFormats = []ReportFormat{FormatCSV, FormatXLSX, FormatPDF, FormatSVG, FormatPNG}

// MediaType is what HTTP calls the format.
func (f ReportFormat) MediaType() string {
	switch f {
	case FormatXLSX:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case FormatPDF:
		return "application/pdf"
	case FormatSVG:
		return "image/svg+xml"
	case FormatPNG:
		return "image/png"
	}
	return "text/csv; charset=utf-8"
}

// Extension ends the names of its files, with the dot.
func (f ReportFormat) Extension() string {
	switch f {
	case FormatXLSX:
		return ".xlsx"
	case FormatPDF:
		return ".pdf"
	case FormatSVG:
		return ".svg"
	case FormatPNG:
		return ".png"
	}
	return ".csv"
}

// Text says whether its files are text.
func (f ReportFormat) Text() bool { return f == FormatCSV || f == FormatSVG }

// ReportFilter says which rows a report has: those of a cycle, of the run that
// counts, within the scope of whoever asks.
type ReportFilter struct {
	CycleID   ID
	UnitID    *ID     // only this unit and everything below it
	PeerGroup *string // only this peer group
}
