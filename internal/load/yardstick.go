package load

import _ "embed"

//go:embed pgbench.sql
var yardstick string

// Yardstick is a pgbench script that inserts, at the same durability, what one
// webhook message costs at least: run it with -D clinic=ID, on a table yardstick (n
// from 1 to 2000, account_id, conversation_id) of that clinic's conversations. What
// it inserts is never due, so that no service nearby works on it.
func Yardstick() string { return yardstick }
