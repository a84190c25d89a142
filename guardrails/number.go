package guardrails

import (
	"embed"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

//go:embed numbers.yaml
var numberFile embed.FS

// Help is whom to call in one country.
type Help struct {
	Country   string       `yaml:"country"`   // ISO 3166-1 alpha-2, "" for the fallback
	Emergency string       `yaml:"emergency"` // the number for an ambulance
	Advice    string       `yaml:"advice"`    // medical advice by phone, not for emergencies; "" where there is none
	Crisis    []CrisisLine `yaml:"crisis"`    // suicide prevention and emotional crisis, best first
	Source    string       `yaml:"source"`
	// Confirmed are the numbers above that were found on a public page.
	Confirmed []Confirmation `yaml:"confirmed"`
}

// Confirmation is where a number was found, and when it was compared.
type Confirmation struct {
	Number string `yaml:"number"`
	Page   string `yaml:"page"`
	On     string `yaml:"on"` // day, 2006-01-02
}

// CrisisLine is a telephone line for people in crisis.
type CrisisLine struct {
	Name   string `yaml:"name"`
	Number string `yaml:"number"`
	Hours  string `yaml:"hours"` // "24/7", else as the line states it
}

// numbers is the file as it is written.
type numbers struct {
	Checked   string `yaml:"checked"`
	Fallback  Help   `yaml:"fallback"`
	Countries []Help `yaml:"countries"`
}

// The file is read once: every welcome and every emergency names a number of it.
var knownNumbers, errNumbers = loadNumbers()

// Number returns whom to call in a country (ISO 3166-1 alpha-2, any case). An
// unknown country gets 112, which works on mobile phones in most of the world,
// and no crisis line.
func Number(country string) Help {
	file := knownNumbers
	if errNumbers != nil {
		return Help{Emergency: "112"}
	}
	for _, h := range file.Countries {
		if strings.EqualFold(h.Country, country) {
			return h
		}
	}
	return file.Fallback
}

func loadNumbers() (numbers, error) {
	var file numbers
	raw, err := numberFile.ReadFile("numbers.yaml")
	if err != nil {
		return file, fmt.Errorf("numbers: %w", err)
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		return file, fmt.Errorf("numbers: %w", err)
	}
	return file, nil
}
