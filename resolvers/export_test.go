package resolvers_test

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"io"
	"strings"
	"testing"
	"time"

	"steelyard/models"
)

// results gives a cycle a run that is done and counts, in which each of the officials
// has a composite, the first the highest.
func (o *office) results(cycle string, refs ...string) string {
	o.Helper()
	run := &models.AssessmentRun{ID: models.NewID(), CycleID: o.parse(cycle), State: models.RunDone, RequestedBy: "hr", RequestedAt: o.store.Now()}
	o.write(run)
	for i, ref := range refs {
		var post models.Posting
		if err := o.store.Read(o.Context()).Take(&post, "official_id = ?", o.id(ref)).Error; err != nil {
			o.Fatal(err)
		}
		composite, rank := models.Score(90-10*i), i+1
		gap := models.Score(-60 + 50*i)
		o.write(&models.Assessment{
			ID: models.NewID(), RunID: run.ID, OfficialID: post.OfficialID, PostingID: post.ID, UnitID: post.UnitID,
			Position: "window clerk", PeerGroup: "window clerk", SortOrder: i + 1, Status: models.StatusScored,
			Composite: &composite, Rank: &rank, ShowcaseGap: &gap, Flags: []string{}, Components: []models.ComponentScore{},
		})
	}
	o.change("UPDATE cycles SET run_id = ?, state = ? WHERE id = ?", run.ID, models.CycleScoring, run.CycleID)
	return run.ID.String()
}

// passes moves the clock.
func (o *office) passes(d time.Duration) {
	t := o.now.Load().Add(d)
	o.now.Store(&t)
}

const (
	requestExport = `mutation($input: RequestExportInput!) { requestExport(input: $input) { export { id state progress total url run { id } cycle { id } } ` + userErrors + `} }`
	exportOf      = `query($id: ID!) { export(id: $id) { kind format orderBy columns state progress done total size digest failure filename mediaType url
		expiresAt finishedAt unit { ref } official { ref } run { id } cycle { id } } }`
)

// written writes what waits and fetches it by its address.
func (o *office) written(subject, id string) (*answer, string) {
	o.Helper()
	if worked, err := o.app.Exports.WriteNext(o.Context()); err != nil || !worked {
		o.Fatalf("nothing was written: %v, %v", worked, err)
	}
	e := o.ok(subject, exportOf, "id", id)
	e.wants("export.state", "DONE")
	token, ours := strings.CutPrefix(e.text("export.url"), "https://rate.example/exports/")
	if !ours {
		o.Fatalf("the address is %s", e.text("export.url"))
	}
	_, content, err := o.app.Exports.Open(o.Context(), token)
	if err != nil {
		o.Fatal(err)
	}
	raw, err := io.ReadAll(content)
	if err != nil {
		o.Fatal(err)
	}
	if err := content.Close(); err != nil {
		o.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	e.wants("export.digest", hex.EncodeToString(sum[:]))
	e.wants("export.size", len(raw))
	e.wants("export.progress", 1)
	return e, string(raw)
}

func TestAReportIsExportedInTheBackground(t *testing.T) {
	each(t, func(o *office) {
		cycle := o.cycle("hr-root", "root")
		input := func(more ...any) map[string]any {
			in := map[string]any{"cycleId": cycle}
			for i := 0; i < len(more); i += 2 {
				in[more[i].(string)] = more[i+1]
			}
			return in
		}
		o.refuses("hr-root", "CONFLICT", "cycleId", requestExport, "input", input())
		run := o.results(cycle, "cat", "ann", "bob", "dan")

		asked := o.ok("hr-root", requestExport, "input", input("idempotencyKey", "k"))
		asked.wants("requestExport.export.state", "QUEUED")
		asked.wants("requestExport.export.total", 4)
		asked.wants("requestExport.export.url", nil)
		asked.wants("requestExport.export.run.id", run)
		id := asked.text("requestExport.export.id")
		o.ok("hr-root", requestExport, "input", input("idempotencyKey", "k")).wants("requestExport.export.id", id)
		o.refuses("hr-root", "CONFLICT", "idempotencyKey", requestExport, "input", input("idempotencyKey", "k", "format", "XLSX"))
		e, content := o.written("hr-root", id)
		e.wants("export.run.id", run)
		e.wants("export.mediaType", "text/csv; charset=utf-8")
		direct := o.ok("hr-root", `query($c: ID!) { exportReport(format: CSV, cycleId: $c) { content } }`, "c", cycle)
		if content != direct.text("exportReport.content") {
			o.Errorf("the background writes\n%s\nand the API says\n%s", content, direct.text("exportReport.content"))
		}

		// Another has a part of it, and only the own exports.
		part := o.ok("hr-north", requestExport, "input", input("orderBy", "SHOWCASE_GAP_DESC", "columns", []string{"official_name", "composite", "official_id"}))
		part.wants("requestExport.export.total", 2)
		_, content = o.written("hr-north", part.text("requestExport.export.id"))
		if content != "official_name,composite,official_id\nOfficial bob,70.00,bob\nOfficial ann,80.00,ann\n" {
			o.Errorf("the part is %q", content)
		}
		o.ok("hr-north", exportOf, "id", id).wants("export", nil)
		o.ok("auditor", exportOf, "id", id).wants("export", nil)
		if n := len(o.ok("hr-root", `{ exports { nodes { id cycle { id } run { id } } pageInfo { hasNextPage } } }`).list("exports.nodes")); n != 1 {
			o.Errorf("%d exports are hr-root's", n)
		}

		// A narrower report, in a unit, of one person.
		unsung := o.ok("hr-root", requestExport, "input", input("kind", "UNSUNG_OFFICIALS", "columns", []string{"official_id"}))
		if _, content = o.written("hr-root", unsung.text("requestExport.export.id")); content != "official_id\ncat\n" {
			o.Errorf("the unsung are %q", content)
		}
		within := o.ok("hr-root", requestExport, "input", input("filter", map[string]any{"unitId": o.ids["north-desk"]}, "columns", []string{"official_id"}))
		if _, content = o.written("hr-root", within.text("requestExport.export.id")); content != "official_id\nann\n" {
			o.Errorf("the desk has %q", content)
		}
		sheet := o.ok("hr-root", requestExport, "input", input("kind", "OFFICIAL_SHEET", "officialId", o.ids["ann"], "format", "PDF"))
		if e, content = o.written("hr-root", sheet.text("requestExport.export.id")); !strings.HasPrefix(content, "%PDF-") {
			o.Errorf("the sheet begins %q", content[:min(len(content), 20)])
		}
		e.wants("export.official.ref", "ann")

		for _, c := range []struct {
			name, subject, code, field string
			input                      map[string]any
		}{
			{"a neighbour's unit", "hr-north", "NOT_FOUND", "filter.unitId", input("filter", map[string]any{"unitId": o.ids["south"]})},
			{"a neighbour's official", "hr-north", "NOT_FOUND", "officialId", input("kind", "OFFICIAL_SHEET", "officialId", o.ids["cat"], "format", "PDF")},
			{"no cycle", "hr-root", "INVALID", "cycleId", map[string]any{}},
			{"a cycle of nobody's", "hr-root", "NOT_FOUND", "cycleId", map[string]any{"cycleId": models.NewID().String()}},
			{"a column that is none", "hr-root", "INVALID", "columns.1", input("columns", []string{"rank", "salary"})},
			{"a column twice", "hr-root", "INVALID", "columns.1", input("columns", []string{"rank", "rank"})},
			{"columns of pages", "hr-root", "INVALID", "columns", input("columns", []string{"rank"}, "format", "PDF")},
			{"a chart", "hr-root", "INVALID", "format", input("format", "PNG")},
			{"a sheet as a table", "hr-root", "INVALID", "format", input("kind", "OFFICIAL_SHEET", "officialId", o.ids["ann"])},
			{"a sheet of nobody", "hr-root", "INVALID", "officialId", input("kind", "OFFICIAL_SHEET", "format", "PDF")},
			{"somebody in a list", "hr-root", "INVALID", "officialId", input("officialId", o.ids["ann"])},
		} {
			o.Log(c.name)
			o.refuses(c.subject, c.code, c.field, requestExport, "input", c.input)
		}
		for _, action := range []string{"requestExport", "export", "fetchExport"} {
			var n int64
			if err := o.store.Read(o.Context()).Model(&models.AuditEntry{}).Where("action = ?", action).Count(&n).Error; err != nil || n != 5 {
				o.Errorf("%d entries say %s: %v", n, action, err)
			}
		}
	})
}

// TestAnExportOutlivesNeitherItsTimeNorItsAskersRights: the address runs out, the file is
// erased, and who has lost scope or tokens has lost the file.
func TestAnExportOutlivesNeitherItsTimeNorItsAskersRights(t *testing.T) {
	each(t, func(o *office) {
		cycle := o.cycle("hr-root", "root")
		o.results(cycle, "ann", "bob")
		ask := func(subject string) (id, token string) {
			id = o.ok(subject, requestExport, "input", map[string]any{"cycleId": cycle}).text("requestExport.export.id")
			e, _ := o.written(subject, id)
			return id, strings.TrimPrefix(e.text("export.url"), "https://rate.example/exports/")
		}
		gone := func(why, token string) {
			o.Helper()
			_, content, err := o.app.Exports.Open(o.Context(), token)
			if models.CodeOf(err) != models.CodeNotFound || content != nil {
				o.Errorf("%s: %v", why, err)
			}
		}
		id, token := ask("hr-north")
		_, other := ask("hr-root")
		gone("made up", strings.Repeat("A", len(token)))
		gone("of two", token[:30]+other[30:])
		gone("cut", token[:len(token)-1])

		o.passes(models.ExportLinkHolds)
		o.ok("hr-north", exportOf, "id", id)
		if _, content, err := o.app.Exports.Open(o.Context(), token); err != nil {
			o.Errorf("in the last second: %v", err)
		} else if err := content.Close(); err != nil {
			o.Error(err)
		}
		o.passes(time.Second)
		gone("after ten minutes", token)
		_, token = ask("hr-north")
		o.change("UPDATE accounts SET disabled = ? WHERE subject = ?", true, "hr-north")
		gone("of a disabled account", token)
		o.change("UPDATE accounts SET disabled = ? WHERE subject = ?", false, "hr-north")
		o.change("UPDATE accounts SET token_epoch = token_epoch + 1 WHERE subject = ?", "hr-north")
		gone("of revoked tokens", token)
		o.change("UPDATE accounts SET token_epoch = token_epoch - 1, unit_id = ? WHERE subject = ?", o.id("south"), "hr-north")
		gone("of another scope", token)
		o.ok("hr-north", exportOf, "id", id).wants("export", nil)

		// What waits when its asker loses the right is not written.
		late := o.ok("hr-root", requestExport, "input", map[string]any{"cycleId": cycle}).text("requestExport.export.id")
		o.change("UPDATE accounts SET token_epoch = token_epoch + 1 WHERE subject = ?", "hr-root")
		if worked, err := o.app.Exports.WriteNext(o.Context()); err != nil || !worked {
			o.Fatal(worked, err)
		}
		o.ok("hr-root", exportOf, "id", late).wants("export.state", "FAILED")

		o.later(2)
		n, err := o.app.Exports.Erase(o.Context())
		if err != nil || n != 3 {
			o.Errorf("%d files were erased: %v", n, err)
		}
		if again, err := o.app.Exports.Erase(o.Context()); err != nil || again != 0 {
			o.Errorf("%d were erased again: %v", again, err)
		}
		o.change("UPDATE accounts SET unit_id = ? WHERE subject = ?", o.id("north"), "hr-north")
		erased := o.ok("hr-north", exportOf, "id", id)
		erased.wants("export.state", "ERASED")
		erased.wants("export.url", nil)
	})
}

const (
	saveDefinition = `mutation($input: SaveReportDefinitionInput!) { saveReportDefinition(input: $input) { definition { id name unit { ref } cycleKind run { id } kind format
		within { ref } peerGroup orderBy columns savedBy } ` + userErrors + `} }`
	definitionsOf = `{ reportDefinitions { nodes { id name unit { ref } } } }`
)

func TestAReportIsDescribedOnceAndWrittenOfOneCycleAfterAnother(t *testing.T) {
	each(t, func(o *office) {
		first := o.cycle("hr-root", "root")
		run := o.results(first, "ann", "bob", "cat")
		input := func(more ...any) map[string]any {
			in := map[string]any{
				"name": " The strong ", "cycleKind": "ANNUAL", "format": "CSV", "columns": []string{"official_id", "composite"},
				"orderBy": "COMPOSITE_DESC",
			}
			for i := 0; i < len(more); i += 2 {
				in[more[i].(string)] = more[i+1]
			}
			return in
		}
		saved := o.ok("hr-north", saveDefinition, "input", input("idempotencyKey", "k"))
		saved.wants("saveReportDefinition.definition.name", "The strong")
		saved.wants("saveReportDefinition.definition.unit.ref", "north")
		id := saved.text("saveReportDefinition.definition.id")
		o.ok("hr-north", saveDefinition, "input", input("idempotencyKey", "k")).wants("saveReportDefinition.definition.id", id)
		o.refuses("hr-north", "CONFLICT", "name", saveDefinition, "input", input())
		o.ok("hr-south", saveDefinition, "input", input()) // the name is each unit's own

		// Those above see and use it, neighbours do not.
		for subject, n := range map[string]int{"hr-north": 1, "hr-root": 2, "auditor-north": 1, "hr-south": 1} {
			if got := len(o.ok(subject, definitionsOf).list("reportDefinitions.nodes")); got != n {
				o.Errorf("%s sees %d definitions, want %d", subject, got, n)
			}
		}
		request := map[string]any{"definitionId": id}
		o.refuses("hr-south", "NOT_FOUND", "definitionId", requestExport, "input", request)
		e := o.ok("hr-north", requestExport, "input", request) // of the last annual cycle
		e.wants("requestExport.export.run.id", run)
		if _, content := o.written("hr-north", e.text("requestExport.export.id")); content != "official_id,composite\nann,90.00\nbob,80.00\n" {
			o.Errorf("the first cycle gives %q", content)
		}

		// The next cycle, by the same definition; one of another kind not.
		next := o.ok("hr-root", `mutation { openCycle(input: {unitId: {root}, kind: ANNUAL, name: "2026", fromOn: "2026-01-01", toOn: "2026-12-31"}) { cycle { id } `+userErrors+`} }`).text("openCycle.cycle.id")
		o.ok("hr-north", requestExport, "input", request).wants("requestExport.export.cycle.id", first) // it has no results yet
		if worked, err := o.app.Exports.WriteNext(o.Context()); err != nil || !worked {
			o.Fatal(worked, err)
		}
		o.refuses("hr-north", "CONFLICT", "cycleId", requestExport, "input", map[string]any{"definitionId": id, "cycleId": next})
		o.results(next, "bob", "ann")
		e = o.ok("hr-north", requestExport, "input", request)
		e.wants("requestExport.export.cycle.id", next)
		if _, content := o.written("hr-north", e.text("requestExport.export.id")); content != "official_id,composite\nbob,90.00\nann,80.00\n" {
			o.Errorf("the next cycle gives %q", content)
		}
		special := o.ok("hr-root", `mutation { openCycle(input: {unitId: {root}, kind: SPECIAL, name: "s", fromOn: "2026-01-01", toOn: "2026-12-31"}) { cycle { id } `+userErrors+`} }`).text("openCycle.cycle.id")
		o.refuses("hr-north", "INVALID", "cycleId", requestExport, "input", map[string]any{"definitionId": id, "cycleId": special})

		// It is changed, and pinned to a run.
		changed := o.ok("hr-root", saveDefinition, "input", input("id", id, "unitId", o.ids["north"], "name", "Of that run", "cycleKind", nil, "runId", run, "kind", "UNSUNG_OFFICIALS"))
		changed.wants("saveReportDefinition.definition.id", id)
		changed.wants("saveReportDefinition.definition.run.id", run)
		changed.wants("saveReportDefinition.definition.savedBy", "hr-root")
		e = o.ok("hr-north", requestExport, "input", request)
		e.wants("requestExport.export.run.id", run)
		if _, content := o.written("hr-north", e.text("requestExport.export.id")); content != "official_id,composite\nann,90.00\n" {
			o.Errorf("the run gives %q", content)
		}

		for _, c := range []struct {
			name, code, field string
			input             map[string]any
		}{
			{"no name", "INVALID", "name", input("name", "  ")},
			{"kind and run", "INVALID", "cycleKind", input("name", "x", "runId", run)},
			{"one person", "INVALID", "kind", input("name", "x", "kind", "OFFICIAL_SHEET", "format", "PDF", "columns", []string{})},
			{"a neighbour's unit", "NOT_FOUND", "unitId", input("name", "x", "unitId", o.ids["south"])},
			{"a neighbour's rows", "NOT_FOUND", "filter.unitId", input("name", "x", "filter", map[string]any{"unitId": o.ids["south"]})},
			{"a run of nobody's", "NOT_FOUND", "runId", input("name", "x", "cycleKind", nil, "runId", models.NewID().String())},
			{"a column that is none", "INVALID", "columns.0", input("name", "x", "columns", []string{"salary"})},
			{"one that is not there", "NOT_FOUND", "id", input("name", "x", "id", models.NewID().String())},
		} {
			o.Log(c.name)
			o.refuses("hr-north", c.code, c.field, saveDefinition, "input", c.input)
		}
		const remove = `mutation($id: ID!) { deleteReportDefinition(input: {id: $id}) { removedId ` + userErrors + `} }`
		o.refuses("hr-south", "NOT_FOUND", "id", remove, "id", id)
		o.ok("hr-north", remove, "id", id).wants("deleteReportDefinition.removedId", id)
		o.refuses("hr-north", "NOT_FOUND", "id", remove, "id", id)
		o.refuses("hr-north", "NOT_FOUND", "definitionId", requestExport, "input", request)
		o.ok("hr-north", exportOf, "id", e.text("requestExport.export.id")).wants("export.state", "DONE")
	})
}

// TestReportColumnsAreThoseOfTheFiles: whoever chooses columns finds them by name.
func TestReportColumnsAreThoseOfTheFiles(t *testing.T) {
	each(t, func(o *office) {
		var names []string
		for _, c := range o.ok("hr-root", `{ reportColumns { name label } }`).list("reportColumns") {
			names = append(names, c.(map[string]any)["name"].(string))
		}
		cycle := o.cycle("hr-root", "root")
		o.results(cycle, "ann")
		e := o.ok("hr-root", requestExport, "input", map[string]any{"cycleId": cycle, "columns": names})
		_, content := o.written("hr-root", e.text("requestExport.export.id"))
		lines, err := csv.NewReader(strings.NewReader(content)).ReadAll()
		if err != nil || len(lines) != 2 || strings.Join(lines[0], " ") != strings.Join(names, " ") || len(names) != 29 {
			o.Errorf("%d columns: %v, %v", len(names), lines, err)
		}
	})
}
