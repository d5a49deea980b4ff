package notify

import (
	"context"
	"log/slog"

	"steelyard/models"
)

// LogSink writes that there was something to tell, instead of telling it: for
// development. Whom it was for stays out of the log.
type LogSink struct{ Log *slog.Logger }

// of is the case or the round that a message is about.
func (m *Message) of() models.ID {
	if m.Round != nil {
		return m.Round.ID
	}
	return m.CaseID
}

// Deliver implements [Sink].
func (s LogSink) Deliver(ctx context.Context, m Message) error {
	channel := "MAIL"
	if m.URL != "" {
		channel = "WEBHOOK"
	}
	s.Log.InfoContext(ctx, "notification", "delivery", m.ID.String(), "kind", string(m.Kind), "channel", channel, "of", m.of().String())
	return nil
}
