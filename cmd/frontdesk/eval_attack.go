package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"frontdesk/eval"
)

func (p *program) evalAttackCommand() *cobra.Command {
	r := evalRun{program: p}
	var budget int
	c := &cobra.Command{
		Use: "attack SUITE…", Short: "Search for ways of asking under which a suite fails",
		Long:    "Puts the questions of suites under mutators within a budget, spends it where failures turn up, makes each finding as small as it can, and prints them as a suite (YAML) for a person's look.",
		Example: "  frontdesk eval attack emergencies --budget 500 > found.yaml",
		Args:    atLeast(1, "a SUITE"),
		RunE: func(c *cobra.Command, args []string) error {
			all, err := suites(args)
			if err != nil {
				return evalProblem(err)
			}
			w, target, err := r.openTarget(c.Context())
			if err != nil {
				return err
			}
			defer w.Close()
			found, err := eval.Attack(c.Context(), target, all, eval.AttackOptions{
				Budget: budget, Seed: r.seed,
				Found: func(f eval.Finding) {
					fmt.Fprintf(p.stderr, "%s, %s: %s\n", f.Case.Origin, strings.Join(f.Mutators, " and "), f.Why)
				},
			})
			if err != nil {
				return err
			}
			if len(found) == 0 {
				fmt.Fprintf(p.stderr, "nothing was found with %d questions\n", budget)
				return nil
			}
			return p.printSuite(eval.FindingsSuite(found))
		},
	}
	f := c.Flags()
	f.StringVar(&r.clinic, "clinic", "", "the clinic's name (default: the sample clinic)")
	f.StringVar(&r.target, "target", "", "address of a deployed service to ask instead of this process")
	f.IntVar(&budget, "budget", 300, "questions in all")
	f.Uint64Var(&r.seed, "seed", 1, "of the search")
	return c
}
