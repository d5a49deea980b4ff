// Package resolvers is the way from GraphQL to the services and back: each
// resolver unwraps its input, calls one service and wraps the answer. No rule and
// no SQL stands here.
package resolvers

import (
	"steelyard/graph"
	"steelyard/services/accounts"
	"steelyard/services/assessments"
	"steelyard/services/attachments"
	"steelyard/services/audit"
	"steelyard/services/cases"
	"steelyard/services/cycles"
	"steelyard/services/deeds"
	"steelyard/services/exports"
	"steelyard/services/guesses"
	"steelyard/services/integrity"
	"steelyard/services/notify"
	"steelyard/services/officials"
	"steelyard/services/publications"
	"steelyard/services/ratings"
	"steelyard/services/retention"
	"steelyard/services/reviews"
)

// App is what the users do, a service each.
type App struct {
	Accounts     *accounts.Service
	Assessments  *assessments.Service
	Attachments  *attachments.Service
	Audit        *audit.Service
	Cases        *cases.Service
	Cycles       *cycles.Service
	Deeds        *deeds.Service
	Exports      *exports.Service
	Guesses      *guesses.Service
	Integrity    *integrity.Service
	Notify       *notify.Service
	Officials    *officials.Service
	Publications *publications.Service
	Ratings      *ratings.Service
	Retention    *retention.Service
	Reviews      *reviews.Service
}

// Resolver answers the schema's fields by the services.
type Resolver struct {
	App App
	// PublicURL is where residents reach this server, without a slash at the end.
	PublicURL string
}

var _ graph.ResolverRoot = (*Resolver)(nil)
