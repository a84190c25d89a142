package main

import (
	"context"
	"errors"
	"fmt"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/store"
	"frontdesk/whatsapp"
)

// sender hands the conversation's messages to WhatsApp.
type sender struct {
	client  *whatsapp.Client
	baseURL string // "": Meta's
	version string // "": the client's default
}

func (s sender) account(a conversation.Account) whatsapp.Account {
	return whatsapp.Account{
		PhoneNumberID: a.Provider, BusinessID: a.Business, Token: a.Token,
		BaseURL: s.baseURL, Version: s.version, Clinic: a.Clinic,
	}
}

// Fit implements [conversation.Sender].
func (s sender) Fit(replies []frontdesk.Reply) []frontdesk.Reply { return whatsapp.FitAll(replies) }

// Send implements [conversation.Sender].
func (s sender) Send(ctx context.Context, account conversation.Account, message conversation.Outbound) (string, error) {
	to := frontdesk.Identity{Account: account.ID, ExternalID: message.To.UserID, Phone: message.To.Phone}
	id, err := s.client.SendBy(ctx, s.account(account), to, message.Reply, string(message.ID), message.MustStart())
	if err != nil {
		return "", sendError(err)
	}
	return id, nil
}

// Seen implements [conversation.Sender].
func (s sender) Seen(ctx context.Context, account conversation.Account, providerID string) error {
	if err := s.client.MarkRead(ctx, s.account(account), providerID, true); err != nil {
		return fmt.Errorf("mark read: %w", err)
	}
	return nil
}

// Fetch implements [conversation.Fetcher].
func (s sender) Fetch(ctx context.Context, account conversation.Account, media frontdesk.Media, limit int64) (conversation.File, error) {
	file, err := s.client.Download(ctx, s.account(account), media.ProviderID, limit)
	if err != nil {
		return conversation.File{}, fmt.Errorf("fetch media: %w", err)
	}
	return conversation.File{Bytes: file.Bytes, MIME: file.MIME}, nil
}

// approvedFiles gives the channel the bytes of a revision that a reply sends.
type approvedFiles struct{ db *store.DB }

// File implements [whatsapp.Files]. A revision that is not live any more is not
// sent: frontdesk.CodeNotFound.
func (f approvedFiles) File(ctx context.Context, clinic frontdesk.ClinicID, document frontdesk.Document) ([]byte, error) {
	revisions, err := f.db.ListRevisions(ctx, clinic, document.Source)
	if err != nil {
		return nil, fmt.Errorf("revisions of a document: %w", err)
	}
	for _, r := range revisions {
		if r.ID != document.Revision {
			continue
		}
		file, err := f.db.LoadFile(ctx, clinic, r.Hash)
		if err != nil {
			return nil, fmt.Errorf("file of a document: %w", err)
		}
		return file.Data, nil
	}
	return nil, &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: "This document is not approved any more."}
}

// sendError maps a failure of the channel to what it means for the message.
func sendError(err error) error {
	var refused *whatsapp.SendError
	if !errors.As(err, &refused) {
		return &conversation.SendError{Class: conversation.ClassUncertain, Err: err}
	}
	return &conversation.SendError{Class: classOf(refused.Class), Code: refused.Code, After: refused.RetryAfter, Err: err}
}

// classOf maps WhatsApp's classes to the conversation's. A bug of ours is a
// message that cannot reach this person: staff are told.
func classOf(class whatsapp.Class) conversation.Class {
	switch class {
	case whatsapp.ClassRetry:
		return conversation.ClassRetry
	case whatsapp.ClassRetryLater:
		return conversation.ClassRetryLater
	case whatsapp.ClassPairRate:
		return conversation.ClassPair
	case whatsapp.ClassStopAlert:
		return conversation.ClassStop
	case whatsapp.ClassWindowClosed:
		return conversation.ClassWindowClosed
	case whatsapp.ClassUndeliverable, whatsapp.ClassBug:
		return conversation.ClassUndeliverable
	}
	return conversation.ClassUncertain
}
