package resolvers_test

import "steelyard/models"

// reportInput is a report with every field given that says what it is.
func (o *office) reportInput(more in) in {
	input := in{
		"kind": "ASSESSMENTS", "format": "XLSX", "filter": in{"unitId": o.ids["north-desk"], "peerGroup": "window clerk"},
		"orderBy": "COMPOSITE_DESC", "columns": []any{"official_id", "composite"}, "idempotencyKey": wordy,
	}
	for name, value := range more {
		input[name] = value
	}
	return input
}

// saved is a definition of a unit's.
func (o *office) saved(subject, name string) string {
	o.Helper()
	return o.ok(subject, saveDefinition, "input", in{"name": name}).text("saveReportDefinition.definition.id")
}

var reportTrials = []prepared{
	{"requestExport", func(o *office) trial {
		cycle := o.keep("scored", o.cycle("hr-north", "north"))
		run := o.keep("run", o.results(cycle, "ann", "bob"))
		o.ids["their-run"] = o.results(o.ids["their-cycle"], "cat")
		return trial{
			subject: "hr-north", input: o.reportInput(in{"cycleId": cycle, "runId": run}), without: []string{"definitionId", "officialId"},
			wrong: map[string][]any{"runId": {o.ids["their-run"]}, "format": {"PNG", "SVG"}, "columns.0": {"salary", "composite"}},
			named: map[string]string{"cycleId": "runId", "columns.0": "columns."}, exact: []string{"columns"}, limits: map[string]int{"filter.peerGroup": models.MaxTitleLength, "columns.0": 200},
		}
	}},
	{"requestExport", func(o *office) trial {
		return trial{
			subject: "hr-north", without: []string{"definitionId", "runId", "filter", "orderBy", "columns"},
			input: in{"cycleId": o.ids["scored"], "kind": "OFFICIAL_SHEET", "officialId": o.ids["ann"], "format": "PDF", "idempotencyKey": wordy + " of one"},
			wrong: map[string][]any{"format": {"CSV"}, "officialId": {o.ids["dan"]}},
		}
	}},
	{"saveReportDefinition", func(o *office) trial {
		o.ids["their-definition"] = o.saved("hr-south", "theirs")
		return trial{
			subject: "hr-north", without: []string{"id", "runId"},
			input: o.reportInput(in{"unitId": o.ids["north"], "name": wordy, "cycleKind": "ANNUAL"}),
			wrong: map[string][]any{"kind": {"OFFICIAL_SHEET"}, "format": {"SVG"}}, exact: []string{"columns"}, limits: map[string]int{"filter.peerGroup": models.MaxTitleLength, "columns.0": 200},
		}
	}},
	{"saveReportDefinition", func(o *office) trial {
		return trial{
			subject: "hr-north", without: []string{"cycleKind"},
			input: o.reportInput(in{
				"id": o.keep("definition", o.saved("hr-north", "ours")), "unitId": o.ids["north"], "name": wordy + " of a run", "runId": o.ids["run"],
				"idempotencyKey": wordy + " again",
			}),
			wrong: map[string][]any{"id": {o.ids["their-definition"]}, "runId": {o.ids["their-run"]}},
			exact: []string{"columns"}, limits: map[string]int{"filter.peerGroup": models.MaxTitleLength, "columns.0": 200},
		}
	}},
	{"requestExport", func(o *office) trial {
		return trial{
			subject: "hr-north", without: []string{"runId", "officialId", "kind", "format", "filter", "orderBy", "columns"},
			input: in{"definitionId": o.saved("hr-north", "by the cycle"), "cycleId": o.ids["scored"], "idempotencyKey": wordy + " by definition"},
			wrong: map[string][]any{"definitionId": {o.ids["their-definition"]}},
		}
	}},
	{"deleteReportDefinition", removes("definition", "their-definition")},
}
