package store_test

import (
	"reflect"
	"strings"
	"testing"

	"frontdesk"
	"frontdesk/store"
)

func TestReadContacts(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, in string
		want     []store.ImportedContact
		code     frontdesk.Code
	}{
		{"all columns in any order", "\ufeffName,patients,Phone,language\nAna,Ana; Leo,+33 6 12 34 56 78,it\n",
			[]store.ImportedContact{{Phone: "+33 6 12 34 56 78", Name: "Ana", Language: "it", Patients: []string{"Ana", "Leo"}}}, ""},
		{"phone alone", "phone\n33612345678\n", []store.ImportedContact{{Phone: "33612345678"}}, ""},
		{"short line", "phone,name\n33612345678\n", []store.ImportedContact{{Phone: "33612345678"}}, ""},
		{"empty", "", nil, frontdesk.CodeInvalid},
		{"no phone column", "name\nAna\n", nil, frontdesk.CodeInvalid},
		{"no phone", "phone,name\n,Ana\n", nil, frontdesk.CodeInvalid},
		{"broken quotes", "phone\n\"336\n", nil, frontdesk.CodeInvalid},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := store.ReadContacts(strings.NewReader(c.in))
			if frontdesk.CodeOf(err) != c.code || !reflect.DeepEqual(got, c.want) {
				t.Fatalf("got %+v, %v", got, err)
			}
		})
	}
}

func FuzzReadContacts(f *testing.F) {
	f.Add("phone,name\n33612345678,Ana\n")
	f.Add("phone\n\"")
	f.Fuzz(func(t *testing.T, in string) {
		contacts, err := store.ReadContacts(strings.NewReader(in))
		if err != nil && frontdesk.CodeOf(err) != frontdesk.CodeInvalid {
			t.Fatalf("code %q", frontdesk.CodeOf(err))
		}
		for _, c := range contacts {
			if c.Phone == "" {
				t.Fatal("a contact without phone")
			}
		}
	})
}
