package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
)

// deskChannel is where transactions that move tickets tell it; see the migrations.
const deskChannel = "frontdesk_desk"

// listenAgain is the wait before a lost connection is made again. Whoever shows
// tickets looks at them from time to time beside this.
const listenAgain = time.Second

// WatchDesk calls changed with the clinic of each ticket that was made or moved, by
// any process, right after its commit. It holds a connection of its own and returns
// when ctx ends. What happened while the connection was away is not told: lost is
// called whenever it was, with what went wrong.
func (db *DB) WatchDesk(ctx context.Context, changed func(frontdesk.ClinicID), lost func(error)) {
	for ctx.Err() == nil {
		if err := db.listen(ctx, changed); ctx.Err() == nil {
			lost(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(listenAgain):
		}
	}
}

func (db *DB) listen(ctx context.Context, changed func(frontdesk.ClinicID)) error {
	conn, err := pgx.ConnectConfig(ctx, db.pool.Config().ConnConfig)
	if err != nil {
		return fmt.Errorf("listen: %w", interpret(err))
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectTimeout)
		defer cancel()
		_ = conn.Close(ctx) // it was only read
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+deskChannel); err != nil {
		return fmt.Errorf("listen: %w", interpret(err))
	}
	for {
		told, err := conn.WaitForNotification(ctx)
		if err != nil {
			return fmt.Errorf("listen: %w", interpret(err))
		}
		changed(frontdesk.ClinicID(told.Payload))
	}
}
