package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"

	"steelyard/messages"
)

// Security is how a connection to a mail server is protected.
type Security string

// The ways to protect it.
const (
	StartTLS Security = "starttls" // in the clear until the server has agreed; refused where it does not
	TLS      Security = "tls"      // from the first byte
	Clear    Security = "none"     // not at all: for a relay on this machine
)

// MailSink sends messages by a mail server.
type MailSink struct {
	Addr     string // HOST:PORT
	From     string // a bare address
	User     string // empty: without signing in
	Password string
	Security Security
	// Link is where a receipt is looked up.
	Link string
	// TLS is nil for the system's roots.
	TLS *tls.Config
	Now func() time.Time
}

// Deliver implements [Sink].
func (s *MailSink) Deliver(ctx context.Context, m Message) error {
	subject, text := messages.Mail(messages.Lang(m.Lang), string(m.Kind), s.Link)
	if subject == "" {
		return &Undelivered{Why: "NOT_FOR_RESIDENTS", ForGood: true}
	}
	client, err := s.connect(ctx)
	if err != nil {
		return mailProblem(err)
	}
	err = s.send(client, m, s.compose(m, subject, text))
	if err != nil {
		return mailProblem(errors.Join(err, client.Close()))
	}
	if err := client.Quit(); err != nil {
		return nil // the server has taken the mail: how it says good-bye is its own affair
	}
	return nil
}

// Check says whether the server would take a mail, and sends none.
func (s *MailSink) Check(ctx context.Context) error {
	client, err := s.connect(ctx)
	if err != nil {
		return err
	}
	return client.Quit()
}

// connect reaches the server, protects the connection and signs in. Everything
// that follows ends with the context's deadline, too.
func (s *MailSink) connect(ctx context.Context) (*smtp.Client, error) {
	host, _, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return nil, fmt.Errorf("the mail server's address %q is not HOST:PORT", s.Addr)
	}
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", s.Addr)
	if err != nil {
		return nil, err
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(sinkTimeout)
	}
	if err := conn.SetDeadline(deadline); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if s.Security == TLS {
		conn = tls.Client(conn, s.tls(host))
	}
	client, err := smtp.NewClient(conn, host)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if err := s.greet(client, host); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return client, nil
}

func (s *MailSink) greet(client *smtp.Client, host string) error {
	if s.Security == StartTLS {
		if offered, _ := client.Extension("STARTTLS"); !offered {
			return errors.New("the mail server offers no STARTTLS")
		}
		if err := client.StartTLS(s.tls(host)); err != nil {
			return err
		}
	}
	if s.User == "" {
		return nil
	}
	return client.Auth(smtp.PlainAuth("", s.User, s.Password, host))
}

func (s *MailSink) tls(host string) *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLS != nil {
		config = s.TLS.Clone()
	}
	config.ServerName = host
	return config
}

func (s *MailSink) send(client *smtp.Client, m Message, text []byte) error {
	if err := client.Mail(s.From); err != nil {
		return err
	}
	if err := client.Rcpt(m.Address); err != nil {
		return err
	}
	body, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := body.Write(text); err != nil {
		return errors.Join(err, body.Close())
	}
	return body.Close()
}

// compose writes a mail. Its Message-ID is the delivery's, so that a mailbox can
// tell a repeat.
func (s *MailSink) compose(m Message, subject, text string) []byte {
	_, domain, _ := strings.Cut(s.From, "@")
	var out bytes.Buffer
	for _, header := range [][2]string{
		{"From", (&mail.Address{Address: s.From}).String()},
		{"To", (&mail.Address{Address: m.Address}).String()},
		{"Subject", mime.BEncoding.Encode("utf-8", subject)},
		{"Date", s.Now().UTC().Format(time.RFC1123Z)},
		{"Message-ID", "<" + m.ID.String() + "@" + domain + ">"},
		{"Auto-Submitted", "auto-generated"},
		{"Content-Language", m.Lang},
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "base64"},
	} {
		out.WriteString(header[0] + ": " + header[1] + "\r\n")
	}
	out.WriteString("\r\n")
	coded := base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
	const line = 76
	for ; len(coded) > line; coded = coded[line:] {
		out.WriteString(coded[:line] + "\r\n")
	}
	out.WriteString(coded + "\r\n")
	return out.Bytes()
}

// mailProblem says in a few words why a mail was not taken. A server's own words
// may quote the address, so that its number alone is kept. None is for good: what
// looks so is as often a relay that is set up wrongly.
func mailProblem(err error) error {
	var said *textproto.Error
	if errors.As(err, &said) {
		return &Undelivered{Why: fmt.Sprintf("SMTP_%d", said.Code)}
	}
	return err
}
