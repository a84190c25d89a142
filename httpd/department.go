package httpd

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	"golang.org/x/text/language"

	"frontdesk"
)

// DepartmentTable is which department is for which complaint.
type DepartmentTable interface {
	Departments(ctx context.Context, who Person) (frontdesk.Departments, error)
	// ApproveDepartments puts a table in force; an empty one withdraws it.
	ApproveDepartments(ctx context.Context, who Person, list []frontdesk.Department) error
}

// Bounds of the table.
const (
	departmentsMost  = 60
	departmentsBlank = 2
	departmentText   = 200 // letters of a name or note
	complaintsMost   = 400 // in one department
)

// departmentRow is a department as the form shows it: complaints line by line,
// "fr: mal de dos, douleur au genou".
type departmentRow struct{ Name, Note, Complaints string }

func (s *Server) departmentsPage(c *gin.Context) {
	table, err := s.o.Manager.Departments(c.Request.Context(), who(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	var rows []departmentRow
	for _, d := range table.List {
		row := departmentRow{Name: d.Name, Note: d.Note}
		tags := make([]string, 0, len(d.Complaints))
		for tag := range d.Complaints {
			tags = append(tags, tag)
		}
		slices.Sort(tags)
		for _, tag := range tags {
			row.Complaints += tag + ": " + strings.Join(d.Complaints[tag], ", ") + "\n"
		}
		rows = append(rows, row)
	}
	s.render(c, http.StatusOK, "departments", gin.H{"Table": table, "Rows": append(rows, make([]departmentRow, departmentsBlank)...)})
}

// saveDepartments puts the typed table in force, under the name of who approves it.
func (s *Server) saveDepartments(c *gin.Context) {
	names, notes, complaints := c.PostFormArray("name"), c.PostFormArray("note"), c.PostFormArray("complaints")
	var list []frontdesk.Department
	bad := len(names) != len(notes) || len(names) != len(complaints) || len(names) > departmentsMost+departmentsBlank
	for i := 0; !bad && i < len(names); i++ {
		d := frontdesk.Department{Name: strings.TrimSpace(names[i]), Note: strings.TrimSpace(notes[i])}
		if d.Name == "" && strings.TrimSpace(complaints[i]) == "" {
			continue
		}
		var ok bool
		d.Complaints, ok = complaintsOf(complaints[i])
		bad = !ok || tooLong([]string{d.Name, d.Note}, departmentText)
		list = append(list, d)
	}
	if bad {
		s.fail(c, s.wrong(c, "departments.bad", nil))
		return
	}
	if err := s.o.Manager.ApproveDepartments(c.Request.Context(), who(c), list); err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/console/departments")
}

// complaintsOf reads complaints by language, a line each.
func complaintsOf(text string) (map[string][]string, bool) {
	complaints, n := map[string][]string{}, 0
	for _, line := range textLines(text) {
		tag, list, found := strings.Cut(line, ":")
		tag = strings.ToLower(strings.TrimSpace(tag))
		if _, err := language.Parse(tag); err != nil || !found {
			return nil, false
		}
		for phrase := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ';' }) {
			if phrase = strings.TrimSpace(phrase); phrase != "" {
				complaints[tag] = append(complaints[tag], phrase)
				n++
			}
		}
	}
	return complaints, n <= complaintsMost
}
