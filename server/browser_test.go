package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The folder of what drives a browser.
const browserFolder = "../tools/browser"

// browser finds Node.js and Chromium, and the folder where pictures are kept:
// STEELYARD_SCREENSHOTS names it; empty: none are. Without a browser the test is
// skipped, but not in CI.
func browser(t *testing.T) (node, shots string) {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser is too much for a short run")
	}
	node, err := exec.LookPath("node")
	_, packages := os.Stat(browserFolder + "/node_modules")
	_, chromium := exec.LookPath("chromium")
	if err := errors.Join(err, packages, chromium); err != nil && os.Getenv("CI") != "true" {
		t.Skipf("no browser to drive (Chromium, Node.js, npm ci in tools/browser): %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	if shots = os.Getenv("STEELYARD_SCREENSHOTS"); shots == "" {
		return node, ""
	}
	if shots, err = filepath.Abs(shots); err != nil {
		t.Fatal(err)
	}
	return node, shots
}

// drive runs a script of tools/browser and returns what it prints.
func drive(t *testing.T, node, script string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), node, append([]string{script}, args...)...)
	cmd.Dir = browserFolder
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return strings.TrimSpace(string(out))
}
