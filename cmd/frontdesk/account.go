package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/store"
)

func (p *program) accountCommand() *cobra.Command {
	return group("account", "WhatsApp numbers of a clinic", "  WHATSAPP_TOKEN=… frontdesk account add --clinic \"Cabinet du Parc\" --phone-number-id 123 --waba 456 --phone +33123456789",
		p.accountAddCommand(), p.accountListCommand())
}

func (p *program) accountAddCommand() *cobra.Command {
	var clinicName string
	account := conversation.Account{Channel: frontdesk.ChannelWhatsApp}
	c := &cobra.Command{
		Use: "add", Short: "Connect a WhatsApp number, or give it a new token",
		Long:    "Connect a WhatsApp number. The system-user token is read from WHATSAPP_TOKEN, so that it does not stand in the shell's history.",
		Example: "  WHATSAPP_TOKEN=… frontdesk account add --clinic \"Cabinet du Parc\" --phone-number-id 123 --waba 456 --phone +33123456789",
		Args:    exactly(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			account.Token = p.getenv("WHATSAPP_TOKEN")
			if account.Provider == "" || account.Token == "" {
				return &usageError{errors.New("--phone-number-id and WHATSAPP_TOKEN in the environment are needed")}
			}
			return p.withClinic(c.Context(), clinicName, func(w *parts, clinic frontdesk.Clinic) error {
				account.Clinic = clinic.ID
				return w.connect(c.Context(), account)
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	c.Flags().StringVar(&account.Provider, "phone-number-id", "", "Meta's phone number id")
	c.Flags().StringVar(&account.Business, "waba", "", "Meta's WhatsApp business account id")
	c.Flags().StringVar(&account.Phone, "phone", "", "the number as patients see it, with its country code")
	return c
}

func (p *program) accountListCommand() *cobra.Command {
	var clinicName string
	c := &cobra.Command{
		Use: "list", Short: "List a clinic's numbers and what Meta said about them",
		Example: "  frontdesk account list --clinic \"Cabinet du Parc\"",
		Args:    exactly(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withConversations(c, clinicName, func(conversations *store.Conversations, clinic frontdesk.Clinic) error {
				lines, err := conversations.Accounts(c.Context(), clinic.ID)
				if err != nil {
					return err
				}
				for _, l := range lines {
					state := "sending"
					if l.Account.Stopped {
						state = "stopped: renew the token with `frontdesk account add`"
					}
					fmt.Fprintf(p.stdout, "%s\t%s\t%s\n", l.Account.Provider, l.Account.Phone, state)
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	return c
}

// withConversations runs fn with the clinic named and its conversations.
func (p *program) withConversations(c *cobra.Command, clinicName string, fn func(*store.Conversations, frontdesk.Clinic) error) error {
	return p.withClinic(c.Context(), clinicName, func(w *parts, clinic frontdesk.Clinic) error {
		return fn(store.NewConversations(w.db, nil), clinic)
	})
}

func (p *program) contactCommand() *cobra.Command {
	var clinicName string
	c := &cobra.Command{
		Use: "import FILE", Short: "Import contacts from a CSV file",
		Long:    "Import contacts from a CSV file with the columns phone, name, language and patients (separated by ;). Patients are greeted by these names only, and not by name where several share a number.",
		Example: "  frontdesk contact import --clinic \"Cabinet du Parc\" contacts.csv",
		Args:    exactly(1, "the FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			file, err := os.Open(args[0])
			if err != nil {
				return &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: fmt.Sprintf("The file %s cannot be read.", args[0]), Err: err}
			}
			defer file.Close()
			contacts, err := readContacts(file)
			if err != nil {
				return err
			}
			return p.withConversations(c, clinicName, func(conversations *store.Conversations, clinic frontdesk.Clinic) error {
				if err := conversations.ImportContacts(c.Context(), clinic.ID, contacts); err != nil {
					return err
				}
				fmt.Fprintf(p.stdout, "%d contacts imported\n", len(contacts))
				return nil
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	return group("contact", "People who write to a clinic", "  frontdesk contact import --clinic \"Cabinet du Parc\" contacts.csv", c)
}

// readContacts reads the columns by the names in the first line, in any order.
func readContacts(file io.Reader) ([]store.ImportedContact, error) {
	rows := csv.NewReader(file)
	rows.FieldsPerRecord = -1
	header, err := rows.Read()
	if err != nil {
		return nil, badContacts(1, "there is no first line with column names", err)
	}
	column := map[string]int{}
	for i, name := range header {
		column[strings.ToLower(strings.Trim(name, "\ufeff \t"))] = i
	}
	if _, ok := column["phone"]; !ok {
		return nil, badContacts(1, "the column phone is missing", nil)
	}
	var contacts []store.ImportedContact
	for line := 2; ; line++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return contacts, nil
		}
		if err != nil {
			return nil, badContacts(line, "the line is no CSV", err)
		}
		field := func(name string) string {
			if i, ok := column[name]; ok && i < len(row) {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		contact := store.ImportedContact{Phone: field("phone"), Name: field("name"), Language: field("language")}
		for _, patient := range strings.Split(field("patients"), ";") {
			if patient = strings.TrimSpace(patient); patient != "" {
				contact.Patients = append(contact.Patients, patient)
			}
		}
		if contact.Phone == "" {
			return nil, badContacts(line, "the phone is missing", nil)
		}
		contacts = append(contacts, contact)
	}
}

func badContacts(line int, what string, err error) error {
	return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: fmt.Sprintf("The contacts were not imported: line %d: %s.", line, what), Err: err}
}
