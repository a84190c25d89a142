package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"slices"
	"strings"
	"time"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/httpd"
	"frontdesk/staff"
	"frontdesk/store"
)

// Contact implements [httpd.People].
func (d desk) Contact(ctx context.Context, who httpd.Person, id frontdesk.ContactID) (httpd.Contact, error) {
	row, err := d.conversations.Contact(ctx, who.Clinic.ID, id)
	if err != nil {
		return httpd.Contact{}, err
	}
	contact := httpd.Contact{ID: row.ID, Name: row.Name, Patients: row.Patients, Language: row.Language, OptedOut: row.OptedOut, Created: row.Created, Erased: row.Erased}
	for _, c := range row.Conversations {
		contact.Conversations = append(contact.Conversations, httpd.ContactConversation{
			ID: c.ID, Channel: c.Channel, Phone: shortPhone(c.Phone), Pen: c.Pen, Last: c.Last, Tags: c.Tags,
		})
	}
	return contact, nil
}

// SaveContact implements [httpd.People].
func (d desk) SaveContact(ctx context.Context, who httpd.Person, c httpd.Contact) error {
	if err := d.conversations.SaveContact(ctx, who.Clinic.ID, store.ContactRow{ID: c.ID, Name: c.Name, Patients: c.Patients, Language: c.Language}); err != nil {
		return err
	}
	return d.db.Audit(ctx, who.Clinic.ID, staff.Entry{At: d.now(), Actor: who.User.Name, Action: "contact.save", Target: string(c.ID)})
}

// Copy implements [httpd.Personal].
func (d desk) Copy(ctx context.Context, who httpd.Person, id frontdesk.ContactID) ([]byte, error) {
	if _, err := d.Contact(ctx, who, id); err != nil {
		return nil, err
	}
	data, err := readPerson(ctx, d.db, who.Clinic, []frontdesk.ContactID{id}, who.User.Name, d.now())
	if err != nil {
		return nil, err
	}
	return personArchive(data, who.Clinic, cmp.Or(who.User.Language, who.Clinic.Language), d.now())
}

// Erase implements [httpd.Personal].
func (d desk) Erase(ctx context.Context, who httpd.Person, id frontdesk.ContactID) ([]byte, error) {
	if _, err := d.Contact(ctx, who, id); err != nil {
		return nil, err
	}
	receipt, err := d.db.ErasePerson(ctx, who.Clinic.ID, []frontdesk.ContactID{id}, who.User.Name)
	if err != nil {
		return nil, err
	}
	return json.MarshalIndent(receipt, "", "  ")
}

// readPerson reads all about contacts and writes down who did.
func readPerson(ctx context.Context, db *store.DB, clinic frontdesk.Clinic, contacts []frontdesk.ContactID, by string, at time.Time) (store.PersonData, error) {
	data, err := db.ReadPerson(ctx, clinic.ID, contacts)
	if err != nil {
		return data, err
	}
	return data, db.Audit(ctx, clinic.ID, staff.Entry{At: at, Actor: by, Action: "contact.export", Target: string(contacts[0])})
}

// personArchive is a copy as it is handed out: data.json, a page to read, and the
// files that the person sent.
func personArchive(data store.PersonData, clinic frontdesk.Clinic, language string, at time.Time) ([]byte, error) {
	files, err := personFiles(data)
	if err != nil {
		return nil, err
	}
	person, err := personCopy(data, clinic, files)
	if err != nil {
		return nil, err
	}
	person.At = at.In(clinic.Location())
	page, err := httpd.PersonPage(language, person)
	if err != nil {
		return nil, err
	}
	whole, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode person: %w", err)
	}
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	add := func(name string, content []byte) error {
		w, err := archive.Create(name)
		if err == nil {
			_, err = w.Write(content)
		}
		return err
	}
	for _, err := range []error{add("data.html", page), add("data.json", whole)} {
		if err != nil {
			return nil, fmt.Errorf("archive of a person: %w", err)
		}
	}
	for _, file := range files {
		if err := add(file.name, file.content); err != nil {
			return nil, fmt.Errorf("archive of a person: %w", err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("archive of a person: %w", err)
	}
	return out.Bytes(), nil
}

// personFile is a file that a person sent.
type personFile struct {
	name    string // in the archive
	content []byte
}

// personFiles puts the files together from their pieces, by message.
func personFiles(data store.PersonData) (map[string]personFile, error) {
	files := map[string]personFile{}
	for _, row := range data.Tables["media"] {
		var media struct{ MIME string }
		if err := json.Unmarshal(row.Clear, &media); err != nil {
			return nil, fmt.Errorf("file of a person: %w", err)
		}
		ending := ".bin"
		if known, err := mime.ExtensionsByType(media.MIME); err == nil && len(known) > 0 {
			ending = known[0]
		}
		files[row.ID] = personFile{name: "files/" + row.ID + ending}
	}
	pieces := slices.Clone(data.Tables["media_chunk"])
	number := map[string]int{}
	for _, row := range pieces {
		var n struct{ Number int }
		if err := json.Unmarshal(row.Clear, &n); err != nil {
			return nil, fmt.Errorf("file of a person: %w", err)
		}
		number[row.ID] = n.Number
	}
	slices.SortFunc(pieces, func(a, b store.PersonRow) int { return number[a.ID] - number[b.ID] })
	for _, row := range pieces {
		message, _, _ := strings.Cut(row.ID, "/")
		var piece []byte
		if err := json.Unmarshal(row.Opened["sealed"], &piece); err != nil {
			return nil, fmt.Errorf("file of a person: %w", err)
		}
		file := files[message]
		file.content = append(file.content, piece...)
		files[message] = file
	}
	return files, nil
}

// openedAs decodes what was sealed in a column, the zero value where nothing was.
func openedAs[T any](row store.PersonRow, column string) (value T, err error) {
	if raw := row.Opened[column]; len(raw) > 0 {
		err = json.Unmarshal(raw, &value)
	}
	return value, err
}

// personColumns are the clear columns that the page shows.
type personColumns struct {
	Staff     bool      `json:"staff"`
	Author    string    `json:"author"`
	Tag       string    `json:"tag"`
	Language  string    `json:"language"`
	Scope     string    `json:"scope"`
	Stop      bool      `json:"stop"`
	Reason    string    `json:"reason"`
	State     string    `json:"state"`
	At        time.Time `json:"at"`
	Received  time.Time `json:"received_at"`
	Created   time.Time `json:"created_at"`
	Opened    time.Time `json:"opened_at"`
	MessageID string    `json:"message_id"`
}

// personCopy is what the page to read shows.
func personCopy(data store.PersonData, clinic frontdesk.Clinic, files map[string]personFile) (httpd.PersonCopy, error) {
	person := httpd.PersonCopy{Clinic: clinic.Name}
	where := clinic.Location()
	once := func(list *[]string, values ...string) {
		for _, v := range values {
			if v != "" && !slices.Contains(*list, v) {
				*list = append(*list, v)
			}
		}
	}
	for table, read := range map[string]func(store.PersonRow, personColumns) error{
		"contact": func(row store.PersonRow, c personColumns) error {
			known, err := openedAs[struct {
				Name     string
				Patients []string
			}](row, "sealed")
			once(&person.Names, append([]string{known.Name}, known.Patients...)...)
			once(&person.Languages, c.Language)
			return err
		},
		"conversation": func(row store.PersonRow, _ personColumns) error {
			to, err := openedAs[conversation.Recipient](row, "recipient")
			once(&person.Phones, to.Phone)
			return err
		},
		"conversation_tag": func(_ store.PersonRow, c personColumns) error { once(&person.Tags, c.Tag); return nil },
		"message": func(row store.PersonRow, c personColumns) error {
			line, err := messageLine(row, c, files)
			person.Lines = append(person.Lines, line)
			return err
		},
		"outbound": func(row store.PersonRow, c personColumns) error {
			sent, err := openedAs[struct{ Reply frontdesk.Reply }](row, "sealed")
			line := httpd.CopyLine{At: c.Created, Who: "assistant", Text: sent.Reply.Text}
			if c.Author != "" {
				line.Who = "staff"
			}
			if sent.Reply.Template != nil {
				line.Text = sent.Reply.Template.Text
			}
			person.Lines = append(person.Lines, line)
			return err
		},
		"note": func(row store.PersonRow, c personColumns) error {
			text, err := openedAs[string](row, "sealed")
			person.Notes = append(person.Notes, httpd.CopyLine{At: c.At, Text: text})
			return err
		},
		"ticket": func(row store.PersonRow, c personColumns) error {
			text, err := openedAs[string](row, "summary")
			person.Handovers = append(person.Handovers, httpd.CopyLine{At: c.Opened, Who: c.Reason, Text: text})
			return err
		},
		"consent": func(_ store.PersonRow, c personColumns) error {
			sign := "+"
			if c.Stop {
				sign = "–"
			}
			person.Permission = append(person.Permission, httpd.CopyLine{At: c.At, Text: sign + " " + c.Scope})
			return nil
		},
	} {
		for _, row := range data.Tables[table] {
			var c personColumns
			if err := json.Unmarshal(row.Clear, &c); err != nil {
				return person, fmt.Errorf("page of a person: %s: %w", table, err)
			}
			if err := read(row, c); err != nil {
				return person, fmt.Errorf("page of a person: %s: %w", table, err)
			}
		}
	}
	for _, lines := range [][]httpd.CopyLine{person.Lines, person.Notes, person.Handovers, person.Permission} {
		for i := range lines {
			lines[i].At = lines[i].At.In(where)
		}
		slices.SortStableFunc(lines, func(a, b httpd.CopyLine) int { return a.At.Compare(b.At) })
	}
	slices.Sort(person.Names)
	return person, nil
}

// messageLine is a message with the values of its tokens: it is the person's own.
func messageLine(row store.PersonRow, c personColumns, files map[string]personFile) (httpd.CopyLine, error) {
	line := httpd.CopyLine{At: c.Received, Who: "patient", File: files[row.ID].name}
	if c.Staff {
		line.Who = "app"
	}
	body, err := openedAs[struct{ Message frontdesk.Message }](row, "sealed")
	if err != nil {
		return line, err
	}
	values, err := openedAs[[]string](row, "tokens")
	line.Text = body.Message.Text
	for i, token := range body.Message.Tokens {
		if i < len(values) && values[i] != "" {
			line.Text = strings.ReplaceAll(line.Text, token.Place, values[i])
		}
	}
	return line, err
}
