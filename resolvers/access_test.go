package resolvers_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"steelyard/graph"
	"steelyard/resolvers"
)

// everybody is an account of each role; the empty one is a stranger.
var everybody = map[string]string{
	"": "", "RESIDENT": "resident", "OFFICIAL": "ann", "REPLY_OFFICER": "reply-north", "HR": "hr-north",
	"AUDITOR": "auditor-north", "ADMIN": "admin",
}

const (
	anyone     = "- RESIDENT OFFICIAL REPLY_OFFICER HR AUDITOR ADMIN"
	insiders   = "OFFICIAL REPLY_OFFICER HR AUDITOR ADMIN"
	caseHands  = "OFFICIAL HR"
	ruleMakers = "HR ADMIN"
)

// allowed is who may call what, written down a second time: an operation that is
// added to the schema must be added here as well.
var allowed = map[string]string{
	"Query.unitReport": "HR AUDITOR", "Query.unsungOfficials": "HR AUDITOR", "Query.showcaseGaps": "HR AUDITOR", "Query.boundaryCases": "HR AUDITOR",
	"Query.exportOfficialSheet": "OFFICIAL HR AUDITOR",
	"Query.accounts":            "AUDITOR ADMIN", "Query.account": "AUDITOR ADMIN", "Mutation.grantAccount": "ADMIN", "Mutation.disableAccount": "ADMIN",
	"Mutation.enableAccount": "ADMIN", "Mutation.revokeTokens": "ADMIN", "Mutation.revokeToken": "ADMIN",
	"Query.auditTrail": "AUDITOR", "Query.auditHead": "AUDITOR",
	"Query.me": anyone, "Query.ratingInvitation": anyone, "Query.ratingByReceipt": anyone, "Query.caseByReceipt": anyone,
	"Query.suggestCategories": anyone, "Query.holidays": anyone,
	"Query.categoryRules": ruleMakers, "Query.areas": ruleMakers, "Query.routingRules": ruleMakers,
	"Mutation.saveCategoryRule": ruleMakers, "Mutation.removeCategoryRule": ruleMakers, "Mutation.saveArea": ruleMakers, "Mutation.removeArea": ruleMakers,
	"Mutation.saveRoutingRule": ruleMakers, "Mutation.removeRoutingRule": ruleMakers, "Mutation.saveHoliday": ruleMakers, "Mutation.removeHoliday": ruleMakers,
	"Query.node": insiders, "Query.nodes": insiders, "Query.services": insiders, "Query.official": insiders, "Query.orgUnits": insiders,
	"Query.officials": "HR AUDITOR ADMIN", "Query.cases": "OFFICIAL REPLY_OFFICER HR AUDITOR", "Query.unitsToOffer": caseHands,
	"Query.cycle": "OFFICIAL HR AUDITOR", "Query.cycles": "OFFICIAL HR AUDITOR",
	"Query.assessmentRun": "HR AUDITOR", "Query.assessmentReport": "HR AUDITOR", "Query.exportReport": "HR AUDITOR",
	"Query.myReviewAssignments": "OFFICIAL", "Query.reviewTemplates": "HR AUDITOR", "Query.reviewConflicts": "HR",
	"Mutation.saveReviewTemplate": "HR", "Mutation.declareReviewConflict": caseHands, "Mutation.removeReviewConflict": "HR",
	"Mutation.saveReviewDraft": "OFFICIAL", "Query.reviewRound": "HR AUDITOR", "Query.reviewRounds": "HR AUDITOR",
	"Query.appraisalForm": anyone, "Mutation.submitAppraisal": anyone, "Query.appraisalResults": "HR AUDITOR", "Query.reviewResults": "OFFICIAL HR AUDITOR",
	"Mutation.closeReviewRound": "HR", "Mutation.remindReviewers": "HR", "Mutation.issueAppraisalCodes": "HR",
	"Mutation.proposeReviewAssignments": "HR", "Mutation.amendReviewAssignment": "HR",
	"Mutation.submitRating": anyone, "Mutation.openCase": anyone, "Mutation.confirmResolution": anyone, "Mutation.withdrawCase": anyone,
	"Mutation.confirmDeed": anyone, "Mutation.subscribeToCase": anyone, "Mutation.unsubscribeFromCase": anyone,
	"Query.publicCase": anyone, "Query.publicCases": anyone, "Query.caseCategories": anyone,
	"Query.webhooks": "HR ADMIN", "Mutation.saveWebhook": "HR ADMIN", "Mutation.removeWebhook": "HR ADMIN",
	"Mutation.acceptCase": caseHands, "Mutation.assignCase": caseHands, "Mutation.startCase": caseHands, "Mutation.transferCase": caseHands,
	"Mutation.decideTransfer": caseHands, "Mutation.holdCase": caseHands, "Mutation.resumeCase": caseHands, "Mutation.resolveCase": caseHands,
	"Mutation.rejectCase": caseHands, "Mutation.joinCases": caseHands, "Mutation.partCase": caseHands, "Query.unitTransparency": anyone,
	"Mutation.checkDeed": "HR", "Mutation.recordAchievement": "HR", "Query.deedsToCheck": "HR",
	"Mutation.requestExclusion": caseHands, "Mutation.decideExclusion": caseHands,
	"Mutation.objectExclusion": anyone, "Mutation.answerMediation": anyone, "Mutation.extendCase": caseHands, "Mutation.requestMediation": caseHands, "Mutation.endMediation": caseHands,
	"Query.ratingForm": insiders, "Mutation.saveRatingForm": "HR ADMIN",
	"Mutation.recordEncounters": caseHands, "Mutation.revokeInvitation": caseHands,
	"Mutation.recordEncounter": caseHands, "Mutation.issueRatingInvitation": caseHands,
	"Query.counterCodes": "HR AUDITOR", "Query.counterOffer": anyone, "Mutation.issueCounterCode": "HR", "Mutation.revokeCounterCode": "HR",
	"Mutation.submitWalkIn": anyone, "Query.participation": "HR AUDITOR", "Query.ratingsByUnit": "HR AUDITOR",
	"Query.owedReplies": "REPLY_OFFICER", "Mutation.replyToRating": "REPLY_OFFICER", "Mutation.recordMending": "REPLY_OFFICER",
	"Mutation.rateMending": anyone, "Mutation.rateAgain": anyone, "Mutation.undoRating": anyone, "Mutation.eraseMine": anyone,
	"Mutation.eraseCase":  "HR ADMIN",
	"Mutation.recordDeed": "OFFICIAL", "Mutation.submitPeerReview": "OFFICIAL",
	"Query.selfSummaries": "OFFICIAL HR", "Mutation.submitSelfSummary": "OFFICIAL",
	"Query.cycleGrades": "OFFICIAL HR AUDITOR", "Query.gradeQuotas": "HR AUDITOR", "Query.gradeLimits": "HR AUDITOR",
	"Mutation.startCollecting": "HR", "Mutation.startScoring": "HR",
	"Mutation.setGradeLimit": "HR", "Mutation.proposeGrade": "HR", "Mutation.decideGrade": "HR",
	"Query.publicNotice": anyone, "Query.objectionByReceipt": anyone, "Mutation.fileObjection": anyone,
	"Query.integrityFlags": "OFFICIAL HR AUDITOR", "Mutation.decideFlag": "HR", "Mutation.appealFlag": "OFFICIAL", "Mutation.decideFlagAppeal": "HR",
	"Query.objections": "OFFICIAL HR AUDITOR", "Query.evidenceExclusions": "OFFICIAL HR AUDITOR",
	"Query.compareRuns": "HR AUDITOR", "Query.cycleSeal": "HR AUDITOR",
	"Mutation.publishCycle": "HR", "Mutation.decideCycle": "HR", "Mutation.sealCycle": "HR",
	"Mutation.decideObjection": "HR", "Mutation.extendObjection": "HR", "Mutation.tellDecision": "HR",
	"Mutation.excludeEvidence": "HR", "Mutation.confirmExclusion": "HR",
	"Mutation.openReviewRound": "HR", "Mutation.openCycle": "HR", "Mutation.savePolicy": "HR", "Mutation.runAssessment": "HR",
	"Mutation.cancelAssessment": "HR",
	"Query.export":              "HR AUDITOR", "Query.exports": "HR AUDITOR", "Query.reportColumns": "HR AUDITOR", "Query.reportDefinitions": "HR AUDITOR",
	"Mutation.requestExport": "HR AUDITOR", "Mutation.saveReportDefinition": "HR", "Mutation.deleteReportDefinition": "HR",
	"Query.appraisalComments": "HR AUDITOR",
	"Query.policyPresets":     "HR AUDITOR", "Mutation.comparePolicies": "HR",
	"Subscription.assessmentRunProgress": "HR AUDITOR",
}

// TestEveryOperationAgainstEveryRole sends each operation of the schema as every
// role and as a stranger.
func TestEveryOperationAgainstEveryRole(t *testing.T) {
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	if err := resolvers.CheckAccess(schema); err != nil {
		t.Fatal(err)
	}
	each(t, func(o *office) {
		known := map[string]bool{}
		for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
			for _, field := range root.Fields {
				if strings.HasPrefix(field.Name, "__") {
					continue
				}
				name := root.Name + "." + field.Name
				known[name] = true
				roles, found := allowed[name]
				if !found {
					o.Errorf("%s: nobody has said who may call it", name)
					continue
				}
				o.checkRoles(schema, root, field, strings.Fields(roles))
			}
		}
		for _, name := range slices.Sorted(maps.Keys(allowed)) {
			if !known[name] {
				o.Errorf("%s is not in the schema", name)
			}
		}
	})
}

func (o *office) checkRoles(schema *ast.Schema, root *ast.Definition, field *ast.FieldDefinition, roles []string) {
	query := strings.ToLower(root.Name) + " { " + field.Name + arguments(schema, field) + selection(schema, field.Type) + " }"
	for role, subject := range everybody {
		a := o.ask(subject, query)
		code := ""
		if len(a.Errors) > 0 {
			code, _ = a.Errors[0].Extensions["code"].(string)
			if code == "" || code == "INTERNAL" || code == "GRAPHQL_VALIDATION_FAILED" || code == "GRAPHQL_PARSE_FAILED" {
				o.Errorf("%s as %q: %+v", query, role, a.Errors)
			}
		}
		may := slices.Contains(roles, role) || role == "" && slices.Contains(roles, "-")
		switch {
		case may && (code == "UNAUTHENTICATED" || code == "FORBIDDEN"):
			o.Errorf("%s.%s as %q is refused: %s", root.Name, field.Name, role, code)
		case !may && role == "" && code != "UNAUTHENTICATED", !may && role != "" && code != "FORBIDDEN":
			o.Errorf("%s.%s as %q is not refused: %q %v", root.Name, field.Name, role, code, a.data)
		}
	}
}

// arguments writes something of the right type for every argument that is needed.
func arguments(schema *ast.Schema, field *ast.FieldDefinition) string {
	var list []string
	for _, a := range field.Arguments {
		if a.Type.NonNull && a.DefaultValue == nil {
			list = append(list, a.Name+": "+example(schema, a.Type))
		}
	}
	if list == nil {
		return ""
	}
	return "(" + strings.Join(list, ", ") + ")"
}

func example(schema *ast.Schema, t *ast.Type) string {
	if t.Elem != nil {
		return "[" + example(schema, t.Elem) + "]"
	}
	switch t.NamedType {
	case "ID":
		return `"01890a5d-ac96-774b-bcce-b302099a8057"`
	case "String":
		return `"some text of some length"`
	case "Int":
		return "3"
	case "Float":
		return "0.5"
	case "Boolean":
		return "true"
	case "Date":
		return `"2025-01-02"`
	case "DateTime":
		return `"2025-01-02T03:04:05Z"`
	}
	d := schema.Types[t.NamedType]
	if d.Kind == ast.Enum {
		return d.EnumValues[0].Name
	}
	var fields []string
	for _, f := range d.Fields {
		if f.Type.NonNull {
			fields = append(fields, f.Name+": "+example(schema, f.Type))
		}
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

func selection(schema *ast.Schema, t *ast.Type) string {
	if d := schema.Types[t.Name()]; d.Kind == ast.Scalar || d.Kind == ast.Enum {
		return ""
	}
	return " { __typename }"
}
