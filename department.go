package frontdesk

import (
	"fmt"
	"strings"
	"time"
)

// Department is a doctor's practice or a department of a clinic, with the
// complaints that lead to it. A complaint is what patients say they have ("my back
// hurts"), never a condition: who may have what is for clinicians to say.
type Department struct {
	Name       string              `json:"name" yaml:"name"`
	Note       string              `json:"note,omitempty" yaml:"note"` // shown as it is: the floor, the hours
	Complaints map[string][]string `json:"complaints" yaml:"complaints"`
}

// Departments is the table that "which doctor is for this?" is answered from, and
// nothing else. It speaks for a clinic only while a named person has approved it.
type Departments struct {
	List       []Department
	ApprovedBy string
	ApprovedAt time.Time
}

// Check tells what is wrong with a table: a department without a name or without
// complaints, or one complaint that leads to two departments.
func (d Departments) Check() error {
	if len(d.List) == 0 {
		return &Error{Code: CodeInvalid, Text: "The table names no department."}
	}
	leads := map[string]string{}
	for _, dep := range d.List {
		if strings.TrimSpace(dep.Name) == "" {
			return &Error{Code: CodeInvalid, Text: "A department has no name."}
		}
		phrases := 0
		for tag, list := range dep.Complaints {
			for _, phrase := range list {
				said := tag + " " + strings.ToLower(strings.Join(strings.Fields(phrase), " "))
				if strings.TrimSpace(phrase) == "" {
					return &Error{Code: CodeInvalid, Text: fmt.Sprintf("%q has an empty complaint.", dep.Name)}
				}
				if other, ok := leads[said]; ok && other != dep.Name {
					return &Error{Code: CodeInvalid, Text: fmt.Sprintf("%q leads to %q and to %q; it may lead to one only.", phrase, other, dep.Name)}
				}
				leads[said] = dep.Name
				phrases++
			}
		}
		if phrases == 0 {
			return &Error{Code: CodeInvalid, Text: fmt.Sprintf("%q has no complaint that leads to it.", dep.Name)}
		}
	}
	return nil
}
