package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// provesTheContent adds a case that must pass, runs it, has the gate hold back a
// document that breaks it, looks at both replies and overrides with a reason.
func provesTheContent(t *testing.T, ctx context.Context, r *running) {
	t.Helper()
	const page, held = "/console/evaluation", ".card.paused textarea[name=reason]"
	evaluation := func(what string) {
		t.Helper()
		browse(t, ctx, what, chromedp.Navigate(r.base+page), chromedp.WaitVisible(chromedp.CSS("#cases")))
	}
	evaluation("open the evaluation")
	browse(t, ctx, "add a case", chromedp.Click(chromedp.CSS("#cases details summary")), chromedp.WaitVisible(chromedp.CSS("#question")),
		chromedp.SendKeys(chromedp.CSS("#question"), "Combien de vélos peut-on garer dans la cour ?"), chromedp.SendKeys(chromedp.CSS("#should"), "12 vélos"),
		chromedp.Click(chromedp.CSS("#cases input[name=must]")), chromedp.Click(chromedp.CSS("#cases details button")), chromedp.WaitVisible(chromedp.CSS("#cases .tag.urgent")))
	approveBicycles(t, ctx, r, "La cour a des places pour 12 vélos.", "live")
	evaluation("run the own cases")
	browse(t, ctx, "start", script(`document.querySelector('form[action="/console/evaluation/run"] input[value=own]').form.requestSubmit() || true`), chromedp.WaitVisible(chromedp.CSS("#runs tbody tr")))
	until(t, ctx, "the run ends by itself", `document.querySelectorAll("#runs .tag.live").length === 1`)
	evaluation("the trend")
	browse(t, ctx, "its line", chromedp.WaitVisible(chromedp.CSS("svg.trend circle")))
	browse(t, ctx, "turn the gate on", script(`document.querySelector('form[action="/console/evaluation/gate"]').requestSubmit() || true`), chromedp.WaitVisible(chromedp.CSS(".card.good")))
	approveBicycles(t, ctx, r, "La cour a des places pour 15 vélos.", "approved")
	evaluation("see the gate's verdict")
	until(t, ctx, "the verdict without a reload", `[...document.querySelectorAll("#runs .tag.late")].length === 1`)
	evaluation("what is held back")
	shows(t, ctx, "velos.md")
	fits(t, ctx, "evaluation")
	browse(t, ctx, "both replies", chromedp.Click(chromedp.CSS(".card.paused a.button")), chromedp.WaitVisible(chromedp.CSS(".pair blockquote.used")))
	shows(t, ctx, "12 vélos")
	shows(t, ctx, "15 vélos")
	fits(t, ctx, "evaluation-run")
	evaluation("back to the page")
	browse(t, ctx, "override", chromedp.Click(chromedp.CSS(".card.paused summary")), chromedp.WaitVisible(chromedp.CSS(held)),
		chromedp.SendKeys(chromedp.CSS(held), "Trois places de plus depuis mars."), chromedp.Click(chromedp.CSS(".card.paused form button")), chromedp.WaitNotPresent(chromedp.CSS(".card.paused")))
	if got := evaluate[string](t, ctx, `document.querySelector("#runs tbody td:last-child").innerText`); got == "" {
		t.Error("the override is not shown")
	}
	browse(t, ctx, "it is live", chromedp.Navigate(r.base+"/console/knowledge/source?name=velos.md"), chromedp.WaitVisible(chromedp.CSS(".page-head .tag.live")))
	evaluation("the gate again")
	browse(t, ctx, "turn it off", script(`document.querySelector('form[action="/console/evaluation/gate"]').requestSubmit() || true`), chromedp.WaitNotPresent(chromedp.CSS(".card.good")))
	browse(t, ctx, "remove the case", script(`document.querySelector('form[action="/console/evaluation/case/remove"]').requestSubmit() || true`), chromedp.WaitVisible(chromedp.CSS("#cases .empty")))
}

// approveBicycles uploads a new text of a leaflet and approves it.
func approveBicycles(t *testing.T, ctx context.Context, r *running, text, status string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "velos.md")
	if err := os.WriteFile(file, []byte("# Combien de vélos peut-on garer dans la cour ?\n\n"+text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	browse(t, ctx, "upload", chromedp.Navigate(r.base+"/console/knowledge"), chromedp.WaitVisible(chromedp.CSS("#files")),
		chromedp.SetUploadFiles(chromedp.CSS("#files"), []string{file}), chromedp.Click(chromedp.CSS("form[data-upload] button")), chromedp.WaitVisible(chromedp.CSS(".banner a")))
	browse(t, ctx, "approve", chromedp.Click(chromedp.CSS(".banner a")), chromedp.WaitVisible(chromedp.CSS("#effective")),
		chromedp.Click(chromedp.CSS("form[action='/console/knowledge/approve'] button")), chromedp.WaitVisible(chromedp.CSS(fmt.Sprintf(".page-head .tag.%s", status))))
}
