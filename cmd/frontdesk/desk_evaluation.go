package main

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/eval"
	"frontdesk/guardrails"
	"frontdesk/httpd"
	"frontdesk/ingest"
	"frontdesk/store"
)

// AddCase implements [httpd.Cases].
func (d desk) AddCase(ctx context.Context, who httpd.Person, c httpd.NewCase) error {
	masked := func(text string) string { return d.masked(ctx, who.Clinic, text, c.Language) }
	lang := cmp.Or(c.Language, who.Clinic.Language)
	made := eval.OwnCase(c.Origin, eval.Correction{Question: masked(c.Question), Lang: lang, Was: masked(c.Was), Should: masked(c.Should)})
	origin := store.CaseOrigin(c.Origin)
	switch origin {
	case store.CaseFromGap, store.CaseFromCorrection, store.CaseFromThumbsDown, store.CaseByHand:
	default:
		return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "A case comes from a gap, a correction, a thumbs-down or by hand."}
	}
	_, err := d.db.AddCase(ctx, who.Clinic.ID, store.Case{Origin: origin, MustPass: c.MustPass, Author: who.User.Name, Case: made})
	return err
}

// RequireCase implements [httpd.Cases].
func (d desk) RequireCase(ctx context.Context, who httpd.Person, id string, must bool) error {
	return d.db.RequireCase(ctx, who.Clinic.ID, id, must, who.User.Name)
}

// RemoveCase implements [httpd.Cases].
func (d desk) RemoveCase(ctx context.Context, who httpd.Person, id string) error {
	return d.db.RemoveCase(ctx, who.Clinic.ID, id, who.User.Name)
}

// StartRun implements [httpd.Evaluator].
func (d desk) StartRun(ctx context.Context, who httpd.Person, suite string) error {
	names, err := runnable()
	if err != nil {
		return err
	}
	if !slices.Contains(names, suite) {
		return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "There is no such suite."}
	}
	_, err = d.db.AddRun(ctx, who.Clinic.ID, []string{suite}, who.User.Name)
	return err
}

// runnable are the suites that a clinic may run in the background.
func runnable() ([]string, error) {
	names := []string{suiteQuick, eval.OwnSuite, suiteContent}
	all, err := safetySuites(1, 1)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		names = append(names, s.Name)
	}
	return names, nil
}

// Override implements [httpd.Evaluator].
func (d desk) Override(ctx context.Context, who httpd.Person, id, reason string) error {
	run, _, err := d.db.LoadRun(ctx, who.Clinic.ID, id)
	if err != nil {
		return err
	}
	return overrideGate(ctx, d.ingest, who.Clinic, run, who.User.Name, reason)
}

// Evaluation implements [httpd.Evaluation].
func (d desk) Evaluation(ctx context.Context, who httpd.Person) (httpd.EvaluationPage, error) {
	var page httpd.EvaluationPage
	listed, err := d.db.ListRuns(ctx, who.Clinic.ID, runsListed)
	if err != nil {
		return page, err
	}
	sources, err := d.ingest.List(ctx, who.Clinic.ID)
	if err != nil {
		return page, err
	}
	if page.Held, err = d.held(ctx, who, listed, sources); err != nil {
		return page, err
	}
	for _, r := range listed {
		page.Runs = append(page.Runs, evaluationRun(r, sources))
		page.Busy = page.Busy || r.Ended.IsZero()
	}
	if page.Suites, err = suiteTrends(listed); err != nil {
		return page, err
	}
	cases, err := d.db.ListCases(ctx, who.Clinic.ID, deskListed)
	for _, c := range cases {
		turn := c.Case.Turns[len(c.Case.Turns)-1]
		page.Cases = append(page.Cases, httpd.EvaluationCase{
			ID: c.ID, Question: turn.Say, Language: c.Case.Lang, Origin: string(c.Origin), Author: c.Author, Wanted: turn.Expect.Contains, At: c.Created, MustPass: c.MustPass,
		})
	}
	return page, err
}

// held are the approved revisions that the gate holds back now, with its reasons.
func (d desk) held(ctx context.Context, who httpd.Person, listed []store.Run, sources []ingest.Listed) ([]httpd.EvaluationRun, error) {
	waits := map[frontdesk.RevisionID]bool{}
	for _, l := range sources {
		for _, r := range l.Revisions {
			waits[r.ID] = !r.Approved.IsZero() && r.Released.IsZero() && r.Withdrawn.IsZero()
		}
	}
	var held []httpd.EvaluationRun
	for _, r := range listed {
		if r.Kind != store.RunGate || !waits[r.Revision] {
			continue
		}
		waits[r.Revision] = false // the newest run of a revision speaks
		if r.Verdict != store.VerdictFail {
			continue
		}
		one, err := d.EvaluationRun(ctx, who, r.ID)
		if err != nil {
			return nil, err
		}
		held = append(held, one)
	}
	return held, nil
}

// evaluationRun is a run in a list.
func evaluationRun(r store.Run, sources []ingest.Listed) httpd.EvaluationRun {
	out := httpd.EvaluationRun{
		ID: r.ID, Gate: r.Kind == store.RunGate, Suites: r.Suites, By: r.AskedBy, At: r.Created, Ended: r.Ended, Done: r.Done, Total: r.Total, Verdict: string(r.Verdict),
	}
	for _, l := range sources {
		for _, v := range l.Revisions {
			if v.ID == r.Revision {
				out.Source, out.Revision = l.Source.Name, v.Number
			}
		}
	}
	for _, f := range r.Figures {
		out.Scores = append(out.Scores, httpd.EvaluationScore{Suite: f.Suite, Language: f.Language, Cases: f.Cases, Passed: f.Passed, Known: f.Known})
		out.Score.Cases += f.Cases
		out.Score.Passed += f.Passed
		out.Score.Known += f.Known
	}
	return out
}

// suiteTrends are the suites that may be run, with how they did from run to run.
func suiteTrends(listed []store.Run) ([]httpd.EvaluationSuite, error) {
	names, err := runnable()
	if err != nil {
		return nil, err
	}
	var out []httpd.EvaluationSuite
	for _, name := range names {
		suite := httpd.EvaluationSuite{Name: name}
		for _, r := range slices.Backward(listed) { // the oldest first
			if one := evaluationRun(r, nil); r.Kind == store.RunSuite && slices.Equal(r.Suites, []string{name}) && one.Score.Cases > 0 {
				suite.Trend, suite.Last = append(suite.Trend, one.Score.Percent()), one.Score
			}
		}
		out = append(out, suite)
	}
	return out, nil
}

// EvaluationRun implements [httpd.Evaluation].
func (d desk) EvaluationRun(ctx context.Context, who httpd.Person, id string) (httpd.EvaluationRun, error) {
	r, result, err := d.db.LoadRun(ctx, who.Clinic.ID, id)
	if err != nil {
		return httpd.EvaluationRun{}, err
	}
	sources, err := d.ingest.List(ctx, who.Clinic.ID)
	if err != nil {
		return httpd.EvaluationRun{}, err
	}
	out := evaluationRun(r, sources)
	if result == nil {
		return out, nil
	}
	out.Kept, out.Content, out.Version = true, result.Report.Target.Content, result.Report.Target.Version
	if r.Kind == store.RunGate {
		out.Why = reasonsOf(*result)
	}
	out.Failures = evaluationFailures(*result)
	return out, nil
}

// reasonsOf says why a gate's run did not pass.
func reasonsOf(result store.RunResult) []httpd.EvaluationReason {
	var why []httpd.EvaluationReason
	for _, v := range result.Report.Gates {
		kind := "worse"
		switch {
		case v.Pass:
			continue
		case v.Gate == eval.TimeGate:
			kind = "time"
		case strings.HasPrefix(v.Gate, eval.MustGate):
			kind = "must"
		}
		why = append(why, httpd.EvaluationReason{Kind: kind, Count: len(v.Cases)})
	}
	if len(why) == 0 && result.Why != "" {
		why = append(why, httpd.EvaluationReason{Kind: "asked"})
	}
	return why
}

// evaluationFailures are the cases that failed, those first that passed before.
func evaluationFailures(result store.RunResult) []httpd.EvaluationFailure {
	before := map[string]eval.CaseRun{}
	if result.Before != nil {
		for _, c := range result.Before.Cases {
			before[c.Key()] = c
		}
	}
	var out []httpd.EvaluationFailure
	for _, c := range result.Report.Cases {
		if c.Pass || len(c.Turns) == 0 {
			continue
		}
		last := len(c.Turns) - 1
		f := httpd.EvaluationFailure{Suite: c.Suite, Language: c.Lang, Question: c.Turns[last].Say, Known: c.Known != ""}
		if f.Now, f.Outcome = replyOf(c.Turns[last]); c.Failure != "" {
			f.Wanted = append(f.Wanted, httpd.EvaluationWant{Kind: "target"})
		}
		for _, check := range c.Failed() {
			f.Wanted = append(f.Wanted, httpd.EvaluationWant{Kind: check.Name, Words: check.Want})
		}
		if was, ok := before[c.Key()]; ok && len(was.Turns) > last {
			f.Before, f.Was = replyOf(was.Turns[last])
			f.New = was.Pass
		}
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(a, b httpd.EvaluationFailure) int { return rank(a) - rank(b) })
	return out
}

// rank puts what got worse first and what is known last.
func rank(f httpd.EvaluationFailure) int {
	switch {
	case f.New:
		return 0
	case f.Known:
		return 2
	}
	return 1
}

func replyOf(t eval.TurnRun) (text, outcome string) {
	if t.Reply == nil {
		return "", ""
	}
	return t.Reply.Text(), t.Reply.Outcome
}

// masked returns a text without identifiers.
func (d desk) masked(ctx context.Context, clinic frontdesk.Clinic, text, language string) string {
	return d.screens.Inbound(ctx, text, guardrails.Hints{Country: clinic.Country, ConversationLanguages: []string{language}}).Masked
}

// Correct implements [httpd.Corrector].
func (d desk) Correct(ctx context.Context, who httpd.Person, turn frontdesk.TurnID, c httpd.Correction) (string, error) {
	row, err := d.conversations.TurnRecord(ctx, who.Clinic.ID, turn)
	if err != nil {
		return "", err
	}
	replies, err := d.conversations.TurnReplies(ctx, conversation.Key{Clinic: who.Clinic.ID, Conversation: row.Conversation}, turn)
	if err != nil {
		return "", err
	}
	err = d.AddCase(ctx, who, httpd.NewCase{
		Origin: string(store.CaseFromCorrection), Question: c.Question, Language: row.Language, Was: strings.Join(replies, "\n"), Should: c.Should,
	})
	if err != nil {
		return "", err
	}
	return d.db.AddGap(ctx, who.Clinic.ID, turn, frontdesk.RecordGap{
		Question: d.masked(ctx, who.Clinic, c.Question, row.Language), Language: cmp.Or(row.Language, who.Clinic.Language),
	})
}
