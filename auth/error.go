package auth

// CodeUnauthenticated is the code of every refused token.
const CodeUnauthenticated = "UNAUTHENTICATED"

// Reason is all that a stranger learns about a refused token.
type Reason string

// The reasons. A token is called expired only if its signature was good.
const (
	ReasonExpired Reason = "expired"
	ReasonInvalid Reason = "invalid"
)

// Error is a refused bearer token. Its text is fit for the caller and says no more than the reason; the cause, which
// may name keys and claims, is reached by errors.Unwrap and is for the log.
type Error struct {
	Code   string
	Reason Reason
	cause  error
}

// Error returns "token expired" or "token invalid".
func (e *Error) Error() string { return "token " + string(e.Reason) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

func refused(reason Reason, cause error) *Error {
	return &Error{Code: CodeUnauthenticated, Reason: reason, cause: cause}
}
