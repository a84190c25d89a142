package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/smtp"
	"net/url"
	"strings"
	"time"

	"frontdesk"
	"frontdesk/handoff"
	"frontdesk/ingest"
	"frontdesk/locale"
)

// watchEvery is how often tickets and notices are looked at.
const watchEvery = 2 * time.Second

// courier delivers notices to staff by e-mail and webhook.
type courier struct {
	smtp    *url.URL // nil: there is no e-mail
	from    string
	console string // address of the console
	client  *http.Client
	secret  func(ctx context.Context, clinic frontdesk.ClinicID) (string, error)
	texts   *locale.Catalogue
	now     func() time.Time
}

// newWatch wires the watch over tickets.
func (s *service) newWatch() *handoff.Watch {
	w := s.parts
	client := w.outsideClient()
	return &handoff.Watch{
		Board: s.conversations, Outgoing: s.conversations, Now: w.now, Log: w.log, Every: watchEvery,
		Courier: courier{
			smtp: w.settings.smtp, from: w.settings.smtpFrom, console: w.settings.consoleURL(), client: client,
			secret: w.db.WebhookSecret, texts: w.texts, now: w.now,
		},
		Opening: s.openingHours, Release: s.releaseIdle,
	}
}

// outsideClient calls addresses that clinics choose: public ones and those that the
// operator allows, without following redirects.
func (w *parts) outsideClient() *http.Client {
	client := &http.Client{
		Transport:     &http.Transport{DialContext: ingest.GuardedDial(w.settings.fetchAllow), TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 15 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	w.onClose(func() error { client.CloseIdleConnections(); return nil })
	return client
}

// openingHours are those of the clinic's profile.
func (s *service) openingHours(ctx context.Context, clinic frontdesk.ClinicID) (*frontdesk.Hours, error) {
	profile, err := s.parts.db.Profile(ctx, clinic, s.parts.now())
	if err != nil {
		return nil, err
	}
	for _, e := range profile.Entries {
		if e.Approved && e.Fact.Kind == frontdesk.FactHours && e.Fact.Label == "" && e.Fact.Hours != nil {
			return e.Fact.Hours, nil
		}
	}
	return nil, nil
}

// Deliver implements [handoff.Courier].
func (c courier) Deliver(ctx context.Context, n handoff.Notice) error {
	if n.Way == handoff.WayWebhook {
		return c.post(ctx, n)
	}
	return c.mail(ctx, n)
}

// post tells a webhook.
func (c courier) post(ctx context.Context, n handoff.Notice) error {
	body, err := json.Marshal(struct {
		handoff.Notice
		Link string `json:"link"`
	}{n, c.link(n)})
	if err != nil {
		return fmt.Errorf("encode notice: %w", err)
	}
	secret, err := c.secret(ctx, n.Clinic)
	if err != nil {
		return err
	}
	_, err = postSigned(ctx, c.client, signedPost{address: n.Address, secret: secret, id: n.ID, at: c.now(), body: body})
	return err
}

// signature is HMAC-SHA-256 over "time.body" in hexadecimal digits.
func signature(secret, at string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(at + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// link opens the conversation in the console.
func (c courier) link(n handoff.Notice) string {
	return c.console + "/console/conversations/" + string(n.Conversation)
}

// letter is a notice as an e-mail.
func (c courier) letter(n handoff.Notice) ([]byte, error) {
	reason := cmp.Or(c.texts.Text(n.Language, "reason."+n.Reason, nil), strings.ReplaceAll(n.Reason, "_", " "))
	subject := n.ClinicName + " · " + c.texts.Text(n.Language, "staff.notice."+string(n.Step), map[string]string{"reason": reason})
	text := c.texts.Text(n.Language, "staff.notice.body", map[string]string{
		"team": n.Team, "since": n.Opened.UTC().Format("2006-01-02 15:04 MST"), "link": c.link(n),
	})
	var out bytes.Buffer
	for _, header := range [][2]string{
		{"From", c.from}, {"To", n.Address}, {"Subject", mime.QEncoding.Encode("utf-8", oneLine(errors.New(subject)))},
		{"Date", c.now().Format(time.RFC1123Z)}, {"Message-ID", "<" + n.ID + "@frontdesk>"}, {"Auto-Submitted", "auto-generated"},
		{"MIME-Version", "1.0"}, {"Content-Type", "text/plain; charset=utf-8"}, {"Content-Transfer-Encoding", "quoted-printable"},
	} {
		fmt.Fprintf(&out, "%s: %s\r\n", header[0], header[1])
	}
	out.WriteString("\r\n")
	body := quotedprintable.NewWriter(&out)
	if _, err := body.Write([]byte(subject + "\r\n\r\n" + text + "\r\n")); err != nil {
		return nil, fmt.Errorf("write e-mail: %w", err)
	}
	if err := body.Close(); err != nil {
		return nil, fmt.Errorf("write e-mail: %w", err)
	}
	return out.Bytes(), nil
}

// mail hands a notice to the mail server. The connection is encrypted wherever the
// server can, and has to be where there is a password.
func (c courier) mail(ctx context.Context, n handoff.Notice) error {
	if c.smtp == nil {
		return errors.New("no mail server is set (SMTP_URL)")
	}
	letter, err := c.letter(n)
	if err != nil {
		return err
	}
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", c.smtp.Host)
	if err != nil {
		return fmt.Errorf("reach mail server: %w", err)
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return fmt.Errorf("reach mail server: %w", err)
		}
	}
	secure := &tls.Config{ServerName: c.smtp.Hostname(), MinVersion: tls.VersionTLS12}
	if c.smtp.Scheme == "smtps" {
		conn = tls.Client(conn, secure)
	}
	client, err := smtp.NewClient(conn, c.smtp.Hostname())
	if err != nil {
		return fmt.Errorf("greet mail server: %w", err)
	}
	defer client.Close()
	if ok, _ := client.Extension("STARTTLS"); ok && c.smtp.Scheme != "smtps" {
		if err := client.StartTLS(secure); err != nil {
			return fmt.Errorf("encrypt mail: %w", err)
		}
	}
	if c.smtp.User != nil {
		password, _ := c.smtp.User.Password()
		if err := client.Auth(smtp.PlainAuth("", c.smtp.User.Username(), password, c.smtp.Hostname())); err != nil {
			return fmt.Errorf("sign in at mail server: %w", err)
		}
	}
	return handIn(client, c.from, n.Address, letter)
}

func handIn(client *smtp.Client, from, to string, letter []byte) error {
	if err := client.Mail(from); err != nil {
		return fmt.Errorf("mail from: %w", err)
	}
	if err := client.Rcpt(to); err != nil {
		return fmt.Errorf("mail to: %w", err)
	}
	body, err := client.Data()
	if err != nil {
		return fmt.Errorf("mail data: %w", err)
	}
	if _, err := body.Write(letter); err != nil {
		return fmt.Errorf("mail data: %w", err)
	}
	if err := body.Close(); err != nil {
		return fmt.Errorf("mail data: %w", err)
	}
	// The letter is accepted: whatever the farewell says, it must not go again.
	_ = client.Quit()
	return nil
}
