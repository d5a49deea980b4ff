// Command generate makes the API's code of the schema: by gqlgen, and then shorter for
// what needs no resolver. A field whose value is at hand in its record is marshalled at
// once, without a context of its own, closures and middleware; a list of records of which
// only such fields are asked for, or such as are gathered for the whole list, is marshalled
// one after the other, without a goroutine for each; there what was gathered is at hand as
// well, for all but the first. Objects are written by less. Everything else stays as gqlgen
// makes it. Where gqlgen's own code comes to look otherwise, generate fails and says so.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"io/fs"
	"log"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/tools/imports"
)

func main() {
	log.SetFlags(0)
	if err := generate(); err != nil {
		log.Fatal(err)
	}
}

func generate() error {
	cfg, err := config.LoadConfigFromDefaultLocations()
	if err != nil {
		return err
	}
	cfg.SkipValidation = true // it would compile what is not yet as it will be
	shortcuts := filepath.Join(cfg.Exec.Dir(), "athand.generated.go")
	if err := os.Remove(shortcuts); err != nil && !errors.Is(err, fs.ErrNotExist) { // it may name what is no longer
		return err
	}
	seen := &atHand{fields: map[string]map[string]string{}, gathered: map[string]map[string]string{}, within: map[string]map[string]string{}}
	if err := api.Generate(cfg, api.AddPlugin(seen)); err != nil {
		return err
	}
	names, err := filepath.Glob(filepath.Join(cfg.Exec.Dir(), "*.generated.go"))
	if err != nil {
		return err
	}
	collected := map[string]string{} // the variable of a type's names, by type
	shortened := 0
	for _, name := range names {
		code, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, m := range ofObject.FindAllSubmatch(code, -1) {
			collected[string(m[1])] = string(m[2])
		}
	}
	for _, name := range names {
		n, err := seen.shorten(name, collected)
		if err != nil {
			return err
		}
		shortened += n
	}
	if want := seen.count(); shortened != want {
		return fmt.Errorf("%d fields are at hand, and %d were found in gqlgen's code: does it look otherwise now?", want, shortened)
	}
	table, err := format.Source(seen.table(collected))
	if err != nil {
		return err
	}
	return os.WriteFile(shortcuts, table, 0o644)
}

// atHand are the fields that need no resolver, by type. It sees them as a plugin of gqlgen.
type atHand struct {
	fields   map[string]map[string]string // that of the record in which each stands
	gathered map[string]map[string]string // fields that one call resolves for a whole list: the type of each
	within   map[string]map[string]string // fields whose objects stand in the record: the type of each
}

// Name implements plugin.Plugin.
func (*atHand) Name() string { return "athand" }

// GenerateCode implements plugin.CodeGenerator; gqlgen calls it before it writes code.
func (a *atHand) GenerateCode(data *codegen.Data) error {
	for _, object := range data.Objects {
		if object.Root || strings.HasPrefix(object.Name, "__") {
			continue
		}
		for _, f := range object.Fields {
			if isAtHand(f) {
				add(a.fields, object.Name, f.Name, f.GoFieldName)
			}
			if kind := f.TypeReference.Definition.Kind; f.IsBatch() && (kind == ast.Object || f.TypeReference.Definition.IsLeafType()) {
				add(a.gathered, object.Name, f.Name, f.TypeReference.Definition.Name)
			}
			if f.TypeReference.Definition.Kind == ast.Object && f.IsVariable() && !f.IsResolver && !f.HasDirectives() && len(f.Args) == 0 {
				add(a.within, object.Name, f.Name, f.TypeReference.Definition.Name)
			}
		}
	}
	return nil
}

func add(to map[string]map[string]string, of, field, value string) {
	if to[of] == nil {
		to[of] = map[string]string{}
	}
	to[of][field] = value
}

// isAtHand says whether a field is a leaf that stands in its record as it is, and is never
// missing where the schema promises it: a missing one is an error that names its place.
func isAtHand(f *codegen.Field) bool {
	leaf := f.TypeReference.Definition.IsLeafType()
	promised := f.TypeReference.GQL.NonNull && f.TypeReference.IsPtr()
	return leaf && !promised && f.IsVariable() && !f.IsResolver && !f.HasDirectives() && len(f.Args) == 0
}

func (a *atHand) count() int {
	n := 0
	for _, fields := range a.fields {
		n += len(fields)
	}
	return n
}

var (
	// ofField is gqlgen's code of a field: type and name, the record's type, the value, and what marshals it.
	ofField = regexp.MustCompile(`func \(ec \*executionContext\) _(\w+?)_(\w+)\(ctx context\.Context, field graphql\.CollectedField, obj (\S+)\) \(ret graphql\.Marshaler\) \{
	return graphql\.ResolveField\(
		ctx,
		ec\.OperationContext,
		field,
		func\(ctx context\.Context, field graphql\.CollectedField\) \(\*graphql\.FieldContext, error\) \{
			return ec\.fieldContext_\w+\(ctx, field\)
		\},
		func\(ctx context\.Context\) \(any, error\) \{
			return (obj\.[\w.]+), nil
		\},
		nil,
		func\(ctx context\.Context, selections ast\.SelectionSet, v [^\n]+\) graphql\.Marshaler \{
			return ec\.([^(\s]+)\(ctx, selections, v\)
		\},
		true,
		(?:true|false),
	\)
\}`)
	// ofObject is the beginning of its code of an object: the type, and the variable of its names.
	ofObject = regexp.MustCompile(`func \(ec \*executionContext\) _(\w+)\(ctx context\.Context, sel ast\.SelectionSet, obj [^\n]+\) graphql\.Marshaler \{
	fields := graphql\.CollectFields\(ec\.OperationContext, sel, (\w+)\)`)
	// ofResolved is the code of any other field, as far as the call that resolves it: the type and name, the
	// record's type, what resolves it, the value's type, and what marshals it.
	ofResolved = regexp.MustCompile(`(func \(ec \*executionContext\) _(\w+?)_(\w+)\(ctx context\.Context, field graphql\.CollectedField, obj \S+\) \(ret graphql\.Marshaler\) \{
)(	return graphql\.ResolveField\(
		ctx,
		ec\.OperationContext,
		field,
		func\(ctx context\.Context, field graphql\.CollectedField\) \(\*graphql\.FieldContext, error\) \{
			return ec\.fieldContext_\w+\(ctx, field\)
		\},
		func\(ctx context\.Context\) \(any, error\) \{
			return (ec\.resolveBatch_\w+\(ctx, field, obj\)|obj\.[\w.]+, nil)
		\},
		nil,
		func\(ctx context\.Context, selections ast\.SelectionSet, v ([^\n]+)\) graphql\.Marshaler \{
			return ec\.([^(\s]+)\(ctx, selections, v\)
		\},
		true,
		(true|false),
	\)
\})`)
	// ofBeside is the code that has an object's field resolved side by side with the others: whether faults are recovered
	// from and the value is promised, and what resolves it.
	ofBeside = regexp.MustCompile(`out\.ResolveConcurrently\(ec\.OperationContext, &deferred, i,
\t+(\w+, \w+),
\t+func\(ctx context\.Context\) graphql\.Marshaler \{
\t+return ec\.(\w+)\(ctx, field, obj\)
\t+\}\)`)
	// ofFields is the code that makes room for an object's fields; that of the roots goes on otherwise.
	ofFields = regexp.MustCompile(`graphql\.NewFieldSet\(fields\)(\n\tdeferred := [^\n]+\n\tfor i, field := range fields \{\n\t\tswitch)`)
	// ofBatch is the code that resolves a field for a whole list.
	ofBatch = regexp.MustCompile(`		result := batch\.FieldResult\(field, func\(\) \(any, error\) \{
[^\n]+
		\}\)
`)
	// ofList is the code of a list: its beginning and type, what marshals an element, and what it does where one is
	// missing that is promised.
	ofList = regexp.MustCompile(`(func \(ec \*executionContext\) marshal[NO](\w+)2[^(\s]*ᚕ[^(\s]*\(ctx context\.Context, sel ast\.SelectionSet, v [^\n]+\) graphql\.Marshaler \{(?:\n[^\n}]+|\n\t\})*?\n)\tret := graphql\.MarshalSliceConcurrently\(ctx, len\(v\), 0, false, (func[^\n]+(?:\n\t\t[^\n]+)+\n\t\}\))\n
(\tfor _, e := range ret \{
\t\tif e == graphql\.Null \{
\t\t\treturn graphql\.Null
\t\t\}
\t\}

)?\treturn ret
\}`)
)

// shorten rewrites a file of gqlgen's and says how many fields it found.
func (a *atHand) shorten(name string, collected map[string]string) (int, error) {
	code, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	n := 0
	short := ofField.ReplaceAllFunc(code, func(whole []byte) []byte {
		m := ofField.FindSubmatch(whole)
		if a.fields[string(m[1])][string(m[2])] == "" {
			return whole
		}
		n++
		return fmt.Appendf(nil, "func (ec *executionContext) _%s_%s(ctx context.Context, field graphql.CollectedField, obj %s) (ret graphql.Marshaler) {\n\treturn ec.%s(ctx, field.Selections, %s)\n}",
			m[1], m[2], m[3], m[5], m[4])
	})
	short = ofResolved.ReplaceAllFunc(short, func(whole []byte) []byte {
		m := ofResolved.FindSubmatch(whole)
		within, gathered, nonNull := a.within[string(m[2])][string(m[3])], a.gathered[string(m[2])][string(m[3])], string(m[8]) == "true"
		value, ready := "v", "v, ok := kept["+string(m[6])+"](ctx, field); ok"
		promised := nonNull && m[6][0] == '*' // a missing one is an error that names its place
		switch {
		case within != "" && !promised:
			value, ready = strings.TrimSuffix(string(m[5]), ", nil"), "isInTurn(ctx)"
		case gathered == "":
			return whole
		case promised:
			ready += " && v != nil"
		}
		return fmt.Appendf(nil, "%s\tif %s {\n\t\treturn ec.%s(ctx, field.Selections, %s)\n\t}\n%s", m[1], ready, m[7], value, m[4])
	})
	short = ofBatch.ReplaceAll(short, []byte("$0\t\tkeep(ctx, field, result)\n"))
	short = ofList.ReplaceAllFunc(short, func(whole []byte) []byte {
		m := ofList.FindSubmatch(whole)
		if len(a.fields[string(m[2])]) == 0 || collected[string(m[2])] == "" {
			return whole
		}
		return fmt.Appendf(nil, "%s\treturn marshalList(ctx, ec.OperationContext, sel, %q, %t, len(v), %s\n}", m[1], m[2], len(m[4]) > 0, m[3])
	})
	short = ofBeside.ReplaceAll(short, []byte("resolve(ctx, ec, out, &deferred, i, field, $1, (*executionContext).$2, obj)"))
	short = ofFields.ReplaceAll(short, []byte("newAnswer(ctx, fields)$1"))
	short = bytes.ReplaceAll(short, []byte("graphql.NewDeferredGroup(ctx)"), []byte("deferredGroup(ctx, fields)"))
	short = bytes.ReplaceAll(short, []byte("fields := graphql.CollectFields(ec.OperationContext, sel, "), []byte("fields := collect(ctx, ec.OperationContext, sel, "))
	short = bytes.ReplaceAll(short, []byte("var buf bytes.Buffer\n\t\t\tdata.MarshalGQL(&buf)\n\t\t\tresponse.Data = buf.Bytes()"), []byte("response.Data = answered(data)"))
	tidy, err := imports.Process(name, short, nil) // what only the longer code used is imported no more
	if err != nil {
		return 0, err
	}
	return n, os.WriteFile(name, tidy, 0o644)
}

// table is the code of the fields at hand and of those that are gathered. collected names
// the variable of a type's names.
func (a *atHand) table(collected map[string]string) []byte {
	b := []byte("// Code generated by steelyard/graph/generate, DO NOT EDIT.\n\npackage graph\n\n// objects are what marshalList knows of each type.\nvar objects = map[string]object{\n")
	for _, of := range slices.Sorted(maps.Keys(a.fields)) {
		if collected[of] == "" {
			continue
		}
		b = fmt.Appendf(b, "\t%q: {names: %s, atHand: map[string]string{%q: %q", of, collected[of], "__typename", "")
		for _, field := range slices.Sorted(maps.Keys(a.fields[of])) {
			b = fmt.Appendf(b, ", %q: %q", field, a.fields[of][field])
		}
		b = append(b, "}, gathered: map[string]string{"...)
		for _, field := range slices.Sorted(maps.Keys(a.gathered[of])) {
			b = fmt.Appendf(b, "%q: %q, ", field, a.gathered[of][field])
		}
		b = append(b, "}, within: map[string]string{"...)
		for _, field := range slices.Sorted(maps.Keys(a.within[of])) {
			b = fmt.Appendf(b, "%q: %q, ", field, a.within[of][field])
		}
		b = append(b, "}},\n"...)
	}
	return append(b, "}\n"...)
}
