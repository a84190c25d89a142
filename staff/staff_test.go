package staff

import (
	"crypto/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

func TestRightsAreTheLeastThatARoleNeeds(t *testing.T) {
	t.Parallel()
	for _, right := range Rights() {
		if !RoleOwner.May(right) {
			t.Errorf("the owner lacks %s", right)
		}
		if Role("nobody").May(right) || Role("").May(right) {
			t.Errorf("a role that does not exist has %s", right)
		}
	}
	for role, never := range map[Role][]Right{
		RoleManager:   {RightUsers, RightOverride},
		RoleAgent:     {RightUsers, RightEvaluate, RightOverride, RightApprove, RightEdit, RightConfigure, RightNotice, RightAudit},
		RoleClinician: {RightUsers, RightConfigure, RightNotice, RightAudit},
		RoleQA:        {RightOverride, RightRead, RightReply, RightUsers, RightApprove, RightConfigure, RightAudit},
		RoleAuditor:   {RightEvaluate, RightOverride, RightRead, RightReply, RightUsers, RightApprove, RightEdit, RightConfigure, RightTry},
	} {
		for _, right := range never {
			if role.May(right) {
				t.Errorf("%s has %s", role, right)
			}
		}
		if !role.May(RightSelf) {
			t.Errorf("%s cannot sign out", role)
		}
	}
}

func TestOnlyThePasswordHasItsHash(t *testing.T) {
	t.Parallel()
	hash, err := hashPassword("three words in a row", rand.Reader)
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%q, %v", hash, err)
	}
	again, err := hashPassword("three words in a row", rand.Reader)
	if err != nil || again == hash {
		t.Errorf("no salt: %q, %v", again, err)
	}
	if !isPassword("three words in a row", hash) {
		t.Error("the password is refused")
	}
	for _, wrong := range []string{"", "three words in a ro", "Three words in a row"} {
		if isPassword(wrong, hash) {
			t.Errorf("%q is let in", wrong)
		}
	}
	for _, broken := range []string{"", "$argon2id$", hash[:len(hash)-30], strings.Replace(hash, "argon2id", "argon2i", 1), "$argon2id$v=19$m=1,t=1,p=1$$"} {
		if isPassword("", broken) || isPassword("three words in a row", broken) {
			t.Errorf("the hash %q lets somebody in", broken)
		}
	}
}

func TestACodeWorksOnceAndNearItsTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 9, 0, 10, 0, time.UTC)
	proof := Proof{Secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}
	code, err := totp.GenerateCode(proof.Secret, at)
	if err != nil {
		t.Fatal(err)
	}
	for away, want := range map[time.Duration]bool{0: true, 30 * time.Second: true, -30 * time.Second: true, 61 * time.Second: false, -61 * time.Second: false} {
		if _, ok := proof.passes(code, at.Add(away)); ok != want {
			t.Errorf("%s away: %t", away, ok)
		}
	}
	left, _ := proof.passes(code[:3]+" "+code[3:], at)
	if _, again := left.passes(code, at); again || left.Step == 0 {
		t.Error("a code works twice")
	}
	if _, empty := (Proof{}).passes("", at); empty {
		t.Error("a user without a second factor is let in")
	}
}

func TestARecoveryCodeWorksOnce(t *testing.T) {
	t.Parallel()
	shown, hashes, err := newRecovery(rand.Reader)
	if err != nil || len(shown) != recoveryCodes || slices.Contains(hashes, shown[0]) {
		t.Fatalf("%v, %v", shown, err)
	}
	proof := Proof{Recovery: hashes}
	left, ok := proof.passes(strings.ToUpper(shown[3]), time.Now())
	if !ok || len(left.Recovery) != recoveryCodes-1 || len(proof.Recovery) != recoveryCodes {
		t.Fatalf("%t, %d left", ok, len(left.Recovery))
	}
	if _, again := left.passes(shown[3], time.Now()); again {
		t.Error("a recovery code works twice")
	}
}
