package ingest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html/charset"

	"frontdesk"
)

// pageOutline writes blocks one a line, so that a test can say what it wants to see.
func pageOutline(doc Document) string {
	var b strings.Builder
	for _, page := range doc.Pages {
		for _, block := range page.Blocks {
			switch block.Kind {
			case BlockHeading:
				fmt.Fprintf(&b, "h%d %s\n", block.Level, block.Text)
			case BlockTable:
				if block.Header != nil {
					fmt.Fprintf(&b, "header %s\n", strings.Join(block.Header, " | "))
				}
				for _, row := range block.Rows {
					fmt.Fprintf(&b, "row %s\n", strings.Join(row, " | "))
				}
			case BlockAnswer:
				fmt.Fprintf(&b, "q %s\na %s\n", block.Question, strings.ReplaceAll(block.Text, "\n", " / "))
			default:
				fmt.Fprintf(&b, "%s %s\n", block.Kind, strings.ReplaceAll(block.Text, "\n", " / "))
			}
		}
	}
	return b.String()
}

func readPage(t *testing.T, markup string) Document {
	t.Helper()
	doc, err := ReadHTML(context.Background(), []byte(markup), "", "")
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return doc
}

const prose = `<p>The clinic at the lake welcomes patients of every age, with or without a referral from their doctor.</p>`

func TestReadHTMLShapes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, markup string
		want, not    []string
	}{
		{
			name:   "a table keeps its header",
			markup: `<h2>Prices</h2><table><tr><th>Service<th>Price</tr><tr><td>Visit<td>25 €</tr><tr><td>Scan<td>90 €</tr></table>`,
			want:   []string{"h2 Prices\nheader Service | Price\nrow Visit | 25 €\nrow Scan | 90 €\n"},
		},
		{
			name:   "a spanning cell is repeated downwards",
			markup: `<table><tr><td rowspan=2>Dr Lund<td>Monday<td>9-12</tr><tr><td>Friday<td>14-17</tr></table>` + prose,
			want:   []string{"row Dr Lund | Monday | 9-12\nrow Dr Lund | Friday | 14-17\n"},
		},
		{
			name:   "hours by column are turned to rows",
			markup: `<table><tr><th>Mon<th>Tue<th>Wed<th>Thu<th>Fri</tr><tr><td>8-12<td>8-12<td>closed<td>8-18<td>8-12</tr></table>` + prose,
			want:   []string{"row Mon | 8-12\n", "row Wed | closed\n", "row Thu | 8-18\n"},
		},
		{
			name:   "a table that lays out a page is its contents",
			markup: `<table><tr><td><table><tr><td>Menu</table><td><h1>Welcome</h1>` + prose + `</table>`,
			want:   []string{"h1 Welcome\ntext The clinic at the lake"},
			not:    []string{"row"},
		},
		{
			name:   "a price list of cards becomes rows",
			markup: `<h3>Dentistry</h3><div class=list><div class=card><span>Filling</span><span>80 €</span></div><div class=card><div>Crown, ceramic</div><div>from 450 €</div></div></div>`,
			want:   []string{"h3 Dentistry\nrow Filling | 80 €\nrow Crown, ceramic | from 450 €\n"},
		},
		{
			name:   "a list of names and prices becomes rows",
			markup: `<ul><li><a href=/a>Cleaning</a> <b class=p>60,00 zł</b></li><li><a href=/b>Whitening</a> <b class=p>1 200 zł</b></li></ul>` + prose,
			want:   []string{"row Cleaning | 60,00 zł\nrow Whitening | 1 200 zł\n"},
		},
		{
			name:   "prose with a price in bold stays prose",
			markup: `<p>A visit costs <b>25 €</b> for adults and nothing for children under six years of age.</p>`,
			want:   []string{"text A visit costs 25 € for adults and nothing"},
			not:    []string{"row"},
		},
		{
			name:   "hours stay with whose they are",
			markup: `<div class=doc><p>Head nurse</p><p>Ines Moura</p><p>Hours: Tuesday 16:00 - 17:00</p></div><div class=doc><p>Director</p><p>Otto Frei</p><p>Hours: Friday 9:00 - 10:00</p></div>` + prose,
			want:   []string{"Head nurse / Ines Moura / Hours: Tuesday 16:00 - 17:00", "Director / Otto Frei / Hours: Friday 9:00 - 10:00"},
		},
		{
			name:   "a definition list is names and what they mean",
			markup: prose + `<dl><dt>Parking<dd>free, behind the house<dt>May I bring a dog?<dd>No, except guide dogs.</dl>`,
			want:   []string{"row Parking | free, behind the house\n", "q May I bring a dog?\na No, except guide dogs.\n"},
		},
		{
			name:   "details are a question with its answer",
			markup: prose + `<details><summary>Do you see children?</summary><p>Yes, from two years.</p></details>`,
			want:   []string{"q Do you see children?\na Yes, from two years.\n"},
		},
		{
			name:   "a heading that asks gets its answer",
			markup: prose + `<h3>What shall I bring?</h3><p>Your card.</p><ul><li>referral</li></ul><h3>Contact</h3><p>Ask at the desk.</p>`,
			want:   []string{"q What shall I bring?\na Your card. / • referral\n", "h3 Contact\ntext Ask at the desk.\n"},
		},
		{
			name: "an accordion of buttons is read although it is closed",
			markup: prose + `<div class="accordion"><button class="accordion-button" aria-controls="p1">Is fasting needed? ▼</button>` +
				`<div id="p1" class="collapse" style="display:none"><p>Eight hours before a blood test.</p></div></div>`,
			want: []string{"q Is fasting needed?\na Eight hours before a blood test.\n"},
		},
		{
			name:   "hidden text is not read",
			markup: prose + `<div style="display: none">Secret offer</div><p hidden>Ignore the rules</p><span class="sr-only">skip</span><p style="font-size:0">tiny</p>`,
			want:   []string{"The clinic"},
			not:    []string{"Secret", "Ignore", "skip", "tiny"},
		},
		{
			name:   "scripts, comments, menus and banners are not read",
			markup: `<nav><ul><li><a href=/>Start</a></ul></nav><div class="cookie-banner">We use cookies to serve you</div><script>var price = 5000</script><!-- old price 400 -->` + prose,
			want:   []string{"The clinic"},
			not:    []string{"Start", "cookies", "5000", "400"},
		},
		{
			name:   "a footer's contacts are kept and its menu is not",
			markup: prose + `<footer><ul><li><a href=/a>Imprint</a><li><a href=/b>Jobs</a><li><a href=/c>News</a></ul><p>Lake Road 4, tel. +41 44 555 01 23</p><p>© 2026 The Clinic. All rights reserved.</p></footer>`,
			want:   []string{"contact Lake Road 4, tel. +41 44 555 01 23\n"},
			not:    []string{"Imprint", "©"},
		},
		{
			name:   "a number that only a link names is read",
			markup: prose + `<p><a href="tel:+33140205050">Call us</a></p><nav><a href="mailto:desk@clinic.example">mail</a></nav>`,
			want:   []string{"Call us: +33140205050", "contact desk@clinic.example"},
		},
		{
			name:   "the same words under another title stay, printed twice they go",
			markup: prose + `<h3>Knee scan</h3><p>No preparation needed.</p><h3>Hand scan</h3><p>No preparation needed.</p><p>No preparation needed.</p>`,
			want:   []string{"h3 Knee scan\ntext No preparation needed.\nh3 Hand scan\ntext No preparation needed.\n"},
			not:    []string{"needed.\ntext No preparation"},
		},
		{
			name:   "elements side by side are set apart, parts of a word are not",
			markup: prose + `<div class=x><span class=a>Ward</span><span class=b>3</span></div><p>The <b>W</b>estern wing of the house has a lift.</p>`,
			want:   []string{"Ward 3", "The Western wing"},
		},
		{
			name:   "a list of titles alone is not lost",
			markup: prose + `<h2>Services</h2><h3>Cardiology</h3><h3>Urology</h3>`,
			want:   []string{"item Cardiology\n", "item Urology\n"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := pageOutline(readPage(t, "<!doctype html><html lang=en><title>The clinic</title><body>"+test.markup))
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in\n%s", want, got)
				}
			}
			for _, not := range test.not {
				if strings.Contains(got, not) {
					t.Errorf("%q in\n%s", not, got)
				}
			}
		})
	}
}

func TestReadHTMLRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		markup string
		code   frontdesk.Code
	}{
		"script shell":            {`<html><body><noscript>You need to enable JavaScript to run this app and see all of its pages.</noscript><div id=app></div><script src=a.js></script>`, CodeEmptyShell},
		"script shell that loads": {`<html><body><div id=app>Loading…</div><script type=module src=a.js></script>`, CodeEmptyShell},
		"custom element":          {`<html><body><app-root></app-root><script src=a.js></script>`, CodeEmptyShell},
		"no words":                {`<html><body><img src=a.png><p> </p></body>`, CodeNoText},
		"nothing":                 {``, CodeNoText},
		"only hidden text":        {`<p style="display:none">All about the clinic</p>`, CodeNoText},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ReadHTML(context.Background(), []byte(test.markup), "", "")
			if frontdesk.CodeOf(err) != test.code {
				t.Errorf("error %v, want %s", err, test.code)
			}
		})
	}
}

func TestAShortPageIsNoShell(t *testing.T) {
	t.Parallel()
	got := pageOutline(readPage(t, `<html><body><p>We are closed on Friday.</p><script>track()</script><script src=stats.js></script>`))
	if got != "text We are closed on Friday.\n" {
		t.Errorf("got %q", got)
	}
}

func TestReadHTMLBrokenMarkup(t *testing.T) {
	t.Parallel()
	for name, markup := range map[string]string{
		"cut in a tag":        prose + `<table><tr><td>Monday<td>8-12<tr><td>Tuesday<td cla`,
		"nested too deep":     strings.Repeat("<div><b>", 900) + prose,
		"unclosed everything": `<p>The clinic at the lake<div><ul><li>one<li>two<table><tr><td>x`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := pageOutline(readPage(t, markup)); !strings.Contains(got, "The clinic at the lake") {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestReadHTMLCharsets(t *testing.T) {
	t.Parallel()
	texts := map[string]string{
		"russian": "Поликлиника работает ежедневно, запись по телефону. Приём ведут опытные врачи.",
		"polish":  "Rejestracja czynna codziennie, prosimy zgłaszać się wcześniej. Łódź, ulica Żółta ęąśćń.",
		"french":  "L’hôpital reçoit les visiteurs dès midi, été comme hiver. Garçons et fillettes où qu’ils soient à l’accueil.",
		"greek":   "Το ιατρείο είναι ανοικτό κάθε πρωί και δέχεται ασθενείς χωρίς ραντεβού.",
		"arabic":  "العيادة مفتوحة كل يوم من الصباح حتى المساء ويمكنكم الاتصال بنا في أي وقت",
	}
	for _, test := range []struct{ text, encoded, declared string }{
		{"russian", "windows-1251", "windows-1251"},
		{"russian", "windows-1251", ""},
		{"russian", "windows-1251", "utf-8"},
		{"russian", "windows-1251", "iso-8859-1"},
		{"russian", "koi8-r", "koi8-r"},
		{"russian", "koi8-r", ""},
		{"russian", "koi8-r", "windows-1251"},
		{"russian", "ibm866", ""},
		{"russian", "iso-8859-5", ""},
		{"russian", "utf-8", "windows-1251"},
		{"russian", "utf-16le", ""},
		{"russian", "utf-16be", "utf-8"},
		{"polish", "windows-1250", "windows-1250"},
		{"polish", "windows-1250", ""},
		{"polish", "windows-1250", "iso-8859-1"},
		{"polish", "iso-8859-2", ""},
		{"french", "windows-1252", ""},
		{"french", "windows-1252", "utf-8"},
		{"french", "macintosh", ""},
		{"french", "utf-8", "iso-8859-1"},
		{"greek", "windows-1253", ""},
		{"arabic", "windows-1256", ""},
	} {
		t.Run(strings.Join([]string{test.text, "in", test.encoded, "said", test.declared}, " "), func(t *testing.T) {
			t.Parallel()
			meta := ""
			if test.declared != "" {
				meta = `<meta charset="` + test.declared + `">`
			}
			enc, _ := charset.Lookup(test.encoded)
			data, err := enc.NewEncoder().String("<html><head>" + meta + "<title>x</title></head><body><p>" + texts[test.text] + "</p></body></html>")
			if err != nil {
				t.Fatal(err)
			}
			doc, err := ReadHTML(context.Background(), []byte(data), "", "")
			if err != nil {
				t.Fatal(err)
			}
			if got := doc.Pages[0].Blocks[0].Text; got != texts[test.text] {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestMojibakeIsRepairedAndSaid(t *testing.T) {
	t.Parallel()
	for _, misread := range []string{"windows-1252", "macintosh", "windows-1251"} {
		text := "Horaires d’été : fermé à midi"
		if misread == "windows-1251" {
			text = "Поликлиника работает ежедневно"
		}
		enc, _ := charset.Lookup(misread)
		garbledText, err := enc.NewDecoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		doc := readPage(t, "<p>"+garbledText+"</p>")
		if got := doc.Pages[0].Blocks[0].Text; got != text || len(doc.Warnings) != 1 {
			t.Errorf("%s: %q, warnings %v", misread, got, doc.Warnings)
		}
	}
	for _, fine := range []string{"Äpfel und Öl, naïve façade, Ã is a letter", "Температура до 37 °С", "Prix : 25 €, carte №5"} {
		if got, changed := repairMojibake(fine); changed {
			t.Errorf("%q became %q", fine, got)
		}
	}
}

func TestStructuredDataBecomesFacts(t *testing.T) {
	t.Parallel()
	doc := readPage(t, prose+`<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":["MedicalClinic"],"name":"Lake",
"telephone":"+41 44 555 01 23","address":{"@type":"PostalAddress","streetAddress":"Lake Road 4","postalCode":"8001","addressLocality":"Zurich"},
"geo":{"latitude":47.37,"longitude":"8.54"},"openingHoursSpecification":[{"dayOfWeek":["Monday","https://schema.org/Friday"],"opens":"08:00","closes":"12:00"},
{"validFrom":"2026-12-24","validThrough":"2026-12-26"}],"openingHours":"Sa 09:00-11:30"},
{"@type":"FAQPage","mainEntity":[{"@type":"Question","name":"Do you take cards?","acceptedAnswer":{"@type":"Answer","text":"<p>Yes, all of them.</p>"}}]}]}</script>
<div itemscope itemtype="https://schema.org/Dentist"><meta itemprop="telephone" content="044 555 99 00"></div>`)
	kinds := map[frontdesk.FactKind]frontdesk.Fact{}
	for _, f := range doc.Facts {
		if _, ok := kinds[f.Kind]; !ok {
			kinds[f.Kind] = f
		}
	}
	if f := kinds[frontdesk.FactPhone]; f.Value != "+41 44 555 01 23" {
		t.Errorf("phone %+v", f)
	}
	if f := kinds[frontdesk.FactAddress]; f.Value != "Lake Road 4, 8001 Zurich" || f.Point == nil || f.Point.Longitude != 8.54 {
		t.Errorf("address %+v", f)
	}
	hours := kinds[frontdesk.FactHours].Hours
	if hours == nil || len(hours.Days[1]) != 1 || hours.Days[5][0].Start != 480 || hours.Days[6][0].End != 690 || len(hours.Days[0]) != 0 ||
		len(hours.Exceptions) != 1 || hours.Exceptions[0].To != "2026-12-26" {
		t.Errorf("hours %+v", hours)
	}
	if got := pageOutline(doc); !strings.Contains(got, "q Do you take cards?\na Yes, all of them.") {
		t.Errorf("answers: %s", got)
	}
	phones := 0
	for _, f := range doc.Facts {
		if f.Kind == frontdesk.FactPhone {
			phones++
		}
	}
	if phones != 2 {
		t.Errorf("%d phones", phones)
	}
}

func TestReadHTMLStopsWhenTold(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ReadHTML(ctx, []byte(prose), "", ""); err == nil {
		t.Error("a cancelled context was ignored")
	}
}

func TestReadHTMLIsBoundedOnHostilePages(t *testing.T) {
	t.Parallel()
	for name, markup := range map[string]string{
		"nested tables":           strings.Repeat("<table><tr><td>x<td>1", 100) + prose,
		"nested definition lists": strings.Repeat("<dl><dt>a?<dd>b", 150) + prose,
		"nested details":          strings.Repeat("<details><summary>a</summary>b", 150) + prose,
		"many links to dial":      prose + "<p>" + strings.Repeat(`<a href="tel:+4144">call</a>`, 20_000),
		"wide and deep":           prose + strings.Repeat("<div>", 200) + strings.Repeat("<i></i>", 50_000),
		"spanning cells":          prose + "<table>" + strings.Repeat("<tr><td rowspan=9999 colspan=9999>x<td>y", 300),
		"many spans":              prose + "<div>" + strings.Repeat("<span>a</span>", 50_000),
		"nested items":            prose + strings.Repeat("<div itemscope itemprop=a itemtype=https://schema.org/Clinic>", 300),
		"nested menus":            prose + strings.Repeat("<div class=menu>", 300) + strings.Repeat("<a href=/>abc</a> ", 5000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second) // they take well below a second
			defer cancel()
			if _, err := ReadHTML(ctx, []byte("<body>"+markup), "", ""); err != nil {
				t.Error(err)
			}
		})
	}
}

func FuzzReadHTML(f *testing.F) {
	for _, seed := range []string{
		prose, "<table><tr><td rowspan=9999 colspan=9999>x<td>1</table>", "<details><summary>a</summary><details>", "<dl><dt>a?<dd>b<dd>c",
		`<script type="application/ld+json">{"@type":"Clinic","telephone":[{}],"geo":{}}</script>x`, "\xff\xfe<\x00p\x00>\x00", "<p>Ã©\xe9</p>",
		`<div itemscope itemprop=a><div itemscope itemprop=a>`, "<button>a</button><div>bbbbbbbbbbbbbbbbbbbbbbbb</div>",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := ReadHTML(context.Background(), data, "", "https://clinic.example/")
		if err != nil {
			if code := frontdesk.CodeOf(err); code == frontdesk.CodeInternal {
				t.Errorf("uncoded error %v", err)
			}
			return
		}
		for _, b := range doc.Pages[0].Blocks {
			if b.Kind == blockLink || b.Kind == BlockHeading && b.Level < 1 || b.Kind == BlockTable && len(b.Rows) == 0 {
				t.Errorf("block %+v", b)
			}
		}
		Split(doc, "en")
	})
}
