package whatsapp

// Meta's limits of outbound messages. Lengths are in UTF-16 code units, the
// strictest reading of "characters".
const (
	maxText           = 4096
	maxButtonBody     = 1024
	maxListBody       = 4096
	maxCaption        = 1024
	maxButtons        = 3
	maxButtonTitle    = 20
	maxCallTitle      = 20
	maxCallMinutes    = 30 * 24 * 60
	maxButtonID       = 256
	maxRows           = 10
	maxRowTitle       = 24
	maxRowID          = 200
	maxRowDescription = 72
	maxListButton     = 20
	maxSectionTitle   = 24
	maxCallback       = 512
	maxFileName       = 240
)

// Meta's limits of media, in bytes.
const (
	maxImage    = 5 << 20
	maxAudio    = 16 << 20
	maxVideo    = 16 << 20
	maxSticker  = 500 << 10
	maxDocument = 100 << 20
)
