package frontdesk

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"time"
)

// Identifiers are UUIDs of version 7 (RFC 9562) in their text form, so they sort
// by the time they were made. The types are distinct so that the compiler
// catches an id of one thing passed for another.
type (
	// ClinicID names a clinic, the tenant. It comes first in every key.
	ClinicID string
	// SiteID names one place of a clinic.
	SiteID string
	// AccountID names a channel account: a number, widget or SMS sender of a clinic.
	AccountID string
	// ContactID names a person at a clinic, whatever their identities.
	ContactID string
	// ConversationID names one contact on one channel account, for ever.
	ConversationID string
	// MessageID names a message, inbound or outbound.
	MessageID string
	// TurnID names one decision.
	TurnID string
	// TicketID names a handover to people.
	TicketID string
	// SourceID names a PDF, page or FAQ that a clinic uses.
	SourceID string
	// RevisionID names one version of a source.
	RevisionID string
	// PassageID names a cited piece of a revision.
	PassageID string
	// EntryID names one fact of a clinic's profile.
	EntryID string
)

// NewID returns a fresh UUID of version 7 for the instant at, its random bits
// read from random (crypto/rand.Reader in the product). It fails only when
// random does.
func NewID(at time.Time, random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[6:]); err != nil {
		return "", fmt.Errorf("new id: %w", err)
	}
	ms := uint64(at.UnixMilli())
	binary.BigEndian.PutUint16(b[0:], uint16(ms>>32))
	binary.BigEndian.PutUint32(b[2:], uint32(ms))
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	var s [36]byte
	hex.Encode(s[0:8], b[0:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:36], b[10:16])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:]), nil
}
