// Package staff holds who works at a clinic and what they may do: users, roles
// with one permission table, passwords, the second factor, invitations, sessions
// and the entries of the audit log. It decides; a [Register] keeps.
package staff
