package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"frontdesk"
	"frontdesk/ingest"
)

func (p *program) profileCommand() *cobra.Command {
	return group("profile", "Approved facts: hours, places, phones, prices", "  frontdesk profile list --clinic \"Cabinet du Parc\"",
		p.profileListCommand(), p.profileSetCommand(), p.profileRetireCommand())
}

// profileLine is an entry as the profile commands print it.
type profileLine struct {
	ID         frontdesk.EntryID `json:"id"`
	Fact       frontdesk.Fact    `json:"fact"`
	Source     string            `json:"source"`
	ApprovedBy string            `json:"approved_by"`
}

func (p *program) profileListCommand() *cobra.Command {
	var clinicName string
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List the facts that patients are told",
		Example: "  frontdesk profile list --clinic \"Cabinet du Parc\"",
		Args:    exactly(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withClinic(c.Context(), clinicName, func(w *parts, clinic frontdesk.Clinic) error {
				profile, err := w.db.Profile(c.Context(), clinic.ID, w.now())
				if err != nil {
					return err
				}
				for _, e := range profile.Entries {
					if err := p.showEntry(e, asJSON); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one entry a line")
	return c
}

func (p *program) showEntry(e frontdesk.ProfileEntry, asJSON bool) error {
	if asJSON {
		return p.printJSON(profileLine{e.ID, e.Fact, e.Citation.Source, e.ApprovedBy})
	}
	words := e.Fact.Quote
	if words == "" {
		words = e.Citation.Quote
	}
	fmt.Fprintf(p.stdout, "%s\t%s\t%s\t%s\t%s\n", e.ID, e.Fact.Kind, orDash(e.Fact.Label), words, e.Citation.Source)
	return nil
}

func (p *program) profileSetCommand() *cobra.Command {
	var clinicName, by, lang, label, site string
	c := &cobra.Command{
		Use: "set SENTENCE", Short: "Approve a fact written as a sentence",
		Long:    "Approve a fact written as a sentence in the clinic's language. It is read as a document is, so you see at once what patients will be told.",
		Example: "  frontdesk profile set --clinic \"Cabinet du Parc\" --as \"Dr Martin\" \"Ouvert du lundi au vendredi de 8h à 18h\"",
		Args:    exactly(1, "the SENTENCE"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withIngest(c.Context(), clinicName, func(service *ingest.Service, clinic frontdesk.Clinic) error {
				if lang == "" {
					lang = clinic.Language
				}
				facts := ingest.ReadFacts(args[0], lang, label, site)
				if len(facts) == 0 {
					return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "No hours, price, phone, address or e-mail can be read from this sentence; write it as a leaflet would."}
				}
				for _, fact := range facts {
					entry, err := service.SaveEntry(c.Context(), clinic, "", fact, by)
					if err != nil {
						return err
					}
					if err := p.showEntry(entry.ProfileEntry, false); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	c.Flags().StringVar(&by, "as", "", "name of the person who approves it")
	c.Flags().StringVar(&lang, "lang", "", "language of the sentence (default: the clinic's)")
	c.Flags().StringVar(&label, "label", "", "what it is about, such as \"laboratory\" (default: as the sentence says)")
	c.Flags().StringVar(&site, "site", "", "the site that it speaks of (default: the whole clinic)")
	return c
}

func (p *program) profileRetireCommand() *cobra.Command {
	var clinicName, by string
	c := &cobra.Command{
		Use: "retire ID", Short: "Take a fact out of the profile",
		Example: "  frontdesk profile retire --clinic \"Cabinet du Parc\" --as \"Dr Martin\" ID",
		Args:    exactly(1, "the entry's ID"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withIngest(c.Context(), clinicName, func(service *ingest.Service, clinic frontdesk.Clinic) error {
				return service.RetireEntry(c.Context(), clinic, frontdesk.EntryID(args[0]), by)
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	c.Flags().StringVar(&by, "as", "", "name of the person who retires it")
	return c
}
