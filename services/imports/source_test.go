package imports

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// archive packs files by name.
func archive(t *testing.T, names []string, content string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "/") {
			if _, err := io.WriteString(f, content); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "import.zip")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestArchivesGiveTheirKnownFilesAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		entries []string
		content string
		want    []string // nil: refused
	}{
		{"flat", []string{"units.csv", "README.md"}, "a\n", []string{"units.csv"}},
		{"one folder", []string{"village/", "village/units.csv", "village/cases.csv"}, "a\n", []string{"cases.csv", "units.csv"}},
		{"a Mac's extras", []string{"units.csv", "__MACOSX/._units.csv", "__MACOSX/units.csv", ".DS_Store"}, "a\n", []string{"units.csv"}},
		{"a way out is only a folder's name", []string{"../../units.csv"}, "a\n", []string{"units.csv"}},
		{"two folders", []string{"a/units.csv", "b/cases.csv"}, "a\n", nil},
		{"twice", []string{"units.csv", "units.csv"}, "a\n", nil},
		{"nothing of ours", []string{"other.csv"}, "a\n", nil},
		{"a bomb", []string{"units.csv"}, strings.Repeat("\n", ratioFrom+1), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := openSource(archive(t, c.entries, c.content))
			if c.want == nil {
				if err == nil {
					t.Fatal("not refused")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := slices.Sorted(maps.Keys(s.open)); !slices.Equal(got, c.want) {
				t.Errorf("files %v, want %v", got, c.want)
			}
			if err := s.close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestFoldersAreNotLeft(t *testing.T) {
	t.Parallel()
	outside := filepath.Join(t.TempDir(), "secret.csv")
	if err := os.WriteFile(outside, []byte("unit_id\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "units.csv")); err != nil {
		t.Skip("no links here:", err)
	}
	if _, err := openSource(dir); err == nil {
		t.Error("a link out of the folder is followed")
	}
	// Also where the link takes a file's place after the folder has been looked at.
	turned := t.TempDir()
	name := filepath.Join(turned, "units.csv")
	if err := os.WriteFile(name, []byte("unit_id\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := openSource(turned)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(name), os.Symlink(outside, name)); err != nil {
		t.Fatal(err)
	}
	if in, err := s.open["units.csv"](); err == nil {
		t.Error("a link that came later is followed")
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
	folders := t.TempDir()
	if err := os.Mkdir(filepath.Join(folders, "cases.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := openSource(folders); err == nil {
		t.Error("a folder is taken for a file")
	}
	if _, err := openSource(filepath.Join(dir, "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestAnArchiveIsOfABoundedSize(t *testing.T) {
	t.Parallel()
	entry := func(name string, unpacked uint64) *zip.File {
		return &zip.File{FileHeader: zip.FileHeader{Name: name, UncompressedSize64: unpacked, CompressedSize64: unpacked}}
	}
	for name, entries := range map[string][]*zip.File{
		"one too large":    {entry("units.csv", maxUnpacked+1)},
		"two too large":    {entry("units.csv", maxUnpacked), entry("cases.csv", 1)},
		"more than counts": {entry("units.csv", math.MaxUint64)},
		"too many":         slices.Repeat([]*zip.File{entry("readme.txt", 1)}, maxEntries+1),
	} {
		s := &source{open: map[string]func() (io.ReadCloser, error){}, size: map[string]int64{}}
		if err := s.addEntries(entries); err == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
}

func TestAnEntryLongerThanItSaysIsStopped(t *testing.T) {
	t.Parallel()
	in := &bounded{io.NopCloser(strings.NewReader("12345")), 4}
	if _, err := io.ReadAll(in); err == nil {
		t.Error("read whole")
	}
}

func TestAFileThatChangesMeanwhileIsNoticed(t *testing.T) {
	t.Parallel()
	s := &source{sums: map[string][]byte{}}
	if err := s.same("units.csv", []byte{1}); err != nil {
		t.Fatal(err)
	}
	if err := s.same("units.csv", []byte{2}); !errors.Is(err, errTouched) {
		t.Error(err)
	}
}
