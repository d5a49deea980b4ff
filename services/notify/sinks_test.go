package notify_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"testing"
	"time"

	"steelyard/models"
	"steelyard/services/notify"
)

var moment = time.Date(2025, 3, 4, 2, 0, 0, 0, time.UTC)

func clock() time.Time { return moment.Add(time.Minute) }

func message(url string) notify.Message {
	return notify.Message{
		ID: models.NewRandomID(), Kind: models.NoticeCaseResolved, At: moment, CaseID: models.NewID(), CaseRef: "c-1", UnitRef: "north",
		DueAt: &moment, URL: url, Secrets: [][]byte{[]byte("the current key"), []byte("the one before")},
	}
}

// TestAReceiverCanVerifyAWebhook checks the signature as a receiver would, from
// the headers and the body alone.
func TestAReceiverCanVerifyAWebhook(t *testing.T) {
	var got http.Header
	var body []byte
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil || r.Method != "POST" {
			t.Errorf("%s: %v", r.Method, err)
		}
		got = r.Header
		w.WriteHeader(http.StatusAccepted)
	}))
	defer receiver.Close()
	m := message(receiver.URL + "/hook")
	if err := notify.NewWebhookSink(true, clock).Deliver(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if got.Get("Webhook-Id") != m.ID.String() || got.Get("Webhook-Timestamp") != "1741053660" || got.Get("Content-Type") != "application/json" {
		t.Errorf("headers %v", got)
	}
	signatures := strings.Fields(got.Get("Webhook-Signature"))
	if len(signatures) != 2 {
		t.Fatalf("%d signatures", len(signatures))
	}
	for i, key := range m.Secrets {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(got.Get("Webhook-Id") + "." + got.Get("Webhook-Timestamp") + "." + string(body)))
		if want := "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil)); signatures[i] != want {
			t.Errorf("signature %d is %s, want %s", i, signatures[i], want)
		}
	}
	want := `{"type":"CASE_RESOLVED","timestamp":"2025-03-04T02:00:00Z","data":{"caseId":"` + m.CaseID.String() +
		`","caseRef":"c-1","unitRef":"north","dueAt":"2025-03-04T02:00:00Z"}}`
	if string(body) != want || !json.Valid(body) {
		t.Errorf("body %s, want %s", body, want)
	}
}

// TestStandardWebhooksVector is the example of the specification's own libraries.
func TestStandardWebhooksVector(t *testing.T) {
	key, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got := notify.Sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAWebhookThatIsNotTakenSaysWhy(t *testing.T) {
	elsewhere := 0
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer target.Close()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, target.URL, http.StatusTemporaryRedirect)
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/endless":
			for {
				if _, err := w.Write(bytes.Repeat([]byte("x"), 1<<16)); err != nil {
					return
				}
			}
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer receiver.Close()
	closed := httptest.NewServer(nil)
	closed.Close()
	for _, c := range []struct {
		url, why string
		forGood  bool
	}{
		{receiver.URL + "/busy", "HTTP_503", false},
		{receiver.URL + "/moved", "HTTP_307", false},
		{receiver.URL + "/gone", "HTTP_410", true},
		{closed.URL, "NOT_REACHED", false},
		{"http://no such host/", "BAD_ADDRESS", true},
	} {
		err := notify.NewWebhookSink(true, clock).Deliver(t.Context(), message(c.url))
		var u *notify.Undelivered
		if !errors.As(err, &u) || u.Why != c.why || u.ForGood != c.forGood {
			t.Errorf("%s: %v, want %s", c.url, err, c.why)
		}
	}
	if elsewhere != 0 {
		t.Error("a redirect was followed")
	}
	if err := notify.NewWebhookSink(true, clock).Deliver(t.Context(), message(receiver.URL+"/endless")); err != nil {
		t.Errorf("an answer without end: %v", err)
	}
}

func TestAWebhookReachesNoAddressInside(t *testing.T) {
	called := 0
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called++ }))
	defer receiver.Close()
	_, port, err := net.SplitHostPort(strings.TrimPrefix(receiver.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{
		"127.0.0.1", "localhost", "127.1.2.3", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "10.0.0.1", "172.16.5.4", "192.168.1.1",
		"169.254.169.254", "[fe80::1]", "[fd00::1]", "100.64.0.1", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::7f00:1]", "224.0.0.1",
		"255.255.255.255", "192.0.2.1", "[2001:db8::1]",
	} {
		err := notify.NewWebhookSink(false, clock).Deliver(t.Context(), message("http://"+host+":"+port))
		var u *notify.Undelivered
		if !errors.As(err, &u) || u.Why != "ADDRESS_INSIDE" {
			t.Errorf("%s: %v", host, err)
		}
	}
	if called != 0 {
		t.Errorf("an address inside was called %d times", called)
	}
}

func TestTheLogNamesNoReceiver(t *testing.T) {
	var out bytes.Buffer
	m := message("")
	m.Address = "resident@example.org"
	if err := (notify.LogSink{Log: slog.New(slog.NewTextHandler(&out, nil))}).Deliver(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if line := out.String(); !strings.Contains(line, "CASE_RESOLVED") || strings.Contains(line, "example") {
		t.Errorf("logged %s", line)
	}
}

// mailServer is a mail server that takes one mail and notes it.
type mailServer struct {
	addr     string
	tls      *tls.Config
	mail     chan string
	noTLS    bool
	refuse   string // the answer to RCPT
	sawCreds chan string
}

func newMailServer(t *testing.T) (*mailServer, *tls.Config) {
	t.Helper()
	// For its certificate, and the roots that trust it.
	web := httptest.NewTLSServer(nil)
	t.Cleanup(web.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &mailServer{addr: listener.Addr().String(), tls: web.TLS.Clone(), mail: make(chan string, 1), sawCreds: make(chan string, 1)}
	s.tls.NextProtos = nil
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.talk(conn)
		}
	}()
	return s, web.Client().Transport.(*http.Transport).TLSClientConfig
}

func (s *mailServer) talk(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	say := func(text string) { _, _ = io.WriteString(conn, text+"\r\n") }
	say("220 mail.test")
	secured := false
	var data strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch verb, _, _ := strings.Cut(strings.TrimSpace(line), " "); verb {
		case "EHLO":
			switch {
			case s.noTLS:
				say("250 mail.test")
			case secured:
				say("250-mail.test\r\n250 AUTH PLAIN")
			default:
				say("250-mail.test\r\n250 STARTTLS")
			}
		case "STARTTLS":
			say("220 go on")
			conn = tls.Server(conn, s.tls)
			in, secured = bufio.NewReader(conn), true
		case "AUTH":
			s.sawCreds <- strings.TrimSpace(line)
			say("235 welcome")
		case "RCPT":
			if s.refuse != "" {
				say(s.refuse)
				continue
			}
			say("250 ok")
		case "DATA":
			say("354 go on")
			for {
				l, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if l == ".\r\n" {
					break
				}
				data.WriteString(l)
			}
			s.mail <- data.String()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func mailSink(s *mailServer, roots *tls.Config) *notify.MailSink {
	return &notify.MailSink{
		Addr: s.addr, From: "office@steelyard.example", User: "office", Password: "secret", Security: notify.StartTLS,
		Link: "https://rate.example/receipt", TLS: roots, Now: clock,
	}
}

func TestAMailTellsThatThereIsAnAnswerAndNotWhich(t *testing.T) {
	for lang, want := range map[string][2]string{
		"zh-CN": {"您的诉求已有答复", "凭回执可随时停止通知"},
		"en":    {"There is an answer to your case", "these messages can be stopped"},
	} {
		server, roots := newMailServer(t)
		m := message("")
		m.Address, m.Lang = "resident@example.org", lang
		if err := mailSink(server, roots).Deliver(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if creds := <-server.sawCreds; creds != "AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00office\x00secret")) {
			t.Errorf("signed in with %s", creds)
		}
		parsed, err := mail.ReadMessage(strings.NewReader(<-server.mail))
		if err != nil {
			t.Fatal(err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
		if err != nil || subject != want[0] {
			t.Errorf("subject %q: %v", subject, err)
		}
		if parsed.Header.Get("Message-Id") != "<"+m.ID.String()+"@steelyard.example>" || parsed.Header.Get("To") != "<resident@example.org>" {
			t.Errorf("headers %v", parsed.Header)
		}
		text, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, parsed.Body))
		if err != nil {
			t.Fatal(err)
		}
		for _, has := range []string{want[1], "https://rate.example/receipt"} {
			if !strings.Contains(string(text), has) {
				t.Errorf("%s lacks %q:\n%s", lang, has, text)
			}
		}
		if strings.Contains(string(text), m.CaseID.String()) || strings.Contains(string(text), "c-1") {
			t.Errorf("the mail names the case:\n%s", text)
		}
	}
}

func TestAMailThatIsNotTakenNamesNobody(t *testing.T) {
	server, roots := newMailServer(t)
	server.refuse = "550 resident@example.org is unknown here"
	m := message("")
	m.Address, m.Lang = "resident@example.org", "en"
	err := mailSink(server, roots).Deliver(t.Context(), m)
	var u *notify.Undelivered
	if !errors.As(err, &u) || u.Why != "SMTP_550" {
		t.Errorf("got %v", err)
	}
	if creds := <-server.sawCreds; creds == "" {
		t.Error("nobody signed in")
	}

	// A server that offers no protection, or another's certificate, gets nothing.
	server.noTLS = true
	if err := mailSink(server, roots).Deliver(t.Context(), m); err == nil || !strings.Contains(err.Error(), "STARTTLS") {
		t.Errorf("in the clear: %v", err)
	}
	server.noTLS = false
	if err := mailSink(server, nil).Deliver(t.Context(), m); err == nil {
		t.Error("an unknown certificate was taken")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := mailSink(server, roots).Check(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	if err := mailSink(server, roots).Check(t.Context()); err != nil {
		t.Errorf("check: %v", err)
	}
}
