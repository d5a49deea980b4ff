package auth

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func testInvitations(t testing.TB, keys ...byte) *Invitations {
	t.Helper()
	var raw [][]byte
	for _, k := range keys {
		raw = append(raw, []byte(strings.Repeat(string(rune(k)), 32)))
	}
	in, err := NewInvitations(raw[0], raw[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestInvitationIsReadBackAndSafeInAURL(t *testing.T) {
	t.Parallel()
	in := testInvitations(t, 'a')
	safe := regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
	seen := map[string]bool{}
	for range 1000 {
		token, hash := in.Issue()
		if !safe.MatchString(token) || seen[token] {
			t.Fatalf("token %q", token)
		}
		seen[token] = true
		got, err := in.Parse(token)
		if err != nil || !got.Equal(hash) {
			t.Fatalf("%x, %v; want %x", got, err, hash)
		}
	}
}

func TestInvitationKeysCanBeReplaced(t *testing.T) {
	t.Parallel()
	old, both, renewed := testInvitations(t, 'a'), testInvitations(t, 'b', 'a'), testInvitations(t, 'b')
	before, want := old.Issue()
	if got, err := both.Parse(before); err != nil || got != want {
		t.Fatalf("the former key: %v", err)
	}
	if _, err := renewed.Parse(before); !errors.Is(err, ErrInvitation) {
		t.Fatalf("a dropped key gave %v", err)
	}
	after, _ := both.Issue()
	if _, err := renewed.Parse(after); err != nil {
		t.Fatalf("the new key does not sign: %v", err)
	}
	if _, err := NewInvitations(make([]byte, 31)); err == nil {
		t.Fatal("a short key was accepted")
	}
}

// TestInvitationHasOneSpelling: every other text, however near, is refused; the last character matters in all its bits.
func TestInvitationHasOneSpelling(t *testing.T) {
	t.Parallel()
	in := testInvitations(t, 'a')
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=\n +/"
	rapid.Check(t, func(t *rapid.T) {
		token, _ := in.Issue()
		at := rapid.IntRange(0, len(token)-1).Draw(t, "at")
		with := letters[rapid.IntRange(0, len(letters)-1).Draw(t, "with")]
		if token[at] == with {
			return
		}
		changed := token[:at] + string(with) + token[at+1:]
		if _, err := in.Parse(changed); !errors.Is(err, ErrInvitation) {
			t.Fatalf("%q passed for %q", changed, token)
		}
	})
	token, _ := in.Issue()
	for _, text := range []string{"", token + "=", token + "A", token[1:], " " + token, token[:42] + "\n"} {
		if _, err := in.Parse(text); !errors.Is(err, ErrInvitation) {
			t.Errorf("%q passed", text)
		}
	}
}

func FuzzInvitation(f *testing.F) {
	in := testInvitations(f, 'a')
	good := in.token([secretBytes]byte{1, 2, 3}) // the same in every fuzzing process
	f.Add(good)
	f.Add(strings.Repeat("A", 43))
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := in.Parse(text); err == nil && text != good {
			t.Fatalf("forged: %q", text)
		}
	})
}
