package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/text/language"

	"frontdesk"
)

func (p *program) clinicCommand() *cobra.Command {
	return group("clinic", "Clinics and their settings", "  frontdesk clinic add \"Cabinet du Parc\" --lang fr --country FR",
		p.clinicAddCommand(), p.clinicListCommand(), p.clinicSetCommand())
}

func (p *program) clinicAddCommand() *cobra.Command {
	var clinic frontdesk.Clinic
	var asJSON bool
	c := &cobra.Command{
		Use: "add NAME", Short: "Add a clinic",
		Example: "  frontdesk clinic add \"Cabinet du Parc\" --lang fr --country FR --timezone Europe/Paris",
		Args:    exactly(1, "the clinic's NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := language.Parse(clinic.Language); err != nil {
				return &usageError{fmt.Errorf("--lang %q is no BCP-47 language tag, such as fr or pt-BR", clinic.Language)}
			}
			w, err := p.open(c.Context())
			if err != nil {
				return err
			}
			defer w.Close()
			clinic.Name = args[0]
			added, err := w.db.AddClinic(c.Context(), clinic)
			if err != nil {
				return err
			}
			return p.showClinic(added, asJSON)
		},
	}
	c.Flags().StringVar(&clinic.Language, "lang", "en", "language of the clinic, a BCP-47 tag")
	c.Flags().StringVar(&clinic.Country, "country", "", "country, ISO 3166-1 alpha-2, such as FR; chooses emergency numbers")
	c.Flags().StringVar(&clinic.TimeZone, "timezone", "", "time zone, such as Europe/Paris (default: the country's)")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (p *program) clinicListCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List the clinics", Example: "  frontdesk clinic list",
		Args: exactly(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			w, err := p.open(c.Context())
			if err != nil {
				return err
			}
			defer w.Close()
			clinics, err := w.db.Clinics(c.Context())
			if err != nil {
				return err
			}
			for _, clinic := range clinics {
				if err := p.showClinic(clinic, asJSON); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one clinic a line")
	return c
}

func (p *program) clinicSetCommand() *cobra.Command {
	return &cobra.Command{
		Use: "set NAME KEY=VALUE…", Short: "Change a clinic's settings",
		Long:    "Change a clinic's settings. Keys: lang, country, timezone, " + strings.Join(settingKeys(), ", ") + ".\nAn empty value clears a setting; lists are separated by commas, staff_hours is JSON.",
		Example: "  frontdesk clinic set \"Cabinet du Parc\" booking_url=https://example.org/rdv phone=+33123456789",
		Args:    atLeast(2, "the clinic's NAME or a KEY=VALUE"),
		RunE: func(c *cobra.Command, args []string) error {
			w, err := p.open(c.Context())
			if err != nil {
				return err
			}
			defer w.Close()
			clinic, err := w.clinicNamed(c.Context(), args[0])
			if err != nil {
				return err
			}
			changed, err := w.db.UpdateClinic(c.Context(), clinic.ID, func(clinic *frontdesk.Clinic) error {
				for _, pair := range args[1:] {
					if err := setClinic(clinic, pair); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			return p.showClinic(changed, true)
		},
	}
}

func (p *program) showClinic(clinic frontdesk.Clinic, asJSON bool) error {
	if !asJSON {
		fmt.Fprintf(p.stdout, "%s\t%s\t%s\t%s\n", clinic.Name, clinic.Language, clinic.Country, clinic.TimeZone)
		return nil
	}
	return p.printJSON(struct {
		ID       frontdesk.ClinicID `json:"id"`
		Name     string             `json:"name"`
		Lang     string             `json:"lang"`
		Country  string             `json:"country"`
		TimeZone string             `json:"timezone"`
		Settings frontdesk.Settings `json:"settings"`
	}{clinic.ID, clinic.Name, clinic.Language, clinic.Country, clinic.TimeZone, clinic.Settings})
}

// setClinic applies one KEY=VALUE. The keys of the settings are their JSON names.
func setClinic(clinic *frontdesk.Clinic, pair string) error {
	key, value, ok := strings.Cut(pair, "=")
	if !ok {
		return &usageError{fmt.Errorf("%q is no KEY=VALUE", pair)}
	}
	switch key {
	case "lang":
		clinic.Language = value
	case "country":
		clinic.Country = value
	case "timezone":
		clinic.TimeZone = value
	default:
		return setSetting(&clinic.Settings, key, value)
	}
	return nil
}

func settingKeys() []string {
	var keys []string
	t := reflect.TypeFor[frontdesk.Settings]()
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		keys = append(keys, name)
	}
	return keys
}

func setSetting(s *frontdesk.Settings, key, value string) error {
	t := reflect.TypeFor[frontdesk.Settings]()
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name != key {
			continue
		}
		field := reflect.ValueOf(s).Elem().Field(i)
		if value == "" {
			field.SetZero()
			return nil
		}
		text, err := settingJSON(field.Kind(), value)
		if err == nil {
			err = json.Unmarshal(text, field.Addr().Interface())
		}
		if err != nil {
			return &usageError{fmt.Errorf("%s=%q is not understood: %w", key, value, err)}
		}
		return nil
	}
	return &usageError{fmt.Errorf("there is no setting %q; there are lang, country, timezone, %s", key, strings.Join(settingKeys(), ", "))}
}

// settingJSON writes a value from the command line as the JSON of its field.
func settingJSON(kind reflect.Kind, value string) ([]byte, error) {
	switch kind {
	case reflect.String:
		return json.Marshal(value)
	case reflect.Slice:
		return json.Marshal(list(value))
	case reflect.Bool:
		b, err := strconv.ParseBool(value)
		if err != nil {
			return nil, fmt.Errorf("true or false is wanted")
		}
		return json.Marshal(b)
	}
	return []byte(value), nil
}
