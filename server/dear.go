package main

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"steelyard/messages"
	"steelyard/models"
	"steelyard/server/overhttp"
)

// kind is what dear operations have in common.
type kind string

const (
	// guessing takes a token, receipt or code of a stranger, or writes what one says.
	guessing kind = "guessing"
	// working goes through everything of a cycle, or of the trail.
	working kind = "working"
)

// shares are what of --rate-limit each may use for a kind: by default 60 a minute, as often
// as somebody who tries weights by moving them asks.
var shares = map[kind]int{guessing: 10, working: 10}

// dear are the operations that have a limit of their own. Everything that a stranger may
// do, or try a secret with, must be among them.
var dear = map[string]kind{
	"ratingInvitation": guessing, "ratingByReceipt": guessing, "caseByReceipt": guessing, "objectionByReceipt": guessing,
	"appraisalForm": guessing, "counterOffer": guessing,
	"submitRating": guessing, "submitWalkIn": guessing, "submitAppraisal": guessing, "openCase": guessing, "fileObjection": guessing,
	"confirmResolution": guessing, "withdrawCase": guessing, "confirmDeed": guessing, "subscribeToCase": guessing,
	"unsubscribeFromCase": guessing, "objectExclusion": guessing, "answerMediation": guessing, "rateMending": guessing,
	"rateAgain": guessing, "undoRating": guessing, "eraseMine": guessing,

	"comparePolicies": working, "compareRuns": working, "runAssessment": working, "exportReport": working,
	"exportOfficialSheet": working, "requestExport": working, "auditTrail": working, "auditHead": working,
}

// paces are the limits of the kinds.
type paces map[kind]*pace

func newPaces(perMinute int, now func() time.Time) paces {
	p := paces{}
	for k, share := range shares {
		p[k] = newPace(perMinute, share, now)
	}
	return p
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = paces{}

// ExtensionName names the extension.
func (paces) ExtensionName() string { return "Paces" }

// Validate finds nothing wrong: a test holds the operations to the schema.
func (paces) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext refuses an operation whose caller has done too much of its kind.
// Each field counts, also those of one operation by different names.
func (p paces) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	by, known := ctx.Value(payerKey{}).(payer)
	if !known {
		return nil // nobody from outside: what the program asks itself
	}
	uses := map[kind]int{}
	countDear(op.Operation.SelectionSet, uses)
	for k, n := range uses {
		if wait, ok := p[k].take(by, n); !ok {
			return tooMuch(ctx, wait)
		}
	}
	return nil
}

func tooMuch(ctx context.Context, wait int) *gqlerror.Error {
	return overhttp.TooMuch(messages.Text(messages.From(ctx), models.KeyRateLimited, strconv.Itoa(wait)), wait)
}

// countDear counts an operation's root fields by kind. How many there are is bounded
// before (overhttp.Limits).
func countDear(set ast.SelectionSet, uses map[kind]int) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if k, is := dear[s.Name]; is {
				uses[k]++
			}
		case *ast.InlineFragment:
			countDear(s.SelectionSet, uses)
		case *ast.FragmentSpread:
			countDear(s.Definition.SelectionSet, uses)
		}
	}
}

// signIns is the page that takes a bearer token: it is paced as a guess.
const signIns = http.MethodPost + " /sign-in"
