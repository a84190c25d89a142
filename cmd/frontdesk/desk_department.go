package main

import (
	"context"

	"frontdesk"
	"frontdesk/httpd"
)

// Departments implements [httpd.DepartmentTable].
func (d desk) Departments(ctx context.Context, who httpd.Person) (frontdesk.Departments, error) {
	return d.db.Departments(ctx, who.Clinic.ID)
}

// ApproveDepartments implements [httpd.DepartmentTable].
func (d desk) ApproveDepartments(ctx context.Context, who httpd.Person, list []frontdesk.Department) error {
	if len(list) == 0 {
		return d.db.WithdrawDepartments(ctx, who.Clinic.ID, who.User.Name)
	}
	if err := checkDepartments(d.screens, list); err != nil {
		return err
	}
	return d.db.ApproveDepartments(ctx, who.Clinic.ID, list, who.User.Name)
}
