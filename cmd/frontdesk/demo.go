package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/httpd"
	"frontdesk/ingest"
	"frontdesk/staff"
	"frontdesk/whatsapp"
)

//go:embed sample/documents sample/templates.json
var sampleFiles embed.FS

// The sample clinic. Its documents are written for this project, see
// cmd/frontdesk/sample.
const (
	sampleClinic   = "Cabinet des Tilleuls"
	sampleApprover = "Dr Claire Morel"
	sampleEmail    = "claire.morel@cabinet-des-tilleuls.example"
	sampleNumber   = "+33 5 55 01 02 03"
	sampleAccount  = "100000000000001"
	sampleBusiness = "200000000000001"
)

func (p *program) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use: "demo", Short: "Everything on one machine, with a sample clinic",
		Long:    "Starts a private PostgreSQL, local embeddings, a sample clinic with its documents, the WhatsApp simulator and the console, prints the addresses and runs until Ctrl-C.",
		Example: "  frontdesk demo",
		Args:    exactly(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			w, err := p.open(c.Context())
			if err != nil {
				return err
			}
			defer w.Close()
			return p.demo(c.Context(), w)
		},
	}
}

func (p *program) demo(ctx context.Context, w *parts) error {
	listener, err := listen(ctx, cmp.Or(w.settings.address, defaultAddress))
	if err != nil {
		return err
	}
	secrets, err := demoSecrets()
	if err != nil {
		return err
	}
	demo, err := w.demoEntry(ctx, secrets[2])
	if err != nil {
		return err
	}
	var simulator *whatsapp.Simulator
	s, err := newService(ctx, w, serviceOptions{
		appSecrets: secrets[:1], verifyToken: secrets[1], demo: demo,
		graphURL: baseURL(listener) + "/sim/graph",
		simulator: func(webhook http.Handler) (http.Handler, error) {
			simulator, err = newSimulator(w, webhook, secrets[0], secrets[3])
			if err != nil {
				return nil, err
			}
			return simulator.Handler(), nil
		},
	})
	if err != nil {
		return err
	}
	w.onClose(func() error { simulator.Close(); return nil })
	clinic, err := p.loadSample(ctx, w, s.ingest)
	if err != nil {
		return err
	}
	err = w.connect(ctx, conversation.Account{
		Clinic: clinic.ID, Channel: frontdesk.ChannelWhatsApp, Provider: sampleAccount, Business: sampleBusiness,
		Phone: strings.ReplaceAll(sampleNumber, " ", ""), Token: secrets[3],
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "\n  %s is open.\n\n  Chat as a patient:  %s/sim/\n  Console:            %s/console/demo/%s\n\n  Ctrl-C stops everything.\n\n", sampleClinic, baseURL(listener), baseURL(listener), secrets[2])
	return s.run(ctx, listener)
}

// demoEntry lets whoever has the demo's address in as the sample clinic's owner.
func (w *parts) demoEntry(_ context.Context, secret string) (*httpd.Demo, error) {
	door, err := w.door()
	if err != nil {
		return nil, err
	}
	return &httpd.Demo{Token: secret, Enter: func(ctx context.Context) (staff.Token, error) {
		clinic, err := w.db.FindClinic(ctx, sampleClinic)
		if err != nil {
			return staff.Token{}, err
		}
		user, _, err := w.db.FindUser(ctx, sampleEmail)
		if frontdesk.CodeOf(err) == frontdesk.CodeNotFound {
			if _, err = door.Invite(ctx, staff.User{Clinic: clinic.ID, Email: sampleEmail, Name: sampleApprover, Role: staff.RoleOwner}, "demo"); err == nil {
				user, _, err = w.db.FindUser(ctx, sampleEmail)
			}
		}
		if err != nil {
			return staff.Token{}, err
		}
		return door.Open(ctx, user)
	}}, nil
}

// demoSecrets are the app secret, verify token, console entry and channel token
// of one run; the simulator and the service share them in this process.
func demoSecrets() ([4]string, error) {
	var secrets [4]string
	for i := range secrets {
		var b [16]byte
		if _, err := rand.Read(b[:]); err != nil {
			return secrets, fmt.Errorf("make secrets: %w", err)
		}
		secrets[i] = hex.EncodeToString(b[:])
	}
	return secrets, nil
}

func newSimulator(w *parts, webhook http.Handler, appSecret, token string) (*whatsapp.Simulator, error) {
	simulator, err := whatsapp.NewSimulator(whatsapp.SimulatorConfig{
		StandIn: whatsapp.StandInConfig{
			Accounts:  []whatsapp.StandInAccount{{PhoneNumberID: sampleAccount, BusinessID: sampleBusiness, Token: token, Number: sampleNumber, Name: sampleClinic}},
			AppSecret: appSecret, Webhook: webhook, StatusDelay: 300 * time.Millisecond, Now: w.now, Logger: w.log,
		},
		File: filepath.Join(w.settings.homeDir, "simulator.json"),
		People: []whatsapp.Person{
			{Number: "33612345601", Name: "Camille"},
			{Number: "447700900123", Name: "Sam"},
			{Number: "393331234567", Name: "Giulia"},
			{Number: "966501234567", Name: "نور"},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	raw, err := sampleFiles.ReadFile("sample/templates.json")
	if err != nil {
		return nil, fmt.Errorf("sample templates: %w", err)
	}
	var templates []whatsapp.TemplateInfo
	if err := json.Unmarshal(raw, &templates); err != nil {
		return nil, fmt.Errorf("sample templates: %w", err)
	}
	for _, t := range templates {
		simulator.AddTemplate(sampleBusiness, t)
	}
	return simulator, nil
}

// loadSample makes the sample clinic where it is missing, and reads its documents
// in; those that did not change are left as they are.
func (p *program) loadSample(ctx context.Context, w *parts, service *ingest.Service) (frontdesk.Clinic, error) {
	clinic, err := w.db.FindClinic(ctx, sampleClinic)
	if frontdesk.CodeOf(err) == frontdesk.CodeNotFound {
		clinic, err = w.db.AddClinic(ctx, frontdesk.Clinic{
			Name: sampleClinic, Language: "fr", Country: "FR", TimeZone: "Europe/Paris",
			Settings: frontdesk.Settings{
				BookingURL: "https://cabinet-des-tilleuls.example/rendez-vous",
				PortalURL:  "https://cabinet-des-tilleuls.example/espace-patient",
				PrivacyURL: "https://cabinet-des-tilleuls.example/confidentialite",
				Phone:      sampleNumber,
			},
		})
	}
	if err != nil {
		return clinic, fmt.Errorf("sample clinic: %w", err)
	}
	files, err := fs.Sub(sampleFiles, "sample/documents")
	if err != nil {
		return clinic, fmt.Errorf("sample documents: %w", err)
	}
	return clinic, fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, path)
		if err != nil {
			return fmt.Errorf("sample document %s: %w", path, err)
		}
		report, err := service.Add(ctx, clinic, ingest.AddRequest{Name: path, Bytes: data, ApproveAs: sampleApprover})
		if err != nil {
			return fmt.Errorf("sample document %s: %w", path, err)
		}
		fmt.Fprintf(p.stderr, "  %-28s %s %s\n", path, report.Status, report.Reason)
		return nil
	})
}
