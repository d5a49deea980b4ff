package web

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
)

// objectionsPage lists a cycle's objections, or shows one of them.
type objectionsPage struct {
	Cycle  *CycleHead
	List   []ObjectionLine
	One    *ObjectionLine
	More   string     // the cursor of the next page; empty: there is none
	MayAsk bool       // whether the caller may object to the own result
	After  bool       // whether that is after the written notice
	Form   url.Values // what was written into a form that is shown again
	// Key makes a double click, or a page sent again, harmless.
	Key string
}

// Decides says whether objections are the caller's to decide.
func (c *Caller) Decides() bool { return c.Role == RoleHr }

func objectionsPath(r *http.Request) string {
	return cyclesPath + "/" + r.PathValue("cycle") + "/objections"
}

// objections lists a cycle's objections: to officials the own ones.
func (s *site) objections(w http.ResponseWriter, r *http.Request) {
	s.showObjections(w, r, http.StatusOK, nil, "")
}

func (s *site) showObjections(w http.ResponseWriter, r *http.Request, status int, form url.Values, notice string) {
	answer, err := ObjectionList(asking(r), s.api, r.PathValue("cycle"), optional(r.FormValue("after")))
	if err != nil {
		s.refused(w, r, asked("ObjectionList", err))
		return
	}
	if answer.Cycle == nil {
		s.absent(w, r)
		return
	}
	page := objectionsPage{Cycle: answer.Cycle, List: answer.Objections.Nodes, Form: form, Key: rand.Text()}
	if answer.Objections.PageInfo.HasNextPage {
		page.More = answer.Objections.PageInfo.EndCursor
	}
	page.MayAsk = caller(r).Role == RoleOfficial && page.Cycle.Published()
	page.After = page.Cycle.State != CycleStatePublished
	s.show(w, r, status, "objections", view{Path: objectionsPath(r), Wide: true, Notice: notice, Done: done(r), Page: page})
}

// object hands in an official's objection to the own result.
func (s *site) object(w http.ResponseWriter, r *http.Request) {
	var instance *ObjectionInstance
	if chosen := ObjectionInstance(r.PostFormValue("instance")); chosen != "" {
		instance = &chosen
	}
	answer, err := Object(asking(r), s.api, r.PathValue("cycle"), instance, r.PostFormValue("grounds"), r.PostFormValue("evidence"), r.PostFormValue("key"))
	if err != nil {
		s.refused(w, r, asked("Object", err))
		return
	}
	if problem := mendable(language(r), answer.FileObjection.UserErrors); problem != "" {
		s.showObjections(w, r, http.StatusUnprocessableEntity, r.PostForm, problem)
		return
	}
	s.turn(w, r, objectionsPath(r), "objected")
}

// objectionByID is an objection of a cycle; nil where the caller may see none.
func (s *site) objectionByID(ctx context.Context, cycle, id string) (*CycleHead, *ObjectionLine, error) {
	answer, err := ObjectionAlone(ctx, s.api, cycle, id)
	if err != nil {
		return nil, nil, asked("ObjectionAlone", err)
	}
	if answer.Node == nil {
		return nil, nil, nil
	}
	one, is := (*answer.Node).(*ObjectionAloneNodeObjection)
	if !is || one.CycleId != cycle {
		return nil, nil, nil
	}
	return answer.Cycle, &one.ObjectionLine, nil
}

// objection shows one objection and, to whom it falls, the form to decide it.
func (s *site) objection(w http.ResponseWriter, r *http.Request) {
	s.showObjection(w, r, http.StatusOK, nil, "")
}

func (s *site) showObjection(w http.ResponseWriter, r *http.Request, status int, form url.Values, notice string) {
	cycle, one, err := s.objectionByID(asking(r), r.PathValue("cycle"), r.PathValue("objection"))
	if err != nil {
		s.refused(w, r, err)
		return
	}
	if cycle == nil || one == nil {
		s.absent(w, r)
		return
	}
	s.show(w, r, status, "objection", view{
		Path: objectionsPath(r) + "/" + one.Id, Wide: true, Notice: notice, Done: done(r),
		Page: objectionsPage{Cycle: cycle, One: one, Form: form, Key: rand.Text()},
	})
}

// decide takes the word on an objection, or gives an appeal more time.
func (s *site) decide(w http.ResponseWriter, r *http.Request) {
	id, reason, key := r.PathValue("objection"), r.PostFormValue("reason"), r.PostFormValue("key")
	var problems []Problem
	said := "decided"
	if r.PostFormValue("do") == "extend" {
		said = "extended"
		answer, err := GiveTime(asking(r), s.api, id, reason, key)
		if err != nil {
			s.refused(w, r, asked("GiveTime", err))
			return
		}
		problems = answer.ExtendObjection.UserErrors
	} else {
		answer, err := Decide(asking(r), s.api, id, r.PostFormValue("upheld") == "yes", r.PostFormValue("decision"), reason, key)
		if err != nil {
			s.refused(w, r, asked("Decide", err))
			return
		}
		problems = answer.DecideObjection.UserErrors
	}
	if problem := mendable(language(r), problems); problem != "" {
		s.showObjection(w, r, http.StatusUnprocessableEntity, r.PostForm, problem)
		return
	}
	s.turn(w, r, objectionsPath(r)+"/"+id, said)
}
