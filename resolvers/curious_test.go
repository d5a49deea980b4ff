package resolvers_test

import (
	"fmt"
	"strings"
	"testing"

	"steelyard/models"
	"steelyard/store"
)

// act is one answer that somebody gives, or takes back.
type act struct {
	name string
	do   func()
}

// TestTheCuriousLearnNothingOfASingleAnswer plays the official who hands the links out,
// a colleague, the reply officer, HR, an auditor and everybody else, who ask every query
// before and after each answer, and at its release.
func TestTheCuriousLearnNothingOfASingleAnswer(t *testing.T) {
	o := newOffice(t, store.SQLite)
	c := newCuriosity(o)
	acts := o.curiousWorld(c)
	first := c.look()
	before := c.glance()
	for _, a := range acts {
		a.do()
		after := c.glance()
		for _, what := range learned(before, after) {
			t.Errorf("%s: %s", a.name, what)
		}
		before = after
	}
	for _, what := range learned(first, c.look()) {
		if !strings.HasPrefix(what, `"bob"`) || !strings.Contains(what, "myReviewAssignments") { // he knows that he has handed in
			t.Error("all of them: " + what)
		}
	}
	if t.Failed() {
		return
	}
	// The day is over: what waited is released.
	o.later(1)
	first = c.look()
	o.release(int(o.count("ratings")) - 13)
	if _, err := o.app.Reviews.Release(o.Context()); err != nil {
		t.Fatal(err)
	}
	for _, what := range learned(first, c.look()) {
		if !strings.HasPrefix(what, `"reply-north" by owedReplies`) {
			t.Error("the release: " + what)
		}
	}
	// Three replies more are owed. Of the four ratings of that day, which are too few, nothing
	// is said but what the one says who asked to be called.
	said := 0
	for _, owed := range o.owed("reply-north", nil) {
		if owed["releasedOn"] == "2025-03-06" && (owed["official"] != nil || owed["level"] != nil || owed["comment"] != nil || owed["service"] != nil) {
			said++
			if owed["contact"] == nil {
				t.Errorf("the release tells of a single rating: %v", owed)
			}
		}
	}
	if said != 1 {
		t.Errorf("%d of the ratings of the day are shown, want the one with a telephone number", said)
	}
	// A fifth makes a slice: all of them are shown, on the day after.
	tokens := c.known["token"]
	o.later(1)
	o.at("2025-03-06T12:00:00+08:00")
	o.ok("", submitWith, "token", strings.Trim(tokens[3], `"`), "level", 1)
	o.later(1)
	o.release(1)
	if marks, words := o.shownOf("2025-03-06"); marks != 4 || words != 1 {
		t.Errorf("of four bad ratings in a slice of five %d are shown, and %d of their comments", marks, words)
	}
	o.wordsToTheEdge(c)
}

// shownOf says of how many of the ratings that were released from a day on the reply officer
// sees the marks, and of how many the words.
func (o *office) shownOf(day string) (marks, words int) {
	o.Helper()
	for _, owed := range o.owed("reply-north", nil) {
		if owed["releasedOn"].(string) >= day && owed["official"] != nil {
			marks++
			if owed["comment"] != nil {
				words++
			}
		}
	}
	return marks, words
}

// wordsToTheEdge goes on where five ratings wait for their words to be shown: five more make
// ten, some of them taken back and given anew on the way; and then there is one more.
func (o *office) wordsToTheEdge(c *curiosity) {
	o.Helper()
	var tokens, receipts []string
	give := func(i, level int) {
		receipts = append(receipts[:i], o.ok("", submitWith, "token", tokens[i], "level", level, "comment", "一句话").text("submitRating.receipt"))
	}
	for i := range 6 {
		_, token := o.invite("ann", "passport", fmt.Sprint("E", i))
		tokens = append(tokens, token)
	}
	o.ok("", again, "r", o.ids["mended"], "level", 1, "comment", "还是不行")
	for i, level := range []int{1, 4, 4, 1} {
		give(i, level)
	}
	o.release(5)
	before := c.glance()
	changes := func(what string, but ...string) {
		after := c.glance()
		for _, is := range learned(before, after) {
			if len(but) == 0 || !strings.HasPrefix(is, but[0]) {
				o.Error(what + ": " + is)
			}
		}
		before = after
	}
	o.ok("", undo, "r", receipts[2])
	changes("a released rating is taken back")
	o.ok("", undo, "r", receipts[3])
	changes("a bad one that was released is taken back", `"reply-north" by owedReplies`)
	give(2, 4)
	give(3, 1)
	changes("both are given anew")
	o.later(1)
	o.release(2)
	if marks, words := o.shownOf("2025-03-07"); marks != 4 || words != 3 {
		o.Errorf("of the bad ratings that make ten %d are shown, and the words of %d; want four, of which one is without", marks, words)
	}
	give(4, 1)
	o.later(1)
	before = c.glance()
	o.release(1)
	changes("one more than ten", `"reply-north" by owedReplies`)
	for _, day := range []string{"2025-03-11", "2025-04-01", "2025-07-01", "2026-01-02"} { // ends of quarters and of the year
		o.at(day + "T10:00:00+08:00")
		if marks, words := o.shownOf("2025-03-09"); marks != 0 || words != 0 {
			o.Errorf("on %s the one rating more is shown: %d marks, %d words", day, marks, words)
		}
	}
}

// curiousWorld furnishes the world and returns what single answers there will be. Ann
// has twelve ratings that are released, and hands out the links for more.
func (o *office) curiousWorld(c *curiosity) []act {
	o.Helper()
	o.rate("ann", 12)
	mended := o.complain("ann", "M", nil)
	o.release(13)
	o.ids["mended"] = mended
	complaint := o.ratingOf("等了一上午")
	o.ok("reply-north", replyTo, "id", complaint, "text", "对不起")
	o.ok("reply-north", mend, "id", complaint, "text", "加开了窗口")
	round := o.appraisal()
	code := o.codes(round, "A", 6)
	_, walkInCode := o.counter("official", o.ids["ann"])
	id, receipt := o.handIn("north-desk")
	o.step("ann", "acceptCase", id, ``, "ACCEPTED")
	o.step("ann", "assignCase", id, ``, "ASSIGNED")
	o.step("ann", "startCase", id, ``, "IN_PROGRESS")
	o.step("ann", "resolveCase", id, `outcome: RESOLVED, account: "done"`, "RESOLVED")
	o.ok("", confirm, "r", receipt, "solved", true, "mark", 5)
	o.ids["case"] = id
	o.result(o.id("cycle"), "north", "ann")
	o.at("2025-03-05T10:00:00+08:00")
	var tokens []string
	for range 4 {
		encounter, token := o.invite("ann", "passport", "R"+string(rune('a'+len(tokens))))
		o.ids["encounter"] = encounter
		tokens = append(tokens, token)
	}
	c.knows(round, tokens, append(code, walkInCode))
	public := o.ok("", `{ publicCases(filter: {from: "2025-03-01", to: "2025-03-31"}) { nodes { publicId } } }`)
	c.learns("publicId", public.text("publicCases.nodes.0.publicId"))

	var undoable, further string
	rate := func(i, level int, more ...any) func() {
		return func() {
			a := o.ok("", submitWith, append([]any{"token", tokens[i], "level", level, "comment", "说一句话"}, more...)...)
			undoable = a.text("submitRating.receipt")
		}
	}
	review := o.assignmentOf("bob")
	return []act{
		{"a rating", rate(0, 5)},
		{"its being taken back", func() { o.ok("", undo, "r", undoable) }},
		{"the rating once more", rate(0, 2)},
		{"a bad rating", rate(1, 1)},
		{"its words being erased", func() { o.ok("", eraseMine, "r", undoable).wants("eraseMine.erased", true) }},
		{"a bad rating with a telephone number", rate(2, 1, "contact", "138 0000 0000")},
		{"a rating by a standing code", func() {
			if refused := o.walksIn("d1", "10.1.1.1", walkInCode, "comment", "路过"); refused != "" {
				o.Fatal(refused)
			}
		}},
		{"a mark of what was put right", func() { o.ok("", markMend, "r", mended, "level", 2) }},
		{"a rating given again", func() { further = o.ok("", again, "r", mended, "level", 5).text("rateAgain.receipt") }},
		{"its being taken back", func() { o.ok("", undo, "r", further) }},
		{"another mark of a case", func() { o.change("UPDATE cases SET satisfaction = 1 WHERE id = ?", o.id("case")) }},
		{"a review by bob", func() {
			o.ok("bob", submitReview, "id", review, "contact", "MUCH", "scores", []any{}, "answers", o.answersOf("bob", 4))
		}},
		{"a ballot", func() {
			o.ok("", vote, "code", code[0], "marks", []any{o.mark("ann", "INCOMPETENT")}, "comment", "一句话")
		}},
	}
}

// ratingOf is the rating with a comment.
func (o *office) ratingOf(comment string) string {
	o.Helper()
	var r models.Rating
	if err := o.store.Read(o.Context()).Take(&r, "comment = ?", comment).Error; err != nil {
		o.Fatal(err)
	}
	return r.ID.String()
}

// answersOf are answers to every question of a reviewer's first duty.
func (o *office) answersOf(reviewer string, score int) []any {
	o.Helper()
	var answers []any
	for _, q := range o.ok(reviewer, duties).list("myReviewAssignments.0.questions") {
		answers = append(answers, map[string]any{"questionId": q.(map[string]any)["id"], "score": score})
	}
	return answers
}

// knows gives the curious all ids, links and codes of the world but receipts, which
// nobody has but whoever gave the answer.
func (c *curiosity) knows(round string, tokens, codes []string) {
	o := c.o
	var assignments []models.ID
	if err := o.store.Read(o.Context()).Model(&models.ReviewAssignment{}).Pluck("id", &assignments).Error; err != nil {
		o.Fatal(err)
	}
	ids := []string{round, assignments[0].String()}
	for _, ref := range []string{"north", "ann", "bob", "passport", "cycle", "run", "assessment", "case", "encounter"} {
		ids = append(ids, o.ids[ref])
	}
	c.learns("id", ids...)
	c.learns("ids", ids...)
	c.learns("unitId", o.ids["north"], o.ids["north-desk"])
	c.learns("officialId", o.ids["ann"])
	c.learns("reviewerId", o.ids["bob"])
	c.learns("cycleId", o.ids["cycle"])
	c.learns("caseId", o.ids["case"])
	c.learns("roundId", round)
	c.learns("serviceId", o.ids["passport"])
	c.learns("escalatedTo", o.ids["north"])
	for _, run := range []string{"a", "b"} {
		c.learns(run, o.ids["run"])
	}
	c.learns("token", tokens...)
	c.learns("code", codes...)
	c.learns("receipt", strings.Repeat("0", 26), "ABCD-EFGH")
	c.learns("text", "灯不亮")
	c.learns("search", "ann")
	c.learns("action", "submitRating", "undoRating", "submitPeerReview", "submitAppraisal")
	c.learns("actor", "ann", "anonymous")
	c.learns("noun", "Rating")
	c.learns("nounId", o.ids["case"])
	c.learns("fromAt", "2025-03-05T00:00:00Z")
	c.learns("toAt", "2025-03-05T12:00:00Z")
	c.learns("peerGroup", "clerk")
	for _, category := range []string{"category", "categories"} {
		c.learns(category, "roads / lamps")
	}
	for _, from := range []string{"from", "fromOn"} {
		c.learns(from, "2025-01-01", "2025-03-05")
	}
	for _, to := range []string{"to", "toOn"} {
		c.learns(to, "2025-03-05")
	}
	c.known["year"] = []string{"2025"}
}
