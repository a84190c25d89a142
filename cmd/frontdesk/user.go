package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"frontdesk"
	"frontdesk/staff"
)

func (p *program) userCommand() *cobra.Command {
	return group("user", "Who works in the console", "  frontdesk user add --clinic \"Cabinet du Parc\" --name \"Ann Lee\" --role owner ann@example.org",
		p.userAddCommand(), p.userListCommand(), p.userDisableCommand())
}

// userAddCommand prints the invitation alone on standard output.
func (p *program) userAddCommand() *cobra.Command {
	var clinicName, name, role, teams, lang string
	var asJSON bool
	c := &cobra.Command{
		Use: "add EMAIL", Short: "Invite somebody, or invite them again",
		Long: "Adds a user and prints an invitation: an address at which they choose a password and connect their phone as second factor. " +
			"It holds for seven days and works once. For somebody who has an account already, their password and sessions end.",
		Example: "  frontdesk user add --clinic \"Cabinet du Parc\" --name \"Ann Lee\" --role owner ann@example.org",
		Args:    exactly(1, "the EMAIL"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withClinic(c.Context(), clinicName, func(w *parts, clinic frontdesk.Clinic) error {
				door, err := w.door()
				if err != nil {
					return err
				}
				user, _, err := w.db.FindUser(c.Context(), args[0])
				switch {
				case err == nil && user.Clinic != clinic.ID:
					return &frontdesk.Error{Code: frontdesk.CodeConflict, Text: "This address signs in at another clinic already."}
				case err == nil:
					user.Name, user.Role = orElse(name, user.Name), staff.Role(orElse(role, string(user.Role)))
				case frontdesk.CodeOf(err) == frontdesk.CodeNotFound:
					user = staff.User{Clinic: clinic.ID, Email: args[0], Name: name, Role: staff.Role(orElse(role, string(staff.RoleAgent)))}
				default:
					return err
				}
				user.Language = orElse(lang, user.Language)
				if teams != "" {
					user.Teams = list(teams)
				}
				token, err := door.Invite(c.Context(), user, "operator")
				if err != nil {
					return err
				}
				link := w.settings.consoleURL() + "/console/welcome/" + token.Secret
				if asJSON {
					return p.printJSON(map[string]any{"email": staff.FoldEmail(user.Email), "role": user.Role, "invitation": link, "until": token.Until})
				}
				fmt.Fprintln(p.stdout, link)
				return nil
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	c.Flags().StringVar(&name, "name", "", "the person's name, kept with what they write and approve")
	c.Flags().StringVar(&role, "role", "", "owner, manager, agent, clinician, qa or auditor (default agent)")
	c.Flags().StringVar(&teams, "teams", "", "their teams, separated by commas (default: all)")
	c.Flags().StringVar(&lang, "lang", "", "language of their console (default: the clinic's)")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func orElse(value, other string) string {
	if value != "" {
		return value
	}
	return other
}

// consoleURL is where the console is reached.
func (s settings) consoleURL() string {
	if s.publicURL != "" {
		return strings.TrimSuffix(s.publicURL, "/")
	}
	return "http://" + orElse(s.address, defaultAddress)
}

// shownUser is a user in a list.
type shownUser struct {
	Email    string     `json:"email"`
	Name     string     `json:"name"`
	Role     staff.Role `json:"role"`
	Teams    []string   `json:"teams,omitempty"`
	Ready    bool       `json:"ready"`
	Disabled bool       `json:"disabled"`
}

func (p *program) userListCommand() *cobra.Command {
	var clinicName string
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List a clinic's users",
		Example: "  frontdesk user list --clinic \"Cabinet du Parc\"",
		Args:    exactly(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withClinic(c.Context(), clinicName, func(w *parts, clinic frontdesk.Clinic) error {
				users, err := w.db.Users(c.Context(), clinic.ID)
				if err != nil {
					return err
				}
				for _, u := range users {
					shown := shownUser{Email: u.Email, Name: u.Name, Role: u.Role, Teams: u.Teams, Ready: u.Ready, Disabled: !u.Disabled.IsZero()}
					if asJSON {
						if err := p.printJSON(shown); err != nil {
							return err
						}
						continue
					}
					state := "invited"
					if shown.Disabled {
						state = "disabled"
					} else if shown.Ready {
						state = "active"
					}
					fmt.Fprintf(p.stdout, "%s\t%s\t%s\t%s\n", u.Email, u.Name, u.Role, state)
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one user a line")
	return c
}

func (p *program) userDisableCommand() *cobra.Command {
	var clinicName string
	c := &cobra.Command{
		Use: "disable EMAIL", Short: "End somebody's sessions and let them in no more",
		Example: "  frontdesk user disable --clinic \"Cabinet du Parc\" ann@example.org",
		Args:    exactly(1, "the EMAIL"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.withClinic(c.Context(), clinicName, func(w *parts, clinic frontdesk.Clinic) error {
				user, _, err := w.db.FindUser(c.Context(), args[0])
				if err == nil && user.Clinic != clinic.ID || frontdesk.CodeOf(err) == frontdesk.CodeNotFound {
					return &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: "Nobody of this clinic signs in with this address; see `frontdesk user list`."}
				}
				if err != nil {
					return err
				}
				door, err := w.door()
				if err != nil {
					return err
				}
				return door.Disable(c.Context(), user, "operator")
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	return c
}
