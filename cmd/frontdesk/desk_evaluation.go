package main

import (
	"cmp"
	"context"

	"frontdesk"
	"frontdesk/eval"
	"frontdesk/guardrails"
	"frontdesk/httpd"
	"frontdesk/store"
)

// AddCase implements [httpd.Cases].
func (d desk) AddCase(ctx context.Context, who httpd.Person, c httpd.NewCase) error {
	masked := func(text string) string {
		return d.screens.Inbound(ctx, text, guardrails.Hints{Country: who.Clinic.Country, ConversationLanguages: []string{c.Language}}).Masked
	}
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
