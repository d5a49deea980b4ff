package notify

import (
	"context"
	"log/slog"
)

// LogSink writes that there was something to tell, instead of telling it: for
// development. Whom it was for stays out of the log.
type LogSink struct{ Log *slog.Logger }

// Deliver implements [Sink].
func (s LogSink) Deliver(ctx context.Context, m Message) error {
	channel := "MAIL"
	if m.URL != "" {
		channel = "WEBHOOK"
	}
	s.Log.InfoContext(ctx, "notification", "delivery", m.ID.String(), "kind", string(m.Kind), "channel", channel, "case", m.CaseID.String())
	return nil
}
