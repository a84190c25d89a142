package store_test

import (
	"strings"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/internal/testdb"
	"frontdesk/staff"
)

func userOf(t *testing.T, db *testdb.Database, clinic frontdesk.ClinicID, email string) staff.User {
	t.Helper()
	user := staff.User{ID: staff.UserID(newID(t)), Clinic: clinic, Email: email, Name: "Ann Lee", Role: staff.RoleAgent, Teams: []string{"billing"}, Created: noon}
	if err := db.SaveUser(t.Context(), user, staff.Entry{At: noon, Actor: "test", Action: "staff.invite", Target: string(user.ID)}); err != nil {
		t.Fatal(err)
	}
	return user
}

func TestUsersAreOfOneClinic(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	own, other := db.Clinic(t, "Lac").ID, db.Clinic(t, "Mer").ID
	ann := userOf(t, db, own, "ann@example.org")
	found, _, err := db.FindUser(t.Context(), " ANN@example.org ")
	if err != nil || found.ID != ann.ID || found.Clinic != own || found.Name != "Ann Lee" || len(found.Teams) != 1 || found.Ready {
		t.Fatalf("%+v, %v", found, err)
	}
	_, _, err = db.LoadUser(t.Context(), other, ann.ID)
	wantCode(t, err, frontdesk.CodeNotFound)
	_, _, err = db.LoadUser(t.Context(), own, "' OR true --")
	wantCode(t, err, frontdesk.CodeNotFound)
	bob := ann
	bob.ID, bob.Clinic = staff.UserID(newID(t)), other
	wantCode(t, db.SaveUser(t.Context(), bob, staff.Entry{At: noon, Actor: "test"}), frontdesk.CodeConflict)
	if users, err := db.Users(t.Context(), other); err != nil || len(users) != 0 {
		t.Errorf("the other clinic has %v, %v", users, err)
	}
	rows := column(t, connect(t, db.OwnerURL), `SELECT encode(sealed, 'escape') FROM staff_user`)
	if len(rows) == 1 && (strings.Contains(rows[0], "ann@") || strings.Contains(rows[0], "Ann Lee")) {
		t.Error("a user's name or address lies in clear")
	}
}

func TestAProofChangesOnceForEachVersion(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	ann := userOf(t, db, db.Clinic(t, "Lac").ID, "ann@example.org")
	proof := staff.Proof{Password: "hash", Secret: "secret", Step: 7}
	entry := staff.Entry{At: noon, Actor: "Ann Lee", Action: "staff.accept", Target: string(ann.ID)}
	if err := db.SaveProof(t.Context(), ann, proof, entry); err != nil {
		t.Fatal(err)
	}
	wantCode(t, db.SaveProof(t.Context(), ann, proof, entry), frontdesk.CodeConflict)
	user, stored, err := db.FindUser(t.Context(), ann.Email)
	if err != nil || !user.Ready || stored.Step != 7 || stored.Version != 1 {
		t.Errorf("%+v %+v, %v", user, stored, err)
	}
	if n, err := db.VerifyAudit(t.Context(), ann.Clinic); err != nil || n != 2 {
		t.Errorf("%d entries, %v", n, err)
	}
}

func TestTokensEndAndLieHashedAtRest(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	ann := userOf(t, db, db.Clinic(t, "Lac").ID, "ann@example.org")
	token := staff.Token{Secret: "a secret that nobody guesses", Kind: staff.TokenSession, Clinic: ann.Clinic, User: ann.ID, Until: time.Now().Add(time.Hour)}
	over := token
	over.Secret, over.Until = "another", time.Now().Add(-time.Second)
	for _, add := range []staff.Token{token, over} {
		if err := db.AddToken(t.Context(), add); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := db.FindToken(t.Context(), staff.TokenSession, token.Secret); err != nil || found.User != ann.ID {
		t.Fatalf("%+v, %v", found, err)
	}
	for what, try := range map[string]staff.Token{"over": over, "other kind": {Kind: staff.TokenInvite, Secret: token.Secret}, "guessed": {Kind: staff.TokenSession, Secret: "guess"}} {
		if _, err := db.FindToken(t.Context(), try.Kind, try.Secret); frontdesk.CodeOf(err) != frontdesk.CodeNotFound {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, hash := range column(t, connect(t, db.OwnerURL), `SELECT encode(token_hash, 'escape') FROM directory_token`) {
		if strings.Contains(hash, "secret") {
			t.Error("a token lies in clear")
		}
	}
	ann.Disabled = time.Now()
	if err := db.SaveUser(t.Context(), ann, staff.Entry{At: noon, Actor: "test", Action: "staff.disable"}); err != nil {
		t.Fatal(err)
	}
	_, err := db.FindToken(t.Context(), staff.TokenSession, token.Secret)
	wantCode(t, err, frontdesk.CodeNotFound)
}
