// Package auth holds what proves who someone is and what they may be: bearer tokens (JWT) and the viewer read from
// them, the single-use invitation tokens that let a resident rate without an account, and the receipt codes by which a
// resident finds a rating, a case or a deed again. It does no database work: what a request may see (its scope) and
// whether a token was revoked (its epoch) is decided by the services, from the database, on every request.
//
// The sub-package keyring keeps the keys under which raters and reviewers are hashed.
package auth
