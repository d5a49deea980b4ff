package resolvers_test

import (
	"fmt"
	"strings"
	"testing"

	"steelyard/auth"
	"steelyard/models"
)

const (
	issueCounter = `mutation($service: ID!, $unit: ID!, $official: ID, $name: String!, $kiosk: Boolean! = false, $cap: Int! = 200, $key: String) {
		issueCounterCode(input: {serviceId: $service, unitId: $unit, officialId: $official, name: $name, kiosk: $kiosk, dailyCap: $cap, idempotencyKey: $key}) {
			code { id name url qrSvg qrPng unit { ref } official { ref } service { ref } revokedAt }` + userErrors + `} }`
	revokeCounter = `mutation($id: ID!, $reason: String!) { revokeCounterCode(input: {id: $id, reason: $reason}) { code { url revokedAt }` + userErrors + `} }`
	counterOffer  = `query($code: String!) { counterOffer(code: $code) { serviceName unitName name kiosk officials { id name } dimensions { code } tags { code } } }`
	walkIn        = `mutation($code: String!, $level: Int!, $official: ID, $tags: [String!], $comment: String, $key: String) {
		submitWalkIn(input: {code: $code, level: $level, officialId: $official, tags: $tags, comment: $comment, idempotencyKey: $key}) {
			receipt rating { level submittedOn service { ref } }` + userErrors + `} }`
)

// counter makes a standing code of the desk and returns its id and the code itself.
func (o *office) counter(more ...any) (id, code string) {
	o.Helper()
	a := o.ok("hr-north", issueCounter, append([]any{
		"service", o.ids["passport"], "unit", o.ids["north"], "name", "window 3",
	}, more...)...)
	url := a.text("issueCounterCode.code.url")
	return a.text("issueCounterCode.code.id"), url[strings.LastIndex(url, "/")+1:]
}

// from sends an operation as a visitor without an account.
func (o *office) from(device, network, query string, variables ...any) *answer {
	o.Helper()
	o.visitor = auth.Visitor{Device: device, Network: network}
	defer func() { o.visitor = auth.Visitor{} }()
	return o.ask("", query, variables...)
}

func (o *office) walksIn(device, network, code string, more ...any) string {
	o.Helper()
	a := o.from(device, network, walkIn, append([]any{"code", code, "level", 4}, more...)...)
	receipt, _ := a.get("submitWalkIn.receipt").(string)
	if receipt == "" {
		refusal, field := a.refused()
		return refusal + " " + field
	}
	return ""
}

// TestACounterCodeTakesWalkIns: they are ratings as any other but for their source,
// and nothing kept of one leads to the code or the device.
func TestACounterCodeTakesWalkIns(t *testing.T) {
	each(t, func(o *office) {
		id, code := o.counter("key", "k1")
		again, same := o.counter("key", "k1")
		if again != id || same != code || o.count("counter_codes") != 1 {
			o.Error("a repeat made another code")
		}
		offer := o.ok("", counterOffer, "code", code)
		offer.wants("counterOffer.unitName", "Office north")
		offer.wants("counterOffer.serviceName", "Service passport")
		if list := fmt.Sprint(offer.get("counterOffer.officials")); !strings.Contains(list, "Official ann") || !strings.Contains(list, "Official bob") || strings.Contains(list, "cat") {
			o.Errorf("officials %s", list)
		}
		a := o.from("phone", "net", walkIn, "code", code, "level", 2, "official", o.ids["ann"], "tags", []string{"slow"}, "comment", "久", "key", "key of one phone")
		receipt := a.text("submitWalkIn.receipt")
		a.wants("submitWalkIn.rating.service.ref", "passport")
		o.from("phone", "net", walkIn, "code", code, "level", 2, "official", o.ids["ann"], "key", "key of one phone").wants("submitWalkIn.receipt", receipt)
		if o.count("ratings") != 1 || o.count("encounter_claims") != 0 {
			o.Errorf("%d ratings", o.count("ratings"))
		}
		r := o.ratings()[0]
		if r.Source != models.RatingSourceWalkIn || r.RaterKey != nil || r.KeyYear != 0 || r.Channel != models.ChannelWindow || r.Released || r.Invited != models.AnswerNo {
			o.Errorf("kept as %+v", r)
		}
		var uses []models.CounterUse
		if err := o.store.Read(o.Context()).Find(&uses).Error; err != nil || len(uses) != 2 {
			o.Errorf("%v: %v", uses, err)
		}
		o.later(1)
		if n, err := o.app.Ratings.Forget(o.Context()); n != 3 || err != nil {
			o.Errorf("%d rows of yesterday forgotten: %v", n, err)
		}
		o.release(1)
		if o.count("reply_duties") != 1 || o.count("rating_totals") != 1 {
			o.Error("a walk-in of 2 owes no reply, or is in no total")
		}
		o.ok("", undo, "r", o.from("phone", "net", walkIn, "code", code, "level", 5, "official", o.ids["bob"]).text("submitWalkIn.receipt"))
		if o.count("ratings") != 1 {
			o.Error("a walk-in is not taken back")
		}
	})
}

func TestACounterIsBounded(t *testing.T) {
	each(t, func(o *office) {
		_, code := o.counter("official", o.ids["ann"])
		for i, c := range []struct{ device, network, want string }{
			{"a", "n", ""},
			{"a", "n", "RATE_LIMITED code"},
			{"a", "another", "RATE_LIMITED code"},
			{"b", "n", ""},
			{"", "n", ""},
			{"", "n", ""},
		} {
			if got := o.walksIn(c.device, c.network, code); got != c.want {
				o.Errorf("%d: %+v got %q", i, c, got)
			}
		}
		for i := range models.WalkInsOfAddress - 4 {
			if got := o.walksIn(fmt.Sprint("c", i), "n", code); got != "" {
				o.Fatalf("%d of one network: %s", i, got)
			}
		}
		if got := o.walksIn("one more", "n", code); got != "RATE_LIMITED code" {
			o.Errorf("one network gave too many: %q", got)
		}
		if got := o.walksIn("one more", "elsewhere", code); got != "" {
			o.Errorf("another network: %q", got)
		}
		o.later(1)
		if got := o.walksIn("a", "n", code); got != "" {
			o.Errorf("the next day: %q", got)
		}
		_, few := o.counter("official", o.ids["ann"], "cap", 3, "kiosk", true)
		for range 3 {
			if got := o.walksIn("one machine", "n", few); got != "" {
				o.Errorf("at a kiosk: %q", got)
			}
		}
		if got := o.walksIn("one machine", "n", few); got != "RATE_LIMITED code" {
			o.Errorf("past the cap: %q", got)
		}
	})
}

func TestACounterCodeIsRefused(t *testing.T) {
	each(t, func(o *office) {
		id, code := o.counter()
		o.refuses("", "INVALID", "officialId", walkIn, "code", code, "level", 4)
		o.refuses("", "INVALID", "officialId", walkIn, "code", code, "level", 4, "official", o.ids["cat"])
		o.refuses("", "INVALID", "level", walkIn, "code", code, "level", 6, "official", o.ids["ann"])
		o.refuses("", "INVALID", "tags.0", walkIn, "code", code, "level", 4, "official", o.ids["ann"], "tags", []string{"unheard-of"})
		o.refuses("", "GONE", "code", walkIn, "code", forged(code), "level", 4)
		o.ok("", counterOffer, "code", "x").wants("counterOffer", nil)

		south := []any{"service", o.ids["passport"], "unit", o.ids["south"], "name", "theirs"}
		o.refuses("hr-north", "NOT_FOUND", "unitId", issueCounter, south...)
		o.refuses("hr-root", "NOT_FOUND", "officialId", issueCounter, append(south, "official", o.ids["ann"])...)
		o.refuses("hr-root", "INVALID", "dailyCap", issueCounter, append(south, "cap", 2001)...)
		o.refuses("hr-south", "NOT_FOUND", "id", revokeCounter, "id", id, "reason", "not ours")
		o.refuses("hr-north", "INVALID", "reason", revokeCounter, "id", id, "reason", " ")
		list := `{ counterCodes { nodes { id url qrSvg unit { ref } service { ref } official { ref } } } }`
		if n := len(o.ok("hr-south", list).list("counterCodes.nodes")); n != 0 {
			o.Errorf("a neighbour sees %d codes", n)
		}
		if url := o.ok("auditor", list).text("counterCodes.nodes.0.url"); !strings.HasSuffix(url, "/c/"+code) {
			o.Errorf("the list says %s", url)
		}
		o.ok("hr-north", revokeCounter, "id", id, "reason", "the window has moved").wants("revokeCounterCode.code.url", nil)
		o.refuses("hr-north", "CONFLICT", "id", revokeCounter, "id", id, "reason", "again")
		o.refuses("", "GONE", "code", walkIn, "code", code, "level", 4, "official", o.ids["ann"])
		o.ok("", counterOffer, "code", code).wants("counterOffer", nil)
	})
}
