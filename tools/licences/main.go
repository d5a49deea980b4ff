// Command licences reads the licences of every module that a package of the module
// in the working folder is built from, and fails where one is unknown or not among
// those that may be handed on with a program under another licence.
//
//	licences [-out FILE] PACKAGE
//
// FILE gets the licences' texts, which have to go along with the program.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// allowed are the licences, by SPDX name, whose terms are met by handing on their
// texts; MPL-2.0 asks besides that the module's own files stay open, which they are.
var allowed = []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "Unlicense"}

// read are files that a person has read, by the SHA-256 of their text: a file that
// changes is to be read again.
var read = map[string]string{
	"f597097efe3d97021f89170746bd3a0fb9a8b6fb26b82043ed68a4e0283bee6c": "libc: lists musl, Go and others under MIT and BSD-3-Clause",
	"5ae5bee3072a841376451b48d8cfcec7188e10543926d5870828d36c8a750dc5": "memory: where its logo comes from, which is no part of the program",
	"f4a00ade8f4057ab0ea49097d9c459df8559fcf10ca78da0c950343fb7428d37": "sqlite: lists what it holds, under MIT, BSD-3-Clause and in the public domain",
	"8438c9c89b849131ead81d5435cb97fcf052df5b0b286dda8a2d4c29e6cb3fd0": "SQLite: public domain",
}

// minCover is the share of a licence's file, in per cent, that has to be known text.
const minCover = 75

// licenceFile is what a licence's file is called.
var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense)([.-].*)?$`)

// module is one that the program is built from.
type module struct{ path, version, dir string }

func main() {
	out := flag.String("out", "", "file for the licences' texts")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: licences [-out FILE] PACKAGE")
		os.Exit(2)
	}
	if err := run(flag.Arg(0), *out); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run(pkg, out string) error {
	modules, err := modulesOf(pkg)
	if err != nil {
		return err
	}
	var texts bytes.Buffer
	var faults []string
	for _, m := range modules {
		names, err := m.licences(&texts)
		if err != nil {
			return err
		}
		if fault := judge(names); fault != "" {
			faults = append(faults, fmt.Sprintf("%s %s: %s", m.path, m.version, fault))
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("%d of %d modules:\n%s", len(faults), len(modules), strings.Join(faults, "\n"))
	}
	fmt.Printf("%d modules, all under %s\n", len(modules), strings.Join(allowed, ", "))
	if out == "" {
		return nil
	}
	return os.WriteFile(out, texts.Bytes(), 0o644)
}

// modulesOf lists the modules that a package is built from, but for its own.
func modulesOf(pkg string) ([]module, error) {
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}", pkg)
	cmd.Stderr = os.Stderr
	raw, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var modules []module
	for line := range strings.Lines(string(raw)) {
		if f := strings.SplitN(strings.TrimSpace(line), " ", 3); len(f) == 3 {
			modules = append(modules, module{f[0], f[1], f[2]})
		}
	}
	slices.SortFunc(modules, func(a, b module) int { return strings.Compare(a.path, b.path) })
	return slices.Compact(modules), nil
}

// licences names what the files at the module's top say; "?" stands for a file that
// is not, for the most part, the text of a known licence. The texts are written to w.
func (m module) licences(w io.Writer) ([]string, error) {
	entries, err := os.ReadDir(m.dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() || !licenceFile.MatchString(e.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(m.dir, e.Name()))
		if err != nil {
			return nil, err
		}
		if _, err := fmt.Fprintf(w, "%s %s, %s\n\n%s\n\n", m.path, m.version, e.Name(), bytes.TrimSpace(text)); err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		if read[hex.EncodeToString(sum[:])] != "" {
			continue
		}
		found := licensecheck.Scan(text)
		if found.Percent < minCover {
			names = append(names, "?")
		}
		for _, match := range found.Match {
			names = append(names, match.ID)
		}
	}
	return names, nil
}

// judge says what is wrong with a module's licences; empty: nothing.
func judge(names []string) string {
	if len(names) == 0 {
		return "no licence"
	}
	for _, name := range names {
		if !slices.Contains(allowed, name) {
			return fmt.Sprintf("licence %s is not among those that are allowed", name)
		}
	}
	return ""
}
