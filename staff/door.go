package staff

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"frontdesk"
)

// How long tokens hold.
const (
	SessionFor = 12 * time.Hour
	InviteFor  = 7 * 24 * time.Hour
)

// hashesAtOnce bounds the passwords that are hashed at the same time: each takes
// 19 MiB, and strangers may ask.
const hashesAtOnce = 4

// tokenBytes is the length of a token's secret.
const tokenBytes = 32

// Door lets people in: invitations, sign-in and sessions. Make one with [NewDoor];
// it is safe for concurrent use.
type Door struct {
	register Register
	proofs   Proofs
	tokens   Tokens
	tries    *tries
	hashing  chan struct{}
	now      func() time.Time
	random   io.Reader
}

// NewDoor returns a door. now and random are the clock and crypto/rand.Reader.
func NewDoor(register Register, proofs Proofs, tokens Tokens, now func() time.Time, random io.Reader) (*Door, error) {
	if register == nil || proofs == nil || tokens == nil || now == nil || random == nil {
		return nil, errors.New("staff: a part of the door is missing")
	}
	return &Door{register: register, proofs: proofs, tokens: tokens, tries: newTries(), hashing: make(chan struct{}, hashesAtOnce), now: now, random: random}, nil
}

// Attempt is one try to sign in.
type Attempt struct {
	Email, Password, Code string
	From                  string // the network address that it came from
	Known                 bool   // this browser signed in as this address before, see [Door.SignIn]
}

// SignIn opens a session. Every refusal says the same, so that nothing tells
// which of the three was wrong or who has an account, and takes the same time.
//
// Tries are limited by network address and by account; tries of browsers that
// signed in before are counted apart, so that a stranger's failures do not lock
// somebody out of their own browser. Too many tries: [frontdesk.CodeUnavailable].
func (d *Door) SignIn(ctx context.Context, a Attempt) (User, Token, error) {
	a.Email = FoldEmail(a.Email)
	if !d.tries.may(a, d.now()) {
		return User{}, Token{}, &frontdesk.Error{Code: frontdesk.CodeUnavailable, Text: "There were too many tries. Wait a few minutes, then try again."}
	}
	user, proof, err := d.register.FindUser(ctx, a.Email)
	if err != nil && frontdesk.CodeOf(err) != frontdesk.CodeNotFound {
		return User{}, Token{}, fmt.Errorf("sign in: %w", err)
	}
	right := d.isPassword(ctx, a.Password, proof.Password)
	left, passed := proof.passes(a.Code, d.now())
	if err != nil || !right || !passed || !user.Ready || !user.Disabled.IsZero() {
		if user.ID != "" {
			if err := d.proofs.Audit(ctx, user.Clinic, d.entry(user, "staff.refused", "")); err != nil {
				return User{}, Token{}, fmt.Errorf("sign in: %w", err)
			}
		}
		return User{}, Token{}, &frontdesk.Error{Code: frontdesk.CodeForbidden, Text: "E-mail, password or code is not right."}
	}
	detail := ""
	if len(left.Recovery) < len(proof.Recovery) {
		detail = "recovery code"
	}
	if err := d.proofs.SaveProof(ctx, user, left, d.entry(user, "staff.sign_in", detail)); err != nil { // also when the same code came twice at once
		return User{}, Token{}, fmt.Errorf("sign in: %w", err)
	}
	d.tries.forget(a)
	token, err := d.Open(ctx, user)
	return user, token, err
}

// Open opens a session for a user whose identity is certain.
func (d *Door) Open(ctx context.Context, user User) (Token, error) {
	return d.give(ctx, Token{Kind: TokenSession, Clinic: user.Clinic, User: user.ID, Until: d.now().Add(SessionFor)})
}

// Who returns the user of a session. A session that ended and a user who may not
// sign in any more are [frontdesk.CodeNotFound].
func (d *Door) Who(ctx context.Context, secret string) (User, error) {
	return d.of(ctx, TokenSession, secret)
}

func (d *Door) of(ctx context.Context, kind TokenKind, secret string) (User, error) {
	token, err := d.tokens.FindToken(ctx, kind, secret)
	if err != nil {
		return User{}, fmt.Errorf("find %s: %w", kind, err)
	}
	user, _, err := d.register.LoadUser(ctx, token.Clinic, token.User)
	if err != nil {
		return User{}, fmt.Errorf("find %s: %w", kind, err)
	}
	if !user.Disabled.IsZero() {
		return User{}, &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: "This user was disabled."}
	}
	return user, nil
}

// SignOut ends a session, or with everywhere all of the user's.
func (d *Door) SignOut(ctx context.Context, user User, secret string, everywhere bool) error {
	if everywhere {
		secret = ""
	}
	if err := d.tokens.EndTokens(ctx, Token{Secret: secret, Kind: TokenSession, Clinic: user.Clinic, User: user.ID}); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

// Invite adds a user, or invites one again, and returns the invitation by which
// they choose a password and a second factor. It holds for a week and works once.
// An invitation to somebody who has signed in before ends their password.
func (d *Door) Invite(ctx context.Context, user User, by string) (Token, error) {
	user.Email = FoldEmail(user.Email)
	if err := user.Check(); err != nil {
		return Token{}, err
	}
	if user.ID == "" {
		id, err := frontdesk.NewID(d.now(), d.random)
		if err != nil {
			return Token{}, fmt.Errorf("invite: %w", err)
		}
		user.ID, user.Created = UserID(id), d.now()
	}
	user.Disabled = time.Time{}
	entry := d.entry(user, "staff.invite", string(user.Role))
	entry.Actor = by
	if err := d.register.SaveUser(ctx, user, entry); err != nil {
		return Token{}, fmt.Errorf("invite: %w", err)
	}
	_, proof, err := d.register.LoadUser(ctx, user.Clinic, user.ID)
	if err != nil {
		return Token{}, fmt.Errorf("invite: %w", err)
	}
	entry.Action = "staff.proof_ended"
	if err := d.proofs.SaveProof(ctx, user, Proof{Version: proof.Version}, entry); err != nil {
		return Token{}, fmt.Errorf("invite: %w", err)
	}
	for _, kind := range []TokenKind{TokenSession, TokenInvite} {
		if err := d.tokens.EndTokens(ctx, Token{Kind: kind, Clinic: user.Clinic, User: user.ID}); err != nil {
			return Token{}, fmt.Errorf("invite: %w", err)
		}
	}
	return d.give(ctx, Token{Kind: TokenInvite, Clinic: user.Clinic, User: user.ID, Until: d.now().Add(InviteFor)})
}

// Invited returns the user of an invitation that still holds.
func (d *Door) Invited(ctx context.Context, secret string) (User, error) {
	return d.of(ctx, TokenInvite, secret)
}

// Accept ends an invitation: the user has a password and a second factor from now
// on, and gets recovery codes to keep. The code shows that the phone has the secret.
func (d *Door) Accept(ctx context.Context, invitation, password, secret, code string) (user User, recovery []string, err error) {
	if user, err = d.Invited(ctx, invitation); err != nil {
		return user, nil, err
	}
	_, old, err := d.register.LoadUser(ctx, user.Clinic, user.ID)
	if err != nil {
		return user, nil, fmt.Errorf("accept invitation: %w", err)
	}
	if err := checkPassword(password); err != nil {
		return user, nil, err
	}
	if _, err := FactorOf(user, secret); err != nil {
		return user, nil, err
	}
	used, ok := step(secret, foldCode(code), 0, d.now())
	if !ok {
		return user, nil, invalid("The code does not fit. Type the six digits that the phone shows now; its clock must be right.")
	}
	proof := Proof{Secret: secret, Step: used, Version: old.Version}
	if recovery, proof.Recovery, err = newRecovery(d.random); err != nil {
		return user, nil, err
	}
	if proof.Password, err = hashPassword(password, d.random); err != nil {
		return user, nil, err
	}
	if err := d.proofs.SaveProof(ctx, user, proof, d.entry(user, "staff.accept", "")); err != nil {
		return user, nil, fmt.Errorf("accept invitation: %w", err)
	}
	if err := d.tokens.EndTokens(ctx, Token{Kind: TokenInvite, Clinic: user.Clinic, User: user.ID}); err != nil {
		return user, nil, fmt.Errorf("accept invitation: %w", err)
	}
	user.Ready = true
	return user, recovery, nil
}

// Disable ends a user's sessions and lets them in no more.
func (d *Door) Disable(ctx context.Context, user User, by string) error {
	user.Disabled = d.now()
	entry := d.entry(user, "staff.disable", "")
	entry.Actor = by
	if err := d.register.SaveUser(ctx, user, entry); err != nil {
		return fmt.Errorf("disable user: %w", err)
	}
	return nil
}

func (d *Door) isPassword(ctx context.Context, password, hash string) bool {
	select {
	case d.hashing <- struct{}{}:
		defer func() { <-d.hashing }()
	case <-ctx.Done():
		return false
	}
	if len(password) > 4*maxPassword {
		return false
	}
	return isPassword(password, hash)
}

func (d *Door) give(ctx context.Context, token Token) (Token, error) {
	raw := make([]byte, tokenBytes)
	if _, err := io.ReadFull(d.random, raw); err != nil {
		return token, fmt.Errorf("make %s: %w", token.Kind, err)
	}
	token.Secret = base64.RawURLEncoding.EncodeToString(raw)
	if err := d.tokens.AddToken(ctx, token); err != nil {
		return token, fmt.Errorf("keep %s: %w", token.Kind, err)
	}
	return token, nil
}

func (d *Door) entry(user User, action, detail string) Entry {
	return Entry{At: d.now(), Actor: user.Name, Action: action, Target: string(user.ID), Detail: detail}
}
