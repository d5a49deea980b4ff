package imports

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// RejectedName is the file of rejected rows.
const RejectedName = "rejected.csv"

// The bounds of an archive. A real folder packs ten or twenty to one; what packs
// far better is made to fill disks and memory.
const (
	maxEntries      = 10_000
	maxUnpacked     = 64 << 30
	maxRatio        = 200
	ratioFrom       = 64 << 20 // unpacked size from which the ratio counts
	archiveMetadata = "__MACOSX"
)

// source is an opened folder or archive. Only files of the format are ever
// opened: no name in an archive becomes a path.
type source struct {
	open  map[string]func() (io.ReadCloser, error)
	size  map[string]int64 // unpacked
	sums  map[string][]byte
	close func() error

	unread []string // .csv files beside them that are none of the format
}

// errTouched says that a file is not what it was a moment ago.
var errTouched = errors.New("the file changed while it was imported")

// same compares what was read of a file with what was read the last time.
func (s *source) same(name string, sum []byte) error {
	if before, read := s.sums[name]; read && !bytes.Equal(before, sum) {
		return errTouched
	}
	s.sums[name] = sum
	return nil
}

// digest is one hash over the names and contents of the files that were read.
func (s *source) digest() []byte {
	all := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(s.sums)) {
		fmt.Fprintf(all, "%s %x\n", name, s.sums[name])
	}
	return all.Sum(nil)
}

// errNothing says that a path leads to nothing that could be imported.
var errNothing = errors.New("neither a folder nor a .zip with files of the import format, nor a " + RejectedName)

// openSource opens a folder, a .zip, or a file of rejected rows.
func openSource(at string) (*source, error) {
	info, err := os.Stat(at)
	if err != nil {
		return nil, err
	}
	s := &source{open: map[string]func() (io.ReadCloser, error){}, size: map[string]int64{}, sums: map[string][]byte{}}
	switch {
	case info.IsDir():
		err = s.addFolder(at)
	case strings.EqualFold(filepath.Ext(at), ".csv"):
		s.add(RejectedName, info.Size(), func() (io.ReadCloser, error) { return os.Open(at) })
		s.close = func() error { return nil }
	default:
		err = s.addZip(at)
	}
	if err == nil && len(s.open) == 0 {
		err = errors.Join(errNothing, s.close())
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", at, err)
	}
	if len(s.open) > 1 {
		delete(s.open, RejectedName) // it lies beside the files that it was made from
	}
	return s, nil
}

func (s *source) add(name string, size int64, open func() (io.ReadCloser, error)) {
	s.open[name], s.size[name] = open, size
}

// passOver notes a file that looks as if it were one of the format; hidden ones are others'.
func (s *source) passOver(name string) {
	if strings.EqualFold(path.Ext(name), ".csv") && !known(name) && !strings.HasPrefix(name, ".") && len(s.unread) < MaxFaults {
		s.unread = append(s.unread, name)
	}
}

// known says whether a file is one that is read.
func known(name string) bool { return name == RejectedName || rank(name) < len(format) }

func (s *source) addFolder(at string) error {
	root, err := os.OpenRoot(at) // a link that leads out of the folder is not followed
	if err != nil {
		return err
	}
	s.close = root.Close
	beside, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return errors.Join(err, root.Close())
	}
	for _, entry := range beside {
		s.passOver(entry.Name())
	}
	names := []string{RejectedName}
	for i := range format {
		names = append(names, format[i].name)
	}
	for _, name := range names {
		info, err := root.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && !info.Mode().IsRegular() {
			err = fmt.Errorf("%s is not a regular file", name)
		}
		if err != nil {
			return errors.Join(err, root.Close())
		}
		s.add(name, info.Size(), func() (io.ReadCloser, error) { return root.Open(name) })
	}
	return nil
}

func (s *source) addZip(at string) error {
	archive, err := zip.OpenReader(at)
	if errors.Is(err, zip.ErrFormat) {
		return errNothing
	}
	if err != nil {
		return err
	}
	s.close = archive.Close
	if err := s.addEntries(archive.File); err != nil {
		return errors.Join(err, archive.Close())
	}
	return nil
}

// addEntries takes the known files of one folder of the archive: its root, or
// the folder that was packed.
func (s *source) addEntries(entries []*zip.File) error {
	if len(entries) > maxEntries {
		return fmt.Errorf("an archive of %d entries", len(entries))
	}
	folder, total := "", uint64(0)
	for _, e := range entries {
		dir, base := path.Split(e.Name)
		if !e.Mode().IsRegular() || !known(base) || strings.HasPrefix(e.Name, archiveMetadata) {
			continue
		}
		if len(s.open) > 0 && dir != folder {
			return fmt.Errorf("files of the format in two folders, %q and %q", folder, dir)
		}
		if _, twice := s.open[base]; twice {
			return fmt.Errorf("%s stands in the archive twice", e.Name)
		}
		folder = dir
		unpacked, packed := e.UncompressedSize64, e.CompressedSize64
		// Compared one by one, so that no sum runs over.
		if unpacked > maxUnpacked || total+unpacked > maxUnpacked {
			return fmt.Errorf("%s: the archive unpacks to more than %d GiB", e.Name, maxUnpacked>>30)
		}
		total += unpacked
		if unpacked > ratioFrom && unpacked/maxRatio > packed {
			return fmt.Errorf("%s: %d bytes packed into %d", e.Name, unpacked, packed)
		}
		s.add(base, int64(unpacked), func() (io.ReadCloser, error) {
			in, err := e.Open()
			if err != nil {
				return nil, err
			}
			return &bounded{in, int64(unpacked)}, nil
		})
	}
	for _, e := range entries {
		if dir, base := path.Split(e.Name); dir == folder && e.Mode().IsRegular() {
			s.passOver(base)
		}
	}
	return nil
}

// bounded stops a file that unpacks to more than its entry says.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errors.New("the archive's entry is longer than it says")
	}
	return n, err
}
