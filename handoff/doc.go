// Package handoff decides how a conversation goes to people: which team, how
// urgently, what the patient may be promised by the hour, what the bot may still
// say while nobody has taken the ticket, when an unanswered ticket is escalated,
// and the summary that staff read. It is pure; the conversation commits tickets.
package handoff
