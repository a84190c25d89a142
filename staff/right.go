package staff

import "slices"

// Role is what somebody is at a clinic.
type Role string

// The roles.
const (
	RoleOwner     Role = "owner"     // everything
	RoleManager   Role = "manager"   // runs the clinic's day: content, people's queues, settings
	RoleAgent     Role = "agent"     // answers patients
	RoleClinician Role = "clinician" // answers patients and approves content
	RoleQA        Role = "qa"        // tries and measures, reads no patient's conversation
	RoleAuditor   Role = "auditor"   // reads what was done, changes nothing
)

// Right is one thing that a role may do. Every route of the console needs one.
type Right string

// The rights.
const (
	RightSelf      Right = "self"      // one's own session and account
	RightRead      Right = "read"      // conversations, tickets, patients' files
	RightReply     Right = "reply"     // take, write, note, assign, tag, release
	RightContent   Right = "content"   // see documents, passages and open questions
	RightEdit      Right = "edit"      // add documents, write answers to open questions
	RightApprove   Right = "approve"   // make content live and withdraw it
	RightNotice    Right = "notice"    // publish notices and pause the assistant
	RightTry       Right = "try"       // ask the assistant without a patient
	RightConfigure Right = "configure" // hours, routing, alerts, saved replies
	RightEvaluate  Right = "evaluate"  // run suites, add cases to the clinic's own
	RightOverride  Right = "override"  // let content go live that its gate holds back
	RightPersonal  Right = "personal"  // copy out and erase all data of one patient
	RightUsers     Right = "users"     // invite, change and disable users
	RightAudit     Right = "audit"     // read and verify the audit log
	RightConnect   Right = "connect"   // tokens and webhooks of other programs
	RightFigures   Right = "figures"   // see and export the figures, which name no patient
)

// table is the one place that says who may do what.
func table() map[Role][]Right {
	return map[Role][]Right{
		RoleOwner:     {RightSelf, RightRead, RightReply, RightContent, RightEdit, RightApprove, RightNotice, RightTry, RightConfigure, RightEvaluate, RightOverride, RightPersonal, RightUsers, RightAudit, RightFigures, RightConnect},
		RoleManager:   {RightSelf, RightRead, RightReply, RightContent, RightEdit, RightApprove, RightNotice, RightTry, RightConfigure, RightEvaluate, RightPersonal, RightAudit, RightFigures},
		RoleAgent:     {RightSelf, RightRead, RightReply, RightContent, RightTry},
		RoleClinician: {RightSelf, RightRead, RightReply, RightContent, RightEdit, RightApprove, RightTry, RightEvaluate, RightOverride},
		RoleQA:        {RightSelf, RightContent, RightTry, RightEvaluate, RightFigures},
		RoleAuditor:   {RightSelf, RightContent, RightAudit, RightFigures},
	}
}

// Roles returns all roles, the mightiest first.
func Roles() []Role {
	return []Role{RoleOwner, RoleManager, RoleAgent, RoleClinician, RoleQA, RoleAuditor}
}

// Rights returns all rights.
func Rights() []Right { return table()[RoleOwner] }

// May tells whether a role has a right. A role that does not exist has none.
func (r Role) May(right Right) bool { return slices.Contains(table()[r], right) }
