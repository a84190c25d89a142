package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"

	"frontdesk"
	"frontdesk/guardrails"
)

func (p *program) departmentsCommand() *cobra.Command {
	return group("departments", "Which department is for which complaint, approved by the medical lead",
		"  frontdesk departments import --clinic \"Cabinet du Parc\" --approve-as \"Dr Martin\" departments.yaml",
		p.departmentsImportCommand(), p.departmentsShowCommand(), p.departmentsWithdrawCommand())
}

// departmentsFile is what a clinic writes; docs/clinic.md shows one.
type departmentsFile struct {
	Departments []frontdesk.Department `yaml:"departments"`
}

func (p *program) departmentsImportCommand() *cobra.Command {
	var clinicName, by string
	c := &cobra.Command{
		Use: "import FILE", Short: "Check a table, and put it in force when somebody approves it",
		Long:    "Check a table of departments. With --approve-as it is in force at once and replaces the one before; without, nothing is kept.\nA complaint is what patients say (\"my back hurts\"), never a condition: the person who approves answers for that.",
		Example: "  frontdesk departments import --clinic \"Cabinet du Parc\" --approve-as \"Dr Martin\" departments.yaml",
		Args:    exactly(1, "the FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			list, err := readDepartments(args[0])
			if err != nil {
				return err
			}
			return p.withClinic(c.Context(), clinicName, func(w *parts, clinic frontdesk.Clinic) error {
				if by == "" {
					fmt.Fprintf(p.stdout, "%d departments, nothing kept: approve them with --approve-as\n", len(list))
					return nil
				}
				if err := w.db.ApproveDepartments(c.Context(), clinic.ID, list, by); err != nil {
					return err
				}
				return p.showDepartments(c.Context(), w, clinic)
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	c.Flags().StringVar(&by, "approve-as", "", "name of the medical lead who approves the table")
	return c
}

// readDepartments reads a table and refuses what the clinic must not say to patients.
func readDepartments(path string) ([]frontdesk.Department, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "The file cannot be read: " + path, Err: err}
	}
	defer file.Close()
	var in departmentsFile
	dec := yaml.NewDecoder(file)
	dec.KnownFields(true)
	if err := dec.Decode(&in); err != nil {
		return nil, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "The file is no table of departments; docs/clinic.md shows one.", Err: err}
	}
	screens, err := guardrails.New(guardrails.Options{})
	if err != nil {
		return nil, err
	}
	return in.Departments, checkDepartments(screens, in.Departments)
}

// checkDepartments refuses a table that is wrong, or that says what the clinic must
// not say to patients.
func checkDepartments(screens *guardrails.Screens, list []frontdesk.Department) error {
	if err := (frontdesk.Departments{List: list}).Check(); err != nil {
		return err
	}
	for _, d := range list {
		if v := screens.Outbound(d.Name+", "+d.Note, guardrails.OutboundOptions{}); slices.Contains(v.Why, "advice") || slices.Contains(v.Why, "promise") {
			return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: fmt.Sprintf("%q gives advice (%s); a table says only where to go.", d.Name, strings.Join(v.Why, ", "))}
		}
	}
	return nil
}

func (p *program) showDepartments(ctx context.Context, w *parts, clinic frontdesk.Clinic) error {
	table, err := w.db.Departments(ctx, clinic.ID)
	if err != nil {
		return err
	}
	if len(table.List) == 0 {
		fmt.Fprintln(p.stdout, "No table is in force: such questions go to the nurse line.")
		return nil
	}
	fmt.Fprintf(p.stdout, "approved by %s on %s\n", table.ApprovedBy, local(table.ApprovedAt, clinic))
	for _, d := range table.List {
		var tags []string
		for tag := range d.Complaints {
			tags = append(tags, tag)
		}
		slices.Sort(tags)
		for _, tag := range tags {
			fmt.Fprintf(p.stdout, "%s\t%s\t%s\t%s\n", d.Name, orDash(d.Note), tag, strings.Join(d.Complaints[tag], "; "))
		}
	}
	return nil
}

func (p *program) departmentsShowCommand() *cobra.Command {
	var clinicName string
	c := &cobra.Command{
		Use: "show", Short: "Show the table in force and who approved it",
		Example: "  frontdesk departments show --clinic \"Cabinet du Parc\"",
		Args:    exactly(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withClinic(c.Context(), clinicName, func(w *parts, clinic frontdesk.Clinic) error {
				return p.showDepartments(c.Context(), w, clinic)
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	return c
}

func (p *program) departmentsWithdrawCommand() *cobra.Command {
	var clinicName, by string
	c := &cobra.Command{
		Use: "withdraw", Short: "Take the table out of force",
		Example: "  frontdesk departments withdraw --clinic \"Cabinet du Parc\" --as \"Dr Martin\"",
		Args:    exactly(0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.withClinic(c.Context(), clinicName, func(w *parts, clinic frontdesk.Clinic) error {
				return w.db.WithdrawDepartments(c.Context(), clinic.ID, by)
			})
		},
	}
	c.Flags().StringVar(&clinicName, "clinic", "", "the clinic's name")
	c.Flags().StringVar(&by, "as", "", "name of the person who withdraws it")
	return c
}
