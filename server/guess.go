package main

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"steelyard/auth"
	"steelyard/services/guesses"
)

const (
	// guessesADay is how many wrong tokens, receipts and codes an address may send in a day;
	// the network around it networkTimes as many.
	guessesADay = 100
	// waitAfterGuesses is for how many seconds whoever sends another wrong one is told to
	// wait: in truth until the day's are forgotten.
	waitAfterGuesses = 3600
)

// noteWrong notes n wrong secrets of who pays for a request. Where too many have come from
// there, wait is for how long; else 0.
type noteWrong func(ctx context.Context, n int) (wait int)

// wrong counts wrong secrets in the database. Who has sent too many is told to wait instead
// of that they are wrong; a right one is answered as ever, whoever else sits behind the
// same address. Where it cannot be counted the answer is the usual one.
func (s *site) wrong(ctx context.Context, n int) (wait int) {
	by, known := ctx.Value(payerKey{}).(payer)
	if n == 0 || !known {
		return 0
	}
	tooMany, err := s.app.Guesses.Note(ctx, []guesses.Source{{Prefix: by.address, Times: 1}, {Prefix: by.place, Times: networkTimes}}, n)
	switch {
	case err != nil:
		s.log.ErrorContext(ctx, "wrong secrets not counted", "error", err)
	case tooMany:
		s.log.WarnContext(ctx, "somebody guesses at tokens or receipts", "more", n)
		return waitAfterGuesses
	}
	return 0
}

// guessed is 1 for a token that nobody signed, 0 for one that was right once.
func guessed(err error) int {
	var refused *auth.Error
	if errors.As(err, &refused) && refused.Reason == auth.ReasonInvalid {
		return 1
	}
	return 0
}

// aroundOperation has an operation's wrong secrets noted, and tells who has sent too many
// to wait. What the operation did stays done: a repeat with its idempotency key gets the
// answer.
func (wrong noteWrong) aroundOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	ctx, tries := auth.WithTries(ctx)
	respond := next(ctx)
	return func(ctx context.Context) *graphql.Response {
		r := respond(ctx)
		if wait := wrong(ctx, tries.Wrong()); wait > 0 {
			return &graphql.Response{Errors: gqlerror.List{tooMuch(ctx, wait)}}
		}
		return r
	}
}
