package web

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"steelyard/web/inprocess"
)

const (
	// maxProblem is the largest form with its files, in bytes: five of five megabytes.
	maxProblem = 5*(5<<20) + maxForm
	// problemTime is how long a phone has to send them.
	problemTime = 3 * time.Minute
	// maxFile is what is read of one file: a byte more than is taken, so that one too
	// many is told from the last.
	maxFile = 5<<20 + 1
)

// problemPage is what the form for a problem shows.
type problemPage struct {
	Title, Description, Place, Category, Email string
	Categories                                 []string
	// Key makes a double click, or a page sent again, harmless.
	Key string
}

// openedPage is what a problem that was handed in has become.
type openedPage struct {
	Receipt string
	Case    *Opened
}

func (s *site) askProblem(w http.ResponseWriter, r *http.Request) {
	s.showProblem(w, r, http.StatusOK, problemPage{Key: rand.Text()})
}

func (s *site) showProblem(w http.ResponseWriter, r *http.Request, status int, page problemPage, faults ...fault) {
	answer, err := Categories(asking(r), s.api)
	if err != nil {
		s.fail(w, r, asked("Categories", err))
		return
	}
	page.Categories = answer.CaseCategories
	s.show(w, r, status, "problem", view{Path: "/case/new", Faults: faults, Page: page})
}

// takeProblem hands a problem in. The fields stand before the files, which are passed
// on one by one as they come: none is kept on the way.
func (s *site) takeProblem(w http.ResponseWriter, r *http.Request) {
	deadlines := http.NewResponseController(w)
	until := time.Now().Add(problemTime)
	if err := errors.Join(deadlines.SetReadDeadline(until), deadlines.SetWriteDeadline(until.Add(time.Minute))); err != nil {
		s.fail(w, r, fmt.Errorf("give a form its time: %w", err))
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxProblem)
	// The address says the language; it has to be read before the body is taken apart.
	err := r.ParseForm()
	var parts *multipart.Reader
	if err == nil {
		parts, err = r.MultipartReader()
	}
	if err != nil {
		s.showProblem(w, r, http.StatusUnprocessableEntity, problemPage{Key: rand.Text()}, fault{"", wordsIn(language(r)).ProblemAgain})
		return
	}
	page, file, err := readProblem(parts)
	if err != nil {
		http.Error(w, wordsIn(language(r)).TooLarge, http.StatusRequestEntityTooLarge)
		return
	}
	answer, err := Open(asking(r), s.api, page.Title, page.Description, optional(page.Category), optional(page.Place), page.Key)
	if err != nil {
		s.fail(w, r, asked("Open", err))
		return
	}
	made := answer.OpenCase
	if made.Receipt == nil || made.Case == nil {
		s.showProblem(w, r, http.StatusUnprocessableEntity, page, faultsOf(language(r), made.UserErrors, "title", "description", "place", "category")...)
		return
	}
	// From here on the problem is handed in, whatever becomes of the rest.
	notice := s.passOn(r, parts, file, *made.Receipt)
	if page.Email != "" {
		told, err := Subscribe(asking(r), s.api, *made.Receipt, page.Email)
		if err != nil {
			s.fail(w, r, asked("Subscribe", err))
			return
		}
		if problem := mendable(language(r), told.SubscribeToCase.UserErrors); problem != "" {
			notice = problem
		}
	}
	s.show(w, r, http.StatusOK, "opened", view{Notice: notice, Page: openedPage{*made.Receipt, made.Case}})
}

// readProblem reads the fields of a form up to its first file, which is nil where there
// is none.
func readProblem(parts *multipart.Reader) (problemPage, *multipart.Part, error) {
	var page problemPage
	fields := map[string]*string{
		"title": &page.Title, "description": &page.Description, "place": &page.Place, "category": &page.Category,
		"email": &page.Email, "key": &page.Key,
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return page, nil, nil
		}
		if err != nil || part.FormName() == "file" {
			return page, part, err
		}
		raw, err := io.ReadAll(io.LimitReader(part, maxForm))
		if err != nil {
			return page, nil, err
		}
		if field := fields[part.FormName()]; field != nil {
			*field = string(raw)
		}
	}
}

// passOn attaches the files, and returns what is wrong with the last one that was not
// taken; empty where all were.
func (s *site) passOn(r *http.Request, parts *multipart.Reader, file *multipart.Part, receipt string) (notice string) {
	for file != nil {
		content := bufio.NewReader(file)
		// A field without a file comes as one without content.
		switch _, err := content.Peek(1); {
		case err == nil:
			if problem := s.attach(r, receipt, content); problem != "" {
				notice = problem
			}
		case !errors.Is(err, io.EOF):
			return wordsIn(language(r)).ProblemFileLost
		}
		var err error
		file, err = parts.NextPart()
		if errors.Is(err, io.EOF) {
			return notice
		}
		if err != nil {
			return wordsIn(language(r)).ProblemFileLost
		}
	}
	return notice
}

// attach sends one file the way that any client does, as it comes: who takes it says how
// many are in memory at once.
func (s *site) attach(r *http.Request, receipt string, content io.Reader) (problem string) {
	lost := wordsIn(language(r)).ProblemFileLost
	body, to := io.Pipe()
	form := multipart.NewWriter(to)
	request, err := http.NewRequestWithContext(asking(r), http.MethodPost, "/attachments", body)
	if err != nil {
		return lost
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	written := make(chan struct{})
	go func() {
		defer close(written)
		to.CloseWithError(writeFile(form, receipt, content)) // the error is the reader's
	}()
	answer, err := inprocess.Send(s.uploads, request)
	body.Close() // who refuses a file has not read it
	<-written    // nobody reads the form any more
	if err != nil {
		return lost
	}
	if answer.StatusCode == http.StatusCreated {
		return ""
	}
	var refused struct{ Errors []struct{ Message string } }
	if err := json.NewDecoder(answer.Body).Decode(&refused); err != nil || len(refused.Errors) == 0 {
		return lost
	}
	return lost + " " + refused.Errors[0].Message
}

// writeFile writes a form with a file for whoever has a receipt.
func writeFile(form *multipart.Writer, receipt string, content io.Reader) error {
	if err := form.WriteField("receipt", receipt); err != nil {
		return err
	}
	file, err := form.CreateFormFile("file", "file")
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, io.LimitReader(content, maxFile)); err != nil {
		return err
	}
	return form.Close()
}
