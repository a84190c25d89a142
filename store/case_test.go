package store_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/eval"
	"frontdesk/internal/testdb"
	"frontdesk/store"
)

func TestACaseIsKeptOnceAndSealed(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic, other := db.Clinic(t, "Lac").ID, db.Clinic(t, "Mer").ID
	add := func(should string) string {
		made := eval.OwnCase("correction", eval.Correction{Question: "Prix du parapluie ?", Lang: "fr", Should: should})
		id, err := db.AddCase(t.Context(), clinic, store.Case{Origin: store.CaseFromCorrection, Author: "Ann", Case: made})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first, second := add("12 €"), add("15 €")
	cases, err := db.ListCases(t.Context(), clinic, 10)
	if err != nil || len(cases) != 1 || first != second || cases[0].Case.Turns[0].Expect.Contains[0] != "15 €" {
		t.Fatalf("ids %s and %s, %+v, %v", first, second, cases, err)
	}
	if none, err := db.ListCases(t.Context(), other, 10); err != nil || len(none) > 0 {
		t.Errorf("another clinic sees %v, %v", none, err)
	}
	if err := db.RequireCase(t.Context(), clinic, first, true, "Bea"); err != nil {
		t.Fatal(err)
	}
	if cases, err := db.ListCases(t.Context(), clinic, 10); err != nil || !cases[0].MustPass {
		t.Errorf("must pass: %+v, %v", cases, err)
	}
	err = db.InClinic(t.Context(), clinic, func(tx pgx.Tx) error {
		var row string
		if err := tx.QueryRow(t.Context(), `SELECT encode(sealed, 'escape') || author || origin FROM eval_case WHERE clinic_id = $1`, clinic).Scan(&row); err != nil {
			return err
		}
		if strings.Contains(row, "parapluie") {
			t.Errorf("the question lies in clear: %q", row)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.RemoveCase(t.Context(), clinic, first, "Bea"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, db.RemoveCase(t.Context(), clinic, first, "Bea"), frontdesk.CodeNotFound)
	audit, err := db.ListAudit(t.Context(), clinic, 10)
	if err != nil || len(audit) != 4 || audit[0].Action != "case.remove" || audit[0].Actor != "Bea" {
		t.Errorf("audit %+v, %v", audit, err)
	}
}

func TestACaseNeedsAQuestionAndAName(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	made := eval.OwnCase("hand", eval.Correction{Question: "Prix ?", Lang: "fr"})
	for _, c := range []store.Case{{Origin: store.CaseByHand, Case: made}, {Origin: store.CaseByHand, Author: "Ann"}, {Origin: store.CaseByHand, Author: "Ann", Case: eval.OwnCase("hand", eval.Correction{Question: " "})}} {
		_, err := db.AddCase(t.Context(), clinic, c)
		wantCode(t, err, frontdesk.CodeInvalid)
	}
}
