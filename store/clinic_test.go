package store_test

import (
	"testing"

	"frontdesk"
	"frontdesk/internal/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m) }

func TestClinicIsFoundByNameWhateverItsCase(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	added, err := db.AddClinic(t.Context(), frontdesk.Clinic{Name: " Clinique  du Lac ", Language: "fr", Country: "CH", TimeZone: "Europe/Zurich"})
	if err != nil {
		t.Fatal(err)
	}
	found, err := db.FindClinic(t.Context(), "CLINIQUE DU LAC")
	if err != nil {
		t.Fatal(err)
	}
	if found.ID != added.ID || found.Name != "Clinique du Lac" || found.Country != "CH" {
		t.Errorf("found %+v", found)
	}
}
