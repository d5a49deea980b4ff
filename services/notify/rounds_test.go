package notify_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"steelyard/models"
	"steelyard/services/notify"
)

// TestAReminderNamesWhoIsAskedAndWhen is the body of a webhook that hears of a round.
func TestAReminderNamesWhoIsAskedAndWhen(t *testing.T) {
	var body []byte
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			t.Error(err)
		}
	}))
	defer receiver.Close()
	m := message(receiver.URL)
	m.Kind, m.CaseID, m.CaseRef = models.NoticeReviewDue, models.ID{}, ""
	m.Round = &notify.RoundMessage{ID: models.NewID(), Name: "spring", DueOn: models.NewDate(2025, 3, 31), Reviewers: []notify.Asked{{Ref: "bob", Sheets: 2}}}
	if err := notify.NewWebhookSink(true, clock).Deliver(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	want := `{"type":"REVIEW_DUE","timestamp":"2025-03-04T02:00:00Z","data":{"roundId":"` + m.Round.ID.String() +
		`","roundName":"spring","unitRef":"north","dueOn":"2025-03-31","reviewers":[{"officialRef":"bob","sheets":2}]}}`
	if string(body) != want {
		t.Errorf("body %s, want %s", body, want)
	}
}
