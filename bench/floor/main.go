// Command floor makes a script for pgbench of what PostgreSQL's log says a server asked, so
// that the same statements can be timed without the server. It reads the log of one request,
// taken with log_min_duration_statement = 0, from its standard input, and writes two files:
//
//	floor SCRIPT VARIABLES <LOG
//
// The script is for pgbench -M prepared -f; the second file holds the arguments of the
// statements, a line for each, as the -D flags of pgbench.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader) error {
	if len(args) != 2 {
		return errors.New("usage: floor SCRIPT VARIABLES <LOG")
	}
	script, variables, err := convert(in)
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(args[0], []byte(script), 0o600), os.WriteFile(args[1], []byte(variables), 0o600))
}

var (
	entry    = regexp.MustCompile(`^\d{4}-\d\d-\d\d [\d:.]+ \w+ \[\d+\] (\w+):  (.*)$`)
	executed = regexp.MustCompile(`^duration: [\d.]+ ms  execute [^:]+: (?s)(.*)$`)
	argument = regexp.MustCompile(`^\$(\d+) = (NULL|'(?:[^']|'')*')(?:, )?`)
	place    = regexp.MustCompile(`\$\d+`)
)

// convert makes a script and its variables.
func convert(log io.Reader) (script, variables string, err error) {
	list, err := entries(log)
	if err != nil {
		return "", "", err
	}
	var s, v strings.Builder
	statements := 0
	for i, e := range list {
		found := executed.FindStringSubmatch(e.text)
		if e.level != "LOG" || found == nil {
			continue
		}
		statements++
		given := map[string]string{}
		if i+1 < len(list) && list[i+1].level == "DETAIL" {
			if given, err = arguments(list[i+1].text); err != nil {
				return "", "", err
			}
		}
		if s.Len() > 0 {
			s.WriteByte('\n')
		}
		statement, err := named(found[1], statements, given)
		if err != nil {
			return "", "", err
		}
		s.WriteString(statement)
		s.WriteString(";\n")
		for n := 1; n <= len(given); n++ {
			if value := given[fmt.Sprintf("$%d", n)]; !inline(value) {
				fmt.Fprintf(&v, "-Ds%dp%d=%s\n", statements, n, strings.ReplaceAll(value[1:len(value)-1], "''", "'"))
			}
		}
	}
	if statements == 0 {
		err = errors.New("the log holds no statement that was executed by name")
	}
	return s.String(), v.String(), err
}

// named puts variables into the places of the n-th statement.
func named(statement string, n int, given map[string]string) (string, error) {
	var err error
	statement = place.ReplaceAllStringFunc(statement, func(at string) string {
		value, known := given[at]
		switch {
		case !known:
			err = fmt.Errorf("%s of %q has no value", at, statement)
			return at
		case inline(value):
			return value
		}
		return fmt.Sprintf(":s%dp%s", n, at[1:])
	})
	return statement, err
}

// inline says whether a value stands in the statement itself, since no variable of pgbench
// can have it.
func inline(value string) bool { return value == "NULL" || value == "''" }

type logged struct{ level, text string }

// entries reads a log; a line that begins with a tab goes on with what came before.
func entries(log io.Reader) ([]logged, error) {
	var list []logged
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if found := entry.FindStringSubmatch(lines.Text()); found != nil {
			list = append(list, logged{found[1], found[2]})
		} else if rest, goesOn := strings.CutPrefix(lines.Text(), "\t"); goesOn && len(list) > 0 {
			list[len(list)-1].text += "\n" + rest
		}
	}
	return list, lines.Err()
}

// arguments reads the arguments of a statement in their order, each as it is quoted.
func arguments(text string) (map[string]string, error) {
	rest, found := strings.CutPrefix(text, "parameters: ")
	given := map[string]string{}
	for found && rest != "" {
		one := argument.FindStringSubmatch(rest)
		if one == nil || one[1] != strconv.Itoa(len(given)+1) || strings.Contains(one[2], "\n") {
			return nil, fmt.Errorf("what follows is no argument that pgbench could take: %.80s", rest)
		}
		given["$"+one[1]], rest = one[2], rest[len(one[0]):]
	}
	return given, nil
}
