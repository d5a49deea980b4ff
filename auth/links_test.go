package auth

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"steelyard/models"
)

func testLinks(t testing.TB, keys ...byte) *Links {
	t.Helper()
	all := make([][]byte, len(keys))
	for i, k := range keys {
		all[i] = bytes.Repeat([]byte{k}, minSecretBytes)
	}
	links, err := NewLinks(all[0], all[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return links
}

func TestALinkHoldsForItsRecordAndItsTime(t *testing.T) {
	links, id := testLinks(t, 1), models.NewID()
	until := time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)
	link := links.Issue(id, until)
	if len(link) != 54 {
		t.Errorf("a link has %d characters", len(link))
	}
	for _, c := range []struct {
		name  string
		links *Links
		link  string
		at    time.Time
		good  bool
	}{
		{"in time", links, link, until.Add(-time.Hour), true},
		{"in the last second", links, link, until, true},
		{"a second late", links, link, until.Add(time.Second), false},
		{"with the key before", testLinks(t, 2, 1), link, until, true},
		{"with another key", testLinks(t, 2), link, until, false},
		{"empty", links, "", until, false},
		{"cut", links, link[:53], until, false},
		{"longer", links, link + "A", until, false},
		{"with a line break", links, link[:53] + "\n", until, false},
	} {
		got, err := c.links.Parse(c.link, c.at)
		if c.good && (err != nil || got != id) {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
		if !c.good && !errors.Is(err, ErrLink) {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
	if _, err := NewLinks([]byte("short")); err == nil {
		t.Error("a short key is taken")
	}
}

// FuzzLink: nothing but what was issued leads anywhere, and it has one spelling.
func FuzzLink(f *testing.F) {
	id, until := models.ID{1, 2, 3}, time.Unix(1_800_000_000, 0)
	good := testLinks(f, 1).Issue(id, until)
	for _, seed := range []string{good, good[:53], good + "A", "", good[1:] + good[:1]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := testLinks(t, 1).Parse(text, until)
		if (err == nil) != (text == good) || err == nil && got != id {
			t.Errorf("%q leads to %v, %v", text, got, err)
		}
	})
}
