package main

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steelyard/models"
	"steelyard/privacy"
)

// reported is an assessment as GraphQL prints it: figures keep their digits, and are
// empty where they are null.
type reported struct {
	Official struct{ ID, Ref, Name string }
	Unit     struct{ ID, Ref, Name string }

	Position, PeerGroup, Status, Grade     string
	Composite, CompositeLow, CompositeHigh json.Number
	Rank, RankLow, RankHigh                json.Number
	Reliability, Visibility, ShowcaseGap   json.Number
	WithoutHalo, Geometric                 json.Number
	Flags                                  []string
	Components                             []reportedComponent
	Explanation                            struct{ Parts []reportedPart }
}

type reportedComponent struct {
	Component    string
	Value, SE, N json.Number
	Counts       bool
	Weight       json.Number
}

type reportedPart struct {
	Component, Label string
	Points           json.Number
	Evidence         []struct {
		Month, Kind           string
		Value, Weight, Effect json.Number
	}
}

// reportedFigures are counts and means as GraphQL prints them.
type reportedFigures struct {
	Officials, Scored, Provisional, Insufficient, Excellent, Boundary int

	Mean       json.Number
	Components []struct{ Mean json.Number }
}

const (
	reportedFields = `official { id ref name } unit { id ref name } position peerGroup status grade
		composite compositeLow compositeHigh rank rankLow rankHigh reliability visibility showcaseGap withoutHalo geometric
		flags components { component value se n counts weight }`
	figuresFields = `officials scored provisional insufficient excellent boundary mean components { mean }`
)

// asHR has an operation answered for the HR officer, whose cycle is $cycle.
func (d running) asHR(t *testing.T, query string, variables map[string]any, into any) {
	t.Helper()
	variables["cycle"] = d.values["CYCLE_ID"]
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	answer := struct {
		Data   any
		Errors []any
	}{Data: into}
	raw := post(t, d.values["GRAPHQL_URL"], d.values["HR_TOKEN"], string(body))
	if err := json.Unmarshal([]byte(raw), &answer); err != nil || len(answer.Errors) > 0 {
		t.Fatalf("%s\n%v: %.2000s", query, err, raw)
	}
}

// wholeReport is the report of the cycle in the order of the files, page by page.
func (d running) wholeReport(t *testing.T) []reported {
	t.Helper()
	var rows []reported
	var after *string
	for {
		var page struct {
			AssessmentReport struct {
				Nodes      []reported
				TotalCount int
				PageInfo   struct {
					HasNextPage bool
					EndCursor   *string
				}
			}
		}
		d.asHR(t, `query($cycle: ID!, $after: String) { assessmentReport(cycleId: $cycle, first: 100, after: $after) {
			totalCount pageInfo { hasNextPage endCursor } nodes { `+reportedFields+` } } }`, map[string]any{"after": after}, &page)
		rows = append(rows, page.AssessmentReport.Nodes...)
		if !page.AssessmentReport.PageInfo.HasNextPage {
			if len(rows) != page.AssessmentReport.TotalCount || len(rows) < 300 {
				t.Fatalf("%d rows of %d are answered", len(rows), page.AssessmentReport.TotalCount)
			}
			return rows
		}
		after = page.AssessmentReport.PageInfo.EndCursor
	}
}

// checkReports holds the files of the demonstration's report, as other programs read
// them, to what GraphQL prints: to the last digit.
func (d running) checkReports(t *testing.T) {
	t.Helper()
	rows := d.wholeReport(t)
	checkDigits(t, rows)
	d.checkTable(t, rows)
	for _, unit := range d.someUnits(t, rows) {
		d.checkUnitReport(t, unit, rows)
	}
	d.checkWorkbook(t, rows)
	d.checkPages(t, rows)
	for _, row := range someOfficials(rows) {
		d.checkSheet(t, row)
	}
}

var twoDecimals = regexp.MustCompile(`^(-?(0|[1-9]\d*)\.\d\d)?$`)

// checkDigits says which figure GraphQL prints otherwise than with two decimals.
func checkDigits(t *testing.T, rows []reported) {
	t.Helper()
	for _, r := range rows {
		list := []json.Number{r.Composite, r.CompositeLow, r.CompositeHigh, r.Reliability, r.Visibility, r.ShowcaseGap, r.WithoutHalo, r.Geometric}
		for _, c := range r.Components {
			list = append(list, c.Value, c.SE, c.N, c.Weight)
		}
		for _, p := range r.Explanation.Parts {
			list = append(list, p.Points)
			for _, e := range p.Evidence {
				list = append(list, e.Value, e.Weight, e.Effect)
			}
		}
		for _, x := range list {
			if !twoDecimals.MatchString(x.String()) {
				t.Errorf("%s: GraphQL prints %s", r.Official.Ref, x)
			}
		}
	}
}

// figures are a row's cells from the composite to the components, as files have them;
// grade is how the file writes it.
func (r *reported) figures(grade string) []string {
	cells := []string{
		r.Composite.String(), r.CompositeLow.String(), r.CompositeHigh.String(), r.Rank.String(), r.RankLow.String(), r.RankHigh.String(), grade,
	}
	for _, c := range r.Components {
		cells = append(cells, c.Value.String(), c.SE.String(), c.N.String())
	}
	return append(cells, r.Visibility.String(), r.ShowcaseGap.String())
}

// tableHead is the header of the contract.
func tableHead() []string {
	head := strings.Split("official_id unit_id position peer_group status composite composite_low composite_high rank rank_low rank_high grade", " ")
	for _, c := range models.ScoreComponents {
		name := strings.ToLower(string(c))
		head = append(head, name, name+"_se", name+"_n")
	}
	return append(head, "visibility", "showcase_gap", "flags")
}

// table is what the contract prints of rows.
func table(rows []reported) [][]string {
	lines := [][]string{tableHead()}
	for _, r := range rows {
		line := append([]string{r.Official.Ref, r.Unit.Ref, r.Position, r.PeerGroup, r.Status}, r.figures(r.Grade)...)
		lines = append(lines, append(line, strings.Join(r.Flags, ";")))
	}
	return lines
}

func readTable(t *testing.T, content string) [][]string {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// checkTable holds every cell of the CSV to GraphQL.
func (d running) checkTable(t *testing.T, rows []reported) {
	t.Helper()
	var answer struct{ ExportReport struct{ Content string } }
	d.asHR(t, `query($cycle: ID!) { exportReport(format: CSV, cycleId: $cycle) { content } }`, map[string]any{}, &answer)
	if diff := cmp.Diff(table(rows), readTable(t, answer.ExportReport.Content)); diff != "" {
		t.Errorf("the CSV (-GraphQL +file):\n%s", diff)
	}
}

// someUnits are the officer's own, one of several officials, and one of too few for a
// mean.
func (d running) someUnits(t *testing.T, rows []reported) []string {
	t.Helper()
	var answer struct {
		Me struct{ Unit struct{ ID string } }
	}
	d.asHR(t, `query { me { unit { id } } }`, map[string]any{}, &answer)
	posts := map[string]int{}
	for _, r := range rows {
		posts[r.Unit.ID]++
	}
	few := slices.IndexFunc(rows, func(r reported) bool { return posts[r.Unit.ID] < privacy.Default().Figures })
	several := slices.IndexFunc(rows, func(r reported) bool { return posts[r.Unit.ID] >= privacy.Default().Figures })
	if few < 0 || several < 0 {
		t.Fatal("the demonstration has no unit of few, or none of several")
	}
	return []string{answer.Me.Unit.ID, rows[several].Unit.ID, rows[few].Unit.ID}
}

// checkUnitReport recounts a unit's report from the rows of its CSV.
func (d running) checkUnitReport(t *testing.T, unit string, rows []reported) {
	t.Helper()
	var answer struct {
		ExportReport struct{ Content string }
		UnitReport   struct {
			All          reportedFigures
			Distribution []int
			Groups       []struct {
				PeerGroup   string
				Here, Scope reportedFigures
			}
		}
	}
	d.asHR(t, `query($cycle: ID!, $unit: ID!) { exportReport(format: CSV, cycleId: $cycle, unitId: $unit) { content }
		unitReport(cycleId: $cycle, unitId: $unit) { all { `+figuresFields+` } distribution
			groups { peerGroup here { `+figuresFields+` } scope { `+figuresFields+` } } } }`, map[string]any{"unit": unit}, &answer)
	here, scope, report := readTable(t, answer.ExportReport.Content)[1:], table(rows)[1:], answer.UnitReport
	report.All.recounted(t, here)
	if want := distribution(here); !slices.Equal(report.Distribution, want) {
		t.Errorf("the distribution is %v, the rows make it %v", report.Distribution, want)
	}
	officials := 0
	for _, g := range report.Groups {
		other := func(line []string) bool { return line[slices.Index(tableHead(), "peer_group")] != g.PeerGroup }
		g.Here.recounted(t, slices.DeleteFunc(slices.Clone(here), other))
		g.Scope.recounted(t, slices.DeleteFunc(slices.Clone(scope), other))
		officials += g.Here.Officials
	}
	if officials != len(here) || len(here) == 0 {
		t.Errorf("the groups have %d officials, the CSV %d rows", officials, len(here))
	}
}

// column is a column of a table without its header.
func column(lines [][]string, name string) []string {
	cells := make([]string, len(lines))
	for i, line := range lines {
		cells[i] = line[slices.Index(tableHead(), name)]
	}
	return cells
}

// recounted says where figures are not those of the rows of a table.
func (f *reportedFigures) recounted(t *testing.T, lines [][]string) {
	t.Helper()
	counts := map[string]int{}
	for _, cell := range slices.Concat(column(lines, "status"), column(lines, "grade")) {
		counts[cell]++
	}
	want := []int{len(lines), counts["SCORED"], counts["PROVISIONAL"], counts["INSUFFICIENT_EVIDENCE"], counts["EXCELLENT"], counts["BOUNDARY"]}
	got := []int{f.Officials, f.Scored, f.Provisional, f.Insufficient, f.Excellent, f.Boundary}
	if !slices.Equal(want, got) {
		t.Errorf("counts are %v, the rows make them %v", got, want)
	}
	sameMean(t, "composite", f.Mean, column(lines, "composite"))
	for i, c := range models.ScoreComponents {
		sameMean(t, string(c), f.Components[i].Mean, column(lines, strings.ToLower(string(c))))
	}
}

// sameMean compares a mean with that of the printed figures, each of which may be off by
// half a hundredth; fewer than the threshold have none.
func sameMean(t *testing.T, name string, got json.Number, cells []string) {
	t.Helper()
	sum, n := 0.0, 0
	for _, x := range numbers(cells) {
		sum, n = sum+x, n+1
	}
	if n < privacy.Default().Figures {
		if got != "" {
			t.Errorf("%s: the mean of %d is %s", name, n, got)
		}
		return
	}
	if x, err := got.Float64(); err != nil || math.Abs(x-sum/float64(n)) > 0.01+1e-9 || !twoDecimals.MatchString(got.String()) {
		t.Errorf("%s: the mean is %q, the rows make it %f", name, got, sum/float64(n))
	}
}

// numbers are those of cells that are not empty.
func numbers(cells []string) []float64 {
	var list []float64
	for _, cell := range cells {
		if x, err := strconv.ParseFloat(cell, 64); err == nil {
			list = append(list, x)
		}
	}
	return list
}

// distribution counts composites by tenths of the scale; nothing of too few.
func distribution(lines [][]string) []int {
	list := numbers(column(lines, "composite"))
	if len(list) < privacy.Default().Figures {
		return nil
	}
	counts := make([]int, 10)
	for _, x := range list {
		counts[min(int(x/10), 9)]++
	}
	return counts
}
