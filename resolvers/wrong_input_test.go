package resolvers_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/vektah/gqlparser/v2/ast"

	"steelyard/graph"
	"steelyard/messages"
	"steelyard/models"
	"steelyard/store"
)

// trial is a mutation with an input that is right as it stands, every field of it
// given. Each field is made wrong in turn, and at last the input is sent as it is,
// its free texts in a dozen scripts: so what was refused was refused for its fault.
type trial struct {
	mutation string
	subject  string
	input    map[string]any
	// wrong are further values that a field must not have: codes that are used up,
	// expired or another's.
	wrong map[string][]any
	// open are the fields that may name a neighbour's.
	open []string
	// limits are the longest texts that differ from [longest].
	limits map[string]int
	// without are fields that cannot stand beside the others; another trial has them.
	without []string
	// exact are the texts of which only known ones will do.
	exact []string
	// named says how the answer may call a field besides its path.
	named map[string]string
}

// scripts is what a free text may hold, in fewer than 40 characters.
const scripts = " é Ж ע ع हि ไทย 한 汉字 👩‍👧 😀 “–”"

// longest are the longest free texts by the name of their field, in characters.
var longest = map[string]int{
	"title": 200, "description": 10000, "place": 200, "category": 200, "residentRef": 200, "note": 10000, "reason": 2000,
	"account": 10000, "summary": 10000, "comment": 2000, "mediator": 200, "phrase": 60, "placeKeyword": 60, "name": 200, "text": 2000,
	"grounds": 2000, "evidence": 10000, "decision": 2000, "ground": 2000, "source": 200, "zhCN": 40, "en": 40, "LevelTextInput.zh": models.MaxQuestionLength, "LevelTextInput.en": models.MaxQuestionLength,
	"textZh": models.MaxQuestionLength, "textEn": models.MaxQuestionLength, "issuedFrom": 200, "contact": 200, "idempotencyKey": 200, "ref": 200,
}

// codes are the fields that hold no free text: what they may hold is known.
var codes = []string{"token", "receipt", "code", "dimension", "tags", "officialRef", "serviceRef", "url", "email", "csv", "csvFile"}

// bounds are the least and the largest number by the name of its field.
var bounds = map[string][2]float64{
	"level": {1, 5}, "satisfaction": {1, 5}, "score": {1, 5}, "latitude": {-90, 90}, "longitude": {-180, 180}, "weight": {1, 100},
	"dailyCap": {1, 2000}, "ClassWeightsInput.a": {0, 100}, "ClassWeightsInput.b": {0, 100}, "ClassWeightsInput.c": {0, 100}, "count": {1, 500}, "reviewersEach": {1, 30}, "hours": {0, 1000}, "ComponentRuleInput.weight": {0, 1}, "minimumN": {0, 1e6},
	"solvedShare": {0, 1}, "inTimeShare": {0, 1}, "handlingShare": {0, 1}, "walkInWeight": {0, 1}, "deedsPerWeek": {1, 1000}, "excellentShare": {0, 0.5},
	"minimumReliability": {0, 1}, "draws": {100, 10000}, "figuresFrom": {3, 1000}, "commentsFrom": {3, 1000},
}

// TestWrongInputIsRefusedAndStoresNothing goes through every mutation of the schema.
func TestWrongInputIsRefusedAndStoresNothing(t *testing.T) {
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	tried := map[string]bool{}
	for name := range wrongInputs {
		for _, ready := range wrongInputs[name] {
			tried[ready.mutation] = true
		}
	}
	for _, field := range schema.Mutation.Fields {
		if !tried[field.Name] {
			t.Errorf("Mutation.%s: nobody tries it with wrong input", field.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wrongInputs)) {
		for _, d := range []store.Dialect{store.SQLite, store.Postgres} {
			t.Run(name+"/"+string(d), func(t *testing.T) {
				t.Parallel()
				o := newOffice(t, d)
				o.listen()
				o.neighbours()
				o.watchWrites()
				for _, p := range wrongInputs[name] {
					trial := p.ready(o)
					trial.mutation = p.mutation
					o.try(schema, &trial)
				}
			})
		}
	}
}

// prepared is a mutation and what brings the office to where it may be sent.
type prepared struct {
	mutation string
	ready    func(o *office) trial
}

// try sends a trial's input with each fault in turn, and then as it is.
func (o *office) try(schema *ast.Schema, t *trial) {
	o.Helper()
	field := schema.Mutation.Fields.ForName(t.mutation)
	if field == nil {
		o.Fatalf("the schema has no %s", t.mutation)
	}
	input := field.Arguments.ForName("input").Type.Name()
	problems := ""
	if schema.Types[field.Type.Name()].Fields.ForName("userErrors") != nil {
		problems = userErrors
	}
	query := `mutation($input: ` + input + `!) { ` + t.mutation + `(input: $input) { __typename ` + problems + `} }`
	o.writes()
	for _, f := range o.faults(schema, t, schema.Types[input], "", t.input) {
		o.tryFault(t, query, f)
	}
	good, _ := inScripts(schema, schema.Types[input], t.input, append(codes, t.exact...)).(map[string]any)
	o.tryOwn(t, query, good)
	before := o.audited()
	if a := o.ask(t.subject, query, "input", good); len(a.Errors) > 0 || len(orEmptyList(a.get(t.mutation+".userErrors"))) > 0 {
		o.Errorf("%s: what is right is refused: %+v %v\n%v", t.mutation, a.Errors, a.data, good)
	}
	o.wantAudited(t.mutation, before)
}

func orEmptyList(v any) []any {
	l, _ := v.([]any)
	return l
}

// key tells a message from the key of one.
var key = regexp.MustCompile(`^[a-z_]+$`)

// tryFault wants one fault refused in both languages, with the field's name, and
// nothing written.
func (o *office) tryFault(t *trial, query string, f fault) {
	o.Helper()
	what := fmt.Sprintf("%s with %s %s", t.mutation, f.path, f.name)
	said := map[messages.Lang]string{}
	for _, lang := range []messages.Lang{messages.English, messages.Chinese} {
		o.lang = lang
		a := o.ask(t.subject, query, "input", replaced(t.input, strings.Split(f.path, "."), f.value))
		code, field := a.refused()
		said[lang] = a.message()
		switch {
		case code == "" || code == "INTERNAL" || code == "UNAUTHENTICATED" || code == "UNAVAILABLE" || code == "RATE_LIMITED":
			o.Errorf("%s is answered with %q: %s", what, code, said[lang])
			o.lang = messages.English
			o.writes()
			return
		case !t.names(f.path, field):
			o.Errorf("%s: the answer (%s) names the field %q: %s", what, code, field, said[lang])
		}
	}
	o.lang = messages.English
	english, chinese := said[messages.English], said[messages.Chinese]
	if english == chinese || key.MatchString(english) || english == "" || !strings.ContainsFunc(chinese, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		o.Errorf("%s: %q and %q", what, english, chinese)
	}
	if tables := o.writes(); len(tables) > 0 {
		o.Errorf("%s wrote %v", what, tables)
	}
}

// names says whether the answer's field is the one at fault, or the list it is in.
func (t *trial) names(path, field string) bool {
	if other, given := t.named[path]; given && strings.HasPrefix(field, other) {
		return true
	}
	return field != "" && (field == path || strings.HasPrefix(path, field+".") || strings.HasPrefix(field, path+"."))
}

// message is the first error's sentence.
func (a *answer) message() string {
	if len(a.Errors) > 0 {
		return a.Errors[0].Message
	}
	payload, _ := a.data.(map[string]any)
	for _, p := range payload {
		fields, _ := p.(map[string]any)
		if list, _ := fields["userErrors"].([]any); len(list) > 0 {
			text, _ := list[0].(map[string]any)["message"].(string)
			return text
		}
	}
	return ""
}

// replaced is an input with one value of it replaced.
func replaced(v any, path []string, value any) any {
	switch old := v.(type) {
	case map[string]any:
		out := maps.Clone(old)
		if len(path) == 1 {
			out[path[0]] = value
		} else {
			out[path[0]] = replaced(old[path[0]], path[1:], value)
		}
		return out
	case []any:
		out := slices.Clone(old)
		if len(path) == 1 {
			out[0] = value
		} else {
			out[0] = replaced(old[0], path[1:], value)
		}
		return out
	}
	panic(fmt.Sprintf("nothing at %v of %v", path, v))
}

// inScripts is an input whose free texts are in a dozen scripts.
func inScripts(schema *ast.Schema, d *ast.Definition, v any, but []string) any {
	switch old := v.(type) {
	case map[string]any:
		out := maps.Clone(old)
		for name, value := range old {
			f := d.Fields.ForName(name)
			of := schema.Types[f.Type.Name()]
			if text, is := value.(string); is && of.Name == "String" && !slices.Contains(but, name) {
				out[name] = text + scripts
			} else if of.Kind == ast.InputObject {
				out[name] = inScripts(schema, of, value, but)
			}
		}
		return out
	case []any:
		out := make([]any, len(old))
		for i := range old {
			out[i] = inScripts(schema, d, old[i], but)
		}
		return out
	}
	return v
}

// watchWrites has every table note what is written to it, in the same transaction:
// so what is undone is not noted.
func (o *office) watchWrites() {
	o.Helper()
	o.change("CREATE TABLE written (what TEXT NOT NULL)")
	if o.store.Dialect() == store.Postgres {
		o.change("GRANT SELECT ON written TO PUBLIC")
	}
	names := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
	if o.store.Dialect() == store.Postgres {
		names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
		o.change(`CREATE FUNCTION note_write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN INSERT INTO written VALUES (TG_TABLE_NAME || ' ' || TG_OP); RETURN NULL; END $$`)
	}
	var tables []string
	if err := o.store.Read(o.Context()).Raw(names).Scan(&tables).Error; err != nil || len(tables) < 60 {
		o.Fatalf("%d tables: %v", len(tables), err)
	}
	for _, table := range tables {
		switch {
		case table == "written" || strings.HasPrefix(table, "goose"):
		case o.store.Dialect() == store.Postgres:
			o.change(`CREATE TRIGGER zz_note AFTER INSERT OR UPDATE OR DELETE ON ` + table + ` FOR EACH ROW EXECUTE FUNCTION note_write()`)
		default:
			for _, op := range []string{"INSERT", "UPDATE", "DELETE"} {
				o.change(`CREATE TRIGGER zz_` + table + op + ` AFTER ` + op + ` ON ` + table + ` BEGIN INSERT INTO written VALUES ('` + table + ` ` + op + `'); END`)
			}
		}
	}
}

// writes are what was written since the last time.
func (o *office) writes() []string {
	o.Helper()
	var list []string
	if err := o.store.Read(o.Context()).Raw("SELECT DISTINCT what FROM written ORDER BY what").Scan(&list).Error; err != nil {
		o.Fatal(err)
	}
	if len(list) > 0 {
		o.change("DELETE FROM written")
	}
	return list
}

// jsonNumber is a number as only JSON has it: larger than any type of the schema.
func jsonNumber(s string) json.Number { return json.Number(s) }

var unknownID = models.NewRandomID().String()
