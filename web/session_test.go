package web

import (
	"net/http"
	"reflect"
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"steelyard/graph"
)

// TestPagesOfferWhatTheAPITakes holds what pages think a role may do to what the schema
// lets it: nobody is shown a form that will be refused, or denied one that would not be.
func TestPagesOfferWhatTheAPITakes(t *testing.T) {
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	capabilities := map[string][]string{ // the root fields behind what is offered
		"ReadsReports":     {"assessmentReport", "unitReport", "participation"},
		"SeesCycles":       {"cycles"},
		"ComparesPolicies": {"comparePolicies"},
		"Decides":          {"decideFlag", "decideFlagAppeal", "decideObjection"},
		"MayClose":         {"remindReviewers", "closeReviewRound"},
		"MakesLinks":       {"recordEncounter", "issueRatingInvitation"},
		"RecordsDeeds":     {"recordDeed"},
		"SeesAccounts":     {"accounts", "account"},
		"Grants":           {"grantAccount", "disableAccount", "enableAccount", "revokeTokens", "revokeToken"},
		"ReadsTrail":       {"auditTrail", "auditHead"},
	}
	of := reflect.TypeFor[*Caller]()
	for i := range of.NumMethod() {
		m := of.Method(i)
		if m.Type.NumIn() != 1 || m.Type.NumOut() != 1 || m.Type.Out(0).Kind() != reflect.Bool {
			continue
		}
		names := capabilities[m.Name]
		delete(capabilities, m.Name)
		if names == nil {
			t.Errorf("nobody has said which operations stand behind %s", m.Name)
		}
		for _, role := range AllRole {
			offered := m.Func.Call([]reflect.Value{reflect.ValueOf(&Caller{Role: role})})[0].Bool()
			for _, name := range names {
				field := schema.Mutation.Fields.ForName(name)
				if field == nil {
					field = schema.Query.Fields.ForName(name)
				}
				if field == nil {
					t.Errorf("%s: there is no operation %s", m.Name, name)
				} else if offered != takes(field, role) {
					t.Errorf("%s: offered to %s: %v, and the API takes %s: %v", m.Name, role, offered, name, !offered)
				}
			}
		}
	}
	if len(capabilities) > 0 {
		t.Errorf("there is no %v", capabilities)
	}
}

func takes(field *ast.FieldDefinition, role Role) bool {
	allowed := field.Directives.ForName("hasRole")
	return field.Directives.ForName("public") != nil || allowed != nil &&
		slices.ContainsFunc(allowed.Arguments.ForName("roles").Value.Children, func(c *ast.ChildValue) bool { return c.Value.Raw == string(role) })
}

// TestCookiesAreTheSitesAlone: no script reads them, no other site sends them, and over
// https they go by nothing else.
func TestCookiesAreTheSitesAlone(t *testing.T) {
	s := &site{Options: Options{Secure: true}}
	for want, c := range map[string]*http.Cookie{
		"steelyard_session=t; Path=/work; HttpOnly; Secure; SameSite=Strict":             s.cookie("t"),
		"steelyard_signin=k; Path=/sign-in; Max-Age=600; HttpOnly; Secure; SameSite=Lax": s.flow("k"),
		"steelyard_signin=; Path=/sign-in; Max-Age=0; HttpOnly; Secure; SameSite=Lax":    s.flow(""),
		"steelyard_session=; Path=/work; Max-Age=0; HttpOnly; Secure; SameSite=Strict":   s.cookie(""),
	} {
		if got := c.String(); got != want {
			t.Errorf("the cookie is %q, want %q", got, want)
		}
	}
}
