package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"frontdesk"
	"frontdesk/store"
)

const personHelp = "PERSON is a number with its country code, or the id of a contact as the console's address shows it."

func (p *program) exportCommand() *cobra.Command {
	var clinicName, out, by, lang string
	var asJSON bool
	c := &cobra.Command{
		Use: "export PERSON", Short: "Copy out all data of one person: a page to read, JSON and files",
		Long:    "Copy out all that a clinic holds about one person, as an archive with a page to read, the same as JSON, and the files that they sent; with --json the JSON alone. The audit log says who did it. " + personHelp,
		Example: "  frontdesk export --clinic \"Cabinet du Parc\" --as \"Ann Lee\" --out ada.zip +33612345678",
		Args:    exactly(1, "the PERSON"),
		RunE: func(c *cobra.Command, args []string) error {
			if by == "" || out == "" && !asJSON {
				return &usageError{errors.New("who asks, and where does it go? add --as PERSON and --out FILE.zip, or --json")}
			}
			return p.withPerson(c, clinicName, args[0], func(w *parts, clinic frontdesk.Clinic, contacts []frontdesk.ContactID) error {
				data, err := readPerson(c.Context(), w.db, clinic, contacts, by, w.now())
				if err != nil {
					return err
				}
				if asJSON {
					return p.printJSON(data)
				}
				if lang == "" {
					lang = clinic.Language
				}
				archive, err := personArchive(data, clinic, lang, w.now())
				if err != nil {
					return err
				}
				if err := os.WriteFile(out, archive, 0o600); err != nil {
					return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: fmt.Sprintf("The file %s cannot be written.", out), Err: err}
				}
				fmt.Fprintf(p.stdout, "%s holds all data of %d contact(s): data.html to read, data.json, files\n", out, len(contacts))
				return nil
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	c.Flags().StringVar(&by, "as", "", "the person who asks, for the audit log")
	c.Flags().StringVar(&out, "out", "", "where the archive goes")
	c.Flags().StringVar(&lang, "lang", "", "language of the page: fr, en or it; the clinic's by default")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON instead of writing an archive")
	return c
}

func (p *program) eraseCommand() *cobra.Command {
	var clinicName, by string
	var asJSON, sure bool
	c := &cobra.Command{
		Use: "erase PERSON", Short: "Erase all data of one person, with a receipt",
		Long:    "Erase all that a clinic holds about one person: messages, files, notes, names, numbers. Clear columns that figures count stay, without anything that leads back. The same step looks afterwards whether anything is left, and fails if so. It prints a receipt, whose signature the audit log holds. " + personHelp,
		Example: "  frontdesk erase --clinic \"Cabinet du Parc\" --as \"Ann Lee\" --yes +33612345678",
		Args:    exactly(1, "the PERSON"),
		RunE: func(c *cobra.Command, args []string) error {
			if by == "" || !sure {
				return &usageError{errors.New("an erasure cannot be undone: add --as PERSON, who asks for it, and --yes")}
			}
			return p.withPerson(c, clinicName, args[0], func(w *parts, clinic frontdesk.Clinic, contacts []frontdesk.ContactID) error {
				receipt, err := w.db.ErasePerson(c.Context(), clinic.ID, contacts, by)
				if err != nil {
					return err
				}
				if asJSON {
					return p.printJSON(receipt)
				}
				p.showReceipt(receipt)
				return nil
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	c.Flags().StringVar(&by, "as", "", "the person who asks, for the audit log")
	c.Flags().BoolVar(&sure, "yes", false, "erase, for good")
	c.Flags().BoolVar(&asJSON, "json", false, "print the receipt as JSON")
	return c
}

func (p *program) showReceipt(receipt store.Erasure) {
	deleted, blanked := int64(0), int64(0)
	for _, n := range receipt.Deleted {
		deleted += n
	}
	for _, n := range receipt.Blanked {
		blanked += n
	}
	fmt.Fprintf(p.stdout, "Erased: %d contact(s), %d rows deleted, %d rows emptied (their clear columns stay for figures), nothing left.\nSignature %s\n",
		len(receipt.Contacts), deleted, blanked, receipt.Signature)
}

// withPerson finds a person at a clinic.
func (p *program) withPerson(c *cobra.Command, clinicName, person string, fn func(*parts, frontdesk.Clinic, []frontdesk.ContactID) error) error {
	return p.withClinic(c.Context(), clinicName, func(w *parts, clinic frontdesk.Clinic) error {
		contacts, err := w.db.FindPerson(c.Context(), clinic.ID, person)
		if err != nil {
			return err
		}
		return fn(w, clinic, contacts)
	})
}
