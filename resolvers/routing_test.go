package resolvers_test

import (
	"strings"
	"testing"
)

const ruleFields = ` rule { id }` + userErrors

// rule saves an entry as a subject and returns its id, which stands under {name}
// from then on.
func (o *office) rule(subject, name, mutation, field, input string) string {
	o.Helper()
	a := o.ok(subject, `mutation { `+mutation+`(input: {`+input+`}) { `+field+` { id } `+userErrors+`} }`)
	o.ids[name] = a.text(mutation + "." + field + ".id")
	return o.ids[name]
}

func (o *office) bring(words, place string) *answer {
	o.Helper()
	return o.ok("", `mutation($d: String!, $p: String) { openCase(input: {title: "问题", description: $d, place: $p}) {
		receipt suggestions { category weight reasons { phrase weight } } case { id category routedBy dueAt unit { ref } place } `+userErrors+`} }`, "d", words, "p", place)
}

func TestWordsAndPlaceFindTheUnit(t *testing.T) {
	each(t, func(o *office) {
		// Nothing is known yet: the top has it.
		none := o.bring("something odd", "")
		none.wants("openCase.case.category", "OTHER")
		none.wants("openCase.case.routedBy", "TOP")
		none.wants("openCase.case.unit.ref", "root")
		// Whoever took on the last of a category has the next, whoever brings it. Where a resident
		// merely sends one is nobody's habit.
		const parks = `mutation($unit: ID) { openCase(input: {title: "t", description: "d", category: "parks", unitId: $unit}) { case { id routedBy unit { ref } } ` + userErrors + `} }`
		sent := o.ok("", parks, "unit", o.ids["south"]).text("openCase.case.id")
		o.ok("", parks).wants("openCase.case.routedBy", "TOP")
		o.step("hr-south", "acceptCase", sent, ``, "ACCEPTED")
		o.ok("", parks, "unit", o.ids["north"])
		next := o.ok("", parks)
		next.wants("openCase.case.routedBy", "HABIT")
		next.wants("openCase.case.unit.ref", "south")

		o.rule("hr-root", "r1", "saveCategoryRule", "rule", `unitId: {root}, phrase: "路灯", category: "roads / lamps", weight: 30`)
		o.rule("hr-root", "r2", "saveCategoryRule", "rule", `unitId: {root}, phrase: "不亮", category: "roads / lamps", weight: 10`)
		o.rule("admin", "r3", "saveCategoryRule", "rule", `unitId: {root}, phrase: "Art", category: "culture", weight: 100`)
		o.rule("hr-root", "city", "saveArea", "area", `unitId: {root}, name: "青河区"`)
		o.rule("hr-root", "street", "saveArea", "area", `unitId: {root}, parentId: {city}, name: "柳树街"`)
		o.rule("hr-root", "f", "saveRoutingRule", "rule", `unitId: {root}, toUnitId: {root}`)
		o.rule("hr-root", "g", "saveRoutingRule", "rule", `unitId: {root}, category: "roads", toUnitId: {south}`)
		o.rule("hr-root", "h", "saveRoutingRule", "rule", `unitId: {root}, category: "roads", areaId: {city}, toUnitId: {north}`)
		o.rule("hr-root", "i", "saveRoutingRule", "rule", `unitId: {root}, category: "roads", areaId: {street}, toUnitId: {north-desk}`)
		o.rule("hr-root", "k", "saveRoutingRule", "rule", `unitId: {root}, placeKeyword: "harbour", toUnitId: {south}`)

		for _, c := range []struct{ words, place, category, unit string }{
			{"我家门口路灯不亮", "", "roads / lamps", "south"},
			{"路灯坏了", "青河区某处", "roads / lamps", "north"},
			{"路灯坏了", "柳树街 12 号", "roads / lamps", "north-desk"},
			{"part of it", "", "OTHER", "root"},     // "art" is not in "part"
			{"the ＡＲＴ hall", "", "culture", "root"}, // full-width letters are letters
			{"of no kind", "The Harbour, pier 2", "OTHER", "south"},
			{"of no kind", "harbours", "OTHER", "root"},
		} {
			a := o.bring(c.words, c.place)
			a.wants("openCase.case.category", c.category)
			a.wants("openCase.case.unit.ref", c.unit)
			a.wants("openCase.case.routedBy", "RULE")
			a.wants("openCase.case.dueAt", "2025-03-11T16:00:00Z")
		}
		why := o.ok("", `{ suggestCategories(text: "路灯又不亮了") { category weight reasons { phrase weight } } }`)
		why.wants("suggestCategories.0.category", "roads / lamps")
		why.wants("suggestCategories.0.weight", 40)
		why.wants("suggestCategories.0.reasons.1.phrase", "不亮")
		o.ok("hr-root", `mutation { removeRoutingRule(input: {id: {i}}) { removedId `+userErrors+`} }`)
		o.bring("路灯坏了", "柳树街").wants("openCase.case.unit.ref", "north")
		if n := len(o.ok("hr-root", `{ routingRules { unit { ref } toUnit { ref } category areaId placeKeyword } }`).list("routingRules")); n != 4 {
			o.Errorf("%d routing rules, want 4", n)
		}
	})
}

// TestAPlaceIsSeenByWhoWorksOnIt: an auditor and a reply officer see the case and
// not where it is.
func TestAPlaceIsSeenByWhoWorksOnIt(t *testing.T) {
	each(t, func(o *office) {
		opened := o.ok("", `mutation { openCase(input: {title: "t", description: "d", unitId: {north}, place: " 12 Willow Street ", latitude: 31.23456, longitude: 121.5}) {
			receipt case { id } `+userErrors+`} }`)
		id, receipt := opened.text("openCase.case.id"), opened.text("openCase.receipt")
		const node = `query($id: ID!) { node(id: $id) { ... on Case { title place latitude } } }`
		for _, subject := range []string{"bob", "hr-north"} {
			seen := o.ok(subject, node, "id", id)
			seen.wants("node.place", "12 Willow Street")
			seen.wants("node.latitude", 31.235)
		}
		for _, subject := range []string{"auditor", "reply-north"} {
			seen := o.ok(subject, node, "id", id)
			seen.wants("node.title", "t")
			seen.wants("node.place", nil)
			seen.wants("node.latitude", nil)
		}
		o.ok("cat", node, "id", id).wants("node", nil)
		o.ok("", `query($r: String!) { caseByReceipt(receipt: $r) { place latitude } }`, "r", receipt).wants("caseByReceipt.place", "12 Willow Street")
	})
}

func TestRulesAreKeptWithinTheScope(t *testing.T) {
	each(t, func(o *office) {
		id := o.rule("hr-root", "mine", "saveRoutingRule", "rule", `unitId: {root}, category: "roads", toUnitId: {south}`)
		for _, c := range [][3]string{
			{"NOT_FOUND", "unitId", `saveRoutingRule(input: {unitId: {root}, toUnitId: {north}})`},
			{"NOT_FOUND", "toUnitId", `saveRoutingRule(input: {unitId: {north}, toUnitId: {south}})`},
			{"NOT_FOUND", "ruleId", `saveRoutingRule(input: {ruleId: "` + id + `", unitId: {north}, toUnitId: {north}})`},
			{"NOT_FOUND", "areaId", `saveRoutingRule(input: {unitId: {north}, areaId: {south}, toUnitId: {north}})`},
		} {
			o.refuses("hr-north", c[0], c[1], `mutation { `+c[2]+` {`+ruleFields+`} }`)
		}
		o.refuses("hr-north", "NOT_FOUND", "id", `mutation { removeRoutingRule(input: {id: {mine}}) { removedId `+userErrors+`} }`)
		// What holds above holds here, and is seen.
		if n := len(o.ok("hr-north", `{ routingRules { id } }`).list("routingRules")); n != 1 {
			o.Errorf("%d rules, want 1", n)
		}
		o.rule("hr-south", "theirs", "saveCategoryRule", "rule", `unitId: {south}, phrase: "x y", category: "c", weight: 1`)
		if n := len(o.ok("hr-north", `{ categoryRules { id } }`).list("categoryRules")); n != 0 {
			o.Errorf("%d rules of a neighbour", n)
		}
		o.refuses("hr-south", "CONFLICT", "", `mutation { saveCategoryRule(input: {unitId: {south}, phrase: "X  Y", category: "c", weight: 2}) {`+ruleFields+`} }`)
		o.ok("hr-south", `mutation { saveCategoryRule(input: {ruleId: {theirs}, unitId: {south}, phrase: "X  Y", category: "c", weight: 2}) {`+ruleFields+`} }`)
		key := `mutation { saveCategoryRule(input: {unitId: {south}, phrase: "z", category: "c", weight: 2, idempotencyKey: "k"}) {` + ruleFields + `} }`
		first := o.ok("hr-south", key).text("saveCategoryRule.rule.id")
		o.ok("hr-south", key).wants("saveCategoryRule.rule.id", first)
		o.rule("hr-south", "area", "saveArea", "area", `unitId: {south}, name: "a"`)
		o.rule("hr-south", "inner", "saveArea", "area", `unitId: {south}, name: "b", parentId: {area}`)
		o.refuses("hr-south", "CONFLICT", "id", `mutation { removeArea(input: {id: {area}}) { removedId `+userErrors+`} }`)
		o.refuses("hr-south", "INVALID", "parentId", `mutation { saveArea(input: {areaId: {area}, unitId: {south}, name: "a", parentId: {inner}}) { area { id } `+userErrors+`} }`)
	})
}

func TestAUnitKeepsItsOwnHolidays(t *testing.T) {
	each(t, func(o *office) {
		// Thursday the 6th is a feast in the north, the Saturday a day of work; the desk works on the feast.
		o.rule("hr-root", "feast", "saveHoliday", "holiday", `unitId: {north}, on: "2025-03-06", kind: HOLIDAY, name: "三月三"`)
		o.rule("hr-north", "made up", "saveHoliday", "holiday", `unitId: {north}, on: "2025-03-08", kind: WORKING_DAY, name: "补班"`)
		o.rule("hr-north", "desk", "saveHoliday", "holiday", `unitId: {north-desk}, on: "2025-03-06", kind: WORKING_DAY, name: "值班"`)
		for unit, due := range map[string]string{
			"south": "2025-03-11T16:00:00Z", "north": "2025-03-11T16:00:00Z", "north-desk": "2025-03-10T16:00:00Z",
		} {
			a := o.ok("", `mutation { openCase(input: {title: "t", description: "d", unitId: {`+unit+`}}) { case { dueAt } `+userErrors+`} }`)
			a.wants("openCase.case.dueAt", due)
		}
		o.ok("hr-north", `mutation { removeHoliday(input: {id: {made up}}) { removedId `+userErrors+`} }`)
		o.ok("", `mutation { openCase(input: {title: "t", description: "d", unitId: {north}}) { case { dueAt } `+userErrors+`} }`).
			wants("openCase.case.dueAt", "2025-03-12T16:00:00Z")
		o.refuses("hr-north", "NOT_FOUND", "unitId", `mutation { saveHoliday(input: {unitId: {south}, on: "2025-03-06", kind: HOLIDAY, name: "n"}) { holiday { id } `+userErrors+`} }`)
		year := o.ok("hr-north", `{ holidays(year: 2025, unitId: {north}) { on kind name entry { unit { ref } } } }`).list("holidays")
		feast := false
		for _, d := range year {
			day := d.(map[string]any)
			feast = feast || day["on"] == "2025-03-06" && day["kind"] == "HOLIDAY" && day["entry"] != nil
		}
		if !feast || len(year) < 30 {
			o.Errorf("%d days, the feast among them: %v", len(year), feast)
		}
	})
}

// TestWrongRulesAreRefusedAndNothingIsStored: every field of the operations on
// rules, and what people type into them.
func TestWrongRulesAreRefusedAndNothingIsStored(t *testing.T) {
	each(t, func(o *office) {
		long, audited := strings.Repeat("字", 61), o.count("audit_entries")
		for _, c := range [][3]string{
			{"INVALID", "phrase", `saveCategoryRule(input: {unitId: {root}, phrase: " ", category: "c", weight: 1}) {` + ruleFields},
			{"INVALID", "phrase", `saveCategoryRule(input: {unitId: {root}, phrase: "` + long + `", category: "c", weight: 1}) {` + ruleFields},
			{"INVALID", "phrase", `saveCategoryRule(input: {unitId: {root}, phrase: "a\u0007b", category: "c", weight: 1}) {` + ruleFields},
			{"INVALID", "category", `saveCategoryRule(input: {unitId: {root}, phrase: "😀", category: "", weight: 1}) {` + ruleFields},
			{"INVALID", "weight", `saveCategoryRule(input: {unitId: {root}, phrase: "p", category: "c", weight: 0}) {` + ruleFields},
			{"INVALID", "weight", `saveCategoryRule(input: {unitId: {root}, phrase: "p", category: "c", weight: 101}) {` + ruleFields},
			{"NOT_FOUND", "unitId", `saveCategoryRule(input: {unitId: {passport}, phrase: "p", category: "c", weight: 1}) {` + ruleFields},
			{"INVALID", "name", `saveArea(input: {unitId: {root}, name: ""}) { area { id }` + userErrors},
			{"INVALID", "name", `saveArea(input: {unitId: {root}, name: "` + long + `"}) { area { id }` + userErrors},
			{"NOT_FOUND", "parentId", `saveArea(input: {unitId: {root}, name: "n", parentId: {root}}) { area { id }` + userErrors},
			{"INVALID", "placeKeyword", `saveRoutingRule(input: {unitId: {root}, toUnitId: {root}, areaId: {root}, placeKeyword: "k"}) {` + ruleFields},
			{"INVALID", "category", `saveRoutingRule(input: {unitId: {root}, toUnitId: {root}, category: "a\u0000"}) {` + ruleFields},
			{"INVALID", "on", `saveHoliday(input: {unitId: {root}, on: "1999-12-31", kind: HOLIDAY, name: "n"}) { holiday { id }` + userErrors},
			{"INVALID", "name", `saveHoliday(input: {unitId: {root}, on: "2025-12-31", kind: HOLIDAY, name: " "}) { holiday { id }` + userErrors},
			{"NOT_FOUND", "id", `removeHoliday(input: {id: {root}}) { removedId ` + userErrors},
			{"INVALID", "latitude", `openCase(input: {title: "t", description: "d", latitude: 90.1, longitude: 0}) { receipt ` + userErrors},
			{"INVALID", "longitude", `openCase(input: {title: "t", description: "d", latitude: 9}) { receipt ` + userErrors},
			{"INVALID", "place", `openCase(input: {title: "t", description: "d", place: "` + strings.Repeat("街", 201) + `"}) { receipt ` + userErrors},
			{"INVALID", "place", `openCase(input: {title: "t", description: "d", place: "\u0008"}) { receipt ` + userErrors},
		} {
			o.refuses(map[bool]string{true: "", false: "hr-root"}[strings.HasPrefix(c[2], "openCase")], c[0], c[1], `mutation { `+c[2]+`} }`)
		}
		o.refuses("", "INVALID", "year", `{ holidays(year: 1, unitId: {north}) { on } }`)
		o.refuses("", "INVALID", "unitId", `{ holidays(year: 2025) { on } }`)
		o.refuses("", "INVALID", "text", `query($t: String!) { suggestCategories(text: $t) { category } }`, "t", strings.Repeat("x", 10_001))
		for _, table := range []string{"category_rules", "areas", "routing_rules", "holidays", "cases"} {
			if n := o.count(table); n != 0 {
				o.Errorf("%d rows in %s", n, table)
			}
		}
		if n := o.count("audit_entries"); n != audited {
			o.Errorf("%d audit entries for nothing", n-audited)
		}
	})
}
