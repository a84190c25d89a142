package main

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"

	"frontdesk/guardrails"
)

// benchTexts are what the screens are timed on, one script each; they are repeated
// and cut to the wanted length.
func benchTexts() []string {
	return []string{
		"Bonjour, je voudrais savoir si le cabinet est ouvert samedi matin et combien coûte une consultation sans rendez-vous. Merci d'avance, mon fils a rendez-vous le 12 mars. ",
		"Hello, could you tell me whether I have to fast before the blood test on Tuesday and where to park? My booking number is 4471. ",
		"Здравствуйте, подскажите, пожалуйста, нужно ли приходить натощак и сколько стоит приём врача в субботу утром? ",
		"مرحبا، هل العيادة مفتوحة يوم السبت صباحا وكم سعر الاستشارة؟ أريد أن أعرف أين يمكنني ركن السيارة. ",
		"Guten Tag, muss ich vor der Blutabnahme nüchtern sein, und was kostet die Sprechstunde ohne Termin am Samstag? ",
	}
}

// screen times the rules of the inbound screens.
func (b *bench) screen(ctx context.Context) error {
	before := heap()
	screens, err := guardrails.New(guardrails.Options{})
	if err != nil {
		return fmt.Errorf("screens: %w", err)
	}
	run := func(length int, most time.Duration) []time.Duration {
		var times []time.Duration
		texts := benchTexts()
		for i, text := range texts {
			texts[i] = cutRunes(strings.Repeat(text, length/50+1), length)
			screens.Rules(texts[i], guardrails.Hints{}) // what is made at first use is made
		}
		for began := time.Now(); time.Since(began) < most && ctx.Err() == nil; {
			for _, text := range texts {
				start := time.Now()
				screens.Rules(text, guardrails.Hints{Country: "FR"})
				times = append(times, time.Since(start))
			}
		}
		return times
	}
	short := run(500, b.seconds/3)
	grown := heap() - before
	for _, f := range []figure{
		{What: "rules over 500 characters, p50", Value: quantile(short, 0.5), Unit: "ms", Note: fmt.Sprintf("%d texts in five scripts", len(short))},
		figure{What: "rules over 500 characters, p99", Value: quantile(short, 0.99), Unit: "ms"}.want(atMost(2)),
		figure{What: "rules over 4,096 characters, p50", Value: quantile(run(4096, b.seconds/3), 0.5), Unit: "ms"}.
			against("eight times the p50 of 512 characters", 8*quantile(run(512, b.seconds/3), 0.5)).want(atMost(1.5)),
		figure{What: "memory of the rules", Value: grown, Unit: "MB"}.want(atMost(60)),
	} {
		f.Bench = "screen"
		if err := b.say(f); err != nil {
			return err
		}
	}
	return nil
}

// heap returns what is in use, in MB.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// cutRunes cuts a text to n characters.
func cutRunes(text string, n int) string {
	runes := []rune(text)
	return string(runes[:min(n, len(runes))])
}
