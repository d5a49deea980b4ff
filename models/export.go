package models

import (
	"strconv"
	"strings"
	"time"
)

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

// ReportKind is whom a report is about.
type ReportKind string

// The kinds.
const (
	ReportAssessments ReportKind = "ASSESSMENTS"      // everybody
	ReportUnsung      ReportKind = "UNSUNG_OFFICIALS" // the strong and unseen
	ReportShowcase    ReportKind = "SHOWCASE_GAPS"    // the seen and weak
	ReportBoundary    ReportKind = "BOUNDARY_CASES"   // those on whose side of the cut evidence cannot tell
	ReportSheet       ReportKind = "OFFICIAL_SHEET"   // one official, with the explanation
)

// ReportKinds are all kinds, ListKinds those that are lists of officials.
var (
	ReportKinds = []ReportKind{ReportAssessments, ReportUnsung, ReportShowcase, ReportBoundary, ReportSheet}
	ListKinds   = ReportKinds[:4]
)

// AssessmentOrder is the order of a report. Rows without the figure come last, and
// equal ones by rank, so that every order is total and the same on every database.
type AssessmentOrder string

// The orders.
const (
	OrderRank            AssessmentOrder = "RANK" // by peer group and rank: that of the files
	OrderCompositeDesc   AssessmentOrder = "COMPOSITE_DESC"
	OrderShowcaseGapAsc  AssessmentOrder = "SHOWCASE_GAP_ASC"
	OrderShowcaseGapDesc AssessmentOrder = "SHOWCASE_GAP_DESC"
	OrderImprovementDesc AssessmentOrder = "IMPROVEMENT_DESC" // against the cycle before
)

// AssessmentOrders are all orders.
var AssessmentOrders = []AssessmentOrder{OrderRank, OrderCompositeDesc, OrderShowcaseGapAsc, OrderShowcaseGapDesc, OrderImprovementDesc}

// ReportFilter says which rows a report has: those of a cycle, of the run that
// counts, within the scope of whoever asks.
type ReportFilter struct {
	CycleID   ID
	RunID     *ID     // this run of the cycle instead; it must be done
	UnitID    *ID     // only this unit and everything below it
	PeerGroup *string // only this peer group
}

// ReportSpec says what a file is written of and how, whichever cycle it is.
type ReportSpec struct {
	Kind      ReportKind
	Format    ReportFormat
	WithinID  *ID // only this unit and everything below it
	PeerGroup *string
	Ordering  AssessmentOrder
	// Columns are those of a table, in this order; empty: all of them.
	Columns []string `gorm:"serializer:json"`
}

// maxColumns bounds a list of columns: each may stand there once, and there are not
// more.
const maxColumns = 64

// Validate checks the record by itself. Which columns there are, package report
// knows.
func (s *ReportSpec) Validate() error {
	if err := oneOf("format", s.Format, []ReportFormat{FormatCSV, FormatXLSX, FormatPDF}); err != nil {
		return err
	}
	if err := s.ValidRows(ReportKinds); err != nil {
		return err
	}
	if s.Kind == ReportSheet && s.Format != FormatPDF {
		return Invalid("format", KeyNotInList, string(s.Format), string(FormatPDF))
	}
	switch n := len(s.Columns); {
	case n > maxColumns:
		return Invalid("columns", KeyTooLong, strconv.Itoa(maxColumns), strconv.Itoa(n))
	case n > 0 && s.Format == FormatPDF: // pages have the columns that fit
		return Invalid("columns", KeyTooLong, "0", strconv.Itoa(n))
	}
	return nil
}

// ValidRows checks which rows a report has, of one of these kinds, and their order.
func (s *ReportSpec) ValidRows(kinds []ReportKind) error {
	if err := oneOf("kind", s.Kind, kinds); err != nil {
		return err
	}
	if err := oneOf("orderBy", s.Ordering, AssessmentOrders); err != nil {
		return err
	}
	if s.PeerGroup != nil {
		return validText("filter.peerGroup", *s.PeerGroup, MaxTitleLength)
	}
	return nil
}

// ExportState is where an export stands.
type ExportState string

// The states of an export.
const (
	ExportQueued  ExportState = "QUEUED"
	ExportRunning ExportState = "RUNNING"
	ExportDone    ExportState = "DONE"
	ExportFailed  ExportState = "FAILED"
	ExportErased  ExportState = "ERASED" // its file is gone
)

// ExportStates are all states.
var ExportStates = []ExportState{ExportQueued, ExportRunning, ExportDone, ExportFailed, ExportErased}

// The terms of exports.
const (
	// ExportLease is how long an export may stay silent before another process takes it
	// up.
	ExportLease = 30 * time.Second
	// MaxExportAttempts is how often it is taken up before it is given up.
	MaxExportAttempts = 5
	// ExportKeep is how long its file is kept.
	ExportKeep = 24 * time.Hour
	// ExportLinkHolds is how long an address of the file is good for.
	ExportLinkHolds = 10 * time.Minute
)

// Export is a report that is written in the background, for whoever asked. Its bytes
// lie outside the database.
type Export struct {
	ID ID `gorm:"primaryKey"`
	// Who asked, in which role, within which scope, at which epoch of their tokens: what
	// is written is what they might see, and the file is theirs as long as that holds.
	RequestedBy string
	Role        Role
	ScopeID     ID
	TokenEpoch  int

	CycleID    ID
	RunID      ID // whose results it has, whatever counts later
	OfficialID *ID
	ReportSpec `gorm:"embedded"`
	Lang       string

	State       ExportState
	RequestedAt time.Time
	StartedAt   *time.Time
	FinishedAt  *time.Time
	ExpiresAt   *time.Time // when the file is erased
	HeartbeatAt *time.Time
	Worker      string // the process that holds the lease
	Attempts    int    // how often it was taken up
	Done        int    // rows written
	Total       int    // rows there are
	Failure     string
	Blob        string // where the bytes lie; empty: nowhere
	Size        int64  // bytes
	Digest      Hash   // SHA-256 of the bytes
}

// Progress is how much of the export is written, 0 to 1.
func (e *Export) Progress() float64 {
	switch {
	case e.State == ExportDone || e.State == ExportErased:
		return 1
	case e.Total == 0:
		return 0
	}
	return min(float64(e.Done)/float64(e.Total), 1)
}

// Filename is a name for the file.
func (e *Export) Filename() string {
	if e.OfficialID != nil {
		return "sheet-" + e.CycleID.String() + "-" + e.OfficialID.String() + e.Format.Extension()
	}
	return strings.ReplaceAll(strings.ToLower(string(e.Kind)), "_", "-") + "-" + e.CycleID.String() + e.Format.Extension()
}

// ReportDefinition is a report that an HR officer has described once, to be written
// of one cycle after another.
type ReportDefinition struct {
	ID         ID `gorm:"primaryKey"`
	UnitID     ID // whose it is: who is responsible for this unit sees, uses and removes it
	Name       string
	CycleKind  CycleKind // of such cycles alone; empty: of any
	RunID      *ID       // of this run, always; nil: of the cycle that is named each time
	ReportSpec `gorm:"embedded"`
	SavedBy    string
	SavedAt    time.Time
}

// MaxReportDefinitions is how many a unit may have.
const MaxReportDefinitions = 200

// Validate checks the record by itself.
func (d *ReportDefinition) Validate() error {
	if err := required("name", d.Name); err != nil {
		return err
	}
	if err := validText("name", d.Name, MaxTitleLength); err != nil {
		return err
	}
	if d.CycleKind != "" {
		if err := oneOf("cycleKind", d.CycleKind, CycleKinds); err != nil {
			return err
		}
		if d.RunID != nil {
			return Invalid("cycleKind", KeyOneOfTwo, "cycleKind", "runId")
		}
	}
	if err := d.ValidRows(ListKinds); err != nil { // a sheet is of one person
		return err
	}
	return d.ReportSpec.Validate()
}
