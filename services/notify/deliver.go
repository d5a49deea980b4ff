package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"steelyard/models"
	"steelyard/store"
)

const (
	// batch is how many deliveries a process takes up at once, atOnce how many of
	// them go out at the same time. With sinkTimeout each, all are over within half a
	// lease.
	batch       = 40
	atOnce      = 8
	sinkTimeout = 15 * time.Second
)

// Deliver hands every delivery that is due to its sink, and returns how many
// arrived. It is called regularly, by one process or several: each takes up what
// the others have not. What did not arrive is logged, and tried again later.
func (s *Service) Deliver(ctx context.Context) (int, error) {
	if len(s.Sinks) == 0 {
		return 0, nil
	}
	arrived := 0
	for {
		taken, err := s.take(ctx)
		if err != nil || len(taken) == 0 {
			return arrived, err
		}
		n, err := s.deliver(ctx, taken)
		arrived += n
		if err != nil || len(taken) < batch {
			return arrived, err
		}
	}
}

// take takes up deliveries that are due, or that a process took up which has gone
// silent since.
func (s *Service) take(ctx context.Context) ([]models.NotificationDelivery, error) {
	var channels []models.DeliveryChannel
	for _, c := range models.DeliveryChannels {
		if s.Sinks[c] != nil {
			channels = append(channels, c)
		}
	}
	const due = "state = ? AND next_at <= ? AND channel IN ?"
	// Asked first without a transaction: mostly there is nothing to do.
	var one []models.ID
	if err := s.Store.Read(ctx).Model(&models.NotificationDelivery{}).Where(due, models.DeliveryWaiting, s.Store.Now(), channels).
		Limit(1).Pluck("id", &one).Error; err != nil {
		return nil, fmt.Errorf("look for notifications: %w", err)
	}
	if len(one) == 0 {
		return nil, nil
	}
	var taken []models.NotificationDelivery
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		taken = nil
		err := tx.Raw("SELECT * FROM notification_deliveries WHERE "+due+" ORDER BY next_at, id LIMIT ? "+tx.Dialect().SkipLocked(),
			models.DeliveryWaiting, tx.Now, channels, batch).Scan(&taken).Error
		if err != nil {
			return err
		}
		holder := models.NewRandomID()
		for i := range taken {
			d := &taken[i]
			d.Attempts++
			d.Holder, d.NextAt = &holder, tx.Now.Add(models.DeliveryLease)
			if err := tx.Model(d).Select("attempts", "holder", "next_at").UpdateColumns(d).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("take up notifications: %w", err)
	}
	return taken, nil
}

// deliver hands deliveries out, several at once, and writes what became of each.
func (s *Service) deliver(ctx context.Context, taken []models.NotificationDelivery) (int, error) {
	messages, err := s.messages(ctx, taken)
	if err != nil {
		return 0, err
	}
	outcomes := make([]error, len(taken))
	group, gone := errgroup.Group{}, absent{}
	group.SetLimit(atOnce)
	for i := range taken {
		group.Go(func() error {
			if outcomes[i] = gone.is(&taken[i]); outcomes[i] == nil {
				outcomes[i] = s.hand(ctx, taken[i], messages[taken[i].ID])
				gone.note(&taken[i], outcomes[i])
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	arrived := 0
	for i := range taken {
		won, err := s.settle(ctx, &taken[i], outcomes[i])
		if err != nil {
			return arrived, err
		}
		if won {
			arrived++
		}
	}
	return arrived, nil
}

// absent are the receivers that were not there when one of these deliveries was tried: what
// else they should hear shares its fate untried. Else one dead machine, for which every try
// waits until its time is over, would keep everybody's messages waiting.
type absent struct {
	mu   sync.Mutex
	gone map[models.ID]error // by webhook; the mail server is the zero one
}

func receiver(d *models.NotificationDelivery) models.ID {
	if d.WebhookID == nil {
		return models.ID{}
	}
	return *d.WebhookID
}

// is is why the receiver was not there; nil where it was, or nobody has tried.
func (a *absent) is(d *models.NotificationDelivery) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.gone[receiver(d)]
}

// note notes a receiver that was not there; one that answered was, whatever it said.
func (a *absent) note(d *models.NotificationDelivery, outcome error) {
	if outcome == nil {
		return
	}
	switch why, _ := Reason(outcome); why {
	case "TIMEOUT", "NOT_REACHED", "NAME_NOT_FOUND":
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.gone == nil {
			a.gone = map[models.ID]error{}
		}
		a.gone[receiver(d)] = outcome
	}
}

// hand gives one message to its sink; a message that could not be made is given up.
func (s *Service) hand(ctx context.Context, d models.NotificationDelivery, m *Message) (err error) {
	if s.Begun != nil {
		under, ended := s.Begun(ctx, d)
		defer func() { ended(err) }()
		ctx = under
	}
	if m == nil {
		return &Undelivered{Why: "NO_RECEIVER", ForGood: true}
	}
	ctx, cancel := context.WithTimeout(ctx, sinkTimeout)
	defer cancel()
	return s.Sinks[d.Channel].Deliver(ctx, *m)
}

// settle writes what became of a delivery, unless another process has it by now.
// It returns whether it arrived.
func (s *Service) settle(ctx context.Context, d *models.NotificationDelivery, outcome error) (bool, error) {
	// What has been sent is written down also where the process is being ended.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sinkTimeout)
	defer cancel()
	holder, now := *d.Holder, s.Store.Now()
	if outcome == nil {
		d.Arrive(now)
	} else {
		failure, forGood := Reason(outcome)
		d.Fail(now, failure, forGood, rand.Float64())
		slog.WarnContext(ctx, "notification did not arrive", "delivery", d.ID.String(), "channel", d.Channel,
			"attempt", d.Attempts, "failure", failure, "state", d.State)
	}
	err := s.Store.InTx(ctx, func(tx *store.Tx) error {
		return tx.Model(&models.NotificationDelivery{}).Where("id = ? AND holder = ?", d.ID, holder).
			Select("state", "failure", "holder", "next_at", "ended_at").UpdateColumns(d).Error
	})
	if err != nil {
		return false, fmt.Errorf("write what became of a notification: %w", err)
	}
	return outcome == nil, nil
}

// Reason is why a message did not arrive. Of an error that is not ours nothing is
// kept: it may quote an address.
func Reason(err error) (why string, forGood bool) {
	var u *Undelivered
	switch {
	case errors.As(err, &u):
		return u.Why, u.ForGood
	case errors.Is(err, context.DeadlineExceeded):
		return "TIMEOUT", false
	case errors.Is(err, context.Canceled):
		return "INTERRUPTED", false
	}
	return "NOT_REACHED", false
}

// messages makes the messages of deliveries, by delivery. One whose webhook,
// contact or case is gone is missing.
func (s *Service) messages(ctx context.Context, taken []models.NotificationDelivery) (map[models.ID]*Message, error) {
	ids := make([]models.ID, len(taken))
	for i, d := range taken {
		ids[i] = d.ID
	}
	var rows []struct {
		ID        models.ID
		Kind      models.NotificationKind
		CreatedAt time.Time
		DueAt     *time.Time
		CaseID    models.ID
		CaseRef   string
		RoundID   *models.ID
		UnitID    models.ID
		UnitRef   string
		Channel   models.DeliveryChannel
		WebhookID *models.ID
		URL       *string
		Sealed    []byte
		Lang      *string
	}
	err := s.Store.Read(ctx).Table("notification_deliveries AS d").
		Select("d.id, n.kind, n.created_at, n.due_at, n.case_id, c.ref AS case_ref, n.round_id, n.unit_id, u.ref AS unit_ref, d.channel, d.webhook_id, "+
			"w.url, k.sealed, k.lang").
		Joins("JOIN notifications AS n ON n.id = d.notification_id").
		Joins("LEFT JOIN cases AS c ON c.id = n.case_id").
		Joins("JOIN org_units AS u ON u.id = n.unit_id").
		Joins("LEFT JOIN webhooks AS w ON w.id = d.webhook_id").
		Joins("LEFT JOIN case_contacts AS k ON k.case_id = n.case_id AND d.channel = ?", models.DeliveryMail).
		Scopes(store.Among("d.id", ids)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read notifications: %w", err)
	}
	var ofRounds, units []models.ID
	for _, r := range rows {
		if r.RoundID != nil {
			ofRounds, units = append(ofRounds, *r.RoundID), append(units, r.UnitID)
		}
	}
	rounds, err := s.rounds(ctx, ofRounds, units)
	if err != nil {
		return nil, fmt.Errorf("read notifications: %w", err)
	}
	out := make(map[models.ID]*Message, len(rows))
	for _, r := range rows {
		m := &Message{
			ID: r.ID, Kind: r.Kind, At: r.CreatedAt, CaseID: r.CaseID, CaseRef: r.CaseRef, UnitRef: r.UnitRef, DueAt: r.DueAt,
		}
		if r.RoundID != nil {
			m.Round = rounds[roundOfUnit{*r.RoundID, r.UnitID}]
		}
		switch {
		case r.URL != nil:
			m.URL = *r.URL
			for _, secret := range s.Webhooks {
				m.Secrets = append(m.Secrets, webhookKey(secret, *r.WebhookID))
			}
		case r.Lang != nil:
			if m.Address, err = s.unseal(r.CaseID, r.Sealed); err != nil {
				slog.ErrorContext(ctx, "a contact cannot be unsealed: was its secret file left out of --previous-secret-file?", "error", err)
				continue
			}
			m.Lang = *r.Lang
		default:
			continue
		}
		out[r.ID] = m
	}
	return out, nil
}
