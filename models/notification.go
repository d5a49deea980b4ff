package models

import (
	"fmt"
	"net/url"
	"time"
)

// NotificationKind is what is told.
type NotificationKind string

// What is told. Each tells that something has become of a case or a review round, and
// nothing of what was written in it.
const (
	NoticeCaseArrived  NotificationKind = "CASE_ARRIVED"  // a unit has got a case to answer
	NoticeCaseOffered  NotificationKind = "CASE_OFFERED"  // a unit is asked to take a case over
	NoticeCaseReturned NotificationKind = "CASE_RETURNED" // an offered case fell back to the unit that offered it
	NoticeCaseDueSoon  NotificationKind = "CASE_DUE_SOON" // the time to answer is nearly over
	NoticeCaseOverdue  NotificationKind = "CASE_OVERDUE"  // the time to answer is over
	NoticeCaseResolved NotificationKind = "CASE_RESOLVED" // the office has answered: the resident has the word
	NoticeCaseReopened NotificationKind = "CASE_REOPENED" // the resident says that it is not solved
	NoticeCaseRejected NotificationKind = "CASE_REJECTED" // the office has excluded the case
	NoticeReviewDue    NotificationKind = "REVIEW_DUE"    // a review round is about to end
)

// NotificationKinds are all kinds.
var NotificationKinds = []NotificationKind{
	NoticeCaseArrived, NoticeCaseOffered, NoticeCaseReturned, NoticeCaseDueSoon, NoticeCaseOverdue,
	NoticeCaseResolved, NoticeCaseReopened, NoticeCaseRejected, NoticeReviewDue,
}

// ForResident says whether the resident who handed the case in is told, too.
func (k NotificationKind) ForResident() bool {
	return k == NoticeCaseResolved || k == NoticeCaseRejected
}

// The bounds of webhooks.
const (
	MaxWebhookURL   = 2000
	MaxUnitWebhooks = 10
)

// Webhook is an address at which a machine of a unit hears of its cases and reviewers,
// and of those of every unit below it.
type Webhook struct {
	ID        ID `gorm:"primaryKey"`
	UnitID    ID
	URL       string
	Kinds     []NotificationKind `gorm:"serializer:json"`
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Validate checks the record by itself. plain allows http beside https.
func (w *Webhook) Validate(plain bool) error {
	if err := maxLength("url", w.URL, MaxWebhookURL); err != nil {
		return err
	}
	u, err := url.Parse(w.URL)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.User != nil || u.Fragment != "" ||
		u.Scheme != "https" && !(plain && u.Scheme == "http") {
		return Invalid("url", KeyWebhookURL)
	}
	if len(w.Kinds) == 0 {
		return Invalid("kinds", KeyRequired)
	}
	for _, kind := range w.Kinds {
		if err := oneOf("kinds", kind, NotificationKinds); err != nil {
			return err
		}
	}
	if len(w.Kinds) > len(NotificationKinds) {
		return Invalid("kinds", KeyTooLong, fmt.Sprint(len(NotificationKinds)), fmt.Sprint(len(w.Kinds)))
	}
	return nil
}

// Notification is something that has become of a case or of a review round: the one
// or the other. It holds no word of the case or of a review, and names nobody.
type Notification struct {
	ID        ID `gorm:"primaryKey"`
	Kind      NotificationKind
	CaseID    *ID
	RoundID   *ID
	UnitID    ID         // whom it concerns
	DueAt     *time.Time // until when the case is to be answered, where that is known
	CreatedAt time.Time
}

// DeliveryChannel is the way on which a notification goes out.
type DeliveryChannel string

// The ways out.
const (
	DeliveryWebhook DeliveryChannel = "WEBHOOK"
	DeliveryMail    DeliveryChannel = "MAIL"
)

// DeliveryChannels are all ways.
var DeliveryChannels = []DeliveryChannel{DeliveryWebhook, DeliveryMail}

// DeliveryState is where a delivery stands.
type DeliveryState string

// The states of a delivery.
const (
	DeliveryWaiting   DeliveryState = "WAITING"
	DeliveryDelivered DeliveryState = "DELIVERED"
	DeliveryDead      DeliveryState = "DEAD" // given up
)

// DeliveryStates are all states.
var DeliveryStates = []DeliveryState{DeliveryWaiting, DeliveryDelivered, DeliveryDead}

const (
	// MaxDeliveryAttempts is after how many tries a delivery is given up: with the
	// waits between them some fifteen hours.
	MaxDeliveryAttempts = 12
	// DeliveryLease is how long a process has for the deliveries that it took up; it
	// is longer than all their time limits together.
	DeliveryLease = 3 * time.Minute

	firstDeliveryWait = 30 * time.Second
	maxDeliveryWait   = 6 * time.Hour
)

// NotificationDelivery is one way of one notification to who is to hear it. It
// arrives at least once; its id lets the receiver tell a repeat.
type NotificationDelivery struct {
	ID             ID `gorm:"primaryKey"`
	NotificationID ID
	Channel        DeliveryChannel
	WebhookID      *ID // of a WEBHOOK
	State          DeliveryState
	Attempts       int
	NextAt         time.Time // not to be tried earlier; taken up, the end of the lease
	Holder         *ID       // who took it up; new each time
	Failure        string    // of the last try, in a few words that name nobody
	EndedAt        *time.Time
}

// Arrive ends a delivery that has arrived.
func (d *NotificationDelivery) Arrive(now time.Time) {
	d.State, d.Failure, d.Holder, d.EndedAt = DeliveryDelivered, "", nil, &now
}

// Fail notes a try that did not arrive: the next one is later and later, and the
// last one ends it, as does a failure that no repeat can mend. spread, from 0 to 1,
// lengthens the wait by up to a fifth, so that what failed together is not tried
// together again.
func (d *NotificationDelivery) Fail(now time.Time, failure string, forGood bool, spread float64) {
	d.Failure, d.Holder = failure, nil
	if forGood || d.Attempts >= MaxDeliveryAttempts {
		d.State, d.EndedAt = DeliveryDead, &now
		return
	}
	wait := maxDeliveryWait
	if shift := d.Attempts - 1; shift < 10 {
		wait = min(wait, firstDeliveryWait<<max(shift, 0))
	}
	d.NextAt = now.Add(wait + time.Duration(spread*float64(wait)/5)).Truncate(time.Microsecond)
}

// CaseContact is where a resident wants to be told what became of a case. The
// address is sealed: the database alone does not tell it.
type CaseContact struct {
	CaseID    ID `gorm:"primaryKey"`
	Sealed    []byte
	Lang      string
	CreatedAt time.Time
}
