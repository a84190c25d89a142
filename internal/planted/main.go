// Command planted shows that the quick gate stops a worse product: it plants
// faults in the source, one at a time, builds each, and runs the gate on it.
//
//	go run ./internal/planted -out planted          # all faults, and the product as it is
//	go run ./internal/planted -out planted -only language
//
// Nothing of a fault is in the product: it is a change of its text that the
// compiler reads in place of a file (go build -overlay). What was tried with the
// same source and gate is not tried again, so that a run that was stopped goes on.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "planted:", err)
		os.Exit(1)
	}
}

// Shares that the gate has to reach.
const stopShare = 0.95

func run() error {
	var out, only string
	var clean int
	flag.StringVar(&out, "out", "planted", "folder for the programs, their runs and the table")
	flag.StringVar(&only, "only", "", "only faults whose name holds this; -clean is then not asked")
	flag.IntVar(&clean, "clean", 20, "times that the product as it is has to pass")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	b, err := newBench(ctx, out)
	if err != nil {
		return err
	}
	defer b.Close()
	chosen := choose(faults(), only)
	if err := b.baseline(ctx); err != nil {
		return err
	}
	var results []result
	for i, f := range chosen {
		began := time.Now()
		r, err := b.try(ctx, f)
		if err != nil {
			return err
		}
		fmt.Printf("%2d/%d %-8s %5.0f s  %s: %s\n", i+1, len(chosen), r.Verdict, time.Since(began).Seconds(), f.name, r.By)
		results = append(results, r)
	}
	passed := 0
	if only == "" {
		for i := range clean {
			ok, by, err := b.asIs(ctx, i)
			if err != nil {
				return err
			}
			if ok {
				passed++
			} else {
				fmt.Printf("the product as it is, run %d: stopped by %s\n", i+1, by)
			}
		}
	}
	return conclude(results, passed, clean, only == "")
}

func choose(all []fault, only string) []fault {
	var chosen []fault
	for _, f := range all {
		if strings.Contains(f.name, only) {
			chosen = append(chosen, f)
		}
	}
	return chosen
}

// conclude prints the sums, and fails when the gate is not good enough.
func conclude(results []result, passed, clean int, all bool) error {
	stopped := 0
	for _, r := range results {
		if r.Verdict != verdictMissed {
			stopped++
		} else {
			fmt.Println("missed:", r.Fault)
		}
	}
	fmt.Printf("stopped %d of %d planted faults", stopped, len(results))
	if all {
		fmt.Printf("; the product as it is passed %d of %d times", passed, clean)
	}
	fmt.Println()
	if float64(stopped) < stopShare*float64(len(results)) || all && passed < clean {
		return errors.New("the quick gate is not good enough")
	}
	return nil
}
