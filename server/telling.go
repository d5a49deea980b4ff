package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"os"
	"runtime"
	"strings"
	"time"

	"steelyard/models"
	"steelyard/services/notify"
)

// Telling are the flags of notifications.
type Telling struct {
	NotifyEvery  time.Duration `default:"5s" help:"How often notifications that wait are looked for."`
	NotifyLog    bool          `help:"Write to the log that there was something to tell, instead of telling it: for development."`
	NotifyInside bool          `help:"Let webhooks go to http addresses and into the server's own network: loopback, private and link-local addresses."`

	SMTPAddr         string `name:"smtp-addr" placeholder:"HOST:PORT" help:"The mail server by which residents are told who asked for it. Without one, nobody can ask."`
	SMTPFrom         string `name:"smtp-from" placeholder:"ADDRESS" help:"The address that mails come from."`
	SMTPUser         string `name:"smtp-user" placeholder:"NAME" help:"The name to sign in to the mail server with; empty: without signing in."`
	SMTPPasswordFile string `name:"smtp-password-file" placeholder:"PATH" help:"The file that holds the password to sign in with; nobody else may read it."`
	SMTPSecurity     string `name:"smtp-security" default:"starttls" enum:"starttls,tls,none" help:"How the connection to the mail server is protected: starttls, tls, or none for a relay on this machine."`
}

// equip gives the service its ways out.
func (t *Telling) equip(n *notify.Service, publicURL string, log *slog.Logger) error {
	if t.NotifyEvery <= 0 {
		return errors.New("--notify-every must be above 0")
	}
	n.Plain = t.NotifyInside
	if t.NotifyLog {
		sink := notify.LogSink{Log: log}
		n.Sinks = map[models.DeliveryChannel]notify.Sink{models.DeliveryWebhook: sink, models.DeliveryMail: sink}
		return nil
	}
	n.Sinks = map[models.DeliveryChannel]notify.Sink{models.DeliveryWebhook: notify.NewWebhookSink(t.NotifyInside, n.Store.Now)}
	if t.SMTPAddr == "" {
		return nil
	}
	sink, err := t.mailer(publicURL)
	if err != nil {
		return err
	}
	n.Sinks[models.DeliveryMail] = sink
	return nil
}

// mailer is the way out by the mail server.
func (t *Telling) mailer(publicURL string) (*notify.MailSink, error) {
	host, _, err := net.SplitHostPort(t.SMTPAddr)
	if err != nil {
		return nil, fmt.Errorf("--smtp-addr %q is not HOST:PORT", t.SMTPAddr)
	}
	if from, err := mail.ParseAddress(t.SMTPFrom); err != nil || from.Address != t.SMTPFrom {
		return nil, fmt.Errorf("--smtp-from %q is no address: write name@example.org", t.SMTPFrom)
	}
	security := notify.Security(t.SMTPSecurity)
	if security == notify.Clear && !isLoopback(net.JoinHostPort(host, "25")) {
		return nil, fmt.Errorf("--smtp-security none is for a relay on this machine, and %s is another: use starttls or tls", host)
	}
	sink := &notify.MailSink{
		Addr: t.SMTPAddr, From: t.SMTPFrom, User: t.SMTPUser, Security: security, Link: publicURL + "/receipt", Now: time.Now,
	}
	if t.SMTPUser != "" {
		if sink.Password, err = readPassword(t.SMTPPasswordFile); err != nil {
			return nil, err
		}
	}
	return sink, nil
}

// readPassword reads a file that nobody but its owner may read.
func readPassword(path string) (string, error) {
	if path == "" {
		return "", errors.New("--smtp-user needs --smtp-password-file")
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("read the mail server's password: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("password file %s: mode %04o lets others read it; use chmod 600", path, info.Mode().Perm())
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the mail server's password: %w", err)
	}
	return strings.TrimRight(string(raw), "\r\n"), nil
}

// webhooks is what the doctor says of them.
func (t *Telling) webhooks() finding {
	switch {
	case t.NotifyLog:
		return warn("webhooks", "notifications go to the log alone, by --notify-log")
	case t.NotifyInside:
		return warn("webhooks", "they may reach into this network, by --notify-inside: whoever may save one can have the server call what lies there")
	}
	return ok("webhooks", "to public https addresses alone")
}

// mail is what the doctor says of the mail server, having called it.
func (t *Telling) mail(s *session) finding {
	switch {
	case t.NotifyLog:
		return warn("mail", "notifications go to the log alone, by --notify-log")
	case t.SMTPAddr == "":
		return warn("mail", "no mail server is named by --smtp-addr: residents cannot ask to be told")
	}
	sink, err := t.mailer("")
	if err != nil {
		return fail("mail", "%v", err)
	}
	ctx, cancel := context.WithTimeout(s.ctx, 10*time.Second)
	defer cancel()
	if err := sink.Check(ctx); err != nil {
		return fail("mail", "%s does not take mails: %v", t.SMTPAddr, err)
	}
	return ok("mail", "%s takes mails from %s", t.SMTPAddr, t.SMTPFrom)
}
