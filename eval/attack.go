package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// AttackOptions bound a search for failures.
type AttackOptions struct {
	Budget  int // questions in all, those of minimising too; default 300
	Seed    uint64
	Timeout time.Duration // of one question; default 60 s
	Found   func(Finding) // after each finding; nil: none
}

// Finding is a way of putting a question under which the product fails, although
// it does not fail when it is put as it was written.
type Finding struct {
	Case     Case     // with the words under which it fails
	Mutators []string // that led there
	Reply    Reply
	Why      string
}

// arm is one mutator, or two one after the other.
type arm struct {
	mutators     []Mutator
	tried, found int
}

// Attack searches for failures of single questions: it puts them under mutators and
// spends its budget where failures turn up (the upper confidence bound of each
// mutator's rate), and takes back every changed word that a failure does not need.
// It is no measure: it looks where it found. A person decides which findings become
// cases.
func Attack(ctx context.Context, target Target, suites []Suite, o AttackOptions) ([]Finding, error) {
	a := &attack{o: o, target: target, random: rand.New(rand.NewPCG(o.Seed, resamples)), passes: map[string]bool{}, left: o.Budget}
	if a.left <= 0 {
		a.left = 300
	}
	if a.o.Timeout <= 0 {
		a.o.Timeout = time.Minute
	}
	for _, s := range suites {
		for _, c := range s.Cases {
			if len(c.Turns) == 1 && c.Turns[0].Say != "" && c.Known == "" {
				a.bases = append(a.bases, c)
			}
		}
	}
	if len(a.bases) == 0 {
		return nil, errors.New("the suites have no single question to begin with")
	}
	a.makeArms()
	var found []Finding
	for a.left > 0 {
		one, err := a.try(ctx)
		if errors.Is(err, errSpent) {
			break
		}
		if err != nil {
			return found, err
		}
		if one != nil {
			found = append(found, *one)
			if o.Found != nil {
				o.Found(*one)
			}
		}
	}
	return found, nil
}

// errSpent ends a search whose budget is used up.
var errSpent = errors.New("the budget is spent")

type attack struct {
	o      AttackOptions
	target Target
	random *rand.Rand
	bases  []Case
	arms   []*arm
	passes map[string]bool // verdicts of bases, by key
	rounds int
	left   int
}

func (a *attack) makeArms() {
	all := Mutators()
	for i, m := range all {
		a.arms = append(a.arms, &arm{mutators: []Mutator{m}})
		if m.Name == "burst" { // its bubbles are several turns, which nothing follows
			continue
		}
		other := all[(i+1+a.random.IntN(len(all)-1))%len(all)]
		if other.Name != "burst" {
			a.arms = append(a.arms, &arm{mutators: []Mutator{m, other}})
		}
	}
}

// next is the arm with the highest bound of its rate of failures (UCB1).
func (a *attack) next() *arm {
	best, bound := a.arms[0], math.Inf(-1)
	for _, one := range a.arms {
		b := math.Inf(1)
		if one.tried > 0 {
			b = float64(one.found)/float64(one.tried) + math.Sqrt(2*math.Log(float64(a.rounds))/float64(one.tried))
		}
		if b > bound {
			best, bound = one, b
		}
	}
	return best
}

// try puts one case under one arm.
func (a *attack) try(ctx context.Context) (*Finding, error) {
	a.rounds++
	chosen := a.next()
	chosen.tried++
	c := a.bases[a.random.IntN(len(a.bases))]
	changed, names := c, []string{}
	for _, m := range chosen.mutators {
		if one := Mutate(Suite{Cases: []Case{changed}}, m, a.o.Seed); len(one) == 1 {
			changed, names = one[0], append(names, m.Name)
		}
	}
	if len(names) == 0 {
		return nil, nil //nolint:nilnil // this mutator has nothing to change here
	}
	fine, err := a.basePasses(ctx, c)
	if err != nil || !fine {
		return nil, err
	}
	reply, why, err := a.verdict(ctx, changed)
	if err != nil || why == "" {
		return nil, err
	}
	chosen.found++
	f := Finding{Case: changed, Mutators: names, Reply: reply, Why: why}
	return &f, a.minimise(ctx, c, &f)
}

// basePasses tells whether a case passes as it was written.
func (a *attack) basePasses(ctx context.Context, c Case) (bool, error) {
	key := c.Suite + "/" + c.ID
	if pass, known := a.passes[key]; known {
		return pass, nil
	}
	_, why, err := a.verdict(ctx, c)
	if err != nil {
		return false, err
	}
	a.passes[key] = why == ""
	return a.passes[key], nil
}

// verdict asks a case and says why it fails, "" where it does not.
func (a *attack) verdict(ctx context.Context, c Case) (Reply, string, error) {
	var replies []Reply
	for i, t := range c.Turns {
		if a.left--; a.left < 0 {
			return Reply{}, "", errSpent
		}
		tctx, cancel := context.WithTimeoutCause(ctx, a.o.Timeout, errors.New("the target took too long"))
		conversation := ""
		if len(c.Turns) > 1 {
			conversation = fmt.Sprintf("attack-%d-%s", a.rounds, c.Hash())
		}
		reply, err := a.target.Ask(tctx, Question{Conversation: conversation, Text: t.Say, First: c.First && i == 0, Country: c.Country, At: t.At, Faults: t.Faults})
		cancel()
		if err != nil {
			return Reply{}, "", fmt.Errorf("ask: %w", err)
		}
		if len(t.Faults) == 0 && reply.Trace != nil && len(reply.Trace.Failures) > 0 {
			return reply, "", nil // the machine's fault, no finding
		}
		replies = append(replies, reply)
	}
	var why []string
	for _, check := range Score(c, replies) {
		if !check.Pass {
			why = append(why, check.Name+": "+check.Want+"; got "+check.Got)
		}
	}
	return replies[len(replies)-1], strings.Join(why, " | "), nil
}

// minimise takes back each changed word that the failure does not need. Texts of
// which the words no longer stand side by side stay as they are.
func (a *attack) minimise(ctx context.Context, origin Case, f *Finding) error {
	was := strings.Fields(origin.Turns[0].Say)
	for i := range was {
		now := strings.Fields(f.Case.Turns[0].Say)
		if len(f.Case.Turns) != 1 || len(now) != len(was) {
			return nil
		}
		if now[i] == was[i] {
			continue
		}
		back := slices.Clone(now)
		back[i] = was[i]
		smaller := f.Case
		smaller.Turns = slices.Clone(f.Case.Turns)
		smaller.Turns[0].Say = strings.Join(back, " ")
		reply, why, err := a.verdict(ctx, smaller)
		if errors.Is(err, errSpent) {
			return nil // the finding is as small as the budget made it
		}
		if err != nil {
			return err
		}
		if why != "" {
			f.Case, f.Reply, f.Why = smaller, reply, why
		}
	}
	return nil
}

// FindingsSuite makes a suite of findings, for a person's look.
func FindingsSuite(findings []Finding) Suite {
	s := Suite{Name: "attack", Title: "Ways of asking that were found to fail", About: "Look at each: is the question still the same, and the expectation right?"}
	seen := map[string]bool{}
	for _, f := range findings {
		c := f.Case
		c.ID = c.Origin + "-" + strings.Join(f.Mutators, "-") + "-" + c.Hash()[:6]
		c.Suite, c.Origin, c.Mutator = s.Name, "", ""
		if !seen[c.Hash()] {
			s.Cases, seen[c.Hash()] = append(s.Cases, c), true
		}
	}
	return s
}
