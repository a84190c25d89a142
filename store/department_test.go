package store_test

import (
	"testing"
	"time"

	"frontdesk"
	"frontdesk/internal/testdb"
)

func TestTableOfDepartmentsSpeaksOnlyWhileItIsApproved(t *testing.T) {
	t.Parallel()
	now := noon
	db := testdb.NewAt(t, func() time.Time { return now })
	clinic, other := db.Clinic(t, "Lac").ID, db.Clinic(t, "Mer").ID
	list := func(name string) []frontdesk.Department {
		return []frontdesk.Department{{Name: name, Note: "2e étage", Complaints: map[string][]string{"fr": {"mal de dos"}}}}
	}
	if d, err := db.Departments(t.Context(), clinic); err != nil || len(d.List) != 0 {
		t.Fatalf("before any approval: %+v, %v", d, err)
	}
	wantCode(t, db.ApproveDepartments(t.Context(), clinic, list("Orthopédie"), " "), frontdesk.CodeInvalid)
	wantCode(t, db.ApproveDepartments(t.Context(), clinic, list(""), "Dr Roux"), frontdesk.CodeInvalid)
	for _, name := range []string{"Orthopédie", "Rhumatologie"} {
		now = now.Add(time.Minute)
		if err := db.ApproveDepartments(t.Context(), clinic, list(name), "Dr Roux"); err != nil {
			t.Fatal(err)
		}
		d, err := db.Departments(t.Context(), clinic)
		if err != nil || len(d.List) != 1 || d.List[0].Name != name || d.List[0].Note != "2e étage" || d.ApprovedBy != "Dr Roux" || !d.ApprovedAt.Equal(now) {
			t.Errorf("after approval of %s: %+v, %v", name, d, err)
		}
	}
	if d, err := db.Departments(t.Context(), other); err != nil || len(d.List) != 0 {
		t.Errorf("another clinic reads it: %+v, %v", d, err)
	}
	if err := db.WithdrawDepartments(t.Context(), clinic, "Dr Roux"); err != nil {
		t.Fatal(err)
	}
	if d, err := db.Departments(t.Context(), clinic); err != nil || len(d.List) != 0 {
		t.Errorf("after withdrawal: %+v, %v", d, err)
	}
	if _, err := db.VerifyAudit(t.Context(), clinic); err != nil {
		t.Errorf("audit: %v", err)
	}
}
