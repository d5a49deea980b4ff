package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// script writes a pgbench script of the last rating that PostgreSQL has logged. Each client
// works on rows of its own: encounter md5('e' client '-' n) whose link has the hash
// sha256('t' client '-' n), n counting up from the variable that pgbench is started with.
func script(_ context.Context, o options, _ io.Writer) error {
	log, err := os.ReadFile(o.log)
	if err != nil {
		return err
	}
	all := logged(string(log))
	if len(all) < 2 {
		return errors.New("the log holds no two ratings")
	}
	s, err := shapeOf(all[len(all)-2], all[len(all)-1])
	if err != nil {
		return err
	}
	var text strings.Builder
	text.WriteString("\\set n :n + 1\n")
	for _, st := range s.statements {
		text.WriteString(placeholder.ReplaceAllStringFunc(st.text, func(at string) string {
			n, err := strconv.Atoi(at[1:])
			if err != nil || n > len(st.args) {
				return at
			}
			return s.expression(st.args[n-1])
		}))
		if byToken.MatchString(st.text) {
			text.WriteString(" \\gset\n") // the official and the service of the encounter
		} else {
			text.WriteString(";\n")
		}
	}
	return os.WriteFile(o.out, []byte(text.String()), 0o600)
}

var (
	logLine     = regexp.MustCompile(`(?m)^(\d+) (\w+):  `)
	placeholder = regexp.MustCompile(`\$\d+`)
	parameter   = regexp.MustCompile(`\$\d+ = (NULL|'(?:[^']|'')*')`)
)

// logged are the transactions of a log that write a rating. Its lines begin with the number
// of the process.
func logged(log string) (all [][]sent) {
	open := map[string][]sent{} // by process
	places := logLine.FindAllStringSubmatchIndex(log, -1)
	for i, at := range places {
		end := len(log)
		if i+1 < len(places) {
			end = places[i+1][0]
		}
		process, kind, text := log[at[2]:at[3]], log[at[4]:at[5]], strings.TrimSpace(log[at[1]:end])
		if values, found := strings.CutPrefix(text, "parameters: "); kind == "DETAIL" && found && len(open[process]) > 0 {
			last := &open[process][len(open[process])-1]
			for _, p := range parameter.FindAllStringSubmatch(values, -1) {
				last.args = append(last.args, strings.ReplaceAll(strings.Trim(p[1], "'"), "''", "'"))
			}
		}
		what, statement, found := strings.Cut(text, ": ")
		if kind != "LOG" || !found || what != "statement" && !strings.HasPrefix(what, "execute ") {
			continue
		}
		if statement == "begin" {
			open[process] = nil
		}
		open[process] = append(open[process], sent{text: statement})
		if statement == "commit" {
			if written(open[process]) {
				all = append(all, open[process])
			}
			delete(open, process)
		}
	}
	return all
}

func written(transaction []sent) bool {
	for _, st := range transaction {
		if strings.HasPrefix(st.text, `INSERT INTO "ratings"`) {
			return true
		}
	}
	return false
}

// row is what a client's row is called within a statement of pgbench.
const row = `' || :client_id || '-' || :n`

// expression is an argument as SQL: what is a rating's own is made of the client and its count.
func (s shape) expression(arg any) string {
	text := arg.(string)
	number, own := s.own[form(arg)]
	switch {
	case text == "NULL":
		return text
	case strings.HasPrefix(text, "{"): // secrets that are shown, of which some may be the rating's own
		return s.shown(text)
	case !own:
		return constant(text)
	case form(arg) == s.token:
		return "sha256(('t" + row + ")::bytea)"
	case form(arg) == s.official:
		return ":official_id"
	case form(arg) == s.service:
		return ":service_id"
	case form(arg) == s.encounter:
		return "md5('e" + row + ")::uuid"
	case len(text) == 36:
		return fmt.Sprintf("md5('u%d-%s)::uuid", number, row)
	case len(text) == len(`\x`)+64:
		return fmt.Sprintf("sha256(('u%d-%s)::bytea)", number, row)
	case len(text) == len(`\x`)+32:
		return fmt.Sprintf("decode(md5('u%d-%s), 'hex')", number, row)
	}
	return constant(text)
}

// shown is a list of hashes.
func (s shape) shown(list string) string {
	for own := range s.own {
		var value string
		if _, err := fmt.Sscanf(own, "string %s", &value); err != nil {
			continue
		}
		raw := unhex(value)
		if digits, bytes := strings.CutPrefix(raw, `\x`); bytes && strings.Contains(list, digits) {
			list = strings.ReplaceAll(list, digits, "' || encode("+s.expression(raw)+", 'hex') || '")
		}
	}
	return "('" + list + "')"
}

func unhex(digits string) string {
	var raw []byte
	if _, err := fmt.Sscanf(digits, "%x", &raw); err != nil {
		return ""
	}
	return string(raw)
}

// constant is a literal. A colon would be a variable to pgbench, and stands in times alone.
func constant(text string) string {
	if t, err := time.Parse("2006-01-02 15:04:05.999999-07", text); err == nil {
		text = t.UTC().Format("20060102T150405Z")
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}
