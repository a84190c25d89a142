package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
)

// idMargin is how far an id may stand from the instant of its row.
const idMargin = time.Hour

// Period says which figures are wanted.
type Period struct {
	From, To time.Time         // midnights in the clinic's time zone, To excluded
	Channel  frontdesk.Channel // "": all
}

// The statements take $1 the clinic, $2 and $3 the period, $4 the channel or "",
// and where they read a large table $5 and $6, ids around the period: they are
// made by time, so the primary key finds the rows.
const (
	figuresOfConversation = `($4 = '' OR EXISTS (
		SELECT 1 FROM conversation c JOIN channel_account a ON a.clinic_id = $1 AND a.account_id = c.account_id
		 WHERE c.clinic_id = $1 AND c.conversation_id = x.conversation_id AND a.channel = $4))`

	figuresEpisodes = `
		SELECT date_bin('15 minutes', x.started_at, 'epoch'), NOT EXISTS (
		       SELECT 1 FROM ticket t WHERE t.clinic_id = $1 AND t.episode_id = x.episode_id AND NOT t.quiet), count(*)
		  FROM episode x
		 WHERE x.clinic_id = $1 AND x.started_at >= $2 AND x.started_at < $3 AND ` + figuresOfConversation + `
		 GROUP BY 1, 2`

	figuresFirstReply = `
		SELECT count(s), COALESCE(percentile_disc(0.5) WITHIN GROUP (ORDER BY s), 0), COALESCE(percentile_disc(0.95) WITHIN GROUP (ORDER BY s), 0), count(*)
		  FROM episode x
		  LEFT JOIN LATERAL (
		       SELECT extract(epoch FROM o.ended_at - x.started_at)::float8 AS s
		         FROM outbound o
		        WHERE o.clinic_id = $1 AND o.conversation_id = x.conversation_id AND o.state = 'sent'
		          AND o.ended_at >= x.started_at AND (x.ended_at IS NULL OR o.ended_at < x.ended_at)
		        ORDER BY o.ended_at LIMIT 1) reply ON true
		 WHERE x.clinic_id = $1 AND x.started_at >= $2 AND x.started_at < $3 AND ` + figuresOfConversation

	figuresToAPerson = `
		SELECT count(s), COALESCE(percentile_disc(0.5) WITHIN GROUP (ORDER BY s), 0), COALESCE(percentile_disc(0.95) WITHIN GROUP (ORDER BY s), 0), count(*)
		  FROM (SELECT extract(epoch FROM x.taken_at - x.opened_at)::float8 AS s
		          FROM ticket x
		         WHERE x.clinic_id = $1 AND x.opened_at >= $2 AND x.opened_at < $3 AND NOT x.quiet AND x.reason <> 'taken' AND ` + figuresOfConversation + `) waits`

	figuresReasons = `
		SELECT x.reason, count(*)
		  FROM ticket x
		 WHERE x.clinic_id = $1 AND x.opened_at >= $2 AND x.opened_at < $3 AND NOT x.quiet AND ` + figuresOfConversation + `
		 GROUP BY 1`

	figuresMessages = `
		SELECT date_bin('15 minutes', x.received_at, 'epoch'), x.language, count(*)
		  FROM message x
		 WHERE x.clinic_id = $1 AND x.message_id >= $5 AND x.message_id < $6 AND x.received_at >= $2 AND x.received_at < $3 AND NOT x.staff
		   AND ($4 = '' OR x.account_id IN (SELECT a.account_id FROM channel_account a WHERE a.clinic_id = $1 AND a.channel = $4))
		 GROUP BY 1, 2`

	figuresOutcomes = `
		SELECT x.outcome, count(*)
		  FROM turn x
		 WHERE x.clinic_id = $1 AND x.turn_id >= $5 AND x.turn_id < $6 AND x.at >= $2 AND x.at < $3 AND ` + figuresOfConversation + `
		 GROUP BY 1`

	figuresGaps = `
		SELECT count(*), count(*) FILTER (WHERE g.closed_at IS NULL)
		  FROM gap g
		 WHERE g.clinic_id = $1 AND g.at >= $2 AND g.at < $3
		   AND ($4 = '' OR EXISTS (SELECT 1 FROM turn x WHERE x.clinic_id = $1 AND x.turn_id = g.turn_id AND ` + figuresOfConversation + `))`

	figuresCost = `
		SELECT to_char(month, 'YYYY-MM'), model, tokens_in, tokens_out, cost
		  FROM model_spend
		 WHERE clinic_id = $1 AND month >= $2 AND month <= $3
		 ORDER BY month, model`

	figuresChannels = `SELECT DISTINCT channel FROM channel_account WHERE clinic_id = $1 ORDER BY channel`
)

// Channels lists the channels on which a clinic can be reached.
func (db *DB) Channels(ctx context.Context, clinic frontdesk.ClinicID) ([]frontdesk.Channel, error) {
	var channels []frontdesk.Channel
	batch := &pgx.Batch{}
	batch.Queue(figuresChannels, clinic).Query(func(rows pgx.Rows) (err error) {
		channels, err = pgx.CollectRows(rows, pgx.RowTo[frontdesk.Channel])
		return err
	})
	if err := db.InClinicBatch(ctx, clinic, batch); err != nil {
		return nil, fmt.Errorf("list channels: %w", err)
	}
	return channels, nil
}

// Figures counts what a clinic's conversations came to.
func (db *DB) Figures(ctx context.Context, clinic frontdesk.Clinic, p Period) (frontdesk.Figures, error) {
	f := frontdesk.Figures{From: p.From, To: p.To, Channel: p.Channel, Days: daysOf(p, clinic.Location())}
	low, err := frontdesk.NewID(p.From.Add(-idMargin), zeros{})
	if err != nil {
		return f, err
	}
	high, err := frontdesk.NewID(p.To.Add(idMargin), zeros{})
	if err != nil {
		return f, err
	}
	count := &counting{figures: &f, location: clinic.Location(), languages: map[string]int{}}
	batch := &pgx.Batch{}
	of := []any{clinic.ID, p.From, p.To, string(p.Channel)}
	between := append(slices.Clip(of), low, high)
	batch.Queue(figuresEpisodes, of...).Query(count.episodes)
	batch.Queue(figuresFirstReply, of...).QueryRow(spreadInto(&f.FirstReply, &f.Unreplied))
	batch.Queue(figuresToAPerson, of...).QueryRow(spreadInto(&f.ToAPerson, &f.Untaken))
	batch.Queue(figuresReasons, of...).Query(countInto(&f.Reasons))
	batch.Queue(figuresMessages, between...).Query(count.messages)
	batch.Queue(figuresOutcomes, between...).Query(countInto(&f.Outcomes))
	batch.Queue(figuresGaps, of...).QueryRow(func(row pgx.Row) error { return row.Scan(&f.Gaps, &f.GapsOpen) })
	batch.Queue(figuresCost, clinic.ID, monthOf(clinic, p.From), monthOf(clinic, p.To.Add(-time.Nanosecond))).Query(func(rows pgx.Rows) (err error) {
		f.Cost, err = pgx.CollectRows(rows, pgx.RowToStructByPos[frontdesk.MonthCost])
		return err
	})
	if err := db.InClinicBatch(ctx, clinic.ID, batch); err != nil {
		return f, fmt.Errorf("count figures: %w", err)
	}
	for _, r := range f.Reasons {
		f.Handovers += r.Count
	}
	for name, n := range count.languages {
		f.Languages = append(f.Languages, frontdesk.CountedAs{Name: name, Count: n})
	}
	for _, list := range [][]frontdesk.CountedAs{f.Reasons, f.Languages, f.Outcomes} {
		slices.SortFunc(list, mostFirst)
	}
	return f, nil
}

// zeros makes the least id of an instant.
type zeros struct{}

// Read implements [io.Reader].
func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// daysOf lists the local days of a period.
func daysOf(p Period, location *time.Location) []frontdesk.DayFigures {
	var days []frontdesk.DayFigures
	from, to := p.From.In(location), p.To.In(location)
	for day := from; day.Before(to); day = time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, location) {
		days = append(days, frontdesk.DayFigures{Day: day.Format(time.DateOnly)})
	}
	return days
}

// counting sorts counts of quarters of an hour into local days and hours.
type counting struct {
	figures   *frontdesk.Figures
	location  *time.Location
	languages map[string]int
}

func (c *counting) episodes(rows pgx.Rows) error {
	var at time.Time
	var contained bool
	var n int
	_, err := pgx.ForEachRow(rows, []any{&at, &contained, &n}, func() error {
		c.figures.Episodes += n
		if contained {
			c.figures.Contained += n
		}
		day := at.In(c.location).Format(time.DateOnly)
		for i := range c.figures.Days {
			if d := &c.figures.Days[i]; d.Day == day {
				d.Episodes += n
				if contained {
					d.Contained += n
				}
			}
		}
		return nil
	})
	return err
}

func (c *counting) messages(rows pgx.Rows) error {
	var at time.Time
	var language string
	var n int
	_, err := pgx.ForEachRow(rows, []any{&at, &language, &n}, func() error {
		at := at.In(c.location)
		c.figures.Messages += n
		c.figures.Hours[(int(at.Weekday())+6)%7][at.Hour()] += n
		c.languages[language] += n
		return nil
	})
	return err
}

// spreadInto reads a distribution and how many had no time.
func spreadInto(spread *frontdesk.Spread, without *int) func(pgx.Row) error {
	return func(row pgx.Row) error {
		var all int
		err := row.Scan(&spread.Count, &spread.Median, &spread.P95, &all)
		*without = all - spread.Count
		return err
	}
}

func countInto(list *[]frontdesk.CountedAs) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[frontdesk.CountedAs])
		return err
	}
}

// mostFirst sorts by count, then by name.
func mostFirst(a, b frontdesk.CountedAs) int {
	if a.Count != b.Count {
		return b.Count - a.Count
	}
	return compareText(a.Name, b.Name)
}
