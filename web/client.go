package web

import (
	"context"
	"fmt"
	"net/http"

	"steelyard/messages"
)

// asking is the context of an operation that a page runs for its reader.
func asking(r *http.Request) context.Context {
	return messages.With(r.Context(), language(r))
}

// mendable is the first sentence that a payload says is to be mended; empty where
// all was well.
func mendable(problems []Problem) string {
	if len(problems) == 0 {
		return ""
	}
	return problems[0].Message
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
