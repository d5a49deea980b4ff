package web

import (
	"html/template"
	"strings"

	"steelyard/messages"
)

// fault is something to be mended in a form.
type fault struct {
	Control string // the id of the control that it is about; empty: of none
	Text    string // what is to be mended, in the reader's language
}

// controls are the ids of the residents' controls by the API's field, where they differ:
// a list has one control, or one group of them.
var controls = map[string]string{"dimensions": "aspects", "officialId": "official"}

// faultsOf are what an operation's payload says is to be mended. Fields that the page has
// no control for are about none.
func faultsOf(l messages.Lang, problems []Problem, on ...string) []fault {
	faults := make([]fault, len(problems))
	for i, p := range problems {
		faults[i].Text = sentence(l, p)
		if p.Field == nil {
			continue
		}
		field, _, _ := strings.Cut(*p.Field, ".")
		if other, differs := controls[field]; differs {
			field = other
		}
		for _, control := range on {
			if control == field {
				faults[i].Control = control
			}
		}
	}
	return faults
}

// fault is what is to be mended at a control; empty where nothing is.
func (v view) fault(control string) string {
	for _, f := range v.Faults {
		if f.Control == control {
			return f.Text
		}
	}
	return ""
}

// Named names a control and, where something is to be mended, says so to whoever does not
// see it: with the sentence that [view.Wrong] puts beside it, and the control's hint.
func (v view) Named(control string, hint ...string) template.HTMLAttr {
	attributes := `id="` + control + `"`
	if v.fault(control) != "" {
		attributes += ` aria-invalid="true"`
		hint = append([]string{control + "-fault"}, hint...)
	}
	if len(hint) > 0 {
		attributes += ` aria-describedby="` + strings.Join(hint, " ") + `"`
	}
	// Names of controls are written in the pages, none comes from a request.
	return template.HTMLAttr(attributes)
}

// NamedGroup is Named for a group of radio buttons, which is marked as a whole.
func (v view) NamedGroup(group string) template.HTMLAttr {
	if v.fault(group) == "" {
		return v.Named(group)
	}
	return v.Named(group) + template.HTMLAttr(` tabindex="-1" role="radiogroup" aria-labelledby="`+group+`-legend"`)
}

// Wrong is the sentence beside a control; nothing where all is well.
func (v view) Wrong(control string) template.HTML {
	text := v.fault(control)
	if text == "" {
		return ""
	}
	return template.HTML(`<span class="fault" id="` + control + `-fault">` + template.HTMLEscapeString(text) + `</span>`)
}
