package keyring

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func newRing(t *testing.T) (*Keyring, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "raters.json")
	r, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	return r, path
}

func ensure(t *testing.T, r *Keyring, year int) YearKey {
	t.Helper()
	key, err := r.Ensure(year)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestKeysLastAndDiffer(t *testing.T) {
	t.Parallel()
	r, path := newRing(t)
	if _, err := r.Get(2025); !errors.Is(err, ErrNoKey) {
		t.Fatalf("a year without key gave %v", err)
	}
	first, second := ensure(t, r, 2025), ensure(t, r, 2026)
	if first == second || first == (YearKey{}) {
		t.Fatal("the years share a key, or have none")
	}
	if ensure(t, r, 2025) != first {
		t.Fatal("a second Ensure made another key")
	}
	again, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Get(2025); err != nil || got != first {
		t.Fatalf("after opening again: %v", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	left, err := filepath.Glob(path + "*.tmp")
	if err != nil || len(left) > 0 {
		t.Fatalf("temporary files left: %v, %v", left, err)
	}
}

func TestDestroyedKeyIsGoneForEverybody(t *testing.T) {
	t.Parallel()
	r, path := newRing(t)
	ensure(t, r, 2024)
	kept := ensure(t, r, 2025)
	print24, err := r.Fingerprint(2024)
	if err != nil {
		t.Fatal(err)
	}
	other, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	secret := r.years[2024].key
	// A handle on the old file shows what is left of its bytes.
	old, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := old.Close(); err != nil {
			t.Error(err)
		}
	})
	on := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	if err := r.Destroy(2024, on); err != nil {
		t.Fatal(err)
	}
	for name, ring := range map[string]*Keyring{"the same": r, "another process's": other} {
		if _, err := ring.Get(2024); !errors.Is(err, ErrDestroyed) {
			t.Errorf("%s ring: Get gave %v", name, err)
		}
		if _, err := ring.Ensure(2024); !errors.Is(err, ErrDestroyed) {
			t.Errorf("%s ring: Ensure gave %v", name, err)
		}
		if ring.years[2024].key == secret {
			t.Errorf("%s ring still holds the key", name)
		}
		if got, err := ring.Fingerprint(2024); err != nil || got != print24 {
			t.Errorf("%s ring: fingerprint %s, %v; want %s", name, got, err, print24)
		}
		if got, err := ring.Get(2025); err != nil || got != kept {
			t.Errorf("%s ring lost the other year: %v", name, err)
		}
	}
	buf := make([]byte, 4096)
	n, err := old.ReadAt(buf, 0)
	if n == 0 || len(bytes.Trim(buf[:n], "\x00")) > 0 {
		t.Errorf("the old file still holds %d bytes (%v)", n, err)
	}
	if err := r.Destroy(2024, on.AddDate(1, 0, 0)); err != nil {
		t.Errorf("destroying twice: %v", err)
	}
	if got := r.years[2024].destroyedOn; got != "2026-05-01" {
		t.Errorf("destroyed on %q", got)
	}
	if err := r.Destroy(2019, on); !errors.Is(err, ErrNoKey) {
		t.Errorf("destroying a year without key gave %v", err)
	}
}

// TestNoKeyIsLostBetweenRings lets many rings on one file make the same and different years at once.
func TestNoKeyIsLostBetweenRings(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "raters.json")
	const rings, years = 8, 6
	var keys [rings][years]YearKey
	var wg sync.WaitGroup
	for i := range rings {
		wg.Go(func() {
			r, err := OpenOrCreate(path)
			if err != nil {
				t.Error(err)
				return
			}
			for j := range years {
				if keys[i][j], err = r.Ensure(2020 + (i+j)%years); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rings {
		for j := range years {
			year := 2020 + (i+j)%years
			if want, err := r.Get(year); err != nil || keys[i][j] != want {
				t.Fatalf("ring %d worked with a lost key for %d (%v)", i, year, err)
			}
		}
	}
}

// TestHelperProcess is not a test by itself: TestNoKeyIsLostBetweenProcesses runs it in processes of their own.
func TestHelperProcess(t *testing.T) {
	path := os.Getenv("KEYRING_HELPER_PATH")
	if path == "" {
		return
	}
	r, err := OpenOrCreate(path)
	if err != nil {
		t.Fatal(err)
	}
	for year := 2020; year < 2030; year++ {
		ensure(t, r, year)
		print1, err := r.Fingerprint(year)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("KEY %d %s\n", year, print1)
	}
}

func TestNoKeyIsLostBetweenProcesses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "raters.json")
	var outputs [3]string
	var wg sync.WaitGroup
	for i := range outputs {
		wg.Go(func() {
			cmd := exec.Command(os.Args[0], "-test.run=^TestHelperProcess$", "-test.v")
			cmd.Env = append(os.Environ(), "KEYRING_HELPER_PATH="+path)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("process %d: %v\n%s", i, err, out)
			}
			for line := range strings.Lines(string(out)) {
				if strings.HasPrefix(line, "KEY ") {
					outputs[i] += line
				}
			}
		})
	}
	wg.Wait()
	if strings.Count(outputs[0], "KEY ") != 10 || outputs[0] != outputs[1] || outputs[1] != outputs[2] {
		t.Fatalf("the processes saw different keys:\n%s\n%s\n%s", outputs[0], outputs[1], outputs[2])
	}
}

func TestOpenRefusesWhatItDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	_, path := newRing(t)
	if _, err := Create(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("creating twice gave %v", err)
	}
	if _, err := Open(path + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file gave %v", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil {
		t.Error("a file that all may read was opened")
	}
	const key = `"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="`
	for name, text := range map[string]string{
		"empty":                    ``,
		"no JSON":                  `x`,
		"newer version":            `{"version":2,"years":{}}`,
		"unknown field":            `{"version":1,"years":{},"x":1}`,
		"two objects":              `{"version":1,"years":{}}{}`,
		"short key":                `{"version":1,"years":{"2025":{"key":"AAAA","fingerprint":"x"}}}`,
		"foreign fingerprint":      `{"version":1,"years":{"2025":{"key":` + key + `,"fingerprint":"0000000000000000"}}}`,
		"destroyed with key":       `{"version":1,"years":{"2025":{"key":` + key + `,"fingerprint":"x","destroyedOn":"2026-01-01"}}}`,
		"destroyed on no date":     `{"version":1,"years":{"2025":{"fingerprint":"x","destroyedOn":"soon"}}}`,
		"year out of range":        `{"version":1,"years":{"25":{"fingerprint":"x","destroyedOn":"2026-01-01"}}}`,
		"neither key nor the date": `{"version":1,"years":{"2025":{"fingerprint":"x"}}}`,
	} {
		bad := filepath.Join(t.TempDir(), "raters.json")
		if err := os.WriteFile(bad, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(bad); err == nil {
			t.Errorf("%s was opened", name)
		}
	}
	r, _ := newRing(t)
	for _, year := range []int{0, -2025, 1899, 10000} {
		if _, err := r.Ensure(year); err == nil {
			t.Errorf("year %d got a key", year)
		}
	}
}

func TestDamagedFileIsNotWrittenOver(t *testing.T) {
	t.Parallel()
	r, path := newRing(t)
	damaged := []byte(`{"version":1,"years":{`)
	if err := os.WriteFile(path, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Ensure(2025); err == nil {
		t.Fatal("a key was made in a damaged file")
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, damaged) {
		t.Fatalf("the damaged file was changed: %s, %v", got, err)
	}
}

// TestSumKnownAnswer: expected value by Python's hmac and struct modules, with 32 zero bytes as key:
//
//	hmac.new(bytes(32), b''.join(struct.pack('>I', len(p)) + p for p in [b'resident', b'R-1']), 'sha256').hexdigest()[:32]
func TestSumKnownAnswer(t *testing.T) {
	t.Parallel()
	const want = "a9f096f13a603260ad90250be8ad88c8"
	if got := fmt.Sprintf("%x", YearKey{}.Resident("R-1")); got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
}

func TestSumsOfDifferentThingsDiffer(t *testing.T) {
	t.Parallel()
	text := rapid.StringN(0, 6, -1)
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SliceOfN(text, 1, 4).Draw(t, "a")
		b := rapid.SliceOfN(text, 1, 4).Draw(t, "b")
		key := YearKey{secret: [keyBytes]byte{1}}
		same := key.Sum(a[0], a[1:]...) == key.Sum(b[0], b[1:]...)
		rawA, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		rawB, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		if same != bytes.Equal(rawA, rawB) {
			t.Fatalf("%q and %q: same sum is %v", a, b, same)
		}
		if key.Sum(a[0], a[1:]...) == (YearKey{}).Sum(a[0], a[1:]...) {
			t.Fatal("two keys give the same sum")
		}
	})
	key := YearKey{}
	if key.Resident("x") == key.Rater("x") || key.Import("x", "yz") == key.Import("xy", "z") || key.Reviewer("x") == key.Resident("x") {
		t.Fatal("two domains or splits give the same sum")
	}
}

func TestHasherAgreesAndDoesNotAllocate(t *testing.T) {
	key := YearKey{secret: [keyBytes]byte{7}}
	h := key.NewHasher()
	for i := range 100 {
		ref := strings.Repeat("R", i)
		if h.Resident(ref) != key.Resident(ref) || h.Import("rating", ref) != key.Import("rating", ref) ||
			h.Rater(ref, "x") != key.Rater(ref, "x") || h.Reviewer(ref) != key.Reviewer(ref) {
			t.Fatalf("the hasher differs for %d bytes", i)
		}
	}
	if n := testing.AllocsPerRun(1000, func() { h.Import("rating", "R-000001") }); n != 0 {
		t.Fatalf("%v allocations a sum", n)
	}
}

func TestKeyDoesNotPrintItself(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		if text := fmt.Sprintf(verb, YearKey{}); strings.Contains(text, "0000") || strings.Contains(text, "0 0") {
			t.Errorf("%s prints %q", verb, text)
		}
	}
}

func BenchmarkHasher(b *testing.B) {
	h := YearKey{}.NewHasher()
	for b.Loop() {
		h.Resident("R-00001234")
	}
}

func FuzzParseFile(f *testing.F) {
	f.Add([]byte(`{"version":1,"years":{"2025":{"fingerprint":"x","destroyedOn":"2026-01-01"}}}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		years, err := parseFile(raw)
		if err != nil {
			return
		}
		path := filepath.Join(t.TempDir(), "raters.json")
		if err := writeFile(path, years); err != nil {
			t.Fatal(err)
		}
		back, _, err := readFile(path)
		if err != nil {
			t.Fatalf("what was read cannot be read back: %v", err)
		}
		if len(back) != len(years) {
			t.Fatalf("%d years of %d are back", len(back), len(years))
		}
		for year, e := range years {
			if back[year] != e {
				t.Fatalf("year %d changed", year)
			}
		}
	})
}
