package auth

import (
	"encoding/base64"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSecretsHave128RandomBits: each bit of receipts and links is drawn, none by another.
func TestSecretsHave128RandomBits(t *testing.T) {
	t.Parallel()
	in := testInvitations(t, 1)
	for name, draw := range map[string]func() [secretBytes]byte{
		"receipt": func() [secretBytes]byte {
			r, err := ParseReceipt(NewReceipt().Code())
			if err != nil {
				t.Fatal(err)
			}
			return r.secret
		},
		"invitation": func() [secretBytes]byte {
			text, _ := in.Issue()
			raw, err := base64.RawURLEncoding.DecodeString(text)
			if err != nil {
				t.Fatal(err)
			}
			return [secretBytes]byte(raw[:secretBytes])
		},
	} {
		const draws = 2000
		var ones [128]int
		var both [128][128]int // of pairs of bits, how often they are equal
		for range draws {
			secret := draw()
			var bits [128]int
			for i := range bits {
				bits[i] = int(secret[i/8]>>(i%8)) & 1
				ones[i] += bits[i]
			}
			for i := range bits {
				for j := range i {
					if bits[i] == bits[j] {
						both[i][j]++
					}
				}
			}
		}
		// Six standard deviations of a fair coin: 16,512 such tests go wrong once in 30,000 runs.
		fair := func(n int) bool { return n > draws/2-135 && n < draws/2+135 }
		for i := range ones {
			if !fair(ones[i]) {
				t.Fatalf("%s: bit %d is 1 in %d of %d", name, i, ones[i], draws)
			}
			for j := range i {
				if !fair(both[i][j]) {
					t.Fatalf("%s: bits %d and %d are equal in %d of %d", name, i, j, both[i][j], draws)
				}
			}
		}
	}
}

// secretName is what holds a secret, or what is computed of one.
var secretName = regexp.MustCompile(`(?i)^(mac|macs|sum|hash|secret|digest|raw|h|other|given|want|signature|token)$`)

// TestSecretsAreComparedInConstantTime: nothing here compares a secret, or what is computed
// of one, by what stops at the first byte that differs.
func TestSecretsAreComparedInConstantTime(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, "../open311/open311.go")
	safe := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		safe += strings.Count(string(text), "subtle.ConstantTimeCompare(")
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if (n.Op == token.EQL || n.Op == token.NEQ) && (names(n.X) && !plain(n.Y) || names(n.Y) && !plain(n.X)) {
					t.Errorf("%s compares a secret byte by byte", set.Position(n.Pos()))
				}
			case *ast.SelectorExpr:
				if of, is := n.X.(*ast.Ident); is && (of.Name == "bytes" || of.Name == "slices") && (n.Sel.Name == "Equal" || n.Sel.Name == "Compare") {
					t.Errorf("%s compares byte by byte", set.Position(n.Pos()))
				}
			}
			return true
		})
	}
	if safe != 4 {
		t.Errorf("%d comparisons in constant time, want 4: two of signatures, one of hashes, one of api_keys", safe)
	}
}

// names says whether an expression is a secret by its name, or a slice or conversion of one.
func names(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return secretName.MatchString(e.Name)
	case *ast.SelectorExpr:
		return secretName.MatchString(e.Sel.Name)
	case *ast.SliceExpr:
		return names(e.X)
	case *ast.CallExpr:
		return len(e.Args) == 1 && names(e.Args[0]) && !isLen(e)
	}
	return false
}

func isLen(e *ast.CallExpr) bool {
	f, is := e.Fun.(*ast.Ident)
	return is && f.Name == "len"
}

// plain says whether an expression is no secret: nil, or written in the code.
func plain(e ast.Expr) bool {
	if id, is := e.(*ast.Ident); is {
		return id.Name == "nil"
	}
	_, literal := e.(*ast.BasicLit)
	return literal
}
