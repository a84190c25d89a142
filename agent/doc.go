// Package agent decides one turn of a conversation. [Agent.Respond] is the whole
// order of a turn, readable from top to bottom: screens, pen, flow, understanding,
// notice and profile, retrieval, composition, outbound checks.
package agent
