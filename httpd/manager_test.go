package httpd

import (
	"context"

	"frontdesk"
)

func (d *desk) PagePicture(context.Context, Person, string, int, int) ([]byte, error) {
	return []byte(attack), d.broken
}

func (d *desk) Conflicts(context.Context, Person) ([]Conflict, error) {
	one := Statement{Source: attack, Page: 1, Quote: attack}
	return []Conflict{{Kind: attack, About: attack, Fact: attack, One: one, Other: Statement{Quote: attack}, More: 1}}, d.broken
}

func (d *desk) FAQ(context.Context, Person, string) ([]Pair, error) {
	return []Pair{{Question: attack, Answer: attack}}, d.broken
}

func (d *desk) SaveFAQ(_ context.Context, who Person, name string, _ []Pair) (Added, error) {
	return Added{Source: name}, d.do("faq "+name, who)
}

func (d *desk) AddSection(_ context.Context, who Person, section Section) ([]Added, error) {
	return []Added{{Source: attack, Status: attack, Code: attack, Reason: attack}}, d.do("section "+section.URL, who)
}

func (d *desk) Profile(context.Context, Person) (Profile, error) {
	fact := func(f frontdesk.Fact) ProfileFact {
		return ProfileFact{ID: attack, Fact: f, Text: attack, Source: attack, Page: 1, ApprovedBy: attack}
	}
	phone := fact(frontdesk.Fact{Kind: frontdesk.FactPhone, Value: attack, Label: attack})
	hours := fact(frontdesk.Fact{Kind: frontdesk.FactHours, Label: attack, Hours: &frontdesk.Hours{Exceptions: []frontdesk.Exception{{From: attack, Note: attack}}}})
	price := fact(frontdesk.Fact{Kind: frontdesk.FactPrice, Label: attack, Money: &frontdesk.Money{Amount: 2550, Currency: attack}})
	return Profile{
		Sites: []string{attack}, Facts: []ProfileFact{phone, hours, price}, Proposals: []ProfileProposal{{ProfileFact: phone, By: attack, Instead: []string{attack}}},
		Conflicts: []Conflict{{One: Statement{Quote: attack}, Other: Statement{Source: attack, Quote: attack}}},
	}, d.broken
}

func (d *desk) SaveFact(_ context.Context, who Person, _ frontdesk.EntryID, _ frontdesk.Fact) error {
	return d.do("fact", who)
}

func (d *desk) DecideFact(_ context.Context, who Person, _ frontdesk.EntryID, _ bool) error {
	return d.do("decide", who)
}

func (d *desk) Preview(context.Context, Person, string) ([]PreviewText, error) {
	return []PreviewText{{Name: attack, Text: attack}}, d.broken
}

func (d *desk) Departments(context.Context, Person) (frontdesk.Departments, error) {
	return frontdesk.Departments{ApprovedBy: attack, List: []frontdesk.Department{{Name: attack, Note: attack, Complaints: map[string][]string{"fr": {attack}}}}}, d.broken
}

func (d *desk) ApproveDepartments(_ context.Context, who Person, _ []frontdesk.Department) error {
	return d.do("departments", who)
}
