package web

import (
	"context"
	"fmt"
	"net/http"
	"regexp"

	"steelyard/messages"
)

// asking is the context of an operation that a page runs for its reader.
func asking(r *http.Request) context.Context {
	return messages.With(r.Context(), language(r))
}

// mendable is the first sentence that a payload says is to be mended; empty where
// all was well.
func mendable(l messages.Lang, problems []Problem) string {
	if len(problems) == 0 {
		return ""
	}
	return sentence(l, problems[0])
}

// apiWord is a state or a step as the API has it.
var apiWord = regexp.MustCompile(`\b[A-Z]{4,}\b`)

// sentence is what is to be mended, for people. Of a step that is not possible the API lists
// states and steps in its own words; whoever reads a page has one that is no longer so.
func sentence(l messages.Lang, p Problem) string {
	if p.Code == ErrorCodeIllegalState && apiWord.MatchString(p.Message) {
		return wordsIn(l).MovedOn
	}
	return p.Message
}

// has says whether a payload was refused with a code.
func has(problems []Problem, code ErrorCode) bool {
	for _, p := range problems {
		if p.Code == code {
			return true
		}
	}
	return false
}

// asked wraps what went wrong with an operation.
func asked(operation string, err error) error {
	return fmt.Errorf("run %s: %w", operation, err)
}
