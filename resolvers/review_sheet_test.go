package resolvers_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"steelyard/models"
	"steelyard/services/accounts"
)

const (
	saveTemplate = `mutation($unit: ID!, $name: String!, $default: Boolean!, $questions: [ReviewQuestionInput!] = [], $key: String) {
		saveReviewTemplate(input: {unitId: $unit, name: $name, isDefault: $default, questions: $questions, idempotencyKey: $key}) {
			template { id version isDefault unit { ref } questions { id dimension textZh textEn levels { zh en } } }` + userErrors + `} }`
	saveDraft = `mutation($id: ID!, $contact: ReviewContact, $scores: [DimensionScoreInput!]!, $answers: [ReviewAnswerInput!]!) {
		saveReviewDraft(input: {assignmentId: $id, contact: $contact, scores: $scores, answers: $answers}) { saved ` + userErrors + `} }`
	submitReview = `mutation($id: ID!, $contact: ReviewContact, $scores: [DimensionScoreInput!]!, $answers: [ReviewAnswerInput!]!) {
		submitPeerReview(input: {assignmentId: $id, contact: $contact, scores: $scores, answers: $answers}) { submitted ` + userErrors + `} }`
	duties = `{ myReviewAssignments { id state dueOn submitted round { name state closesOn template { name } } questions { id dimension }
		draft { contact scores { dimension score } answers { questionId score } } } }`
)

// orNone is a list as a variable that may not be null.
func orNone(list []map[string]any) []map[string]any {
	if list == nil {
		return []map[string]any{}
	}
	return list
}

// questions are as many for each dimension, as variables.
func questions(each int) []map[string]any {
	var levels []map[string]any
	for i := range 5 {
		levels = append(levels, map[string]any{"zh": fmt.Sprint("表现", i), "en": fmt.Sprint("behaviour ", i)})
	}
	var out []map[string]any
	for _, d := range models.Dimensions {
		for i := range each {
			out = append(out, map[string]any{"dimension": d, "textZh": fmt.Sprint("问题", i), "textEn": fmt.Sprint("question ", i), "levels": levels})
		}
	}
	return out
}

func TestAQuestionnaireHasVersionsAndADefault(t *testing.T) {
	each(t, func(o *office) {
		save := func(subject, unit, name string, isDefault bool, list []map[string]any, key any) *answer {
			return o.ok(subject, saveTemplate, "unit", o.ids[unit], "name", name, "default", isDefault, "questions", orNone(list), "key", key)
		}
		first := save("hr-root", "root", "year", true, nil, "k")
		first.wants("saveReviewTemplate.template.version", 1)
		if asked := first.list("saveReviewTemplate.template.questions"); len(asked) != 5 {
			o.Errorf("the standard asks %d questions", len(asked))
		}
		save("hr-root", "root", "year", true, nil, "k").wants("saveReviewTemplate.template.version", 1)
		second := save("hr-root", "root", "year", true, questions(2), "k2")
		second.wants("saveReviewTemplate.template.version", 2)
		second.wants("saveReviewTemplate.template.questions.1.textEn", "question 1")
		save("hr-north", "north", "own", false, nil, nil)
		save("hr-south", "south", "theirs", true, nil, nil)

		list := o.ok("hr-north", `{ reviewTemplates(first: 2) { nodes { name version isDefault unit { ref } questions { dimension } } pageInfo { hasNextPage endCursor } } }`)
		list.wants("reviewTemplates.nodes.0.name", "own")
		list.wants("reviewTemplates.nodes.1.version", 2)
		list.wants("reviewTemplates.nodes.1.isDefault", true)
		rest := o.ok("hr-north", `query($c: String) { reviewTemplates(after: $c) { nodes { version isDefault } pageInfo { hasNextPage } } }`, "c", list.text("reviewTemplates.pageInfo.endCursor"))
		rest.wants("reviewTemplates.nodes.0.isDefault", false)
		rest.wants("reviewTemplates.pageInfo.hasNextPage", false)
		o.refuses("hr-north", "INVALID", "after", `{ reviewTemplates(after: "YQ") { nodes { id } } }`)

		// A round of the north takes the default from above it, and not a neighbour's questionnaire.
		round := `mutation($cycle: ID!, $template: ID) { openReviewRound(input: {cycleId: $cycle, name: "n", opensOn: "2025-03-01", closesOn: "2025-03-31", templateId: $template}) {
			round { state template { name version } }` + userErrors + `} }`
		cycle := o.cycle("hr-north", "north")
		o.ok("hr-north", round, "cycle", cycle).wants("openReviewRound.round.template.version", 2)
		o.ok("hr-north", round, "cycle", cycle, "template", first.text("saveReviewTemplate.template.id")).wants("openReviewRound.round.template.version", 1)
		theirs := o.ok("hr-south", `{ reviewTemplates { nodes { id } } }`).text("reviewTemplates.nodes.0.id")
		o.refuses("hr-north", "NOT_FOUND", "templateId", round, "cycle", cycle, "template", theirs)

		wrong := func(change func(list []map[string]any) []map[string]any) []map[string]any {
			return change(questions(1))
		}
		for _, c := range []struct {
			name, code, field string
			unit, title       string
			questions         []map[string]any
		}{
			{"a neighbour's unit", "NOT_FOUND", "unitId", "south", "n", nil},
			{"no name", "INVALID", "name", "north", " ", nil},
			{"a name too long", "INVALID", "name", "north", strings.Repeat("长", 201), nil},
			{"a dimension that is not asked", "INVALID", "questions", "north", "n", wrong(func(l []map[string]any) []map[string]any { return l[1:] })},
			{"no text", "INVALID", "questions.2.textZh", "north", "n", wrong(func(l []map[string]any) []map[string]any { l[2]["textZh"] = ""; return l })},
			{"four levels", "INVALID", "questions.0.levels", "north", "n", wrong(func(l []map[string]any) []map[string]any {
				l[0]["levels"] = l[0]["levels"].([]map[string]any)[1:]
				return l
			})},
			{"a level without words", "INVALID", "questions.4.levels.0.en", "north", "n", wrong(func(l []map[string]any) []map[string]any {
				l[4]["levels"] = append([]map[string]any{{"zh": "甲", "en": " "}}, l[4]["levels"].([]map[string]any)[1:]...)
				return l
			})},
			{"too many questions", "INVALID", "questions", "north", "n", questions(11)},
		} {
			o.Log(c.name)
			o.refuses("hr-north", c.code, c.field, saveTemplate, "unit", o.ids[c.unit], "name", c.title, "default", false, "questions", orNone(c.questions))
		}
	})
}

// reviewRound opens a round of the north in which bob reviews ann and ann reviews bob,
// with two questions a dimension.
func (o *office) reviewRound() {
	o.Helper()
	o.ok("hr-north", saveTemplate, "unit", o.ids["north"], "name", "two each", "default", true, "questions", questions(2))
	o.ids["cycle"] = o.cycle("hr-north", "north")
	o.ok("hr-north", `mutation { openReviewRound(input: {cycleId: {cycle}, name: "spring", opensOn: "2025-03-01", closesOn: "2025-03-31", assignments: [
		{officialId: {ann}, reviewerId: {bob}, relation: PEER}, {officialId: {bob}, reviewerId: {ann}, relation: PEER}]}) { round { id } `+userErrors+`} }`)
}

func TestAnswersMakeADimensionsScoreAndDraftsAreForgotten(t *testing.T) {
	each(t, func(o *office) {
		o.reviewRound()
		mine := o.ok("bob", duties)
		id := mine.text("myReviewAssignments.0.id")
		mine.wants("myReviewAssignments.0.state", "OPEN")
		mine.wants("myReviewAssignments.0.dueOn", "2025-03-31")
		mine.wants("myReviewAssignments.0.round.template.name", "two each")
		asked := mine.list("myReviewAssignments.0.questions")
		answer := func(place, score int) map[string]any {
			return map[string]any{"questionId": asked[place].(map[string]any)["id"], "score": score}
		}
		// MORALITY 4 and 5, ABILITY 3 and 4, DILIGENCE 2 alone, ACHIEVEMENT 1 and 2; nothing on INTEGRITY.
		sheet := []map[string]any{answer(0, 4), answer(1, 5), answer(2, 3), answer(3, 4), answer(5, 2), answer(6, 1), answer(7, 2)}

		none := []map[string]any{}
		o.ok("bob", saveDraft, "id", id, "contact", "SOME", "scores", none, "answers", sheet[:2])
		o.ok("bob", saveDraft, "id", id, "contact", "LITTLE", "scores", none, "answers", sheet[:3])
		draft := o.ok("bob", duties)
		draft.wants("myReviewAssignments.0.state", "DRAFT")
		draft.wants("myReviewAssignments.0.draft.contact", "LITTLE")
		draft.wants("myReviewAssignments.0.draft.answers.2.score", 3)
		o.ok("ann", duties).wants("myReviewAssignments.0.draft", nil)
		var kept models.ReviewDraft
		if err := o.store.Read(o.Context()).Take(&kept).Error; err != nil || strings.Contains(string(kept.Sealed), "LITTLE") {
			o.Errorf("the draft lies open in the database: %v", err)
		}

		for _, c := range []struct {
			name, subject, code, field string
			contact                    any
			scores, answers            []map[string]any
		}{
			{"somebody else's duty", "ann", "NOT_FOUND", "assignmentId", nil, none, sheet},
			{"plain marks", "bob", "INVALID", "scores", nil, []map[string]any{{"dimension": "ABILITY", "score": 4}}, none},
			{"nothing at all", "bob", "INVALID", "answers", nil, none, none},
			{"a question twice", "bob", "INVALID", "answers.1.questionId", nil, none, []map[string]any{answer(0, 4), answer(0, 4)}},
			{"an unknown question", "bob", "INVALID", "answers.0.questionId", nil, none, []map[string]any{{"questionId": id, "score": 4}}},
			{"a mark of 0", "bob", "INVALID", "answers.0.score", nil, none, []map[string]any{answer(0, 0)}},
			{"no contact, and yet marks", "bob", "INVALID", "contact", "NONE", none, sheet},
		} {
			o.Log(c.name)
			o.refuses(c.subject, c.code, c.field, submitReview, "id", id, "contact", c.contact, "scores", c.scores, "answers", c.answers)
			if c.name != "nothing at all" {
				o.refuses(c.subject, c.code, c.field, saveDraft, "id", id, "contact", c.contact, "scores", c.scores, "answers", c.answers)
			}
		}

		o.ok("bob", submitReview, "id", id, "contact", "LITTLE", "scores", none, "answers", sheet)
		if n := o.count("review_drafts"); n != 0 {
			o.Errorf("%d drafts are left", n)
		}
		o.ok("bob", duties).wants("myReviewAssignments.0.state", "SUBMITTED")
		o.refuses("bob", "CONFLICT", "assignmentId", saveDraft, "id", id, "contact", nil, "scores", none, "answers", sheet)
		var rows []models.PeerReview
		if err := o.store.Read(o.Context()).Find(&rows).Error; err != nil {
			o.Fatal(err)
		}
		scores, answers := map[models.Dimension]int{}, map[models.Dimension]int{}
		for _, r := range rows {
			scores[r.Dimension], answers[r.Dimension] = r.Score, len(r.Answers)
			if r.Contact != models.ContactLittle {
				o.Errorf("contact %q", r.Contact)
			}
		}
		// Means 4.5, 3.5, 2 and 1.5: the middle goes to the even one.
		if diff := cmp.Diff(map[models.Dimension]int{"MORALITY": 4, "ABILITY": 4, "DILIGENCE": 2, "ACHIEVEMENT": 2}, scores); diff != "" {
			o.Error(diff)
		}
		if diff := cmp.Diff(map[models.Dimension]int{"MORALITY": 2, "ABILITY": 2, "DILIGENCE": 1, "ACHIEVEMENT": 2}, answers); diff != "" {
			o.Error(diff)
		}

		// Ann has not worked with bob: an abstention is no mark, and is done with.
		o.ok("ann", submitReview, "id", o.assignmentOf("ann"), "contact", "NONE", "scores", none, "answers", none)
		o.ok("ann", duties).wants("myReviewAssignments.0.submitted", true)
		if o.count("review_claims") != 2 || o.count("peer_reviews") != 4 {
			o.Errorf("%d claims, %d marks", o.count("review_claims"), o.count("peer_reviews"))
		}
	})
}

// TestDutiesAreListedPageByPage and with a number of statements that does not hang on
// their number.
func TestDutiesAreListedPageByPage(t *testing.T) {
	each(t, func(o *office) {
		o.reviewRound()
		var pairs []string
		for i := range 6 {
			ref := fmt.Sprint("colleague", i)
			official := &models.Official{ID: models.NewID(), Ref: ref, UnitID: o.id("north"), PositionID: o.positionOf("ann"), Name: ref}
			o.ids[ref] = official.ID.String()
			o.write(official)
			pairs = append(pairs, "{officialId: {"+ref+"}, reviewerId: {bob}, relation: PEER}")
		}
		o.ok("hr-north", `mutation { openReviewRound(input: {cycleId: {cycle}, name: "later", opensOn: "2025-03-01", closesOn: "2025-04-30", assignments: [`+
			strings.Join(pairs, ", ")+`]}) { round { id } `+userErrors+`} }`)
		const page = `query($n: Int!, $after: ID) { myReviewAssignments(first: $n, after: $after) { id round { name template { name } } official { name } questions { id } } }`
		var seen []string
		var after any
		for range 4 {
			a := o.ok("bob", page, "n", 2, "after", after)
			for i := range a.list("myReviewAssignments") {
				id := a.text(fmt.Sprintf("myReviewAssignments.%d.id", i))
				seen, after = append(seen, id), id
			}
		}
		all := o.ok("bob", page, "n", 100)
		all.wants("myReviewAssignments.0.round.name", "spring")
		var want []string
		for i := range all.list("myReviewAssignments") {
			want = append(want, all.text(fmt.Sprintf("myReviewAssignments.%d.id", i)))
		}
		if diff := cmp.Diff(want, seen); diff != "" || len(seen) != 7 {
			o.Error(diff)
		}
		o.refuses("bob", "INVALID", "first", page, "n", 0)
		n := o.statements()
		few := fewest(n, func() { o.ok("bob", page, "n", 2) })
		if many := fewest(n, func() { o.ok("bob", page, "n", 7) }); many != few {
			o.Errorf("%d statements for seven duties, %d for two", many, few)
		}
	})
}

func TestConflictsOfInterest(t *testing.T) {
	each(t, func(o *office) {
		declare := `mutation($a: ID!, $b: ID!, $why: String!) { declareReviewConflict(input: {officialId: $a, otherId: $b, reason: $why}) { conflict { id official { ref } other { ref } } ` + userErrors + `} }`
		ask := func(a, b, why string) []any { return []any{"a", o.ids[a], "b", o.ids[b], "why", why} }
		own := o.ok("bob", declare, ask("bob", "cat", "a cousin")...).text("declareReviewConflict.conflict.id")
		o.ok("hr-north", declare, ask("ann", "bob", "a dispute")...)
		for _, c := range []struct{ subject, code, field, a, b, why string }{
			{"bob", "NOT_FOUND", "officialId", "ann", "cat", "not mine"},
			{"hr-south", "NOT_FOUND", "officialId", "ann", "cat", "not theirs"},
			{"hr-north", "INVALID", "otherId", "ann", "ann", "self"},
			{"hr-north", "INVALID", "reason", "ann", "cat", " "},
			{"hr-north", "CONFLICT", "otherId", "bob", "ann", "the same again, the other way"},
			{"hr-north", "NOT_FOUND", "otherId", "ann", "passport", "nobody"},
		} {
			o.refuses(c.subject, c.code, c.field, declare, ask(c.a, c.b, c.why)...)
		}
		o.ids["cycle"] = o.cycle("hr-north", "north")
		// It stands in the way of an assignment, either way round.
		round := `mutation { openReviewRound(input: {cycleId: {cycle}, name: "n", opensOn: "2025-03-01", closesOn: "2025-03-31", assignments: [
			{officialId: {ann}, reviewerId: {ann}, relation: SELF}, {officialId: {bob}, reviewerId: {ann}, relation: PEER}]}) { round { id } ` + userErrors + `} }`
		o.refuses("hr-north", "CONFLICT", "assignments.1.reviewerId", round)

		list := `{ reviewConflicts { nodes { id reason official { name unit { ref } } other { name } } } }`
		if n := len(o.ok("hr-north", list).list("reviewConflicts.nodes")); n != 2 {
			o.Errorf("%d conflicts, want 2", n)
		}
		if n := len(o.ok("hr-south", list).list("reviewConflicts.nodes")); n != 1 {
			o.Errorf("the south sees %d conflicts, want the one of cat", n)
		}
		remove := `mutation($id: ID!) { removeReviewConflict(input: {id: $id}) { removedId ` + userErrors + `} }`
		o.grantOfficer("hr-bob", "root", "bob")
		o.refuses("hr-bob", "INVALID", "id", remove, "id", own)
		o.ok("hr-south", remove, "id", own)
		o.refuses("hr-south", "NOT_FOUND", "id", remove, "id", own)
		o.refuses("hr-south", "NOT_FOUND", "id", remove, "id", o.ok("hr-north", list).text("reviewConflicts.nodes.0.id"))
		o.ok("hr-north", remove, "id", o.ok("hr-north", list).text("reviewConflicts.nodes.0.id"))
		o.ok("hr-north", round)
	})
}

// grantOfficer gives an official an account of an HR officer.
func (o *office) grantOfficer(subject, unit, official string) {
	o.Helper()
	o.grant(accounts.Grant{Subject: subject, Role: models.RoleHR, UnitRef: unit, OfficialRef: official})
}
