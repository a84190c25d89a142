package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/staff"
)

var (
	_ staff.Register = (*DB)(nil)
	_ staff.Proofs   = (*DB)(nil)
	_ staff.Tokens   = (*DB)(nil)
)

// Kinds of look-up values of the directory.
const (
	blindLogin = "login"
	blindToken = "token "
)

// sealedUser is the sealed part of a user.
type sealedUser struct {
	Email    string   `json:"email"`
	Name     string   `json:"name"`
	Language string   `json:"language,omitempty"`
	Teams    []string `json:"teams,omitempty"`
}

func userPlace(column string, id staff.UserID) Place {
	return Place{Table: "staff_user", Column: column, ID: string(id)}
}

// FindUser implements [staff.Register].
func (db *DB) FindUser(ctx context.Context, email string) (staff.User, staff.Proof, error) {
	var clinic frontdesk.ClinicID
	var id staff.UserID
	err := db.inDirectory(ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT clinic_id, user_id FROM directory_login WHERE login_hash = $1`,
			db.master.blind(blindLogin, staff.FoldEmail(email))).Scan(&clinic, &id)
	})
	if err != nil {
		return staff.User{}, staff.Proof{}, fmt.Errorf("find user: %w", err)
	}
	return db.LoadUser(ctx, clinic, id)
}

// LoadUser implements [staff.Register].
func (db *DB) LoadUser(ctx context.Context, clinic frontdesk.ClinicID, id staff.UserID) (staff.User, staff.Proof, error) {
	if !isID(string(id)) {
		return staff.User{}, staff.Proof{}, notFound("There is no such user.")
	}
	users, proofs, err := db.users(ctx, clinic, id)
	switch {
	case err != nil:
		return staff.User{}, staff.Proof{}, fmt.Errorf("load user: %w", err)
	case len(users) == 0:
		return staff.User{}, staff.Proof{}, notFound("There is no such user.")
	}
	return users[0], proofs[0], nil
}

// Users returns a clinic's users by name, those who were disabled too.
func (db *DB) Users(ctx context.Context, clinic frontdesk.ClinicID) ([]staff.User, error) {
	users, _, err := db.users(ctx, clinic, "")
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	slices.SortFunc(users, func(a, b staff.User) int { return strings.Compare(a.Name, b.Name) })
	return users, nil
}

// users reads one user of a clinic, or all of them without an id.
func (db *DB) users(ctx context.Context, clinic frontdesk.ClinicID, id staff.UserID) (users []staff.User, proofs []staff.Proof, err error) {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return nil, nil, err
	}
	batch := &pgx.Batch{}
	batch.Queue(`
		SELECT user_id, role, sealed, proof, proof_version, ready, created_at, disabled_at
		  FROM staff_user
		 WHERE clinic_id = $1 AND ($2::uuid IS NULL OR user_id = $2)`, clinic, optionalID(id)).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			user, proof := staff.User{Clinic: clinic}, staff.Proof{}
			var sealed, sealedProof []byte
			var disabled *time.Time
			if err := rows.Scan(&user.ID, &user.Role, &sealed, &sealedProof, &proof.Version, &user.Ready, &user.Created, &disabled); err != nil {
				return err
			}
			var body sealedUser
			if err := keys.openJSON(userPlace("sealed", user.ID), sealed, &body); err != nil {
				return err
			}
			if err := keys.openJSON(userPlace("proof", user.ID), sealedProof, &proof); err != nil {
				return err
			}
			user.Email, user.Name, user.Language, user.Teams, user.Disabled = body.Email, body.Name, body.Language, body.Teams, timeOf(disabled)
			users, proofs = append(users, user), append(proofs, proof)
		}
		return rows.Err()
	})
	return users, proofs, db.InClinicBatch(ctx, clinic, batch)
}

// SaveUser implements [staff.Register].
func (db *DB) SaveUser(ctx context.Context, user staff.User, entry staff.Entry) error {
	keys, err := db.clinicKeys(ctx, user.Clinic)
	if err != nil {
		return err
	}
	sealed, err := keys.sealJSON(userPlace("sealed", user.ID), sealedUser{Email: user.Email, Name: user.Name, Language: user.Language, Teams: user.Teams})
	if err != nil {
		return err
	}
	err = db.InClinic(ctx, user.Clinic, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(`
			INSERT INTO staff_user (clinic_id, user_id, role, sealed, created_at, disabled_at) VALUES ($1, $2, $3, $4, $5, $6)
			    ON CONFLICT (clinic_id, user_id) DO UPDATE SET role = $3, sealed = $4, disabled_at = $6`,
			user.Clinic, user.ID, string(user.Role), sealed, user.Created, optionalTime(user.Disabled))
		batch.Queue(`
			INSERT INTO directory_login (login_hash, clinic_id, user_id) VALUES ($1, $2, $3)
			    ON CONFLICT (clinic_id, user_id) DO UPDATE SET login_hash = $1`,
			db.master.blind(blindLogin, user.Email), user.Clinic, user.ID)
		if !user.Disabled.IsZero() {
			batch.Queue(`DELETE FROM directory_token WHERE clinic_id = $1 AND user_id = $2`, user.Clinic, user.ID)
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		return appendAudit(ctx, tx, keys, entry)
	})
	if frontdesk.CodeOf(err) == frontdesk.CodeConflict {
		return &frontdesk.Error{Code: frontdesk.CodeConflict, Text: "Somebody signs in with this e-mail address already.", Err: err}
	}
	if err != nil {
		return fmt.Errorf("save user: %w", err)
	}
	return nil
}

// SaveProof implements [staff.Proofs].
func (db *DB) SaveProof(ctx context.Context, user staff.User, proof staff.Proof, entry staff.Entry) error {
	keys, err := db.clinicKeys(ctx, user.Clinic)
	if err != nil {
		return err
	}
	sealed, err := keys.sealJSON(userPlace("proof", user.ID), proof)
	if err != nil {
		return err
	}
	err = db.InClinic(ctx, user.Clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE staff_user SET proof = $3, proof_version = proof_version + 1, ready = $4
			 WHERE clinic_id = $1 AND user_id = $2 AND proof_version = $5`, user.Clinic, user.ID, sealed, proof.Password != "", proof.Version)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return &frontdesk.Error{Code: frontdesk.CodeConflict, Text: "This was done a moment ago; try again."}
		}
		return appendAudit(ctx, tx, keys, entry)
	})
	if err != nil {
		return fmt.Errorf("save proof: %w", err)
	}
	return nil
}

// AddToken implements [staff.Tokens]. It also forgets tokens that ended long ago.
func (db *DB) AddToken(ctx context.Context, token staff.Token) error {
	err := db.inDirectory(ctx, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(`DELETE FROM directory_token WHERE until < $1`, db.now())
		batch.Queue(`INSERT INTO directory_token (token_hash, clinic_id, user_id, kind, until) VALUES ($1, $2, $3, $4, $5)`,
			db.tokenHash(token), token.Clinic, token.User, string(token.Kind), token.Until)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return fmt.Errorf("add token: %w", err)
	}
	return nil
}

// FindToken implements [staff.Tokens].
func (db *DB) FindToken(ctx context.Context, kind staff.TokenKind, secret string) (staff.Token, error) {
	token := staff.Token{Kind: kind, Secret: secret}
	err := db.inDirectory(ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT clinic_id, user_id, until FROM directory_token WHERE token_hash = $1 AND kind = $2 AND until > $3`,
			db.tokenHash(token), string(kind), db.now()).Scan(&token.Clinic, &token.User, &token.Until)
	})
	if err != nil {
		return staff.Token{}, fmt.Errorf("find token: %w", err)
	}
	return token, nil
}

// EndTokens implements [staff.Tokens].
func (db *DB) EndTokens(ctx context.Context, token staff.Token) error {
	var hash []byte
	if token.Secret != "" {
		hash = db.tokenHash(token)
	}
	err := db.inDirectory(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			DELETE FROM directory_token
			 WHERE clinic_id = $1 AND user_id = $2 AND kind = $3 AND ($4::bytea IS NULL OR token_hash = $4)`,
			token.Clinic, token.User, string(token.Kind), hash)
		return err
	})
	if err != nil {
		return fmt.Errorf("end tokens: %w", err)
	}
	return nil
}

func (db *DB) tokenHash(token staff.Token) []byte {
	return db.master.blind(blindToken+string(token.Kind), token.Secret)
}
