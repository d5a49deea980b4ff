package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"steelyard/models"
)

// WebhookSink posts messages as JSON, signed as Standard Webhooks has it
// (https://www.standardwebhooks.com), so that receivers verify them with a library
// of theirs:
//
//	webhook-id: the delivery, the same on every try
//	webhook-timestamp: when this try was made, in seconds since 1970
//	webhook-signature: v1,base64(HMAC-SHA-256(key, id "." timestamp "." body)) …
//
// with a signature for each secret that holds. It follows no redirect, goes through
// no proxy and, unless it is told to, reaches no address inside.
type WebhookSink struct {
	client http.Client
	now    func() time.Time
}

// maxAnswer is how much of a receiver's answer is read, in bytes: enough to use the
// connection again.
const maxAnswer = 4 << 10

// NewWebhookSink returns the sink. inside lets it reach loopback, private and
// link-local addresses.
func NewWebhookSink(inside bool, now func() time.Time) *WebhookSink {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	if !inside {
		dialer.Control = refuseInside
	}
	return &WebhookSink{now: now, client: http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 10 * time.Second,
			MaxIdleConnsPerHost: 2, IdleConnTimeout: 90 * time.Second, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 16 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// payload is the body of a webhook. It holds no word of the case or of a review.
type payload struct {
	Type      models.NotificationKind `json:"type"`
	Timestamp time.Time               `json:"timestamp"` // when it happened
	Data      any                     `json:"data"`
}

type caseData struct {
	CaseID  string     `json:"caseId"`
	CaseRef string     `json:"caseRef"`
	UnitRef string     `json:"unitRef"` // whom it concerns
	DueAt   *time.Time `json:"dueAt"`
}

type roundData struct {
	RoundID   string  `json:"roundId"`
	RoundName string  `json:"roundName"`
	UnitRef   string  `json:"unitRef"` // whose reviewers they are
	DueOn     string  `json:"dueOn"`   // the last day
	Reviewers []Asked `json:"reviewers"`
}

// data is what a message says of its noun.
func (m *Message) data() any {
	if r := m.Round; r != nil {
		return roundData{r.ID.String(), r.Name, m.UnitRef, r.DueOn.String(), r.Reviewers}
	}
	return caseData{m.CaseID.String(), m.CaseRef, m.UnitRef, m.DueAt}
}

// Deliver implements [Sink].
func (s *WebhookSink) Deliver(ctx context.Context, m Message) error {
	body, err := json.Marshal(payload{m.Kind, m.At, m.data()})
	if err != nil {
		return fmt.Errorf("write a webhook's body: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL, bytes.NewReader(body))
	if err != nil {
		return &Undelivered{Why: "BAD_ADDRESS", ForGood: true}
	}
	moment := strconv.FormatInt(s.now().Unix(), 10)
	signatures := make([]string, len(m.Secrets))
	for i, key := range m.Secrets {
		signatures[i] = Sign(key, m.ID.String(), moment, body)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "steelyard")
	request.Header.Set("webhook-id", m.ID.String())
	request.Header.Set("webhook-timestamp", moment)
	request.Header.Set("webhook-signature", strings.Join(signatures, " "))
	answer, err := s.client.Do(request)
	if err != nil {
		return unreached(err)
	}
	// What a receiver says is not kept; only that it said it.
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer))
	err = errors.Join(err, answer.Body.Close())
	switch {
	case answer.StatusCode == http.StatusGone:
		return &Undelivered{Why: "HTTP_410", ForGood: true} // it wants no more
	case answer.StatusCode < 200 || answer.StatusCode > 299:
		return &Undelivered{Why: fmt.Sprintf("HTTP_%d", answer.StatusCode)}
	}
	if err != nil {
		return ctx.Err() // it has taken the message, and only its answer was cut
	}
	return nil
}

// Sign returns the signature of a webhook's body as its header has it.
func Sign(key []byte, id, timestamp string, body []byte) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(id + "." + timestamp + "."))
	h.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// unreached says in a few words why a request was not answered.
func unreached(err error) error {
	var inside *insideError
	var dns *net.DNSError
	switch {
	case errors.As(err, &inside):
		return &Undelivered{Why: "ADDRESS_INSIDE"}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &dns):
		return &Undelivered{Why: "NAME_NOT_FOUND"}
	}
	return &Undelivered{Why: "NOT_REACHED"}
}
