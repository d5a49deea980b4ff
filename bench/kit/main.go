// Command kit judges what the scripts of bench measure: they append a line for each round to
// the file that KIT_ROWS names, and this makes of it the table with its goals, the plot of
// latencies, and the part of README that shows both.
//
// A line has eight columns, parted by tabs:
//
//	work  server  connections  rate_or_seconds  unit  p50_ms  p99_ms  memory_mib
//
// The work is one of those in goals.go, the server one of the columns there; connections is
// 0 where there are none to speak of. The unit is 1/s or s. A figure that was not taken is -. Several
// lines of one work, server and number of connections are rounds, of which medians are
// shown, and the most memory. Empty lines and lines that begin with # are passed over.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

const usage = "usage: kit table ROWS | kit plot ROWS | kit readme ROWS README"

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "kit:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) < 2 {
		return errors.New(usage)
	}
	measured, err := readFile(args[1])
	if err != nil {
		return err
	}
	switch {
	case args[0] == "table" && len(args) == 2:
		_, err = io.WriteString(out, table(measured))
	case args[0] == "plot" && len(args) == 2:
		_, err = io.WriteString(out, draw(measured))
	case args[0] == "readme" && len(args) == 3:
		return rewrite(args[1], args[2], measured)
	default:
		return errors.New(usage)
	}
	return err
}

// readFile reads a file of rows.
func readFile(name string) (figures, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	measured, err := read(file)
	return measured, errors.Join(err, file.Close())
}

const (
	begin = "<!-- kit -->"
	end   = "<!-- /kit -->"
	image = "![p50 and p99 of each work and server, at 16 and at 64 connections](docs/images/latency.svg)"
)

// rewrite puts the table of a file of rows between the markers of another file.
func rewrite(rows, name string, measured figures) error {
	said, err := os.ReadFile(rows)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	written, err := between(string(text), section(string(said), measured))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(name, []byte(written), 0o644)
}

// section is what stands between the markers. A comment on the first line of the rows says what
// was measured.
func section(rows string, measured figures) string {
	first, _, _ := strings.Cut(rows, "\n")
	of, said := strings.CutPrefix(first, "# ")
	if said {
		of = "Measured with " + of + ": "
	}
	return "\n" + of + legend + "\n\n" + table(measured) + "\n" + image + "\n"
}

const legend = "answers a second, and p50 / p99 below; medians of rounds."

// between puts a text between the markers, each of which must stand there once.
func between(text, section string) (string, error) {
	head, rest, opened := strings.Cut(text, begin)
	_, tail, closed := strings.Cut(rest, end)
	if !opened || !closed || strings.Contains(tail, begin) {
		return "", fmt.Errorf("%s and %s do not stand there once, in this order", begin, end)
	}
	return head + begin + section + end + tail, nil
}
