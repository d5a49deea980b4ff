package models

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Code is the class of an error that a caller can act on.
type Code string

// The codes, as frontends see them in userErrors and in extensions.code.
const (
	CodeInvalid         Code = "INVALID"         // the input is wrong: Field says where
	CodeNotFound        Code = "NOT_FOUND"       // nothing there, or nothing the caller may see
	CodeConflict        Code = "CONFLICT"        // it was done already, or somebody was faster
	CodeIllegalState    Code = "ILLEGAL_STATE"   // the life cycle has no such step from here
	CodeUnauthenticated Code = "UNAUTHENTICATED" // no valid token
	CodeForbidden       Code = "FORBIDDEN"       // the role may not do this
	CodeGone            Code = "GONE"            // the invitation cannot be used (any more)
	CodeRateLimited     Code = "RATE_LIMITED"    // too many attempts
	CodeUnavailable     Code = "UNAVAILABLE"     // try again later
)

// Error is what a caller can act on. Key names the sentence in the message
// catalogue, Args fill it; the catalogue knows the languages.
type Error struct {
	Code  Code
	Field string // the input's field, as the API names it; or empty
	Key   Key
	Args  []string
}

// Error returns the key and its arguments; callers see the catalogue's sentence.
func (e *Error) Error() string {
	s := string(e.Code) + " " + string(e.Key)
	if e.Field != "" {
		s += " (" + e.Field + ")"
	}
	if len(e.Args) > 0 {
		s += ": " + strings.Join(e.Args, ", ")
	}
	return s
}

// Is lets errors.Is match by code: errors.Is(err, &Error{Code: CodeNotFound}).
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && (t.Key == "" || t.Key == e.Key)
}

// CodeOf returns the code of an error, or nothing where it is not for callers.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// Invalid is an input that is wrong in a field.
func Invalid(field string, key Key, args ...string) *Error {
	return &Error{Code: CodeInvalid, Field: field, Key: key, Args: args}
}

// AtField names the field that an error is about, where it names none itself.
func AtField(field string, err error) error {
	var e *Error
	if errors.As(err, &e) && e.Field == "" {
		named := *e
		named.Field = field
		return &named
	}
	return err
}

// NotFound says that there is no such thing, or none that the caller may see.
func NotFound(noun string) *Error {
	return &Error{Code: CodeNotFound, Key: KeyNotFound, Args: []string{noun}}
}

// BadReceipt is the answer to a text that cannot be a receipt or code: whoever reads it
// from paper has mistyped it.
func BadReceipt() *Error { return &Error{Code: CodeNotFound, Field: "receipt", Key: KeyBadReceipt} }

// UnknownReceipt is the answer to a receipt that is well written and belongs to nothing.
func UnknownReceipt() *Error {
	return &Error{Code: CodeNotFound, Field: "receipt", Key: KeyUnknownReceipt}
}

// Forbidden says that the caller's role may not do this.
func Forbidden() *Error { return &Error{Code: CodeForbidden, Key: KeyForbidden} }

// Conflict says that it was done already.
func Conflict(field string, key Key, args ...string) *Error {
	return &Error{Code: CodeConflict, Field: field, Key: key, Args: args}
}

// illegal is a step that a life cycle does not have from this state.
func illegal[S, T ~string](noun string, state S, step T, possible []T) *Error {
	words := make([]string, len(possible))
	for i, p := range possible {
		words[i] = string(p)
	}
	return &Error{
		Code: CodeIllegalState, Key: KeyIllegalStep,
		Args: []string{noun, string(state), string(step), strings.Join(words, ", ")},
	}
}

// required says that a field is missing when nothing of its text can be seen.
func required(field, value string) error {
	if Blank(value) {
		return Invalid(field, KeyRequired)
	}
	return nil
}

// Blank says whether nothing of a text can be seen: spaces, also those without a width,
// and marks that only steer what stands beside them.
func Blank(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
	})
}

// maxLength says that a text has more than n characters.
func maxLength(field, value string, n int) error {
	if count := len([]rune(value)); count > n {
		return Invalid(field, KeyTooLong, fmt.Sprint(n), fmt.Sprint(count))
	}
	return nil
}

// minLength says that a text has fewer than n characters, blanks at its ends not
// counted.
func minLength(field, value string, n int) error {
	if count := len([]rune(strings.TrimSpace(value))); count < n {
		return Invalid(field, KeyTooShort, fmt.Sprint(n), fmt.Sprint(count))
	}
	return nil
}
