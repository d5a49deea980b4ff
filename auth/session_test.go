package auth

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"steelyard/models"
)

func testSessions(t testing.TB, now *time.Time, secrets ...byte) *Sessions {
	t.Helper()
	var all [][]byte
	for _, b := range secrets {
		all = append(all, bytes.Repeat([]byte{b}, 32))
	}
	s, err := NewSessions(func() time.Time { return *now }, all...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestASessionHoldsAWorkingDay, for every process with the secret or the one after it.
func TestASessionHoldsAWorkingDay(t *testing.T) {
	now := testNow
	token, err := testSessions(t, &now, 1).Mint("li.wei", models.RoleHR, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		secrets []byte
		after   time.Duration
		holds   bool
	}{
		{"at once", []byte{1}, 0, true},
		{"in the evening", []byte{1}, SessionTTL - time.Minute, true},
		{"the next day", []byte{1}, SessionTTL + MaxLeeway + time.Minute, false},
		{"after the secret was replaced", []byte{2, 1}, 0, true},
		{"after it was taken away", []byte{2}, 0, false},
	} {
		cfg := testConfig()
		cfg.PublicKey = edKey(t).Public().(ed25519.PublicKey)
		v := newTestVerifier(t, cfg)
		v.TrustSessions(testSessions(t, &now, c.secrets...))
		now = testNow.Add(c.after)
		viewer, err := v.Verify(t.Context(), token)
		now = testNow
		if (err == nil) != c.holds {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.holds && (viewer.Subject != "li.wei" || viewer.Role != models.RoleHR || viewer.Epoch != 3 || !viewer.Session || viewer.TokenID == "") {
			t.Errorf("%s: %+v", c.name, viewer)
		}
	}
	cfg := testConfig()
	cfg.PublicKey = edKey(t).Public().(ed25519.PublicKey)
	if _, err := newTestVerifier(t, cfg).Verify(t.Context(), token); err == nil {
		t.Error("it holds where nobody signs in")
	}
}

// TestAFlowIsTheBrowsersOwn: what it keeps comes back whole, in time and unchanged.
func TestAFlowIsTheBrowsersOwn(t *testing.T) {
	now := testNow
	s := testSessions(t, &now, 1)
	begun, kept, err := s.Begin("/work/cycles?x=1")
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.Resume(kept)
	if err != nil || f.State() != begun.State() || f.Nonce() != begun.Nonce() || f.Verifier() != begun.Verifier() || f.Back != "/work/cycles?x=1" {
		t.Errorf("%+v: %v", f, err)
	}
	other, _, err := s.Begin("")
	if err != nil || other.State() == f.State() || f.State() == f.Nonce() || f.Nonce() == f.Verifier() || len(f.Verifier()) != 43 {
		t.Errorf("states %q %q, nonce %q, verifier %q: %v", f.State(), other.State(), f.Nonce(), f.Verifier(), err)
	}
	if _, err := testSessions(t, &now, 2).Resume(kept); err == nil {
		t.Error("another server goes on with it")
	}
	if _, _, err := s.Begin(strings.Repeat("x", maxBack+1)); err == nil {
		t.Error("an endless address is kept")
	}
	now = now.Add(FlowTTL)
	if _, err := s.Resume(kept); err == nil {
		t.Error("it has no end")
	}
}

// FuzzResume looks for something that was not begun here and goes on.
func FuzzResume(f *testing.F) {
	now := testNow
	s := testSessions(f, &now, 1)
	// Begun once: each process of the fuzzer would begin another.
	const kept = "eJLSzEE0w7lNMAoAPuNu7-UXiH3MsjeuMERm4He5woEAAAAAaaVT6C93b3JrLKv9O7uGr6_W3p3dzOYnilQB1oXe6nSPzJfzBpE0Ewc"
	if _, err := s.Resume(kept); err != nil {
		f.Fatal(err)
	}
	f.Add(kept)
	f.Add("")
	f.Add(kept[:len(kept)-1])
	f.Add(kept[:40] + "\n" + kept[40:])
	f.Fuzz(func(t *testing.T, text string) {
		if flow, err := s.Resume(text); err == nil && (text != kept || flow.Back != "/work") {
			t.Errorf("%q goes on to %q", text, flow.Back)
		}
	})
}
