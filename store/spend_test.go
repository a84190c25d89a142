package store_test

import (
	"context"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/internal/testdb"
	"frontdesk/store"
)

func TestSpendIsCountedByTheClinicsOwnMonth(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db := testdb.New(t)
	clinic, err := db.AddClinic(ctx, frontdesk.Clinic{Name: "Auckland", Language: "en", Country: "NZ", TimeZone: "Pacific/Auckland"})
	if err != nil {
		t.Fatal(err)
	}
	november := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC) // 23:00 in Auckland
	december := november.Add(2 * time.Hour)
	for at, cost := range map[time.Time]float64{november: 1.5, december: 0.25} {
		for range 2 {
			if err := db.AddSpend(ctx, clinic, at, store.Spend{Model: "m", TokensIn: 10, TokensOut: 5, Cost: cost}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for at, want := range map[time.Time]float64{november: 3, december: 0.5} {
		if got, err := db.Spent(ctx, clinic, at); err != nil || got != want {
			t.Errorf("%s: spent %v, %v; want %v", at, got, err, want)
		}
	}
}
