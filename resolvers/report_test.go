package resolvers_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"steelyard/examples/district"
	"steelyard/models"
	"steelyard/services/accounts"
	"steelyard/services/imports"
	"steelyard/store"
)

// load imports a folder and notes the ids of its officials and units.
func (o *office) load(folder string) {
	o.Helper()
	importer := &imports.Service{Store: o.store, Keys: o.keys, Zone: zone}
	if _, err := importer.Import(o.Context(), folder, imports.Options{}); err != nil {
		o.Fatal(err)
	}
	for _, table := range []string{"org_units", "officials"} {
		var rows []struct {
			ID  models.ID
			Ref string
		}
		if err := o.store.Read(o.Context()).Table(table).Select("id, ref").Scan(&rows).Error; err != nil {
			o.Fatal(err)
		}
		for _, r := range rows {
			o.ids[r.Ref] = r.ID.String()
		}
	}
}

// district is the demonstration district with a finished run of the year 2025.
func districtOffice(t *testing.T, d store.Dialect) *office {
	t.Helper()
	o := emptyOffice(t, d)
	o.at("2026-01-10T10:00:00+08:00")
	folder := t.TempDir()
	if err := district.Write(folder, 1); err != nil {
		t.Fatal(err)
	}
	o.load(folder)
	for subject, unit := range map[string]string{"hr": "Q", "hr-b03": "B03"} {
		o.grant(accounts.Grant{Subject: subject, Role: models.RoleHR, UnitRef: unit})
	}
	o.ids["cycle"] = o.cycle("hr", "Q")
	return o
}

// run asks for a run, makes it, and wants it done.
func (o *office) run() {
	o.Helper()
	asked := o.ok("hr", `mutation { runAssessment(input: {cycleId: {cycle}}) { run { id state policy { name version } }`+userErrors+`} }`)
	asked.wants("runAssessment.run.state", "QUEUED")
	o.ids["run"] = asked.text("runAssessment.run.id")
	o.refuses("hr", "CONFLICT", "cycleId", `mutation { runAssessment(input: {cycleId: {cycle}}) { run { id }`+userErrors+`} }`)
	o.refuses("hr", "CONFLICT", "cycleId", `mutation { savePolicy(input: {cycleId: {cycle}, reason: "too late", policy: {name: "2025"}}) { policy { id }`+userErrors+`} }`)
	if worked, err := o.app.Assessments.RunNext(o.Context()); err != nil || !worked {
		o.Fatal("no run was made: ", err)
	}
	o.ok("hr", `{ assessmentRun(id: {run}) { state failure } }`).wants("assessmentRun.state", "DONE")
}

// TestAReportTravelsFromTheFolderToTheFrontend goes the whole way on the
// demonstration district: import, cycle, policy, run, report, explanation, file.
func TestAReportTravelsFromTheFolderToTheFrontend(t *testing.T) {
	if testing.Short() {
		t.Skip("a district is too much for a short run")
	}
	files := map[store.Dialect]string{}
	for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			o := districtOffice(t, d)
			policy := o.ok("hr", `mutation { savePolicy(input: {cycleId: {cycle}, policy: {name: "2025", satisfaction: {weight: 0.3, minimumN: 5},
				outcomes: {weight: 0.4, minimumN: 5}, draws: 200}}) { policy { name version } `+userErrors+`} }`)
			policy.wants("savePolicy.policy.version", 1)
			o.run()
			run := o.ok("hr", `{ assessmentRun(id: {run}) { evidenceDigest policyDigest engineVersion policy { name document } cycle { state run { id } } finishedAt } }`)
			run.wants("assessmentRun.cycle.run.id", o.ids["run"])
			run.wants("assessmentRun.cycle.state", "SCORING")
			run.wants("assessmentRun.policy.name", "2025")
			if len(run.text("assessmentRun.evidenceDigest")) != 64 {
				t.Error("no digest of the evidence")
			}
			o.refuses("hr", "INVALID", "reason", `mutation { savePolicy(input: {cycleId: {cycle}, policy: {name: "2025"}}) { policy { version } `+userErrors+`} }`)
			rows := o.allRows()
			o.checkExplanations(rows)
			if d == store.Postgres { // on SQLite an HR officer compares on the pages of the demo
				o.checkComparison(o.plainRows())
				o.checkComparisonRefuses()
			}
			files[d] = o.checkFile(rows)
			o.checkStatements()
			o.checkProgress()
			o.ok("hr-b03", `{ assessmentReport(cycleId: {cycle}, first: 100) { nodes { unit { ref } } } }`)
			for _, n := range o.ok("hr-b03", `{ assessmentReport(cycleId: {cycle}, first: 100) { nodes { unit { ref } } } }`).list("assessmentReport.nodes") {
				if ref := n.(map[string]any)["unit"].(map[string]any)["ref"].(string); !strings.HasPrefix(ref, "B03") {
					t.Errorf("an officer of B03 sees %s", ref)
				}
			}
		})
	}
	if a, b := files[store.SQLite], files[store.Postgres]; a != "" && b != "" && a != b {
		t.Error("the two databases give different files")
	}
}

// allRows reads the whole report page by page, in each order, and returns it in
// the order of the files.
func (o *office) allRows() []map[string]any {
	o.Helper()
	var byRank []map[string]any
	for _, order := range []string{"COMPOSITE_DESC", "SHOWCASE_GAP_ASC", "SHOWCASE_GAP_DESC", "RANK"} {
		var rows []map[string]any
		var after any
		for {
			page := o.ok("hr", `query($after: String) { assessmentReport(cycleId: {cycle}, orderBy: `+order+`, first: 75, after: $after) { totalCount
				nodes { id official { ref name unit { ref } } position peerGroup status composite compositeLow compositeHigh rank showcaseGap
					explanation { parts { component code points label } } }
				pageInfo { hasNextPage endCursor } } }`, "after", after)
			for _, n := range page.list("assessmentReport.nodes") {
				rows = append(rows, n.(map[string]any))
			}
			if page.get("assessmentReport.pageInfo.hasNextPage") != true {
				page.wants("assessmentReport.totalCount", len(rows))
				break
			}
			after = page.get("assessmentReport.pageInfo.endCursor")
		}
		seen, last := map[any]bool{}, math.Inf(1)
		for _, r := range rows {
			if seen[r["id"]] {
				o.Errorf("%s: %v stands twice", order, r["official"])
			}
			seen[r["id"]] = true
			if c, ok := r["composite"].(float64); ok && order == "COMPOSITE_DESC" {
				if c > last {
					o.Errorf("%v comes after %v", c, last)
				}
				last = c
			}
		}
		if len(rows) < 300 {
			o.Fatalf("%s: %d rows", order, len(rows))
		}
		byRank = rows
	}
	return byRank
}

// plainRows is the report with each official's unit as a text.
func (o *office) plainRows() []map[string]any {
	o.Helper()
	var rows []map[string]any
	var after any
	for {
		page := o.ok("hr", `query($after: String) { assessmentReport(cycleId: {cycle}, first: 100, after: $after) {
			nodes { official { ref } unit { ref } composite rank } pageInfo { hasNextPage endCursor } } }`, "after", after)
		for _, n := range page.list("assessmentReport.nodes") {
			row := n.(map[string]any)
			row["unit"] = row["unit"].(map[string]any)["ref"]
			rows = append(rows, row)
		}
		if page.get("assessmentReport.pageInfo.hasNextPage") != true {
			return rows
		}
		after = page.get("assessmentReport.pageInfo.endCursor")
	}
}

// checkExplanations wants the parts of every composite to add up to it, to the
// hundredth.
func (o *office) checkExplanations(rows []map[string]any) {
	o.Helper()
	scored := 0
	for _, r := range rows {
		composite, ok := r["composite"].(float64)
		if !ok {
			continue
		}
		scored++
		sum := int64(0)
		for _, p := range r["explanation"].(map[string]any)["parts"].([]any) {
			part := p.(map[string]any)
			sum += int64(math.Round(part["points"].(float64) * 100))
			if part["label"] == part["code"] {
				o.Errorf("%v has no words", part["code"])
			}
		}
		if fmt.Sprintf("%.2f", composite) != fmt.Sprintf("%.2f", float64(sum)/100) {
			o.Errorf("%v: parts add up to %d hundredths, the composite is %v", r["official"], sum, composite)
		}
	}
	if scored < 280 {
		o.Errorf("only %d of %d are scored", scored, len(rows))
	}
}

// checkFile exports the report and holds it to what GraphQL shows.
func (o *office) checkFile(rows []map[string]any) string {
	o.Helper()
	file := o.ok("hr", `{ exportReport(format: CSV, cycleId: {cycle}) { filename mediaType content } }`)
	content := file.text("exportReport.content")
	lines, err := csv.NewReader(strings.NewReader(content)).ReadAll()
	if err != nil || len(lines) != len(rows)+1 {
		o.Fatalf("%d lines for %d rows: %v", len(lines), len(rows), err)
	}
	for i, r := range rows {
		line := lines[i+1]
		if ref := r["official"].(map[string]any)["ref"]; line[0] != ref {
			o.Fatalf("line %d is of %s, row of %s", i+1, line[0], ref)
		}
		shown := ""
		if c, ok := r["composite"].(float64); ok {
			shown = strconv.FormatFloat(c, 'f', 2, 64)
		}
		if line[5] != shown {
			o.Errorf("%s: the file says %s, the API %s", line[0], line[5], shown)
		}
	}
	if o.count("audit_entries") == 0 {
		o.Error("no audit entries")
	}
	return content
}

// checkStatements counts the statements of a frontend's list: they do not grow
// with its rows.
func (o *office) checkStatements() {
	o.Helper()
	n := o.statements()
	list := func(first int) int64 {
		return fewest(n, func() {
			page := o.ok("hr", `query($first: Int!) { officials(first: $first) { nodes { ref name position unit { name } cases(first: 5) { ref title state unit { name } }
				assessment(cycleId: {cycle}) { composite rank explanation { parts { points } } } } } }`, "first", first)
			if got := len(page.list("officials.nodes")); got != first {
				o.Fatalf("%d officials, want %d", got, first)
			}
		})
	}
	few, many := list(5), list(50)
	if many > few || many > 8 {
		o.Errorf("%d statements for 5 officials, %d for 50", few, many)
	}
}

// checkProgress follows the run, which has ended.
func (o *office) checkProgress() {
	o.Helper()
	ended := o.ok("hr", `subscription { assessmentRunProgress(id: {run}) { state done total } }`)
	ended.wants("assessmentRunProgress.state", "DONE")
}

// TestAPolicyNamesEveryWrongField: all that is wrong is said at once.
func TestAPolicyNamesEveryWrongField(t *testing.T) {
	each(t, func(o *office) {
		save := `mutation($p: PolicyInput!) { savePolicy(input: {policy: $p}) { policy { version document } ` + userErrors + `} }`
		a := o.ask("hr-root", save, "p", map[string]any{"name": "x", "satisfaction": map[string]any{"weight": 2, "minimumN": -1}, "draws": 3})
		fields := map[string]bool{}
		for _, e := range a.list("savePolicy.userErrors") {
			fields[e.(map[string]any)["field"].(string)] = true
		}
		for _, f := range []string{"policy.satisfaction.weight", "policy.satisfaction.minimumN", "policy.weights", "policy.draws"} {
			if !fields[f] {
				o.Errorf("%s is not named: %v", f, fields)
			}
		}
		o.refuses("hr-root", "INVALID", "policy", save, "p", map[string]any{"name": "x", "seed": -1})
		first := o.ok("hr-root", save, "p", map[string]any{"name": "x"})
		var document map[string]any
		if err := json.Unmarshal([]byte(first.text("savePolicy.policy.document")), &document); err != nil || document["haloCorrection"] != true {
			o.Errorf("the document is not whole: %v", document)
		}
		o.ok("hr-root", save, "p", map[string]any{"name": "x", "borrowing": false}).wants("savePolicy.policy.version", 2)
	})
}

func TestACycleIsOpenedOnce(t *testing.T) {
	each(t, func(o *office) {
		open := `mutation($key: String, $to: Date!) { openCycle(input: {unitId: {north}, kind: ANNUAL, name: "2025", fromOn: "2025-01-01", toOn: $to, idempotencyKey: $key}) {
			cycle { id state } ` + userErrors + `} }`
		first := o.ok("hr-north", open, "key", "k", "to", "2025-12-31")
		first.wants("openCycle.cycle.state", "COLLECTING")
		o.ok("hr-north", open, "key", "k", "to", "2025-12-31").wants("openCycle.cycle.id", first.text("openCycle.cycle.id"))
		o.refuses("hr-north", "CONFLICT", "name", open, "key", "other", "to", "2025-12-31")
		o.refuses("hr-north", "INVALID", "toOn", open, "key", "third", "to", "2024-12-31")
	})
}
