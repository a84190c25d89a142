package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// uploadsSeveral drops a good file and one that is none: each says what became of it.
func uploadsSeveral(t *testing.T, ctx context.Context, r *running) {
	t.Helper()
	folder := t.TempDir()
	good, bad := filepath.Join(folder, "ascenseur.md"), filepath.Join(folder, "casse.pdf")
	for path, text := range map[string]string{good: "# Y a-t-il un ascenseur ?\n\nOui, à gauche de l'entrée du bâtiment B.\n", bad: "%PDF-1.4\nnothing follows"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	browse(t, ctx, "upload two", chromedp.Navigate(r.base+"/console/knowledge"), chromedp.WaitVisible(chromedp.CSS("#files")),
		chromedp.SetUploadFiles(chromedp.CSS("#files"), []string{good, bad}), chromedp.Click(chromedp.CSS("form[data-upload] button")),
		chromedp.WaitVisible(chromedp.CSS(`.sendings [data-status="draft"]`)), chromedp.WaitVisible(chromedp.CSS(`.sendings [data-status="rejected"]`)))
	if said := evaluate[string](t, ctx, `document.querySelector('.sendings [data-status="rejected"]').innerText`); !strings.Contains(said, "casse.pdf") || !strings.Contains(said, "pas un document") {
		t.Errorf("the refusal: %q", said)
	}
	until(t, ctx, "the list beside it", `document.querySelector("#sources").innerText.includes("ascenseur.md")`)
}

// comparesAPage looks at a page beside its text.
func comparesAPage(t *testing.T, ctx context.Context, r *running) {
	t.Helper()
	browse(t, ctx, "a page and its text", chromedp.Navigate(r.base+"/console/knowledge/source?name=livret-accueil.pdf"), chromedp.WaitVisible(chromedp.CSS(".scan img")))
	until(t, ctx, "the page's picture", `document.querySelector(".scan img").naturalWidth > 300`)
	fits(t, ctx, "compare")
}

// writesAFAQ types questions and answers, approves them, and finds that one of them
// contradicts another document.
func writesAFAQ(t *testing.T, ctx context.Context, r *running) {
	t.Helper()
	browse(t, ctx, "write questions", chromedp.Navigate(r.base+"/console/knowledge/faq"), chromedp.WaitVisible(chromedp.CSS("#faq-name")),
		chromedp.SendKeys(chromedp.CSS("#faq-name"), "accueil"), chromedp.SendKeys(chromedp.CSS("#question-0"), "Où se garer ?"),
		chromedp.SendKeys(chromedp.CSS("#answer-0"), "Sur la place du marché."), chromedp.Click(chromedp.CSS("[data-more]")), chromedp.WaitVisible(chromedp.CSS("#question-3")))
	fits(t, ctx, "faq")
	browse(t, ctx, "save and try it before it is live", script(`document.querySelector("form[action='/console/knowledge/faq']").requestSubmit() || true`), chromedp.WaitVisible(chromedp.CSS("#effective")),
		chromedp.Click(chromedp.CSS("a[href^='/console/try?']")), chromedp.WaitVisible(chromedp.CSS("#say")),
		chromedp.SendKeys(chromedp.CSS("#say"), "Où se garer ?"), chromedp.Click(chromedp.CSS("form[data-talk] button")), chromedp.WaitVisible(chromedp.CSS(".talk .line.assistant")))
	shows(t, ctx, "place du marché")
	browse(t, ctx, "approve", chromedp.Navigate(r.base+"/console/knowledge/source?name=accueil.csv"), chromedp.WaitVisible(chromedp.CSS("#effective")),
		chromedp.SendKeys(chromedp.CSS("#comment"), "relu"), chromedp.Click(chromedp.CSS("form[action='/console/knowledge/approve'] button")), chromedp.WaitVisible(chromedp.CSS(".page-head .tag.live")))
	shows(t, ctx, "relu")
	browse(t, ctx, "contradictions", chromedp.Navigate(r.base+"/console/knowledge/conflicts"), chromedp.WaitVisible(chromedp.CSS(".two")))
	shows(t, ctx, "place du marché")
	shows(t, ctx, "rue des Ormes")
	fits(t, ctx, "conflicts")
	browse(t, ctx, "withdraw with a word", chromedp.Navigate(r.base+"/console/knowledge/source?name=accueil.csv"), chromedp.WaitVisible(chromedp.CSS("#why")),
		chromedp.SendKeys(chromedp.CSS("#why"), "faux"), chromedp.Click(chromedp.CSS("form[action='/console/knowledge/withdraw'] button")), chromedp.WaitVisible(chromedp.CSS(".page-head .tag.withdrawn")))
}

// keepsTheProfile adds hours with an exception and sees them in the calendar, and
// changes a number that patients are told from then on.
func keepsTheProfile(t *testing.T, ctx context.Context, r *running) {
	t.Helper()
	browse(t, ctx, "open the profile", chromedp.Navigate(r.base+"/console/profile"), chromedp.WaitVisible(chromedp.CSS("#hours")))
	fits(t, ctx, "profile")
	browse(t, ctx, "add hours", script(`[...document.querySelectorAll("#hours details")].at(-1).open = true`), chromedp.WaitVisible(chromedp.CSS("#h-label-new")),
		chromedp.SendKeys(chromedp.CSS("#h-label-new"), "Kinésithérapie"), chromedp.SendKeys(chromedp.CSS("#day-new-1"), "8h-12h30, 14:00-18:00"),
		script(`{ const row = document.querySelector("#ef-new-0"); row.value = new Date(Date.now() + 8 * 864e5).toISOString().slice(0, 10); document.querySelector("#en-new-0").value = "Formation"; } true`))
	browse(t, ctx, "approve them", script(`document.querySelector("#h-label-new").form.requestSubmit() || true`), chromedp.WaitNotPresent(chromedp.CSS("#hours details[open]")))
	until(t, ctx, "the hours in the calendar", `[...document.querySelectorAll(".entry")].some(e => e.innerText.includes("Kinésithérapie") && e.innerText.includes("08:00-12:30, 14:00-18:00") && e.innerText.includes("Formation"))`)
	browse(t, ctx, "a wrong hour", script(`[...document.querySelectorAll("#hours details")].at(-1).open = true`), chromedp.WaitVisible(chromedp.CSS("#day-new-2")),
		chromedp.SendKeys(chromedp.CSS("#day-new-2"), "tôt"), script(`document.querySelector("#day-new-2").form.requestSubmit() || true`), chromedp.WaitVisible(chromedp.CSS("main [role=alert]")))
	kim := r.newPhone(t, "Kim", "33600000079")
	if answer, _ := kim.ask(t, "Quels sont les horaires de la kinésithérapie ?"); !strings.Contains(answer, "12") || !strings.Contains(answer, "18") {
		t.Errorf("the hours that staff typed: %q", answer)
	}
}

// controlsTheAssistant pins an answer, which a patient gets with the next message, and
// closes a topic.
func controlsTheAssistant(t *testing.T, ctx context.Context, r *running) {
	t.Helper()
	browse(t, ctx, "pin an answer", chromedp.Navigate(r.base+"/console/settings/assistant"), chromedp.WaitVisible(chromedp.CSS(".phone")),
		chromedp.SendKeys(chromedp.CSS("#questions-0"), "Y a-t-il le wifi ?"), chromedp.SendKeys(chromedp.CSS("#pin-0"), "Oui, le code est affiché à l'accueil."),
		script(`document.querySelector("#pin-0").form.requestSubmit() || true`), chromedp.WaitVisible(chromedp.CSS("#pin-2")))
	fits(t, ctx, "control")
	browse(t, ctx, "close a topic", chromedp.SendKeys(chromedp.CSS("#forbidden"), "grève"), script(`(document.body.dataset.old = "1") && document.querySelector("#forbidden").form.requestSubmit() || true`),
		chromedp.WaitNotPresent(chromedp.CSS("body[data-old]")), chromedp.WaitVisible(chromedp.CSS("#forbidden")))
	if kept := evaluate[string](t, ctx, `document.querySelector("#forbidden").value.trim()`); kept != "grève" {
		t.Errorf("the closed topics: %q", kept)
	}
	val := r.newPhone(t, "Val", "33600000080")
	if answer, _ := val.ask(t, "Y a-t-il le wifi ?"); !strings.Contains(answer, "affiché à l'accueil") {
		t.Errorf("the pinned answer: %q", answer)
	}
	if answer, _ := val.ask(t, "Et la grève, vous en pensez quoi ?"); !strings.Contains(answer, "une personne de notre équipe") {
		t.Errorf("the closed topic: %q", answer)
	}
}
