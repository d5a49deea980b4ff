package web

import (
	"crypto/rand"
	"html/template"
	"net/http"
	"slices"
	"time"
)

// encounterPage is the form for a rating link, then the link.
type encounterPage struct {
	Services []ServiceChoice
	Service  string
	Channels []Channel
	Channel  Channel
	Link     *Link        // nil: not yet
	Code     template.URL // the link as a picture
	// Key makes a double click, or a page sent again, harmless.
	Key string
}

// channels are those that an official records by hand; at a machine the machine does.
var channels = []Channel{ChannelWindow, ChannelHomeVisit, ChannelPhone, ChannelOnline, ChannelHotline, ChannelMail, ChannelOther}

func (s *site) askEncounter(w http.ResponseWriter, r *http.Request) {
	s.showEncounter(w, r, http.StatusOK, encounterPage{Channel: ChannelWindow, Key: rand.Text()}, "")
}

func (s *site) showEncounter(w http.ResponseWriter, r *http.Request, status int, page encounterPage, notice string) {
	answer, err := Catalogue(asking(r), s.api)
	if err != nil {
		s.refused(w, r, asked("Catalogue", err))
		return
	}
	page.Services, page.Channels = answer.Services.Nodes, channels
	s.show(w, r, status, "encounter", view{Path: "/work/encounters/new", Notice: notice, Page: page})
}

// takeEncounter records what was done and makes the one link to rate it by. A page
// that is sent again shows the same link.
func (s *site) takeEncounter(w http.ResponseWriter, r *http.Request) {
	page := encounterPage{Service: r.PostFormValue("service"), Channel: Channel(r.PostFormValue("channel")), Key: r.PostFormValue("key")}
	if page.Service == "" || !slices.Contains(channels, page.Channel) {
		s.showEncounter(w, r, http.StatusUnprocessableEntity, page, wordsIn(language(r)).ChooseService)
		return
	}
	recorded, err := Record(asking(r), s.api, page.Service, page.Channel, page.Key)
	if err != nil {
		s.refused(w, r, asked("Record", err))
		return
	}
	if recorded.RecordEncounter.Encounter == nil {
		s.showEncounter(w, r, http.StatusUnprocessableEntity, page, mendable(language(r), recorded.RecordEncounter.UserErrors))
		return
	}
	issued, err := Issue(asking(r), s.api, recorded.RecordEncounter.Encounter.Id, page.Key)
	if err != nil {
		s.refused(w, r, asked("Issue", err))
		return
	}
	if page.Link = issued.IssueRatingInvitation.Invitation; page.Link == nil {
		s.showEncounter(w, r, http.StatusUnprocessableEntity, page, mendable(language(r), issued.IssueRatingInvitation.UserErrors))
		return
	}
	page.Code = template.URL("data:image/png;base64," + page.Link.QrPng) // base64 of our own making
	s.show(w, r, http.StatusOK, "link", view{Page: page})
}

// deedPage is the form for practical work, then the code to confirm it by.
type deedPage struct {
	Kinds   []DeedKind
	Kind    DeedKind
	Title   string
	On      string // the day
	Today   string
	Receipt string // empty: not yet
	Key     string
}

func (s *site) askDeed(w http.ResponseWriter, r *http.Request) {
	s.showDeed(w, r, http.StatusOK, deedPage{Kind: DeedKindHomeVisit, On: s.today(), Key: rand.Text()}, "")
}

func (s *site) today() string { return s.Now().In(s.Zone).Format(time.DateOnly) }

func (s *site) showDeed(w http.ResponseWriter, r *http.Request, status int, page deedPage, notice string) {
	page.Kinds, page.Today = AllDeedKind, s.today()
	s.show(w, r, status, "deed", view{Path: "/work/deeds/new", Notice: notice, Page: page})
}

// takeDeed records practical work. Of its moment the day is asked: it is kept as the
// first instant of it.
func (s *site) takeDeed(w http.ResponseWriter, r *http.Request) {
	page := deedPage{
		Kind: DeedKind(r.PostFormValue("kind")), Title: r.PostFormValue("title"), On: r.PostFormValue("on"), Key: r.PostFormValue("key"),
	}
	on, err := time.ParseInLocation(time.DateOnly, page.On, s.Zone)
	if err != nil || !slices.Contains(AllDeedKind, page.Kind) {
		s.showDeed(w, r, http.StatusUnprocessableEntity, page, wordsIn(language(r)).BadDay)
		return
	}
	answer, err := NoteDeed(asking(r), s.api, page.Kind, on, page.Title, page.Key)
	if err != nil {
		s.refused(w, r, asked("NoteDeed", err))
		return
	}
	if answer.RecordDeed.Receipt == nil {
		s.showDeed(w, r, http.StatusUnprocessableEntity, page, mendable(language(r), answer.RecordDeed.UserErrors))
		return
	}
	page.Receipt = *answer.RecordDeed.Receipt
	s.show(w, r, http.StatusOK, "deed-code", view{Page: page})
}
