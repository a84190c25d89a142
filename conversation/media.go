package conversation

import (
	"context"
	"time"

	"frontdesk"
)

// mediaLimit is the largest file that is fetched; the platform's own limit for
// what patients send is 100 MB, of which nothing above this is kept.
const mediaLimit = 20 << 20

// mediaTimeout bounds one download; the links live five minutes.
const mediaTimeout = time.Minute

// Media keeps the files that patients send, sealed.
type Media interface {
	// SaveMedia stores a fetched file of a message. failed tells that it could not
	// be fetched and that nobody should try again.
	SaveMedia(ctx context.Context, key Key, message frontdesk.MessageID, file File, failed bool) error
}

// fetchMedia downloads the files of new messages at once, beside their turns.
func (e *Engine) fetchMedia(receipt Receipt, received []Received) {
	if e.c.Fetcher == nil || e.c.Media == nil {
		return
	}
	for i, a := range receipt.Arrivals {
		media := a.Inbound.Media
		if media == nil || i >= len(received) || received[i].Duplicate {
			continue
		}
		where := received[i]
		e.background(mediaTimeout, func(ctx context.Context) {
			file, err := e.c.Fetcher.Fetch(ctx, receipt.Account, *media, mediaLimit)
			if err != nil {
				e.c.Log.WarnContext(ctx, "fetch media", where.Key.LogKey(), "message", string(where.Message), "error", err)
			}
			if err := e.c.Media.SaveMedia(ctx, where.Key, where.Message, file, err != nil); err != nil {
				e.c.Log.WarnContext(ctx, "save media", where.Key.LogKey(), "message", string(where.Message), "error", err)
			}
		})
	}
}
