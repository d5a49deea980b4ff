package main

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"steelyard/store"
)

const (
	// positionHeader is how far the database's log was after what a client wrote, for
	// clients that send it back: see docs/operations.md, "Replicas".
	positionHeader = "Steelyard-Position"
	// positionUnknown stands there after a write of which that is not known.
	positionUnknown = "none"
	// wroteCookie keeps a browser at the primary for moments after it has written. It
	// says no more than that.
	wroteCookie = "wrote"
)

// elsewhere says of each query whether a replica may answer it. Who somebody is, what a
// secret opens, what is used once and what was begun a moment ago is asked of the primary.
var elsewhere = map[string]bool{
	"me": false, "node": false, "nodes": false, "account": false, "accounts": false, "webhooks": false,
	"ratingInvitation": false, "counterOffer": false, "appraisalForm": false,
	"ratingByReceipt": false, "caseByReceipt": false, "objectionByReceipt": false,
	"assessmentRun": false, "export": false, "exports": false, "auditHead": false,

	"publicNotice": true, "publicCase": true, "publicCases": true, "unitTransparency": true, "caseCategories": true, "suggestCategories": true,
	"assessmentReport": true, "exportReport": true, "exportOfficialSheet": true, "unitReport": true, "ratingsByUnit": true, "reportColumns": true, "reportDefinitions": true,
	"official": true, "officials": true, "orgUnits": true, "services": true, "participation": true,
	"unsungOfficials": true, "showcaseGaps": true, "boundaryCases": true, "compareRuns": true,
	"cycle": true, "cycles": true, "cycleGrades": true, "cycleSeal": true, "gradeQuotas": true, "gradeLimits": true, "policyPresets": true,
	"cases": true, "unitsToOffer": true, "objections": true, "evidenceExclusions": true, "owedReplies": true, "deedsToCheck": true,
	"reviewRound": true, "reviewRounds": true, "reviewResults": true, "reviewTemplates": true, "reviewConflicts": true, "myReviewAssignments": true,
	"selfSummaries": true, "appraisalResults": true, "appraisalComments": true,
	"ratingForm": true, "counterCodes": true, "categoryRules": true, "areas": true, "routingRules": true, "holidays": true,
	"integrityFlags": true, "auditTrail": true,
}

// mayAnswer says whether a replica may answer all that an operation asks.
func mayAnswer(set ast.SelectionSet) bool {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if !strings.HasPrefix(s.Name, "__") && !elsewhere[s.Name] {
				return false
			}
		case *ast.InlineFragment:
			if !mayAnswer(s.SelectionSet) {
				return false
			}
		case *ast.FragmentSpread:
			if !mayAnswer(s.Definition.SelectionSet) {
				return false
			}
		}
	}
	return true
}

// readsElsewhere is the context in which a query is answered by a replica; nil: by none.
func (s *site) readsElsewhere(ctx context.Context, op *graphql.OperationContext) context.Context {
	if op.Operation.Operation != ast.Query || !mayAnswer(op.Operation.SelectionSet) {
		return nil
	}
	return s.store.Elsewhere(ctx)
}

// sightOfClient lets a client of the API be answered by replicas that sends the position
// of what it wrote last; who sends none is always answered by the primary.
func (s *site) sightOfClient(next http.Handler) http.Handler {
	if !s.store.HasReplicas() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		since, sent := store.ParsePosition(r.Header.Get(positionHeader))
		if !sent {
			next.ServeHTTP(w, r)
			return
		}
		ctx, sight := store.WithSight(r.Context(), since, true)
		next.ServeHTTP(&announcing{w, func() {
			switch wrote, to := sight.Wrote(); {
			case wrote && to > 0:
				w.Header().Set(positionHeader, to.String())
			case wrote:
				w.Header().Set(positionHeader, positionUnknown)
			}
		}, false}, r.WithContext(ctx))
	})
}

// sightOfBrowser lets the pages be answered by replicas, but for moments after the browser
// has written: until every replica that is asked holds that.
func (s *site) sightOfBrowser(next http.Handler) http.Handler {
	if !s.store.HasReplicas() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		since := store.Position(0)
		if _, err := r.Cookie(wroteCookie); err == nil {
			since = store.NoReplica // what is written now keeps it there for longer
		}
		ctx, sight := store.WithSight(r.Context(), since, false)
		next.ServeHTTP(&announcing{w, func() {
			if wrote, _ := sight.Wrote(); wrote {
				http.SetCookie(w, &http.Cookie{
					Name: wroteCookie, Value: "1", Path: "/", MaxAge: int(s.store.Settled() / time.Second),
					HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(s.publicURL, "https://"),
				})
			}
		}, false}, r.WithContext(ctx))
	})
}

// announcing does something before the head of an answer goes out.
type announcing struct {
	http.ResponseWriter
	before func()
	told   bool
}

// WriteHeader writes the head.
func (t *announcing) WriteHeader(status int) {
	if !t.told {
		t.told = true
		t.before()
	}
	t.ResponseWriter.WriteHeader(status)
}

// Write writes the head before the body.
func (t *announcing) Write(p []byte) (int, error) {
	if !t.told {
		t.WriteHeader(http.StatusOK)
	}
	return t.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (t *announcing) Unwrap() http.ResponseWriter { return t.ResponseWriter }
