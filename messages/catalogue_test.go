package messages

import (
	"context"
	"encoding/csv"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"steelyard/models"
)

// declaredKeys reads the keys of models/keys.go with the arguments that their
// comments name.
func declaredKeys(t *testing.T) map[models.Key]int {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../models/keys.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[models.Key]int{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		args := strings.TrimSpace(spec.Comment.Text())
		keys[models.Key(value)] = 0
		if args != "" {
			keys[models.Key(value)] = strings.Count(args, ",") + 1
		}
		return true
	})
	if len(keys) < 50 {
		t.Fatalf("found %d keys in models/keys.go, which has more", len(keys))
	}
	return keys
}

var place = regexp.MustCompile(`\{(\d+)(:noun)?\}`)

// places are the numbers of the arguments that a text uses, each once.
func places(t *testing.T, text string) []int {
	t.Helper()
	var numbers []int
	for _, m := range place.FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	if rest := place.ReplaceAllString(text, ""); strings.ContainsAny(rest, "{}") {
		t.Errorf("%q holds a brace that is no place", text)
	}
	return slices.Compact(numbers)
}

func TestEveryKeyHasItsSentence(t *testing.T) {
	declared := declaredKeys(t)
	for key, args := range declared {
		s, ok := sentences[key]
		if !ok {
			t.Errorf("key %q has no sentence", key)
			continue
		}
		checkSentence(t, string(key), s, args)
	}
	for key := range sentences {
		if _, ok := declared[key]; !ok {
			t.Errorf("sentence %q belongs to no key", key)
		}
	}
}

// checkSentence says what is wrong with a sentence whose key has so many
// arguments: both languages say the same and end like sentences.
func checkSentence(t *testing.T, key string, s sentence, args int) {
	t.Helper()
	zh, en := places(t, s.zh), places(t, s.en)
	if !slices.Equal(zh, en) {
		t.Errorf("%s: the Chinese uses arguments %v, the English %v", key, zh, en)
	}
	for _, n := range zh {
		if n > args {
			t.Errorf("%s uses argument %d of %d", key, n, args)
		}
	}
	if !strings.HasSuffix(s.zh, "。") || !strings.HasSuffix(s.en, ".") {
		t.Errorf("%s does not end as a sentence: %q, %q", key, s.zh, s.en)
	}
	if !strings.ContainsFunc(s.zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		t.Errorf("%s: %q is not Chinese", key, s.zh)
	}
	if strings.ContainsFunc(place.ReplaceAllString(s.en, ""), func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		t.Errorf("%s: %q is not English", key, s.en)
	}
}

func TestTextFillsByNumber(t *testing.T) {
	for _, c := range []struct {
		name string
		lang Lang
		key  models.Key
		args []string
		want string
	}{
		{"in order", English, models.KeyTooLong, []string{"40", "41"}, "That is too much: at most 40, and there are 41."},
		{"out of order", Chinese, models.KeyPeriodBackwards, []string{"2025-02-01", "2025-01-01"}, "截止日 2025-01-01 早于起始日 2025-02-01，请对调或更正。"},
		{"a noun in its language", Chinese, models.KeyNotFound, []string{"Case"}, "找不到该事项，或您无权查看。"},
		{"a noun in English", English, models.KeyNotFound, []string{"OrgUnit"}, "There is no such unit, or none that you may see."},
		{"braces of a caller stay", English, models.KeyBadID, []string{"{1}{2}"}, "“{1}{2}” is not an id: use one that the API has given."},
		{"a missing argument is a dash", English, models.KeyPageSize, nil, "Ask for 1 to – at a time."},
		{"a language that we lack is Chinese", "fr", models.KeyReasonNeeded, nil, "请写明理由。"},
		{"an unknown key is itself", English, "no_such_key", nil, "no_such_key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Text(c.lang, c.key, c.args...); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestEveryNounHasAName(t *testing.T) {
	named := regexp.MustCompile(`(?:NotFound\(|illegal\(|KeyAlreadyExists, |\), )"([A-Z][A-Za-z]+)"`)
	for _, folder := range []string{"../models", "../services", "../resolvers"} {
		for path, text := range sources(t, folder) {
			for _, m := range named.FindAllStringSubmatch(text, -1) {
				if _, ok := nouns[m[1]]; !ok && m[1] != strings.ToUpper(m[1]) {
					t.Errorf("%s: the noun %s has no name", path, m[1])
				}
			}
		}
	}
}

// sources are the texts of a folder's Go files, tests left out.
func sources(t *testing.T, folder string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		raw, err := os.ReadFile(path)
		texts[path] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(texts) == 0 {
		t.Fatalf("%s holds no Go files", folder)
	}
	return texts
}

// texts are the values of a file's constants that keep says yes to.
func texts(t *testing.T, path string, keep func(name string, typ ast.Expr) bool) map[string]bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !keep(spec.Names[0].Name, spec.Type) {
			return true
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			found[text] = true
		}
		return true
	})
	if len(found) == 0 {
		t.Fatalf("%s declares none", path)
	}
	return found
}

func TestEveryPartHasALabel(t *testing.T) {
	codes := texts(t, "../scoring/explain.go", func(name string, _ ast.Expr) bool { return strings.HasPrefix(name, "Part") })
	for code := range codes {
		if _, ok := parts[code]; !ok {
			t.Errorf("part %s has no label", code)
		}
	}
	for code, s := range parts {
		if !codes[code] {
			t.Errorf("label %s belongs to no part", code)
		}
		if s.zh == "" || s.en == "" || Part(Chinese, code) != s.zh || Part(English, code) != s.en {
			t.Errorf("part %s: %q, %q", code, s.zh, s.en)
		}
	}
}

func TestEveryExpectedFaultHasASentence(t *testing.T) {
	list, err := os.Open("../examples/faulty/expected.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(list).ReadAll()
	if err := errors.Join(err, list.Close()); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		file, column, value, kind := row[0], row[2], row[3], row[4]
		s, ok := faults[kind]
		if !ok {
			t.Errorf("fault %s has no sentence", kind)
			continue
		}
		checkSentence(t, kind, s, 3)
		if said := Fault(English, kind, file, column, value); strings.Contains(said, "–") && value != "" && column != "" {
			t.Errorf("fault %s in %s %s leaves a place empty: %s", kind, file, column, said)
		}
	}
}

func TestEveryFaultKindHasASentence(t *testing.T) {
	kinds := texts(t, "../services/imports/report.go", func(name string, typ ast.Expr) bool {
		named, ok := typ.(*ast.Ident)
		return ok && named.Name == "Kind"
	})
	for kind := range kinds {
		if _, ok := faults[kind]; !ok {
			t.Errorf("fault %s has no sentence", kind)
		}
	}
	for kind := range faults {
		if !kinds[kind] {
			t.Errorf("sentence %s belongs to no fault", kind)
		}
	}
}

func TestEveryNoticeHasASentence(t *testing.T) {
	kinds := texts(t, "../services/imports/notice.go", func(name string, typ ast.Expr) bool {
		named, ok := typ.(*ast.Ident)
		return ok && named.Name == "NoticeKind"
	})
	for kind := range kinds {
		s, ok := notices[kind]
		if !ok {
			t.Errorf("notice %s has no sentence", kind)
			continue
		}
		checkSentence(t, kind, s, 3)
	}
	for kind := range notices {
		if !kinds[kind] {
			t.Errorf("sentence %s belongs to no notice", kind)
		}
	}
}

func TestFaultNamesWhatWouldBeRight(t *testing.T) {
	for _, c := range []struct{ file, column, value, want string }{
		{"cases.csv", "confirmed", "PERHAPS", "“PERHAPS” is not a word for confirmed; use one of: YES, NO."},
		{"deeds.csv", "kind", "CEREMONY", "“CEREMONY” is not a word for kind; use one of: HOME_VISIT, MEDIATION, HARDSHIP_SUPPORT, MAINTENANCE, SAFETY, OTHER."},
	} {
		if got := Fault(English, "UNKNOWN_WORD", c.file, c.column, c.value); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestNegotiate(t *testing.T) {
	for header, want := range map[string]Lang{
		"":                              Chinese,
		"en":                            English,
		"en-GB,en;q=0.9,zh;q=0.1":       English,
		"zh-CN,zh;q=0.9,en;q=0.8":       Chinese,
		"zh-TW":                         Chinese,
		"fr, de;q=0.5":                  Chinese,
		"fr, en;q=0.3":                  English,
		"en;q=0, zh;q=0.1":              Chinese,
		"*":                             Chinese,
		"nonsense;;;q=":                 Chinese,
		strings.Repeat("en,", 5000):     Chinese,
		"en-US;q=0.7, zh-Hans-CN;q=0.9": Chinese,
	} {
		for range 2 { // it is remembered the second time
			if got := Negotiate(header); got != want {
				t.Errorf("%.40q: got %s, want %s", header, got, want)
			}
		}
	}
}

func TestContextCarriesTheLanguage(t *testing.T) {
	if got := From(context.Background()); got != Chinese {
		t.Errorf("without one: %s", got)
	}
	if got := From(With(context.Background(), English)); got != English {
		t.Errorf("with English: %s", got)
	}
}

func TestReportsSpeakBothLanguages(t *testing.T) {
	for word, s := range reports {
		if zh, en := places(t, s.zh), places(t, s.en); s.zh == "" || s.en == "" || !slices.Equal(zh, en) {
			t.Errorf("%s: %q, %q", word, s.zh, s.en)
		}
		if strings.ContainsFunc(s.en, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%s: %q is not English", word, s.en)
		}
	}
	if got := Report(Chinese, "period_of", "a", "b"); got != "a 至 b" {
		t.Error(got)
	}
	if got := Report(English, "LATER_FLAG"); got != "LATER_FLAG" {
		t.Error(got)
	}
}

// TestEveryDoubtHasItsWords: kinds, lines and effects of flags, in both languages.
func TestEveryDoubtHasItsWords(t *testing.T) {
	half := models.Score(0.5)
	for _, l := range Langs {
		for _, k := range models.FlagKinds {
			if title := FlagTitle(l, k); title == "" || title == string(k) {
				t.Errorf("%s: no title for %s", l, k)
			}
			for _, state := range models.FlagStates {
				for _, composite := range []*models.Score{nil, &half} {
					f := &models.IntegrityFlag{Kind: k, State: state, Component: models.ComponentSatisfaction, Composite: composite, WithoutComposite: composite}
					if text := FlagEffect(l, f); text == "" || strings.Contains(text, "{") || composite != nil && strings.Contains(text, "–") {
						t.Errorf("%s: effect of %s: %q", l, k, text)
					}
				}
			}
		}
		for _, code := range models.FlagFacts {
			line := &models.FlagEvidence{Code: code, From: "2025-01", To: "2025-02", Of: "HOTLINE", N: 5, Share: &half, Usual: &half}
			if text := FlagLine(l, line); text == string(code) || strings.ContainsAny(text, "{}–") || strings.Contains(text, "HOTLINE") {
				t.Errorf("%s: line of %s: %q", l, code, text)
			}
			if line.N = 0; strings.Contains(FlagLine(l, line), "–") && fewLines[code] != (sentence{}) {
				t.Errorf("%s: line of few %s: %q", l, code, FlagLine(l, line))
			}
		}
	}
}

// TestEveryActionOfTheTrailHasItsWords: mutations and what else leaves an entry, in both
// languages, and what is noted with it.
func TestEveryActionOfTheTrailHasItsWords(t *testing.T) {
	left := maps.Clone(trailActions)
	says := func(where, action string) {
		if s, ok := trailActions[action]; !ok || s.zh == "" || s.en == "" {
			t.Errorf("%s: %s has no words in messages/trail.go", where, action)
		}
		delete(left, action)
	}
	mutations := regexp.MustCompile(`(?s)type Mutation[^{]*\{(.*?)\n\}`)
	field := regexp.MustCompile(`(?m)^  ([a-z][A-Za-z]+)(?:\(|:)`)
	paths, err := filepath.Glob("../graph/*.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range mutations.FindAllStringSubmatch(string(text), -1) {
			for _, m := range field.FindAllStringSubmatch(part[1], -1) {
				says(path, m[1])
			}
		}
	}
	action := regexp.MustCompile(`Action: *"([a-z][A-Za-z]+)"`)
	details := regexp.MustCompile(`(?s)(?:Details: |details :?= )map\[string\]string\{(.*?)\}`)
	name := regexp.MustCompile(`"([A-Za-z]+)":`)
	var all strings.Builder
	for path, text := range sources(t, "../services") {
		all.WriteString(text)
		for _, m := range action.FindAllStringSubmatch(text, -1) {
			says(path, m[1])
		}
		for _, part := range details.FindAllStringSubmatch(text, -1) {
			for _, m := range name.FindAllStringSubmatch(part[1], -1) {
				if s, ok := trailDetails[m[1]]; !ok || s.zh == "" || s.en == "" {
					t.Errorf("%s: %s has no words in messages/trail.go", path, m[1])
				}
			}
		}
	}
	for action := range left {
		if !strings.Contains(all.String(), `"`+action+`"`) {
			t.Errorf("nobody does %s", action)
		}
	}
	if got := TrailDetail(English, "policy 2"); got != "policy 2" || TrailDetail(Chinese, "policy 2") != "考核办法 2" || TrailDetail(Chinese, "ratings.csv") != "ratings.csv" {
		t.Error(got)
	}
}
