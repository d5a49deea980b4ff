// Package graph holds the schema, a file a domain, and the code that is made of it.
package graph

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

//go:generate go run steelyard/graph/generate

// object is what is known of a type: the names by which fragments call it, the fields that
// need no resolver, each with the record's field in which it stands, those that one call
// resolves for a whole list, and those whose objects stand in the record, each with its type.
type object struct {
	names    []string
	atHand   map[string]string
	gathered map[string]string
	within   map[string]string
}

// AtHand are the fields of records of a type that the field now being resolved is asked
// for, so that no more is read; nil where it is asked for more than stands in them.
func AtHand(ctx context.Context, of string) []string {
	o, field := objects[of], graphql.GetFieldContext(ctx)
	var names []string
	for _, f := range graphql.CollectFields(graphql.GetOperationContext(ctx), field.Field.Selections, o.names) {
		name, atHand := o.atHand[f.Name]
		if !atHand {
			return nil
		}
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// Asks says whether the object that the field now being resolved gives is asked for a field,
// under whatever name. What a directive leaves out counts as asked.
func Asks(ctx context.Context, name string) bool {
	field := graphql.GetFieldContext(ctx)
	return field == nil || asks(field.Field.Selections, name)
}

func asks(sel ast.SelectionSet, name string) bool {
	return slices.ContainsFunc(sel, func(one ast.Selection) bool {
		switch one := one.(type) {
		case *ast.Field:
			return one.Name == name
		case *ast.InlineFragment:
			return asks(one.SelectionSet, name)
		case *ast.FragmentSpread:
			return asks(one.Definition.SelectionSet, name)
		}
		return true
	})
}

// marshalList marshals the elements of a list: one after the other where all that is asked
// of them is at hand or gathered for the whole list at once, otherwise side by side, so
// that what they ask for one by one comes together. Where each is promised and one is null,
// so is the list.
func marshalList(ctx context.Context, oc *graphql.OperationContext, sel ast.SelectionSet, of string, promised bool, n int, element func(context.Context, int) graphql.Marshaler) graphql.Marshaler {
	outer, within := ctx.Value(inTurnKey{}).(*turn) // then so is this list
	switch {
	case within:
		return outer.inner(ctx, sel).list(promised, n, element)
	case inTurn(oc, sel, of, true):
		return newTurn(ctx, &room{}, new([]asked)).write(promised, n, element)
	}
	list := graphql.MarshalSliceConcurrently(context.WithValue(ctx, besideKey{}, true), n, 0, false, element)
	if promised && misses(list) {
		return graphql.Null
	}
	return list
}

// turn is a list whose elements are marshalled one after the other: how far it is, what was
// gathered for all of them, by the name under which a field is answered, and what is asked.
type turn struct {
	at, of int
	found  map[string]any
	ctx    context.Context // of its elements
	within []within
	room   *room    // of all objects in it, those of lists within it among them
	asked  *[]asked // the same
}

// within is a list that stands in each element of another: one turn after the other.
type within struct {
	sel  ast.SelectionSet
	ctx  context.Context // in which it stands
	turn *turn
}

// newTurn begins a turn of a list that stands in a context.
func newTurn(ctx context.Context, room *room, asked *[]asked) *turn {
	t := &turn{room: room, asked: asked}
	// One place for all of them: who asks for it asks in turn.
	t.ctx = graphql.WithFieldContext(context.WithValue(ctx, inTurnKey{}, t), &graphql.FieldContext{Index: &t.at})
	return t
}

// inner is the turn of a list within an element: that of the element before, where it stood at
// the same place.
func (t *turn) inner(ctx context.Context, sel ast.SelectionSet) *turn {
	for _, w := range t.within {
		if w.ctx == ctx && len(w.sel) == len(sel) && len(sel) > 0 && &w.sel[0] == &sel[0] {
			return w.turn
		}
	}
	inner := newTurn(ctx, t.room, t.asked)
	t.within = append(t.within, within{sel, ctx, inner})
	return inner
}

// begin makes the turn that of so many elements.
func (t *turn) begin(n int) { t.at, t.of, t.found = 0, n, nil }

// write marshals the elements, each of which is written before the next one's turn.
func (t *turn) write(promised bool, n int, element func(context.Context, int) graphql.Marshaler) graphql.Marshaler {
	t.begin(n)
	b, missing := buffer(), false
	b.WriteByte('[')
	for t.at = range n {
		if t.at > 0 {
			b.WriteByte(',')
		}
		one := marshalOne(t.ctx, t.at, element)
		missing = missing || one == graphql.Null
		one.MarshalGQL(b)
		t.room.leave()
	}
	b.WriteByte(']')
	if promised && missing {
		done(b)
		return graphql.Null
	}
	return &written{b}
}

// list marshals the elements of a list within an element: they are written with it.
func (t *turn) list(promised bool, n int, element func(context.Context, int) graphql.Marshaler) graphql.Marshaler {
	t.begin(n)
	list := graphql.Array(t.room.take(n))
	for t.at = range n {
		list[t.at] = marshalOne(t.ctx, t.at, element)
	}
	if promised && misses(list) {
		return graphql.Null
	}
	return list
}

// misses says whether one of a list is null.
func misses(list graphql.Array) bool {
	for _, one := range list {
		if one == graphql.Null {
			return true
		}
	}
	return false
}

// asked are the fields that are asked of the objects of a type.
type asked struct {
	sel    ast.SelectionSet
	names  []string
	fields []graphql.CollectedField
}

// collect is graphql.CollectFields, which asks a list's objects for the same again and again:
// in turn they are asked once.
func collect(ctx context.Context, oc *graphql.OperationContext, sel ast.SelectionSet, names []string) []graphql.CollectedField {
	t, ok := ctx.Value(inTurnKey{}).(*turn)
	if !ok || len(sel) == 0 {
		return graphql.CollectFields(oc, sel, names)
	}
	for _, a := range *t.asked {
		if len(a.sel) == len(sel) && &a.sel[0] == &sel[0] && &a.names[0] == &names[0] {
			return a.fields
		}
	}
	fields := graphql.CollectFields(oc, sel, names)
	*t.asked = append(*t.asked, asked{sel, names, fields})
	return fields
}

// keep remembers what was gathered for a list, where nothing was wrong with it.
func keep(ctx context.Context, field graphql.CollectedField, gathered *graphql.BatchFieldResult) {
	t, ok := ctx.Value(inTurnKey{}).(*turn)
	if !ok || gathered.Err != nil {
		return
	}
	if t.found == nil {
		t.found = map[string]any{}
	}
	t.found[field.Alias] = gathered.Results
}

// kept is what was gathered for the element whose turn it is. The first asks for all of
// them; for the others it is there, and at hand as what stands in their records.
func kept[T any](ctx context.Context, field graphql.CollectedField) (v T, ok bool) {
	t, ok := ctx.Value(inTurnKey{}).(*turn)
	if !ok {
		return v, false
	}
	all, ok := t.found[field.Alias].([]T)
	if !ok || len(all) != t.of {
		return v, false
	}
	return all[t.at], true
}

// isInTurn says whether what stands in an object's record waits for nobody.
func isInTurn(ctx context.Context) bool { return ctx.Value(inTurnKey{}) != nil }

// inTurn says whether the fields that are asked of a type wait for nobody else's. What is
// gathered may be asked for by the outer of two lists alone: each of the inner would gather
// by itself.
func inTurn(oc *graphql.OperationContext, sel ast.SelectionSet, of string, outer bool) bool {
	o := objects[of]
	if o.names == nil {
		return false
	}
	for _, f := range graphql.CollectFields(oc, sel, o.names) {
		if f.IsDeferred() {
			return false
		}
		if _, atHand := o.atHand[f.Name]; atHand {
			continue
		}
		if of, within := o.within[f.Name]; within && inTurn(oc, f.Selections, of, false) {
			continue
		}
		of, gathered := o.gathered[f.Name]
		if !outer || !gathered || len(f.Selections) > 0 && !inTurn(oc, f.Selections, of, false) {
			return false
		}
	}
	return true
}

type (
	inTurnKey struct{}
	besideKey struct{}
)

// Alone says whether a list is marshalled in turn and stands in no other whose elements are
// marshalled side by side: nobody else will ask in a moment for what is asked for now.
func Alone(ctx context.Context) bool {
	return isInTurn(ctx) && ctx.Value(besideKey{}) == nil
}

// marshalOne marshals an element; a fault in it is an error of its own.
func marshalOne(ctx context.Context, i int, element func(context.Context, int) graphql.Marshaler) (one graphql.Marshaler) {
	defer func() {
		if fault := recover(); fault != nil {
			graphql.AddError(ctx, graphql.Recover(ctx, fault))
			one = graphql.Null
		}
	}()
	return element(ctx, i)
}

// resolve resolves a field of an object: at once where elements are marshalled one after
// the other, otherwise together with the object's other fields.
func resolve[T any](ctx context.Context, ec *executionContext, out *answer, deferred *graphql.DeferredGroup, i int, field graphql.CollectedField,
	recovers, nonNull bool, value func(*executionContext, context.Context, graphql.CollectedField, T) graphql.Marshaler, of T,
) {
	if !isInTurn(ctx) || field.IsDeferred() {
		if out.beside == nil {
			out.beside = graphql.NewFieldSet(out.fields)
		}
		out.beside.ResolveConcurrently(ec.OperationContext, deferred, i, recovers, nonNull, func(ctx context.Context) graphql.Marshaler {
			return value(ec, ctx, field, of)
		})
		return
	}
	invalid := graphql.RequiredNull
	if nonNull {
		invalid = graphql.Null
	}
	if out.Values[i] = value(ec, ctx, field, of); out.Values[i] == invalid {
		atomic.AddUint32(&out.Invalids, 1)
	}
}

// deferredGroup is where an object's deferred fields go; most have none.
func deferredGroup(ctx context.Context, fields []graphql.CollectedField) graphql.DeferredGroup {
	for i := range fields {
		if fields[i].IsDeferred() {
			return graphql.NewDeferredGroup(ctx)
		}
	}
	return graphql.DeferredGroup{}
}
