package ingest

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"frontdesk/language"
)

// Texts of a page's own machinery, folded and whole.
var (
	chrome     = regexp.MustCompile(`^(read more|learn more|more|show more|close|back|next|previous|menu|home|skip to content|weiterlesen|mehr( erfahren)?|mehr lesen|schliessen|zuruck|en savoir plus|lire la suite|voir plus|fermer|retour( a l'accueil)?|leggi (tutto|di piu)|scopri di piu|chiudi|leer mas|ver mas|cerrar|volver( al inicio)?|saiba mais|ver mais|leia mais|fechar|voltar|подробнее|читать (далее|полностью|еще)|узнать больше|закрыть|назад|далее|наверх|детальніше|читати далі|закрити|wiecej|czytaj wiecej|zamknij|placiau|skaityti daugiau|uzdaryti|اقرا المزيد|المزيد|اغلاق|×|x)[ .…»>→]*$`)
	rights     = regexp.MustCompile(`(?i)^(©|\(c\)|copyright\b)|all rights reserved|alle rechte vorbehalten|tous droits réservés|tutti i diritti riservati|todos los derechos reservados|todos os direitos reservados|все права защищены|усі права захищен|всі права захищен|wszelkie prawa zastrzeżone|visos teisės saugomos|جميع الحقوق محفوظة`)
	listNumber = regexp.MustCompile(`^\d{1,2}[.)]?$`)
	taxNumber  = regexp.MustCompile(`(?i)\b(p\.?\s?iva|partita iva|vat|siret|siren|ust-?id|nip|regon|cif|nif|cnpj|инн|огрн|єдрпоу|едрпоу|bce|tva)\b`)
	filler     = regexp.MustCompile(`(?i)\blorem ipsum\b|\banim pariatur cliche\b|\bdolor sit amet\b|\bconsectetur adipisic`)
	script     = regexp.MustCompile(`(?:function\s*\(|=>\s*\{|\bvar\s+\w+\s*=|document\.(?:getElement|querySelector)|window\.\w+|\{\s*[\w\-]+\s*:\s*[^{};]+;|\bconst\s+\w+\s*=)`)
)

// blockLink is a list item that is nothing but a link, until tidy decides whether
// its list is content or a menu.
const blockLink BlockKind = "link"

// tidy takes out what a page repeats or says about itself, gives empty titles
// back as text and joins questions with their answers.
func tidy(blocks []Block) []Block {
	blocks = dropChrome(blocks)
	blocks = dropEndMenus(blocks)
	blocks = dropRepeats(blocks)
	blocks = titleQuestions(blocks)
	blocks = mergeAnswers(blocks)
	blocks = titleTables(blocks)
	return demoteTitles(blocks)
}

func dropChrome(blocks []Block) []Block {
	var out []Block
	for _, b := range blocks {
		if b.Kind == BlockTable {
			out = append(out, b)
			continue
		}
		text := strings.TrimSpace(b.Text)
		folded := strings.TrimLeft(strings.Join(strings.Fields(language.Fold(text)), " "), "←«<‹ ")
		switch {
		case letterOrDigit(text) == 0, listNumber.MatchString(text), chrome.MatchString(folded), filler.MatchString(text):
		case utf8.RuneCountInString(text) < 250 && rights.MatchString(text) && !mailInside.MatchString(text) && !timesInside.MatchString(text) &&
			(taxNumber.MatchString(text) || !phoneInside.MatchString(text)):
		case strings.Count(text, ";")+strings.Count(text, "{") > 2 && script.MatchString(text):
		default:
			out = append(out, b)
		}
	}
	return out
}

// dropRepeats takes out a block that stood under the same titles before, such as
// a menu or a notice that is printed once for phones and once for desks. The same
// words under another title ("no preparation needed") stay.
func dropRepeats(blocks []Block) []Block {
	var out []Block
	var titles []Block
	seen := map[string]bool{}
	for _, b := range blocks {
		if b.Kind == BlockHeading {
			for len(titles) > 0 && titles[len(titles)-1].Level >= b.Level {
				titles = titles[:len(titles)-1]
			}
			titles = append(titles, b)
			out = append(out, b)
			continue
		}
		var key strings.Builder
		if b.Kind != BlockContact {
			for _, t := range titles {
				key.WriteString(t.Text + "\x00")
			}
		}
		key.WriteString(b.Question + "\x00" + strings.Join(strings.Fields(b.Text), " "))
		if b.Kind == BlockTable {
			for _, row := range b.Rows {
				key.WriteString("\x00" + strings.Join(row, "|"))
			}
		}
		if seen[key.String()] {
			continue
		}
		seen[key.String()] = true
		out = append(out, b)
	}
	return out
}

// demoteTitles makes text of a title with nothing below it, because a title by
// itself is no passage: a list of services may consist of such titles.
func demoteTitles(blocks []Block) []Block {
	out := make([]Block, 0, len(blocks))
	seen := map[string]bool{}
	for i, b := range blocks {
		if b.Kind != BlockHeading {
			out = append(out, b)
			continue
		}
		last := i == len(blocks)-1
		if !last && (blocks[i+1].Kind != BlockHeading || blocks[i+1].Level > b.Level) {
			out = append(out, b)
			continue
		}
		if key := strings.ToLower(b.Text); !seen[key] {
			seen[key] = true
			kind := BlockItem
			if isContact(b.Text) {
				kind = BlockContact
			}
			out = append(out, Block{Kind: kind, Text: b.Text})
		}
	}
	return out
}

// dropEndMenus takes out links that are repeated again and again ("book now"), and
// the lists of links below the content, with their titles. Link lists between
// paragraphs are content.
func dropEndMenus(blocks []Block) []Block {
	times := map[string]int{}
	for _, b := range blocks {
		if b.Kind == blockLink {
			times[b.Text]++
		}
	}
	blocks = slices.DeleteFunc(blocks, func(b Block) bool { return b.Kind == blockLink && times[b.Text] > 2 })
	end := len(blocks)
	links := 0
	for end > 0 {
		b := blocks[end-1]
		if b.Kind == blockLink {
			links++
		} else if b.Kind != BlockHeading && b.Kind != BlockContact {
			break
		}
		end--
	}
	out := make([]Block, 0, len(blocks))
	for i, b := range blocks {
		switch {
		case b.Kind == blockLink && i >= end && links >= 4:
			continue
		case b.Kind == BlockHeading && i >= end && links >= 4 && i+1 < len(blocks) && blocks[i+1].Kind == blockLink:
			continue
		case b.Kind == blockLink:
			b.Kind = BlockItem
		}
		out = append(out, b)
	}
	return out
}

// titleQuestions makes titles of paragraphs that are one short question each, as
// lists of questions and answers without heading tags have them.
func titleQuestions(blocks []Block) []Block {
	asks := func(i int) bool {
		b := blocks[i]
		return b.Kind == BlockText && len(b.Text) <= 240 && endsAsking(b.Text) && !strings.Contains(b.Text, "\n") && strings.Count(b.Text, "?") == 1 &&
			i+1 < len(blocks) && (blocks[i+1].Kind == BlockText || blocks[i+1].Kind == BlockItem) && !endsAsking(blocks[i+1].Text)
	}
	n := 0
	for i := range blocks {
		if asks(i) {
			n++
		}
	}
	if n < 2 {
		return blocks
	}
	out := make([]Block, len(blocks))
	copy(out, blocks)
	for i := range blocks {
		if asks(i) {
			out[i] = Block{Kind: BlockHeading, Level: 6, Text: blocks[i].Text}
		}
	}
	return out
}

// titleTables makes a title of the short line right above a table, because rows
// are found by the title above them.
func titleTables(blocks []Block) []Block {
	out := make([]Block, len(blocks))
	copy(out, blocks)
	for i := range out {
		b := out[i]
		if i+1 == len(out) || out[i+1].Kind != BlockTable || b.Kind != BlockText && b.Kind != BlockItem {
			continue
		}
		if text := b.Text; utf8.RuneCountInString(text) <= 100 && !strings.ContainsAny(text, "\n?!") && !states(text) && !strings.HasSuffix(text, ".") {
			out[i] = Block{Kind: BlockHeading, Level: 6, Text: strings.TrimRight(text, " :")}
		}
	}
	return out
}
