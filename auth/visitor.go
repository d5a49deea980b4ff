package auth

import "context"

// Visitor is what a request tells of a stranger without an account: what is needed to
// let each rate once by a standing code, and no more.
type Visitor struct {
	Device  string // see [DeviceName]; empty where the browser keeps none
	Network string // the part of the address that a household or an office shares; empty: unknown
}

type visitorKey struct{}

// WithVisitor returns a context that carries the visitor.
func WithVisitor(ctx context.Context, v Visitor) context.Context {
	return context.WithValue(ctx, visitorKey{}, v)
}

// VisitorFrom returns the context's visitor: of whom nothing is known where there is none.
func VisitorFrom(ctx context.Context) Visitor {
	v, _ := ctx.Value(visitorKey{}).(Visitor)
	return v
}
