package resolvers_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"steelyard/models"
	"steelyard/services/accounts"
)

// exportOfSheet asks for an official's sheet.
func (o *office) exportOfSheet(subject, official string, more in) string {
	o.Helper()
	input := in{"kind": "OFFICIAL_SHEET", "officialId": o.ids[official], "format": "PDF"}
	for name, value := range more {
		input[name] = value
	}
	return o.ok(subject, requestExport, "input", input).text("requestExport.export.id")
}

// digested gives a cycle results whose evidence and policy have digests of their own.
func (o *office) digested(cycle, letter string, refs ...string) string {
	o.Helper()
	run := o.results(cycle, refs...)
	o.change("UPDATE assessment_runs SET evidence_digest = ?, policy_digest = ? WHERE id = ?",
		models.Hash(strings.Repeat(letter, 32)), models.Hash(strings.Repeat("p", 32)), o.parse(run))
	return run
}

// TestASheetIsOfTheRunThatItsExportNames: of the one that was asked for, or of the one
// whose assessment counted then, whatever has come to count since.
func TestASheetIsOfTheRunThatItsExportNames(t *testing.T) {
	each(t, func(o *office) {
		cycle := o.cycle("hr-root", "root")
		unnamed := in{"cycleId": cycle}
		first := o.digested(cycle, "a", "ann", "bob")
		e, ofFirst := o.written("hr-root", o.exportOfSheet("hr-root", "ann", unnamed))
		e.wants("export.run.id", first)
		waiting := o.exportOfSheet("hr-root", "ann", unnamed)
		second := o.digested(cycle, "b", "bob", "ann")
		if e, got := o.written("hr-root", waiting); got != ofFirst {
			o.Errorf("what waited is of another run than %s", e.text("export.run.id"))
		}
		e, ofSecond := o.written("hr-root", o.exportOfSheet("hr-root", "ann", unnamed))
		e.wants("export.run.id", second)
		if ofFirst == ofSecond {
			o.Fatal("the sheets of two runs are the same")
		}
		e, got := o.written("hr-north", o.exportOfSheet("hr-north", "ann", in{"runId": first}))
		e.wants("export.run.id", first)
		if got != ofFirst {
			o.Error("the sheet of the run that was named is another's")
		}

		// A remedy makes another run's assessment count for one official.
		var remedied models.Assessment
		if err := o.store.Read(o.Context()).Take(&remedied, "run_id = ? AND official_id = ?", o.parse(first), o.id("ann")).Error; err != nil {
			o.Fatal(err)
		}
		o.write(&models.CycleResult{
			CycleID: o.parse(cycle), PostingID: remedied.PostingID, Version: 1, OfficialID: remedied.OfficialID, AssessmentID: remedied.ID,
			SettledAt: o.store.Now(),
		})
		e, got = o.written("hr-root", o.exportOfSheet("hr-root", "ann", unnamed))
		e.wants("export.run.id", first)
		if got != ofFirst {
			o.Error("the sheet that counts is not the remedied one")
		}
		direct := o.ok("hr-root", `query($c: ID!, $o: ID!) { exportOfficialSheet(cycleId: $c, officialId: $o) { content } }`, "c", cycle, "o", o.ids["ann"])
		if raw, err := base64.StdEncoding.DecodeString(direct.text("exportOfficialSheet.content")); err != nil || string(raw) != ofFirst {
			o.Errorf("the direct sheet is not the remedied one: %v", err)
		}

		third := o.results(cycle, "bob")
		o.refuses("hr-root", "NOT_FOUND", "officialId", requestExport, "input",
			in{"kind": "OFFICIAL_SHEET", "officialId": o.ids["ann"], "format": "PDF", "runId": third})
	})
}

// TestASheetThatCannotBeWrittenIsRefusedAtOnce: whoever is an official besides sees the
// own result, but what is written in the background is written by the scope alone.
func TestASheetThatCannotBeWrittenIsRefusedAtOnce(t *testing.T) {
	each(t, func(o *office) {
		o.grant(accounts.Grant{Subject: "hr-and-cat", Role: models.RoleHR, UnitRef: "north", OfficialRef: "cat"})
		cycle := o.cycle("hr-root", "root")
		run := o.results(cycle, "ann", "cat")
		o.change("UPDATE cycles SET state = ? WHERE id = ?", models.CyclePublished, o.parse(cycle))
		o.ok("hr-and-cat", `query($c: ID!, $o: ID!) { exportOfficialSheet(cycleId: $c, officialId: $o) { content } }`, "c", cycle, "o", o.ids["cat"])
		for _, which := range []in{{"cycleId": cycle}, {"runId": run}} {
			which["kind"], which["officialId"], which["format"] = "OFFICIAL_SHEET", o.ids["cat"], "PDF"
			o.refuses("hr-and-cat", "NOT_FOUND", "officialId", requestExport, "input", which)
		}

		// One that was in the scope when it was asked for, and no more when it is written,
		// says so in a whole sentence.
		late := o.exportOfSheet("hr-and-cat", "ann", in{"runId": run})
		o.change("UPDATE assessments SET unit_id = ? WHERE official_id = ?", o.id("south"), o.id("ann"))
		if worked, err := o.app.Exports.WriteNext(o.Context()); err != nil || !worked {
			o.Fatal(worked, err)
		}
		e := o.ok("hr-and-cat", exportOf, "id", late)
		e.wants("export.state", "FAILED")
		if said := e.text("export.failure"); !strings.Contains(said, "no longer yours") || strings.ContainsAny(said, "–{") {
			o.Errorf("the reader sees %q", said)
		}
	})
}

// TestADefinitionOfAKindIsOfThatKindAlone: also where a run is named.
func TestADefinitionOfAKindIsOfThatKindAlone(t *testing.T) {
	each(t, func(o *office) {
		annual := o.results(o.cycle("hr-root", "root"), "ann")
		o.ids["special"] = o.ok("hr-root", `mutation { openCycle(input: {unitId: {root}, kind: SPECIAL, name: "s", fromOn: "2026-01-01", toOn: "2026-12-31"}) { cycle { id } }}`).text("openCycle.cycle.id")
		special := o.results(o.ids["special"], "ann")
		neighbours := o.results(o.cycle("hr-south", "south"), "cat")
		id := o.ok("hr-north", saveDefinition, "input", in{"name": "annual", "cycleKind": "ANNUAL"}).text("saveReportDefinition.definition.id")
		every := o.ok("hr-north", saveDefinition, "input", in{"name": "any"}).text("saveReportDefinition.definition.id")

		o.ok("hr-north", requestExport, "input", in{"definitionId": id, "runId": annual}).wants("requestExport.export.run.id", annual)
		o.ok("hr-north", requestExport, "input", in{"definitionId": every, "runId": special}).wants("requestExport.export.run.id", special)
		o.refuses("hr-north", "INVALID", "runId", requestExport, "input", in{"definitionId": id, "runId": special})
		for _, run := range []string{neighbours, models.NewID().String()} {
			o.refuses("hr-north", "NOT_FOUND", "runId", requestExport, "input", in{"definitionId": id, "runId": run})
			o.refuses("hr-north", "NOT_FOUND", "runId", requestExport, "input", in{"definitionId": every, "runId": run})
		}
	})
}

// TestADefinitionStaysWhereItIs: changed by somebody above it keeps its unit, and where it
// goes to another there has to be room.
func TestADefinitionStaysWhereItIs(t *testing.T) {
	each(t, func(o *office) {
		id := o.ok("hr-north", saveDefinition, "input", in{"name": "ours"}).text("saveReportDefinition.definition.id")
		changed := o.ok("hr-root", saveDefinition, "input", in{"id": id, "name": "still theirs"})
		changed.wants("saveReportDefinition.definition.unit.ref", "north")
		changed.wants("saveReportDefinition.definition.name", "still theirs")
		moved := o.ok("hr-root", saveDefinition, "input", in{"id": id, "name": "moved", "unitId": o.ids["south"]})
		moved.wants("saveReportDefinition.definition.unit.ref", "south")

		for i := range models.MaxReportDefinitions {
			o.write(&models.ReportDefinition{
				ID: models.NewID(), UnitID: o.id("north"), Name: strings.Repeat("n", i+1), SavedBy: "hr-north", SavedAt: o.store.Now(),
				ReportSpec: models.ReportSpec{Kind: models.ReportAssessments, Format: models.FormatCSV, Ordering: models.OrderRank, Columns: []string{}},
			})
		}
		o.refuses("hr-root", "CONFLICT", "name", saveDefinition, "input", in{"id": id, "name": "back", "unitId": o.ids["north"]})
		o.refuses("hr-north", "CONFLICT", "name", saveDefinition, "input", in{"name": "one more"})
		full := o.ok("hr-north", definitionsOf).list("reportDefinitions.nodes")[0].(map[string]any)["id"]
		o.ok("hr-north", saveDefinition, "input", in{"id": full, "name": "changed in a full unit"}).wants("saveReportDefinition.definition.id", full)

		// Of two units that are wrong the same one is named each time.
		for range 20 {
			o.refuses("hr-north", "NOT_FOUND", "unitId", saveDefinition, "input",
				in{"name": "x", "unitId": o.ids["south"], "filter": in{"unitId": o.ids["south"]}})
		}
	})
}
