package resolvers_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/services/notify"
)

// ear is a sink that notes what it hears, and fails as often as it is told.
type ear struct {
	mu    sync.Mutex
	heard []notify.Message
	fail  int
	meant func() // what happens meanwhile
}

func (e *ear) Deliver(_ context.Context, m notify.Message) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, m)
	if e.meant != nil {
		e.meant()
	}
	if e.fail > 0 {
		e.fail--
		return errors.New("no answer from 192.0.2.1, said resident@example.org")
	}
	return nil
}

// kinds are what was heard, in alphabetical order of units and kinds.
func (e *ear) kinds() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []string
	for _, m := range e.heard {
		list = append(list, m.UnitRef+" "+string(m.Kind))
	}
	return strings.Join(list, ", ")
}

// listen gives the office sinks that note.
func (o *office) listen() (hooks, mails *ear) {
	hooks, mails = &ear{}, &ear{}
	o.app.Notify.Sinks = map[models.DeliveryChannel]notify.Sink{models.DeliveryWebhook: hooks, models.DeliveryMail: mails}
	return hooks, mails
}

// deliver wants so many deliveries to arrive.
func (o *office) deliver(want int) {
	o.Helper()
	if n, err := o.app.Notify.Deliver(o.Context()); err != nil || n != want {
		o.Errorf("%d arrived, want %d: %v", n, want, err)
	}
}

// wait moves the clock.
func (o *office) wait(d time.Duration) {
	t := o.now.Load().Add(d)
	o.now.Store(&t)
}

const webhookFields = ` webhook { id unit { ref } url kinds waiting deadLetters failure } secret` + userErrors

// hook saves a webhook and returns its id.
func (o *office) hook(subject, unit, kinds string) string {
	o.Helper()
	return o.ok(subject, `mutation { saveWebhook(input: {unitId: {`+unit+`}, url: "https://desk.example/`+unit+`", kinds: [`+kinds+`]}) {`+webhookFields+`} }`).
		text("saveWebhook.webhook.id")
}

func TestAWebhookHearsOfTheCasesOfItsUnitAndOfThoseBelow(t *testing.T) {
	each(t, func(o *office) {
		hooks, _ := o.listen()
		o.hook("hr-north", "north", "CASE_ARRIVED, CASE_RESOLVED, CASE_OFFERED, CASE_RETURNED, CASE_REOPENED")
		o.hook("hr-south", "south", "CASE_OFFERED")
		id, receipt := o.handIn("north-desk")
		o.handIn("south")
		o.deliver(1)
		m := hooks.heard[0]
		if m.CaseID.String() != id || m.UnitRef != "north-desk" || m.DueAt == nil || !strings.HasSuffix(m.URL, "/north") || m.Address != "" {
			o.Errorf("heard %+v", m)
		}
		o.deliver(0)
		o.step("ann", "acceptCase", id, ``, "ACCEPTED")
		o.step("ann", "transferCase", id, `toUnitId: {south}, reason: "their lamp"`, "ACCEPTED")
		o.step("cat", "decideTransfer", id, `accept: false, reason: "yours"`, "ACCEPTED")
		o.step("ann", "assignCase", id, ``, "ASSIGNED")
		o.step("ann", "startCase", id, ``, "IN_PROGRESS")
		o.step("ann", "resolveCase", id, `outcome: RESOLVED, account: "done"`, "RESOLVED")
		o.ok("", confirm, "r", receipt, "solved", false)
		hooks.heard = nil
		o.deliver(4)
		for _, want := range []string{"south CASE_OFFERED", "north-desk CASE_RETURNED", "north-desk CASE_RESOLVED", "north-desk CASE_REOPENED"} {
			if !strings.Contains(hooks.kinds(), want) {
				o.Errorf("%q was not told: %s", want, hooks.kinds())
			}
		}
	})
}

func TestWebhooksBelongToTheirUnits(t *testing.T) {
	each(t, func(o *office) {
		save := `mutation($id: ID, $url: String!) { saveWebhook(input: {id: $id, unitId: {north}, url: $url, kinds: [CASE_ARRIVED, CASE_ARRIVED], idempotencyKey: "k"}) {` + webhookFields + `} }`
		saved := o.ok("hr-north", save, "url", "https://desk.example/a")
		id, secret := saved.text("saveWebhook.webhook.id"), saved.text("saveWebhook.secret")
		if !strings.HasPrefix(secret, "whsec_") || len(saved.list("saveWebhook.webhook.kinds")) != 1 {
			o.Errorf("saved %v", saved.data)
		}
		again := o.ok("hr-north", save, "url", "https://desk.example/a")
		again.wants("saveWebhook.webhook.id", id)
		again.wants("saveWebhook.secret", secret)
		other := `mutation($id: ID, $url: String!) { saveWebhook(input: {id: $id, unitId: {north}, url: $url, kinds: [CASE_ARRIVED]}) {` + webhookFields + `} }`
		o.ok("admin", other, "id", id, "url", "https://desk.example/b").wants("saveWebhook.secret", nil)
		o.refuses("hr-north", "CONFLICT", "url", other, "url", "https://desk.example/b")
		o.refuses("hr-south", "NOT_FOUND", "unitId", other, "url", "https://desk.example/c")
		for _, bad := range []string{"http://desk.example/", "https://user:pw@desk.example/", "https://desk.example/#x", "file:///etc/passwd", "https://", "nonsense", "https://d/" + strings.Repeat("x", 2000)} {
			o.refuses("hr-north", "INVALID", "url", other, "url", bad)
		}
		south := strings.ReplaceAll(other, "{north}", "{south}")
		o.refuses("hr-south", "NOT_FOUND", "id", south, "id", id, "url", "https://desk.example/c")
		list := `{ webhooks { nodes { id url unit { ref } } pageInfo { hasNextPage } } }`
		o.ok("hr-north", list).wants("webhooks.nodes.0.url", "https://desk.example/b")
		if n := len(o.ok("hr-south", list).list("webhooks.nodes")); n != 0 {
			o.Errorf("a neighbour sees %d webhooks", n)
		}
		remove := `mutation($id: ID!) { removeWebhook(input: {id: $id}) { removedId` + userErrors + `} }`
		o.refuses("hr-south", "NOT_FOUND", "id", remove, "id", id)
		o.handIn("north")
		o.ok("hr-north", remove, "id", id).wants("removeWebhook.removedId", id)
		o.refuses("hr-north", "NOT_FOUND", "id", remove, "id", id)
		hooks, _ := o.listen()
		o.deliver(0)
		if len(hooks.heard) != 0 {
			o.Errorf("a removed webhook heard %s", hooks.kinds())
		}
		for i := range models.MaxUnitWebhooks {
			o.ok("hr-north", other, "url", "https://desk.example/"+strings.Repeat("x", i+1))
		}
		o.refuses("hr-north", "INVALID", "unitId", other, "url", "https://desk.example/more")
	})
}

// TestWhatDoesNotArriveIsTriedLaterAndGivenUpAtLast follows one delivery through
// every try to a dead letter and back.
func TestWhatDoesNotArriveIsTriedLaterAndGivenUpAtLast(t *testing.T) {
	each(t, func(o *office) {
		hooks, _ := o.listen()
		id := o.hook("hr-north", "north", "CASE_ARRIVED")
		o.handIn("north")
		hooks.fail = models.MaxDeliveryAttempts
		for try := 1; try <= models.MaxDeliveryAttempts; try++ {
			o.deliver(0)
			o.deliver(0) // not at once again
			if len(hooks.heard) != try {
				o.Fatalf("%d tries, want %d", len(hooks.heard), try)
			}
			o.wait(8 * time.Hour)
		}
		o.deliver(0)
		for _, m := range hooks.heard {
			if m.ID != hooks.heard[0].ID {
				o.Error("the id changes from try to try")
			}
		}
		state := o.ok("hr-north", `{ webhooks { nodes { waiting deadLetters failure } } }`)
		state.wants("webhooks.nodes.0.waiting", 0)
		state.wants("webhooks.nodes.0.deadLetters", 1)
		state.wants("webhooks.nodes.0.failure", "NOT_REACHED") // and no word of the sink's own
		o.ok("hr-north", `mutation($id: ID!) { saveWebhook(input: {id: $id, unitId: {north}, url: "https://desk.example/new", kinds: [CASE_ARRIVED]}) {`+webhookFields+`} }`, "id", id).
			wants("saveWebhook.webhook.waiting", 1)
		o.deliver(1)
		if m := hooks.heard[len(hooks.heard)-1]; m.ID != hooks.heard[0].ID || m.URL != "https://desk.example/new" {
			o.Errorf("the dead letter came as %+v", m)
		}
	})
}

// TestSeveralProcessesShareTheDeliveries: each goes out once, and what a process
// leaves behind is taken up when its lease is over.
func TestSeveralProcessesShareTheDeliveries(t *testing.T) {
	each(t, func(o *office) {
		hooks, _ := o.listen()
		o.hook("hr-north", "north", "CASE_ARRIVED")
		const cases = 60
		for range cases {
			o.handIn("north")
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := o.app.Notify.Deliver(o.Context()); err != nil {
					o.Error(err)
				}
			})
		}
		wg.Wait()
		seen := map[models.ID]bool{}
		for _, m := range hooks.heard {
			seen[m.ID] = true
		}
		if len(seen) != cases || len(hooks.heard) != cases {
			o.Errorf("%d deliveries of %d notifications, want %d of each", len(hooks.heard), len(seen), cases)
		}

		// A process that is silent for longer than its lease loses what it took.
		hooks.heard = nil
		o.handIn("north")
		slow := &ear{meant: func() {
			o.wait(models.DeliveryLease + time.Second)
			other := *o.app.Notify
			other.Sinks = map[models.DeliveryChannel]notify.Sink{models.DeliveryWebhook: hooks}
			if n, err := other.Deliver(o.Context()); err != nil || n != 1 {
				o.Errorf("%d taken over, want 1: %v", n, err)
			}
		}, fail: 1}
		o.app.Notify.Sinks[models.DeliveryWebhook] = slow
		o.deliver(0)
		if len(hooks.heard) != 1 || len(slow.heard) != 1 || hooks.heard[0].ID != slow.heard[0].ID {
			o.Errorf("heard %d and %d", len(hooks.heard), len(slow.heard))
		}
		// The slow one's failure does not undo that it arrived.
		o.ok("hr-north", `{ webhooks { nodes { waiting deadLetters } } }`).wants("webhooks.nodes.0.waiting", 0)
	})
}

// deafTo takes messages but for one address, where nobody is.
type deafTo struct {
	mu    sync.Mutex
	url   string
	tried map[string]int
}

func (d *deafTo) Deliver(_ context.Context, m notify.Message) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.tried[m.URL]++; m.URL == d.url {
		return &notify.Undelivered{Why: "TIMEOUT"}
	}
	return nil
}

// TestADeadMachineKeepsNobodyWaiting: of what it should hear a few are tried, and the rest
// shares their fate; whoever answers hears everything.
func TestADeadMachineKeepsNobodyWaiting(t *testing.T) {
	each(t, func(o *office) {
		o.listen()
		o.hook("hr-north", "north", "CASE_ARRIVED")
		o.hook("hr-north", "north-desk", "CASE_ARRIVED")
		const cases = 18 // with both webhooks in one batch
		for range cases {
			o.handIn("north-desk")
		}
		var hooks []models.Webhook
		if err := o.store.Read(o.Context()).Order("id").Find(&hooks).Error; err != nil || len(hooks) != 2 {
			o.Fatal(hooks, err)
		}
		sink := &deafTo{url: hooks[0].URL, tried: map[string]int{}}
		o.app.Notify.Sinks[models.DeliveryWebhook] = sink
		o.deliver(cases)
		if dead, well := sink.tried[hooks[0].URL], sink.tried[hooks[1].URL]; dead > 8 || well != cases {
			o.Errorf("the dead one was tried %d times, the other one heard %d", dead, well)
		}
		var put int64
		err := o.store.Read(o.Context()).Model(&models.NotificationDelivery{}).
			Where("webhook_id = ? AND state = ? AND attempts = 1 AND failure = 'TIMEOUT'", hooks[0].ID, models.DeliveryWaiting).Count(&put).Error
		if err != nil || put != cases {
			o.Errorf("%d are put off: %v", put, err)
		}
	})
}

func TestAResidentIsToldWhereTheReceiptsHolderAskedForIt(t *testing.T) {
	each(t, func(o *office) {
		subscribe := `mutation($r: String!, $email: String!) { subscribeToCase(input: {receipt: $r, email: $email}) { subscribed` + userErrors + `} }`
		id, receipt := o.handIn("north")
		o.refuses("", "CONFLICT", "email", subscribe, "r", receipt, "email", "a@example.org") // no mail server
		_, mails := o.listen()
		for _, bad := range []string{"", "a", "a@", "A <a@example.org>", "a@example.org\r\nBcc: b@example.org", "a@example.org, b@example.org", "甲@例子.中国", strings.Repeat("x", 250) + "@example.org"} {
			o.refuses("", "INVALID", "email", subscribe, "r", receipt, "email", bad)
		}
		o.refuses("", "NOT_FOUND", "receipt", subscribe, "r", "nonsense", "email", "a@example.org")
		o.ok("", subscribe, "r", receipt, "email", "old@example.org").wants("subscribeToCase.subscribed", true)
		o.ok("", subscribe, "r", receipt, "email", "new@example.org")
		var contact models.CaseContact
		if err := o.store.Read(o.Context()).Take(&contact).Error; err != nil {
			o.Fatal(err)
		}
		if strings.Contains(string(contact.Sealed), "example") {
			o.Error("the address stands in the database")
		}
		quiet, _ := o.handIn("north")
		for _, c := range []string{id, quiet} {
			o.step("bob", "acceptCase", c, ``, "ACCEPTED")
			o.step("bob", "assignCase", c, ``, "ASSIGNED")
			o.step("bob", "startCase", c, ``, "IN_PROGRESS")
			o.step("bob", "resolveCase", c, `outcome: RESOLVED, account: "done"`, "RESOLVED")
		}
		o.deliver(1)
		if m := mails.heard[0]; m.Address != "new@example.org" || m.Kind != models.NoticeCaseResolved || m.Lang != "en" || m.URL != "" {
			o.Errorf("told %+v", m)
		}
		o.ok("", confirm, "r", receipt, "solved", false)
		o.ok("", `mutation($r: String!) { unsubscribeFromCase(input: {receipt: $r}) { subscribed`+userErrors+`} }`, "r", receipt).
			wants("unsubscribeFromCase.subscribed", false)
		o.step("bob", "startCase", id, ``, "IN_PROGRESS")
		o.step("bob", "resolveCase", id, `outcome: RESOLVED, account: "done again"`, "RESOLVED")
		o.deliver(0)
	})
}

func TestContactsAndOldNotificationsAreForgotten(t *testing.T) {
	each(t, func(o *office) {
		o.listen()
		o.hook("hr-north", "north", "CASE_ARRIVED")
		_, receipt := o.handIn("north")
		o.ok("", `mutation($r: String!) { subscribeToCase(input: {receipt: $r, email: "a@example.org"}) { subscribed`+userErrors+`} }`, "r", receipt)
		forget := func(want int) {
			o.Helper()
			if n, err := o.app.Notify.Forget(o.Context()); err != nil || n != want {
				o.Errorf("%d forgotten, want %d: %v", n, want, err)
			}
		}
		forget(0)
		o.later(100)
		forget(0) // what waits is kept
		o.deliver(1)
		forget(1)
		o.ok("", `mutation($r: String!) { withdrawCase(input: {receipt: $r}) {`+caseFields+`} }`, "r", receipt)
		forget(1)
		if n := o.count("case_contacts") + o.count("notifications") + o.count("notification_deliveries"); n != 0 {
			o.Errorf("%d rows are left", n)
		}
	})
}

func TestAUnitIsWarnedOnceOfADueDate(t *testing.T) {
	each(t, func(o *office) {
		hooks, _ := o.listen()
		o.hook("hr-north", "north", "CASE_DUE_SOON, CASE_OVERDUE")
		id, _ := o.handIn("north") // due at the end of 11 March
		held, _ := o.handIn("north")
		o.step("bob", "acceptCase", held, ``, "ACCEPTED")
		o.step("bob", "assignCase", held, ``, "ASSIGNED")
		o.step("bob", "startCase", held, ``, "IN_PROGRESS")
		o.step("bob", "holdCase", held, `reason: "waits for the parts"`, "ON_HOLD")
		warn := func(want int) {
			o.Helper()
			if n, err := o.app.Cases.WarnDue(o.Context()); err != nil || n != want {
				o.Errorf("told of %d, want %d: %v", n, want, err)
			}
		}
		o.at("2025-03-10T10:00:00+08:00")
		warn(0)
		o.at("2025-03-11T10:00:00+08:00")
		warn(1)
		warn(0)
		o.at("2025-03-12T00:00:00+08:00")
		warn(1)
		warn(0)
		o.deliver(2)
		if got := hooks.kinds(); got != "north CASE_DUE_SOON, north CASE_OVERDUE" && got != "north CASE_OVERDUE, north CASE_DUE_SOON" {
			o.Errorf("told %s", got)
		}
		for _, m := range hooks.heard {
			if m.CaseID.String() != id {
				o.Error("told of a case whose clock is paused")
			}
		}
		o.later(30)
		warn(0)
	})
}

// TestAUnitHasSoManyWebhooks, also where they are saved at the same instant.
func TestAUnitHasSoManyWebhooks(t *testing.T) {
	each(t, func(o *office) {
		var all sync.WaitGroup
		for i := range 3 * models.MaxUnitWebhooks {
			all.Go(func() {
				o.ask("hr-north", `mutation($url: String!) { saveWebhook(input: {unitId: {north}, url: $url, kinds: [CASE_ARRIVED]}) { webhook { id } `+userErrors+`} }`,
					"url", fmt.Sprint("https://desk.example/", i))
			})
		}
		all.Wait()
		if n := o.count("webhooks"); n != models.MaxUnitWebhooks {
			o.Errorf("%d webhooks of a unit, want %d", n, models.MaxUnitWebhooks)
		}
	})
}
