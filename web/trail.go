package web

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"steelyard/messages"
	"steelyard/report"
)

const (
	trailPath = workPath + "/audit"
	// trailPageSize is how many entries a page shows.
	trailPageSize = 50
	// mostExported is how many entries a file holds: what a spreadsheet still opens at once.
	mostExported = 10_000
	// longNote is from how many characters on something noted is folded up.
	longNote = 90
)

// trailPage shows a page of the audit trail and the end of its chain.
type trailPage struct {
	Head    *AuditTip // nil: nothing is chained yet
	List    []TrailEntry
	Form    url.Values // what the trail is narrowed by
	Actions []string
	Units   []UnitRef
	More    url.Values // the query of the next page; nil: there is none
	First   url.Values // the query of the first page
	Later   bool       // whether it is another
	File    url.Values
}

// ReadsTrail says whether the audit trail is the caller's to read.
func (c *Caller) ReadsTrail() bool { return c.Role == RoleAuditor }

// narrowing are the names by which an address narrows the trail.
var narrowing = []string{"unit", "actor", "action", "record", "from", "to"}

// trail shows what was done, the newest first, and whether the record of it holds.
func (s *site) trail(w http.ResponseWriter, r *http.Request) {
	s.showTrail(w, r, http.StatusOK, "")
}

func (s *site) showTrail(w http.ResponseWriter, r *http.Request, status int, notice string) {
	if !caller(r).ReadsTrail() {
		s.show(w, r, http.StatusForbidden, "blocked", view{Notice: wordsIn(language(r)).NotYourRole})
		return
	}
	form := keep(r, narrowing...)
	page := trailPage{Form: form, First: form, File: form, Later: r.FormValue("after") != "", Actions: messages.TrailActions(language(r))}
	head, err := ChainHead(asking(r), s.api)
	if err != nil {
		s.refused(w, r, asked("ChainHead", err))
		return
	}
	page.Head = head.AuditHead
	if page.Units, err = s.units(asking(r)); err != nil {
		s.refused(w, r, err)
		return
	}
	answer, err := s.entries(asking(r), form, trailPageSize, optional(r.FormValue("after")))
	switch problem := narrowed(err); {
	case problem != "":
		status, notice = http.StatusUnprocessableEntity, problem
	case err != nil:
		s.refused(w, r, err)
		return
	default:
		page.List = answer.AuditTrail.Nodes
		if info := answer.AuditTrail.PageInfo; info.HasNextPage {
			page.More = with(form, "after", info.EndCursor)
		}
	}
	s.show(w, r, status, "trail", view{Path: trailPath, Query: keep(r, append(narrowing, "after")...), Wide: true, Notice: notice, Page: page})
}

// entries asks for entries of the trail. Days are those of the organisation.
func (s *site) entries(ctx context.Context, form url.Values, first int, after *string) (*TrailResponse, error) {
	day := func(name string, on int) *time.Time {
		at, err := time.ParseInLocation(time.DateOnly, form.Get(name), s.Zone)
		if err != nil {
			return nil
		}
		at = at.AddDate(0, 0, on)
		return &at
	}
	answer, err := Trail(ctx, s.api, optional(form.Get("unit")), optional(form.Get("actor")), optional(form.Get("action")),
		optional(strings.TrimSpace(form.Get("record"))), day("from", 0), day("to", 1), first, after)
	if err != nil {
		return nil, asked("Trail", err)
	}
	return answer, nil
}

// narrowed is the API's sentence on what the trail cannot be narrowed by; empty where the
// error is another.
func narrowed(err error) string {
	var list gqlerror.List
	if !isCode(err, ErrorCodeInvalid) || !errors.As(err, &list) || len(list) == 0 {
		return ""
	}
	return list[0].Message
}

// trailFile sends the entries that a search finds as a table.
func (s *site) trailFile(w http.ResponseWriter, r *http.Request) {
	if !caller(r).ReadsTrail() {
		s.show(w, r, http.StatusForbidden, "blocked", view{Notice: wordsIn(language(r)).NotYourRole})
		return
	}
	var out bytes.Buffer
	n, err := s.writeTrail(asking(r), keep(r, narrowing...), &out)
	switch {
	case err != nil && narrowed(err) == "":
		s.refused(w, r, err)
		return
	case err != nil:
		s.showTrail(w, r, http.StatusUnprocessableEntity, narrowed(err))
		return
	case n > mostExported:
		s.showTrail(w, r, http.StatusUnprocessableEntity, wordsIn(language(r)).TrailTooMany)
		return
	}
	s.send(w, r, File{Filename: "audit-trail.csv", MediaType: "text/csv; charset=utf-8", Encoding: ContentEncodingText, Content: out.String()})
}

// writeTrail writes entries as CSV, and says how many: more than mostExported where there
// are too many to be written.
func (s *site) writeTrail(ctx context.Context, form url.Values, out *bytes.Buffer) (int, error) {
	err := report.Texts(out, "block", "position", "id", "at", "actor", "action", "noun", "nounId", "unit", "details")
	n := 0
	var after *string
	for err == nil {
		var answer *TrailResponse
		if answer, err = s.entries(ctx, form, 100, after); err != nil {
			return 0, err
		}
		for _, e := range answer.AuditTrail.Nodes {
			n++
			if err = report.Texts(out, strconv.Itoa(e.Block), strconv.Itoa(e.Position), e.Id, e.At.UTC().Format(time.RFC3339Nano),
				e.Actor, e.Action, e.Noun, e.About(), e.UnitName(), e.Notes()); err != nil {
				return n, err
			}
		}
		info := answer.AuditTrail.PageInfo
		if after = &info.EndCursor; !info.HasNextPage || n > mostExported {
			return n, nil
		}
	}
	return n, err
}

// About is the id of what it was done to; empty where it is no single record.
func (e *TrailEntry) About() string {
	if e.NounId == nil {
		return ""
	}
	return *e.NounId
}

// UnitName is the unit that it concerned; empty where it concerns no unit alone.
func (e *TrailEntry) UnitName() string {
	if e.Unit == nil {
		return ""
	}
	return e.Unit.Name
}

// Notes are what else was noted, in a line.
func (e *TrailEntry) Notes() string {
	notes := make([]string, len(e.Details))
	for i, d := range e.Details {
		notes[i] = d.Name + "=" + d.Value
	}
	return strings.Join(notes, "; ")
}

// Long says whether something noted is too long to stand in a line.
func (n *Noted) Long() bool { return utf8.RuneCountInString(n.Value) > longNote }

// manyNotes is from how many notes on an entry's are folded up.
const manyNotes = 6

// Many says whether so much was noted that it is folded up.
func (e *TrailEntry) Many() bool { return len(e.Details) >= manyNotes }

var (
	idForm     = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// ID says whether what was noted is the id of a record.
func (n *Noted) ID() bool { return idForm.MatchString(n.Value) }

// Tail is the end of an id, which tells records of one day apart.
func (n *Noted) Tail() string { return "…" + n.Value[len(n.Value)-12:] }

// Digest says whether what was noted is a digest.
func (n *Noted) Digest() bool { return digestForm.MatchString(n.Value) }

// Line is what to keep of a head elsewhere.
func (h *AuditTip) Line() string { return strconv.Itoa(h.Number) + ":" + h.Hash }

// By says who did something; the system and the import have words.
func (w *words) By(actor string) string {
	if word, is := w.TrailActors[actor]; is {
		return word
	}
	return actor
}
