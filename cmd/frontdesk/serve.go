package main

import (
	"cmp"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"frontdesk/internal/home"
	"frontdesk/store"
)

const defaultAddress = "127.0.0.1:8080"

func (p *program) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: "Run the service",
		Long:    "Run the service. Settings come from the environment and are listed in .env.example; a wrong or missing one is named and nothing starts.",
		Example: "  WHATSAPP_APP_SECRET=… WHATSAPP_VERIFY_TOKEN=… frontdesk serve",
		Args:    exactly(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := readSettings(p.getenv)
			if err != nil {
				return err
			}
			if err := s.checkServing(); err != nil {
				return err
			}
			w, err := p.open(c.Context())
			if err != nil {
				return err
			}
			defer w.Close()
			w.log = p.logger(min(s.logLevel, slog.LevelInfo))
			service, err := newService(c.Context(), w, serviceOptions{
				appSecrets: s.appSecrets, verifyToken: s.verifyToken,
				secure: strings.HasPrefix(s.publicURL, "https://"),
			})
			if err != nil {
				return err
			}
			listener, err := listen(c.Context(), cmp.Or(s.address, defaultAddress))
			if err != nil {
				return err
			}
			w.log.Info("serving", "address", listener.Addr().String(), "version", version)
			return service.run(c.Context(), listener)
		},
	}
}

func (p *program) migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "Bring the database's schema up to date",
		Example: "  MIGRATE_DATABASE_URL=postgres://owner@db/frontdesk DATABASE_URL=postgres://service@db/frontdesk frontdesk migrate",
		Args:    exactly(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := readSettings(p.getenv)
			if err != nil {
				return err
			}
			if s.databaseURL == "" { // opening the private database migrates it
				w, err := p.open(c.Context())
				if err != nil {
					return err
				}
				fmt.Fprintln(p.stdout, "The private database is up to date.")
				return w.Close()
			}
			if s.migrateURL == "" {
				return wrongSetting("MIGRATE_DATABASE_URL", "the database as its owner", nil)
			}
			if err := store.Migrate(c.Context(), s.migrateURL, s.databaseURL); err != nil {
				return err
			}
			fmt.Fprintln(p.stdout, "The database is up to date.")
			return nil
		},
	}
}

// homeOptions are where the home of these settings lies.
func (s settings) homeOptions(log *slog.Logger) home.Options {
	return home.Options{Dir: s.homeDir, Runtime: s.runtimeDir, Log: log}
}
