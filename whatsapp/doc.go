// Package whatsapp is the edge to the WhatsApp Business Platform (Cloud API):
// the signed webhook, its tolerant parser, the client with its limits, rates and
// error classes, and a stand-in of Meta's Graph endpoint that the simulator and
// the tests of other packages run against.
//
// It decides nothing about a conversation. What comes in becomes
// [frontdesk.InboundBatch] values; what goes out is one [frontdesk.Reply] a call.
// Limits and codes are those of Meta's documentation as of November 2026.
package whatsapp
