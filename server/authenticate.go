package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"strings"

	"steelyard/auth"
	"steelyard/models"
	"steelyard/server/overhttp"
	"steelyard/services/accounts"
)

// actors know who a proven viewer is.
type actors interface {
	Actor(ctx context.Context, v auth.Viewer) (auth.Actor, error)
}

// authenticate puts the actor of a bearer token into the context. Without an
// Authorization header the request is a stranger's; with one that does not hold,
// it is refused, since whoever sends a token means to be somebody.
// So many wrong ones may come from one place that it is told to wait: see [site.wrong].
func authenticate(verifier *auth.Verifier, known actors, wrong noteWrong, log *slog.Logger) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			overhttp.Varies(w.Header(), "Authorization")
			lines := r.Header.Values("Authorization")
			if len(lines) == 0 {
				next.ServeHTTP(w, r.WithContext(accounts.Enter(r.Context(), auth.Actor{})))
				return
			}
			viewer, err := bearer(r.Context(), verifier, lines)
			if err != nil {
				log.InfoContext(r.Context(), "token refused", "cause", errors.Unwrap(err))
				if wait := wrong(r.Context(), guessed(err)); wait > 0 && r.RemoteAddr != "" {
					tellWait(w, r, wait)
					return
				}
				unauthenticated(w, r, err.Error())
				return
			}
			actor, err := known.Actor(r.Context(), viewer)
			switch {
			case models.CodeOf(err) == models.CodeUnauthenticated:
				unauthenticated(w, r, "token revoked, or no such account")
			case err != nil:
				log.ErrorContext(r.Context(), "account not read", "error", err)
				refuse(w, r, http.StatusServiceUnavailable, models.KeyDatabaseAway, models.CodeUnavailable)
			default:
				ctx := auth.WithProof(r.Context(), func(ctx context.Context) error { return sameActor(ctx, verifier, known, lines, actor) })
				next.ServeHTTP(w, r.WithContext(accounts.Enter(ctx, actor)))
			}
		})
	}
}

// sameActor says whether a token still gives what it gave when a request began: for
// answers that go on for long.
func sameActor(ctx context.Context, verifier *auth.Verifier, known actors, lines []string, was auth.Actor) error {
	over := &models.Error{Code: models.CodeUnauthenticated, Key: models.KeyUnauthenticated}
	viewer, err := bearer(ctx, verifier, lines)
	if err != nil {
		return over
	}
	actor, err := known.Actor(ctx, viewer)
	actor.State = was.State // the organisation may change around them
	if err == nil && !reflect.DeepEqual(actor, was) {
		return over
	}
	return err
}

// errScheme is the refusal of an Authorization header that holds no bearer token.
var errScheme = errors.New("token invalid")

// bearer verifies the one bearer token of the Authorization header lines.
func bearer(ctx context.Context, verifier *auth.Verifier, lines []string) (auth.Viewer, error) {
	scheme, token, found := strings.Cut(lines[0], " ")
	if len(lines) > 1 || !found || !strings.EqualFold(scheme, "Bearer") {
		return auth.Viewer{}, errScheme
	}
	return verifier.Verify(ctx, strings.TrimSpace(token))
}

// unauthenticated answers 401 as RFC 6750 has it. The description is one of a few
// fixed texts.
func unauthenticated(w http.ResponseWriter, r *http.Request, description string) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="steelyard", error="invalid_token", error_description="`+description+`"`)
	w.Header().Set("Cache-Control", "no-store")
	refuse(w, r, http.StatusUnauthorized, models.KeyUnauthenticated, models.CodeUnauthenticated)
}

// noMachines keeps service accounts out of what is no operation of the schema: what they
// may do is told by operations alone.
func noMachines(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if auth.ActorFrom(r.Context()).Limited() {
			refuse(w, r, http.StatusForbidden, models.KeyForbidden, models.CodeForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
