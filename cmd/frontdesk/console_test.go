package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// consoleInABrowser does each page's main task as staff would.
func consoleInABrowser(t *testing.T, r *running) {
	t.Helper()
	ctx := openBrowser(t, 1180, 820)
	browse(t, ctx, "open the console", chromedp.EmulateViewport(1180, 820), chromedp.Navigate(r.console), chromedp.WaitVisible(chromedp.CSS("#items")))
	until(t, ctx, "the stream of events", `document.title.includes("Frontdesk")`)
	answersAPatient(t, ctx, r)
	answersAGap(t, ctx, r)
	correctsAnAnswer(t, ctx, r)
	erasesAPerson(t, ctx, r)
	uploadsADocument(t, ctx, r)
	uploadsSeveral(t, ctx, r)
	comparesAPage(t, ctx, r)
	writesAFAQ(t, ctx, r)
	keepsTheProfile(t, ctx, r)
	controlsTheAssistant(t, ctx, r)
	triesTheAssistant(t, ctx, r)
	changesSettings(t, ctx, r)
	provesTheContent(t, ctx, r)
}

// script runs JavaScript in the page.
func script(text string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Evaluate[bool](text)(ctx, target)
		return chromedp.Void{}, err
	}
}

// shows waits until the page shows words.
func shows(t *testing.T, ctx context.Context, words string) {
	t.Helper()
	until(t, ctx, "see "+words, fmt.Sprintf(`document.body.innerText.includes(%q)`, words))
}

func answersAPatient(t *testing.T, ctx context.Context, r *running) {
	t.Helper()
	lou := r.newPhone(t, "Lou Ferrand", "33600000077")
	lou.ask(t, "Bonjour, quel est le prix d'une échographie cardiaque ?")
	asked := time.Now()
	lou.ask(t, "je veux parler à une personne")
	until(t, ctx, "the ring without a reload", `Number(document.body.dataset.rang || 0) > 0`)
	t.Logf("rang %s after the patient asked", time.Since(asked))
	shows(t, ctx, "Lou Ferrand")
	picture(t, ctx, "console-inbox")
	browse(t, ctx, "open the conversation", script(`[...document.querySelectorAll(".items a")].find(a => a.innerText.includes("Lou Ferrand")).click() || true`), chromedp.WaitVisible(chromedp.CSS("button[data-key=t]")))
	browse(t, ctx, "why did it say that", chromedp.Click(chromedp.CSS("[data-why]")), chromedp.WaitVisible(chromedp.CSS("dialog[open] blockquote.used")))
	picture(t, ctx, "console-why")
	browse(t, ctx, "close the dialogue and take over by a key", chromedp.Click(chromedp.CSS("dialog[open] button")),
		chromedp.KeyEvent("t"), chromedp.WaitVisible(chromedp.CSS(".composer textarea")))
	before := len(lou.received(t))
	browse(t, ctx, "begin an answer and lose the page", chromedp.SendKeys(chromedp.CSS(".composer textarea"), "Bonjour, je suis là."),
		chromedp.Reload(), chromedp.WaitVisible(chromedp.CSS(".composer textarea")))
	if kept := evaluate[string](t, ctx, `document.querySelector(".composer textarea").value`); kept != "Bonjour, je suis là." {
		t.Errorf("the draft after a reload: %q", kept)
	}
	browse(t, ctx, "send by keys", chromedp.SendKeys(chromedp.CSS(".composer textarea"), kb.Control+kb.Enter))
	browse(t, ctx, "send", script(`document.querySelector(".composer").requestSubmit() || true`))
	if got := lou.next(t, before); got != "Bonjour, je suis là." {
		t.Errorf("the phone got %q", got)
	}
	browse(t, ctx, "see it in the conversation", chromedp.WaitVisible(chromedp.CSS(".line.staff")))
	if kept := evaluate[string](t, ctx, `document.querySelector(".composer textarea").value`); kept != "" {
		t.Errorf("the draft after it was sent: %q", kept)
	}
	sendsATemplate(t, ctx, lou)
	before++
	lou.write(t, "merci, et pour ma facture QX-31 ?")
	shows(t, ctx, "QX-31")
	if n := len(lou.received(t)); n != before+1 {
		t.Errorf("%d bubbles since a person has the pen, want 1", n-before)
	}
	browse(t, ctx, "write a note", chromedp.Click(chromedp.CSS(".thread-actions .menu:first-of-type summary")), chromedp.WaitVisible(chromedp.CSS("#note")),
		chromedp.SendKeys(chromedp.CSS("#note"), "Facture réglée le 12."), script(`document.querySelector("#note").form.requestSubmit() || true`),
		chromedp.WaitVisible(chromedp.CSS(".line.note")))
	fits(t, ctx, "conversation")
	browse(t, ctx, "give back", script(`document.querySelector("#reason").form.requestSubmit() || true`), chromedp.WaitVisible(chromedp.CSS(".pen.bot")))
}

// sendsATemplate fills in an approved template and sends it.
func sendsATemplate(t *testing.T, ctx context.Context, patient phone) {
	t.Helper()
	before := len(patient.received(t))
	browse(t, ctx, "open the templates", chromedp.Click(chromedp.CSS("button[data-key=m]")), chromedp.WaitVisible(chromedp.CSS("#templates form[data-template]")))
	form := `[...document.querySelectorAll("form[data-template]")].find(f => f.elements.template.value === "nouvelles_du_cabinet")`
	browse(t, ctx, "fill it in", script(form+`.closest("details").open = true`), script(`{ const fields = [...`+form+`.querySelectorAll("[data-fills]")]; `+
		`["Lou", "la facture"].forEach((v, i) => { fields[i].value = v; fields[i].dispatchEvent(new Event("input", {bubbles: true})); }); }; true`))
	const want = "Bonjour Lou, nous avons la réponse à votre question sur la facture. Écrivez-nous ici quand vous voulez."
	until(t, ctx, "the preview", form+`.querySelector(".template-text").textContent.includes("`+want+`")`)
	picture(t, ctx, "console-template")
	fits(t, ctx, "templates")
	browse(t, ctx, "send it", script(form+`.requestSubmit() || true`))
	if got := patient.next(t, before); !strings.Contains(got, want) {
		t.Errorf("the phone got %q", got)
	}
	browse(t, ctx, "the conversation again", chromedp.WaitNotPresent(chromedp.CSS("form[data-template]")), chromedp.WaitVisible(chromedp.CSS(".composer textarea")))
	shows(t, ctx, want)
}

func answersAGap(t *testing.T, ctx context.Context, r *running) {
	t.Helper()
	sam := r.newPhone(t, "Sam", "33600000078")
	const question = "Vendez-vous des parapluies ?"
	sam.ask(t, question)
	browse(t, ctx, "open the gaps", chromedp.Navigate(r.base+"/console/gaps"), chromedp.WaitVisible(chromedp.CSS(".cards")))
	card := `[...document.querySelectorAll(".cards > li")].find(li => li.innerText.includes("parapluies"))`
	browse(t, ctx, "write the answer", script(card+`.querySelector("summary").click() || true`),
		script(`{ const form = `+card+`.querySelector("details form"); form.elements.answer.value = "Oui, des parapluies sont en vente à l'accueil pour 12 €."; }; true`))
	fits(t, ctx, "gaps")
	browse(t, ctx, "publish", script(card+`.querySelector("details form").requestSubmit() || true`))
	browse(t, ctx, "the page again", chromedp.WaitNotPresent(chromedp.CSS("details.answer[open]")))
	if answer, _ := sam.ask(t, question); !strings.Contains(answer, "12") {
		t.Errorf("the same question again: %q", answer)
	}
}

// correctsAnAnswer makes an open question of a wrong answer and publishes the right
// one: two clicks.
func correctsAnAnswer(t *testing.T, ctx context.Context, r *running) {
	t.Helper()
	mia := r.newPhone(t, "Mia", "33600000079")
	mia.ask(t, "Quel est le prix d'une échographie cardiaque ? Mon numéro est le 06 12 34 56 78.")
	browse(t, ctx, "open the inbox", chromedp.Navigate(r.base+"/console/inbox?view=everything"), chromedp.WaitVisible(chromedp.CSS("#items")))
	browse(t, ctx, "open the conversation", script(`[...document.querySelectorAll(".items a")].find(a => a.innerText.includes("Mia")).click() || true`), chromedp.WaitVisible(chromedp.CSS("[data-why]")))
	browse(t, ctx, "why did it say that", script(`[...document.querySelectorAll("[data-why]")].pop().click() || true`), chromedp.WaitVisible(chromedp.CSS("dialog[open] details.correct")))
	browse(t, ctx, "say what is right", chromedp.Click(chromedp.CSS("details.correct summary")), chromedp.WaitVisible(chromedp.CSS("#wrong-should")),
		chromedp.SendKeys(chromedp.CSS("#wrong-should"), "Une échographie cardiaque coûte 97 €."), chromedp.Click(chromedp.CSS("details.correct button")), chromedp.WaitVisible(chromedp.CSS("details.answer[open] textarea")))
	if got := evaluate[string](t, ctx, `document.querySelector("details.answer[open] textarea").value`); got != "Une échographie cardiaque coûte 97 €." {
		t.Errorf("suggested answer %q", got)
	}
	if page := evaluate[string](t, ctx, `document.body.innerText`); strings.Contains(page, "06 12 34 56 78") {
		t.Error("the open question shows a patient's number")
	}
	fits(t, ctx, "gaps with a correction")
	browse(t, ctx, "publish", chromedp.Click(chromedp.CSS("details.answer[open] button")), chromedp.WaitNotPresent(chromedp.CSS("details.answer[open]")))
}

// erasesAPerson names a contact, then erases them and keeps the receipt.
func erasesAPerson(t *testing.T, ctx context.Context, r *running) {
	t.Helper()
	browse(t, ctx, "open the inbox", chromedp.Navigate(r.base+"/console/inbox?view=everything"), chromedp.WaitVisible(chromedp.CSS("#items")))
	browse(t, ctx, "open the conversation", script(`[...document.querySelectorAll(".items a")].find(a => a.innerText.includes("Mia")).click() || true`), chromedp.WaitVisible(chromedp.CSS(".thread-who a")))
	browse(t, ctx, "open the contact", chromedp.Click(chromedp.CSS(".thread-who a")), chromedp.WaitVisible(chromedp.CSS("#patients")))
	browse(t, ctx, "name them", chromedp.SendKeys(chromedp.CSS("#name"), "Mia Solano"), chromedp.SendKeys(chromedp.CSS("#patients"), "Nino Solano"),
		script(`{ const form = document.querySelector("#patients").form; fetch(form.action, {method: "POST", body: new URLSearchParams(new FormData(form))}).then(() => document.body.dataset.saved = "1"); }; true`))
	until(t, ctx, "saved", `document.body.dataset.saved === "1"`)
	browse(t, ctx, "see the name", chromedp.Reload(), chromedp.WaitVisible(chromedp.CSS("#patients")))
	if name := evaluate[string](t, ctx, `document.querySelector("h1").textContent`); name != "Mia Solano" {
		t.Errorf("the contact's name: %q", name)
	}
	picture(t, ctx, "console-contact")
	fits(t, ctx, "contact")
	browse(t, ctx, "erase", chromedp.Click(chromedp.CSS("details summary.danger")), chromedp.WaitVisible(chromedp.CSS("#sure")),
		chromedp.SendKeys(chromedp.CSS("#sure"), "effacer"), script(`document.querySelector("#sure").form.requestSubmit() || true`), chromedp.WaitVisible(chromedp.CSS("pre")))
	if receipt := evaluate[string](t, ctx, `document.querySelector("pre").textContent`); !strings.Contains(receipt, `"signature"`) || strings.Contains(receipt, "Solano") {
		t.Errorf("receipt %s", receipt)
	}
}

func uploadsADocument(t *testing.T, ctx context.Context, r *running) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "parking.md")
	if err := os.WriteFile(file, []byte("# Où se garer ?\n\nLe parking de la rue des Ormes compte 40 places gratuites.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	browse(t, ctx, "upload", chromedp.Navigate(r.base+"/console/knowledge"), chromedp.WaitVisible(chromedp.CSS("#files")),
		chromedp.SetUploadFiles(chromedp.CSS("#files"), []string{file}), chromedp.Click(chromedp.CSS("form[data-upload] button")), chromedp.WaitVisible(chromedp.CSS(".banner a")))
	fits(t, ctx, "knowledge")
	browse(t, ctx, "review", chromedp.Click(chromedp.CSS(".banner a")), chromedp.WaitVisible(chromedp.CSS("#effective")))
	shows(t, ctx, "rue des Ormes")
	fits(t, ctx, "source")
	browse(t, ctx, "approve", chromedp.Click(chromedp.CSS("form[action='/console/knowledge/approve'] button")), chromedp.WaitVisible(chromedp.CSS(".page-head .tag.live")))
}

func triesTheAssistant(t *testing.T, ctx context.Context, r *running) {
	t.Helper()
	browse(t, ctx, "try", chromedp.Navigate(r.base+"/console/try"), chromedp.WaitVisible(chromedp.CSS("#say")),
		chromedp.SendKeys(chromedp.CSS("#say"), "where can I park?"), chromedp.Click(chromedp.CSS("form[data-talk] button")), chromedp.WaitVisible(chromedp.CSS(".talk .line.assistant")))
	shows(t, ctx, "Ormes")
	fits(t, ctx, "try")
}

func changesSettings(t *testing.T, ctx context.Context, r *running) {
	t.Helper()
	browse(t, ctx, "publish a notice", chromedp.Navigate(r.base+"/console/settings"), chromedp.WaitVisible(chromedp.CSS("#notice-text")),
		chromedp.SendKeys(chromedp.CSS("#notice-text"), "Ascenseur en panne."), chromedp.Click(chromedp.CSS("form[action='/console/settings/notice'] button")),
		chromedp.WaitVisible(chromedp.CSS("form[action='/console/settings/notice/end']")))
	fits(t, ctx, "settings")
	browse(t, ctx, "end it", chromedp.Click(chromedp.CSS("form[action='/console/settings/notice/end'] button")), chromedp.WaitNotPresent(chromedp.CSS("form[action='/console/settings/notice/end']")))
	browse(t, ctx, "invite somebody", chromedp.Navigate(r.base+"/console/team"), chromedp.WaitVisible(chromedp.CSS("#name")), chromedp.SendKeys(chromedp.CSS("#name"), "Ann Lee"),
		chromedp.SendKeys(chromedp.CSS("#email"), fmt.Sprintf("ann%d@example.org", time.Now().UnixNano())), chromedp.Click(chromedp.CSS(".grid button.primary")), chromedp.WaitVisible(chromedp.CSS("input.link")))
	fits(t, ctx, "team")
	link := evaluate[string](t, ctx, `document.querySelector("input.link").value`)
	visitsEveryPage(t, ctx, r)
	browse(t, ctx, "open the invitation", chromedp.Navigate(link), chromedp.WaitVisible(chromedp.CSS("img.qr")))
	if wide := evaluate[int](t, ctx, `document.querySelector("img.qr").naturalWidth`); wide < 100 {
		t.Errorf("the picture for the phone is %d wide", wide)
	}
	fits(t, ctx, "welcome")
	browse(t, ctx, "sign-in", chromedp.Navigate(r.base+"/console/sign-in"), chromedp.WaitVisible(chromedp.CSS("#password")))
	fits(t, ctx, "sign-in")
}

// visitsEveryPage looks at each page of the menu, whoever added it.
func visitsEveryPage(t *testing.T, ctx context.Context, r *running) {
	t.Helper()
	browse(t, ctx, "open the console", chromedp.Navigate(r.base+"/console/account"), chromedp.WaitVisible(chromedp.CSS("main h1")))
	pages := evaluate[[]string](t, ctx, `[...document.querySelectorAll("header nav a")].map(a => a.getAttribute("href"))`)
	if len(pages) < 10 {
		t.Errorf("the menu of the owner has %v", pages)
	}
	for _, page := range append(pages, "/console/account", "/console/conversations/nothing") {
		browse(t, ctx, page, chromedp.Navigate(r.base+page), chromedp.WaitVisible(chromedp.CSS("main")))
		fits(t, ctx, strings.ReplaceAll(strings.TrimPrefix(page, "/console/"), "/", "-"))
	}
}

// axe returns what axe-core finds that is serious or critical.
func axe(t *testing.T, ctx context.Context) []string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(shared.runtime, "axe", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("axe-core is missing, run make test-tools: %v", err)
		}
		t.Logf("SKIPPED: axe-core is missing, run make test-tools: %v", err)
		return nil
	}
	evaluate[bool](t, ctx, string(source)+"\n;true")
	return evaluate[[]string](t, ctx, `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.filter(v => v.impact === "serious" || v.impact === "critical").map(v => v.id + ": " + v.nodes.map(n => n.target + " " + n.failureSummary).join(" | ")))`)
}

// fits looks at the page on a desk and on a phone: nothing scrolls sideways, every
// control has a name and is large enough for a thumb, and axe-core finds nothing
// serious or critical.
func fits(t *testing.T, ctx context.Context, page string) {
	t.Helper()
	for _, size := range []struct {
		name          string
		width, height int64
	}{{"phone", 390, 844}, {"desktop", 1180, 820}} {
		browse(t, ctx, "size", chromedp.EmulateViewport(size.width, size.height))
		picture(t, ctx, "console-"+page+"-"+size.name)
		if wide := evaluate[int64](t, ctx, `document.documentElement.scrollWidth`); wide > size.width {
			t.Errorf("%s scrolls sideways at %d: %d wide", page, size.width, wide)
		}
		if nameless := evaluate[[]string](t, ctx, namelessControls); len(nameless) > 0 {
			t.Errorf("%s: controls without a name: %v", page, nameless)
		}
		if small := evaluate[[]string](t, ctx, smallTargets); size.name == "phone" && len(small) > 0 {
			t.Errorf("%s: targets that a thumb misses: %v", page, small)
		}
		for _, finding := range axe(t, ctx) {
			t.Errorf("axe, %s on %s: %s", page, size.name, finding)
		}
	}
}
