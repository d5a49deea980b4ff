package resolvers_test

import (
	"context"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"steelyard/models"
	"steelyard/services/attachments"
	"steelyard/services/notify"
	"steelyard/store"
)

const (
	eraseMine = `mutation($r: String!, $key: String) { eraseMine(input: {receipt: $r, idempotencyKey: $key}) { erased` + userErrors + `} }`
	eraseCase = `mutation($id: ID!, $why: String!) { eraseCase(input: {caseId: $id, reason: $why}) { case { erasedOn title state }` + userErrors + `} }`
	whatIsOf  = `query($r: String!) { caseByReceipt(receipt: $r) { title description account place latitude erasedOn state category
		events { kind note } attachments { id } } }`
)

// planted are texts of residents that occur nowhere else, and whether the database may hold them
// until they are erased; the others it may never hold.
var planted = map[string]bool{
	"planted-title": true, "planted-description": true, "planted-place": true, "planted-reason": true, "planted-comment": true,
	"planted-mail@example.org": false, "planted-phone-1380000": false, "planted-resident": false,
}

// plant has residents hand in a case and a rating full of such texts, and takes the case to its end.
func (o *office) plant() (caseID, ofCase, ofRating string) {
	o.Helper()
	opened := o.ok("", `mutation { openCase(input: {category: "roads", title: "planted-title", description: "planted-description", place: "planted-place",
		latitude: 30.5, longitude: 104.5, unitId: {north}}) { receipt case { id }`+userErrors+`} }`)
	caseID, ofCase = opened.text("openCase.case.id"), opened.text("openCase.receipt")
	o.app.Notify.Sinks = map[models.DeliveryChannel]notify.Sink{models.DeliveryMail: notify.LogSink{}}
	o.ok("", `mutation($r: String!) { subscribeToCase(input: {receipt: $r, email: "planted-mail@example.org"}) { subscribed`+userErrors+`} }`, "r", ofCase)
	if _, err := o.app.Attachments.Add(o.Context(), o.actor(""), attachments.Upload{Receipt: ofCase, Read: func() ([]byte, error) { return []byte("%PDF-1.4\nplanted-file\n%%EOF"), nil }}); err != nil {
		o.Fatal(err)
	}
	_, token := o.invite("ann", "passport", "planted-resident")
	ofRating = o.ok("", submitWith, "token", token, "level", 1, "comment", "planted-comment", "contact", "planted-phone-1380000").text("submitRating.receipt")
	return caseID, ofCase, ofRating
}

// held are the planted texts, and the secrets given, that the database holds: in any row, and
// for SQLite in any byte of its files.
func (o *office) held(secrets ...string) (found []string) {
	o.Helper()
	var all strings.Builder
	if path, is := strings.CutPrefix(o.store.URL(), "sqlite:"); is {
		for _, file := range []string{path, path + "-wal"} {
			content, err := os.ReadFile(file)
			if err != nil {
				o.Fatal(err)
			}
			all.Write(content)
		}
	} else {
		var tables []string
		db := o.asOwner().Read(store.Widen(o.Context(), store.Commands))
		if err := db.Raw("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").Scan(&tables).Error; err != nil || len(tables) < 60 {
			o.Fatalf("%d tables: %v", len(tables), err)
		}
		for _, table := range tables {
			var rows []string
			if err := db.Raw("SELECT t::text FROM " + table + " t").Scan(&rows).Error; err != nil {
				o.Fatal(err)
			}
			all.WriteString(strings.Join(rows, "\n"))
		}
	}
	for text := range planted {
		secrets = append(secrets, text)
	}
	for _, text := range secrets {
		// PostgreSQL shows bytes in hexadecimal.
		if strings.Contains(all.String(), text) || strings.Contains(all.String(), hex.EncodeToString([]byte(text))) {
			found = append(found, text)
		}
	}
	return found
}

// TestWhatIsErasedIsGone plants texts, has the residents erase them, and looks for them in the whole database.
func TestWhatIsErasedIsGone(t *testing.T) {
	each(t, func(o *office) {
		id, ofCase, ofRating := o.plant()
		o.refuses("", "ILLEGAL_STATE", "receipt", eraseMine, "r", ofCase)
		o.refuses("", "NOT_FOUND", "receipt", eraseMine, "r", "nonsense")
		o.ok("", `mutation($r: String!) { withdrawCase(input: {receipt: $r, reason: "planted-reason"}) {`+caseFields+`} }`, "r", ofCase)

		before := o.held(ofCase, ofRating)
		for _, text := range before {
			if !planted[text] {
				o.Errorf("the database holds %q", text)
			}
		}
		if len(before) != 5 {
			o.Errorf("before the erasure %q are found: the search finds too little", before)
		}
		if o.tryChange("UPDATE case_events SET note = ''") == nil {
			o.Error("words of a history go without an erasure")
		}

		o.ok("", eraseMine, "r", ofCase, "key", "a random text of the client").wants("eraseMine.erased", true)
		o.ok("", eraseMine, "r", ofCase, "key", "a random text of the client").wants("eraseMine.erased", true)
		o.ok("", eraseMine, "r", ofRating).wants("eraseMine.erased", true)
		if _, err := o.app.Retention.Sweep(o.Context()); err != nil {
			o.Fatal(err)
		}
		if after := o.held(ofCase, ofRating); len(after) > 0 {
			o.Errorf("after the erasure %q are still found", after)
		}
		a := o.ok("", whatIsOf, "r", ofCase)
		a.wants("caseByReceipt.state", "WITHDRAWN")
		a.wants("caseByReceipt.category", "roads")
		a.wants("caseByReceipt.latitude", nil)
		a.wants("caseByReceipt.erasedOn", "2025-03-04")
		if n := len(a.list("caseByReceipt.events")); n < 2 || len(a.list("caseByReceipt.attachments")) != 0 {
			o.Errorf("%d events are left, and attachments %v", n, a.list("caseByReceipt.attachments"))
		}
		o.ok("", `query($r: String!) { ratingByReceipt(receipt: $r) { level comment } }`, "r", ofRating).wants("ratingByReceipt.level", 1.0)
		for _, statement := range []string{"UPDATE case_events SET note = 'made up'", "UPDATE case_events SET actor = 'x', note = ''", "DELETE FROM case_events"} {
			if o.tryChange(statement) == nil {
				o.Errorf("%s is let through", statement)
			}
		}
		o.refuses("hr-south", "NOT_FOUND", "caseId", eraseCase, "id", id, "why", "asked by letter")
	})
}

// TestWordsAreKeptAsLongAsIsSaid lets months pass.
func TestWordsAreKeptAsLongAsIsSaid(t *testing.T) {
	each(t, func(o *office) {
		id, ofCase, _ := o.plant()
		o.refuses("hr-north", "ILLEGAL_STATE", "caseId", eraseCase, "id", id, "why", "asked by letter")
		o.refuses("hr-south", "NOT_FOUND", "caseId", eraseCase, "id", id, "why", "asked by letter")
		o.later(1)
		o.release(1)
		o.ok("", `mutation($r: String!) { withdrawCase(input: {receipt: $r}) {`+caseFields+`} }`, "r", ofCase)
		second, _ := o.handIn("north") // still open: nothing of it goes
		sweep := func(cases, comments, want int) {
			o.Helper()
			o.app.Retention.CaseMonths, o.app.Retention.CommentMonths = cases, comments
			if n, err := o.app.Retention.Sweep(context.Background()); err != nil || n != want {
				o.Errorf("%d records were erased, want %d: %v", n, want, err)
			}
		}
		sweep(0, 0, 0)
		o.later(60)
		sweep(2, 2, 0)
		o.later(3)
		sweep(0, 2, 1)
		sweep(2, 2, 1)
		sweep(2, 2, 0)
		o.ok("", whatIsOf, "r", ofCase).wants("caseByReceipt.title", "")
		o.ok("hr-north", `query($id: ID!) { node(id: $id) { ... on Case { title erasedOn } } }`, "id", second).wants("node.title", "灯不亮")
		o.ok("hr-north", eraseCase, "id", id, "why", "asked by letter").wants("eraseCase.case.state", "WITHDRAWN")
	})
}

// TestACaseThatGoesOnAfterItsErasureIsErasedAgain: what is said later is gone as well, and
// nothing goes while an objection waits for its decision.
func TestACaseThatGoesOnAfterItsErasureIsErasedAgain(t *testing.T) {
	each(t, func(o *office) {
		id, receipt := o.handIn("north")
		o.step("bob", "rejectCase", id, `reason: "not ours"`, "REJECTED")
		o.ok("", eraseMine, "r", receipt).wants("eraseMine.erased", true)
		o.ok("", object, "r", receipt, "why", "planted-objection")
		o.refuses("", "ILLEGAL_STATE", "receipt", eraseMine, "r", receipt)
		o.app.Retention.CaseMonths = 1
		o.later(60)
		if n, err := o.app.Retention.Sweep(o.Context()); n != 0 || err != nil {
			o.Errorf("%d cases with an objection are erased: %v", n, err)
		}
		o.step("hr-root", "decideExclusion", id, `granted: false, reason: "it is yours"`, "REOPENED")
		o.ok("", byReceipt, "r", receipt).wants("caseByReceipt.state", "REOPENED")
		o.step("bob", "assignCase", id, ``, "ASSIGNED")
		o.step("bob", "startCase", id, ``, "IN_PROGRESS")
		o.step("bob", "resolveCase", id, `outcome: RESOLVED, account: "planted-account"`, "RESOLVED")
		o.ok("", confirm, "r", receipt, "solved", true)
		o.ok("hr-north", eraseCase, "id", id, "why", "asked by letter").wants("eraseCase.case.state", "CONFIRMED")
		a := o.ok("", byReceipt, "r", receipt)
		a.wants("caseByReceipt.account", "")
		if o.count("exclusions WHERE objection <> ''") != 0 || o.count("case_events WHERE note <> ''") != 0 {
			o.Error("words are left")
		}
	})
}
