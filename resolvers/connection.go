package resolvers

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"unicode/utf8"

	"steelyard/graph"
	"steelyard/models"
)

// maxPage is the largest page of any list.
const maxPage = 100

// maxLatest is how many of an official's latest cases come with the official.
const maxLatest = 20

// maxPieces is how many pieces of evidence are listed under a part.
const maxPieces = 50

// pageSize is a page's size within its bounds; below 1 or above the largest is
// an error, not a silent change.
func pageSize(first int32) (int, error) {
	if first < 1 || first > maxPage {
		return 0, models.Invalid("first", models.KeyPageSize, fmt.Sprint(maxPage))
	}
	return int(first), nil
}

// cursor is the opaque form of a row's place.
func cursor(place string) string { return base64.RawURLEncoding.EncodeToString([]byte(place)) }

// place is what a cursor stands for; none is the beginning.
func place(after *string) (string, error) {
	if after == nil {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(*after)
	if err != nil || !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 { // neither is a text of PostgreSQL's
		return "", models.Invalid("after", models.KeyBadCursor)
	}
	return string(raw), nil
}

// page is first and after, checked.
func page(first int32, after *string) (int, string, error) {
	size, err := pageSize(first)
	if err != nil {
		return 0, "", err
	}
	behind, err := place(after)
	return size, behind, err
}

// pageInfo describes a page by the cursors of its first and its last row; an empty one has none.
func pageInfo(first, last string, more bool, after *string) *graph.PageInfo {
	info := &graph.PageInfo{HasNextPage: more, HasPreviousPage: after != nil && *after != ""}
	if first != "" {
		info.StartCursor, info.EndCursor = &first, &last
	}
	return info
}

// edges makes a connection's page info out of rows, and its edges where they are asked for:
// most ask for nodes.
func edges[Row, Edge any](ctx context.Context, rows []*Row, more bool, after *string, key func(*Row) string, edge func(string, *Row) *Edge) ([]*Edge, *graph.PageInfo) {
	if len(rows) == 0 {
		return []*Edge{}, pageInfo("", "", more, after)
	}
	var out []*Edge
	if graph.Asks(ctx, "edges") {
		out = make([]*Edge, len(rows))
		for i, row := range rows {
			out[i] = edge(cursor(key(row)), row)
		}
	}
	return out, pageInfo(cursor(key(rows[0])), cursor(key(rows[len(rows)-1])), more, after)
}
