package resolvers_test

import (
	"strings"
	"testing"

	"steelyard/services/accounts"
)

const (
	saveForm = `mutation($service: ID, $category: String, $dimensions: [AspectInput!]!, $tags: [TagInput!]!, $key: String) {
		saveRatingForm(input: {serviceId: $service, category: $category, dimensions: $dimensions, tags: $tags, idempotencyKey: $key}) { form { serviceId category tags { code } }` + userErrors + `} }`
	offered = `query($t: String!) { ratingInvitation(token: $t) { dimensions { code label } tags { code label good } } }`
)

func aspect(code string) map[string]any {
	return map[string]any{"code": code, "zhCN": "中 " + code, "en": "En " + code}
}

func tag(code string, good bool) map[string]any {
	t := aspect(code)
	t["good"] = good
	return t
}

// TestARatingKeepsToTheFormOfItsService: to its own, else to its category's, else to
// the usual one; what stands nowhere is refused, by name, and nothing is stored.
func TestARatingKeepsToTheFormOfItsService(t *testing.T) {
	each(t, func(o *office) {
		o.change("UPDATE services SET category = 'papers'")
		_, token := o.invite("ann", "passport", "R1")
		offer := o.ok("", offered, "t", token)
		offer.wants("ratingInvitation.dimensions.0.code", "attitude")
		offer.wants("ratingInvitation.dimensions.0.label", "Attitude")

		o.ok("hr-root", saveForm, "category", "papers", "dimensions", []any{aspect("photo")}, "tags", []any{tag("warm", true)})
		o.ok("", offered, "t", token).wants("ratingInvitation.tags.0.label", "En warm")
		o.ok("hr-root", saveForm, "service", o.ids["passport"], "dimensions", []any{aspect("queue"), aspect("desk")}, "tags", []any{tag("cold", false)}, "key", "k1")
		o.ok("hr-root", saveForm, "service", o.ids["passport"], "dimensions", []any{aspect("queue"), aspect("desk")}, "tags", []any{tag("cold", false)}, "key", "k1")
		offer = o.ok("", offered, "t", token)
		offer.wants("ratingInvitation.dimensions.1.code", "desk")
		offer.wants("ratingInvitation.tags.0.good", false)

		level := func(dimension string) map[string]any { return map[string]any{"dimension": dimension, "level": 4} }
		o.refuses("", "INVALID", "dimensions.1.dimension", submit, "token", token, "level", 4, "dimensions", []any{level("desk"), level("attitude")})
		o.refuses("", "INVALID", "dimensions.1.dimension", submit, "token", token, "level", 4, "dimensions", []any{level("desk"), level("desk")})
		o.refuses("", "INVALID", "tags.0", submit, "token", token, "level", 4, "tags", []string{"warm"})
		o.refuses("", "INVALID", "tags.1", submit, "token", token, "level", 4, "tags", []string{"cold", "cold"})
		a := o.ask("", submit, "token", token, "level", 4, "tags", []string{"😀"})
		if said, _ := a.get("submitRating.userErrors.0.message").(string); !strings.Contains(said, "😀") || !strings.Contains(said, "cold") {
			o.Errorf("the message is %q", said)
		}
		if o.count("ratings") != 0 || o.count("encounter_claims") != 0 {
			o.Error("a refused rating is stored, or its link used")
		}
		receipt := o.ok("", submit, "token", token, "level", 4, "tags", []string{"cold"}, "dimensions", []any{level("desk")}).text("submitRating.receipt")
		// By the receipt one learns what may be marked when the service is rated again.
		marks := o.ok("", `query($r: String!) { ratingByReceipt(receipt: $r) { form { dimensions { code } tags { code label } } } }`, "r", receipt)
		marks.wants("ratingByReceipt.form.dimensions.1.code", "desk")
		marks.wants("ratingByReceipt.form.tags.0.label", "En cold")
		_, token = o.invite("ann", "housing", "R2")
		o.ok("", submit, "token", token, "level", 4, "tags", []string{"warm"})
		if n := o.count("rating_forms"); n != 2 {
			o.Errorf("%d forms", n)
		}
	})
}

// TestWhoMaySaveAForm: the catalogue is everybody's, so a part of the organisation does
// not change it.
func TestWhoMaySaveAForm(t *testing.T) {
	each(t, func(o *office) {
		o.grant(accounts.Grant{Subject: "admin-north", Role: "ADMIN", UnitRef: "north"})
		form := func(more ...any) []any {
			return append([]any{"service", o.ids["passport"], "dimensions", []any{}, "tags", []any{}}, more...)
		}
		for _, part := range []string{"hr-north", "admin-north"} {
			o.refuses(part, "FORBIDDEN", "", saveForm, form()...)
		}
		o.refuses("hr-root", "INVALID", "serviceId", saveForm, "dimensions", []any{}, "tags", []any{})
		o.refuses("hr-root", "INVALID", "serviceId", saveForm, form("category", "papers")...)
		o.refuses("hr-root", "NOT_FOUND", "category", saveForm, "category", "nothing", "dimensions", []any{}, "tags", []any{})
		o.refuses("hr-root", "NOT_FOUND", "serviceId", saveForm, "service", o.ids["ann"], "dimensions", []any{}, "tags", []any{})
		long := aspect("a")
		long["en"] = strings.Repeat("长", 41)
		for field, dimension := range map[string]any{
			"dimensions.1.code": aspect("Ä"), "dimensions.1.en": long, "dimensions.1.zhCN": map[string]any{"code": "b", "zhCN": "a\u0000", "en": "b"},
		} {
			o.refuses("hr-root", "INVALID", field, saveForm, "service", o.ids["passport"], "tags", []any{}, "dimensions", []any{aspect("x"), dimension})
		}
		o.refuses("hr-root", "INVALID", "dimensions.1.code", saveForm, "service", o.ids["passport"], "tags", []any{}, "dimensions", []any{aspect("x"), aspect("x")})
		if o.count("rating_forms") != 0 {
			o.Error("a refused form is stored")
		}
		o.ok("admin", saveForm, form()...)
		o.ok("ann", `{ ratingForm(serviceId: {passport}) { serviceId tags { code } } }`).wants("ratingForm.serviceId", o.ids["passport"])
		o.ok("ann", `{ ratingForm(serviceId: {ann}) { serviceId } }`).wants("ratingForm", nil)
	})
}
