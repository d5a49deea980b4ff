package resolvers_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/services/attachments"
)

// document is a PDF that differs from others.
func document(n int) []byte { return fmt.Appendf(nil, "%%PDF-1.7\n%% %d\n%%%%EOF\n", n) }

// attach adds a file as whoever has the receipt or, without one, as a subject.
func (o *office) attach(subject, receipt, id string, content []byte) (*models.Attachment, error) {
	o.Helper()
	in := attachments.Upload{Receipt: receipt, Read: func() ([]byte, error) { return content, nil }}
	if receipt == "" {
		key := o.parse(id)
		in.CaseID = &key
	}
	return o.app.Attachments.Add(o.Context(), o.actor(subject), in)
}

// open follows a link.
func (o *office) open(link string) error {
	o.Helper()
	_, _, err := o.app.Attachments.Open(o.Context(), strings.TrimPrefix(link, "/attachments/"))
	return err
}

func TestWhoeverSeesACaseSeesItsAttachments(t *testing.T) {
	each(t, func(o *office) {
		id, receipt := o.handIn("north")
		if _, err := o.attach("", receipt, "", document(1)); err != nil {
			o.Fatal(err)
		}
		if _, err := o.attach("bob", "", id, document(2)); err != nil {
			o.Fatal(err)
		}
		for _, c := range []struct {
			subject, receipt string
			want             models.Code
		}{
			{"", "", models.CodeUnauthenticated},
			{"", "nonsense", models.CodeNotFound},
			{"cat", "", models.CodeNotFound},
			{"hr-south", "", models.CodeNotFound},
			{"auditor-north", "", models.CodeForbidden},
			{"resident", "", models.CodeForbidden},
		} {
			if _, err := o.attach(c.subject, c.receipt, id, document(3)); models.CodeOf(err) != c.want {
				o.Errorf("%q with receipt %q: %v, want %s", c.subject, c.receipt, err, c.want)
			}
		}
		list := `query($r: String!) { caseByReceipt(receipt: $r) { attachments { mediaType size fromResident url } } }`
		seen := o.ok("", list, "r", receipt)
		seen.wants("caseByReceipt.attachments.0.mediaType", "application/pdf")
		seen.wants("caseByReceipt.attachments.0.fromResident", true)
		seen.wants("caseByReceipt.attachments.1.fromResident", false)
		if o.ok("hr-north", `{ cases { nodes { attachments { url } } } }`).text("cases.nodes.0.attachments.1.url") == "" {
			o.Error("an officer sees no link")
		}
		link := strings.TrimPrefix(seen.text("caseByReceipt.attachments.0.url"), "https://rate.example")
		if err := o.open(link); err != nil {
			o.Error(err)
		}
		other := strings.TrimPrefix(seen.text("caseByReceipt.attachments.1.url"), "https://rate.example")
		mixed := other[:len(other)-20] + link[len(link)-20:]
		for _, bad := range []string{mixed, link + "x", "/attachments/../../etc/passwd", "/attachments/"} {
			if err := o.open(bad); models.CodeOf(err) != models.CodeNotFound {
				o.Errorf("%s: %v", bad, err)
			}
		}
		o.wait(11 * time.Minute)
		if err := o.open(link); models.CodeOf(err) != models.CodeNotFound {
			o.Errorf("a link that has run out: %v", err)
		}
	})
}

func TestACaseTakesSoManyAttachmentsEachOnce(t *testing.T) {
	each(t, func(o *office) {
		_, receipt := o.handIn("north")
		var wg sync.WaitGroup
		errs := make([]error, 3*(models.MaxCaseAttachments+2))
		for i := range errs {
			wg.Go(func() { _, errs[i] = o.attach("", receipt, "", document(i%(models.MaxCaseAttachments+2))) })
		}
		wg.Wait()
		for _, err := range errs {
			if err != nil && models.CodeOf(err) != models.CodeInvalid {
				o.Error(err)
			}
		}
		if n := o.count("attachments"); n != models.MaxCaseAttachments {
			o.Errorf("%d attachments, want %d", n, models.MaxCaseAttachments)
		}
		_, second := o.handIn("north")
		o.ok("", `mutation($r: String!) { withdrawCase(input: {receipt: $r}) {`+caseFields+`} }`, "r", second)
		if _, err := o.attach("", second, "", document(1)); models.CodeOf(err) != models.CodeIllegalState {
			o.Errorf("a withdrawn case: %v", err)
		}
	})
}

// TestBytesWithoutARowAreSwept: what was refused after it was stored is deleted when
// it is old, and what a row names is kept.
func TestBytesWithoutARowAreSwept(t *testing.T) {
	each(t, func(o *office) {
		_, receipt := o.handIn("north")
		for i := range models.MaxCaseAttachments {
			if _, err := o.attach("", receipt, "", document(i)); err != nil {
				o.Fatal(err)
			}
		}
		var refused *models.Error
		if _, err := o.attach("", receipt, "", document(99)); !errors.As(err, &refused) {
			o.Fatal(err)
		}
		sweep := func(want int) {
			o.Helper()
			if n, err := o.app.Attachments.Sweep(o.Context()); err != nil || n != want {
				o.Errorf("%d swept, want %d: %v", n, want, err)
			}
		}
		o.at(time.Now().Format(time.RFC3339))
		sweep(0) // too young
		o.at(time.Now().Add(2 * time.Hour).Format(time.RFC3339))
		sweep(1)
		sweep(0)
		link := o.ok("", `query($r: String!) { caseByReceipt(receipt: $r) { attachments { url } } }`, "r", receipt).text("caseByReceipt.attachments.4.url")
		if err := o.open(strings.TrimPrefix(link, "https://rate.example")); err != nil {
			o.Errorf("what a row names is gone: %v", err)
		}
	})
}
