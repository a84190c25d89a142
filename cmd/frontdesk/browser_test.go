package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// openBrowser starts Chromium with a window of this size.
func openBrowser(t *testing.T, width, height int) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("Chromium is missing, which tests the pages")
		}
		t.Skip("SKIPPED: Chromium is missing, so the pages are not tested")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WindowSize(width, height))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*patience)
	t.Cleanup(cancel)
	ctx, cancelAllocator := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancelAllocator)
	ctx, cancelBrowser := chromedp.NewContext(ctx)
	t.Cleanup(cancelBrowser)
	browse(t, ctx, "start Chromium", chromedp.Navigate("about:blank"))
	return ctx
}

func browse(t *testing.T, ctx context.Context, what string, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// until waits until the expression is true in the page.
func until(t *testing.T, ctx context.Context, what, expression string) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(patience))); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func evaluate[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// picture saves a screenshot where FRONTDESK_SCREENSHOTS names a folder.
func picture(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	folder := os.Getenv("FRONTDESK_SCREENSHOTS")
	if folder == "" {
		return
	}
	evaluate[bool](t, ctx, `Promise.all(document.getAnimations().filter(a => a.effect.getComputedTiming().iterations === 1).map(a => a.finished)).then(() => true)`)
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}

// chat types a message on the simulator's phone and waits for words of the answer.
func chat(t *testing.T, ctx context.Context, text, answer string) {
	t.Helper()
	browse(t, ctx, "write "+text, chromedp.SendKeys(chromedp.CSS("#write"), text+kb.Enter))
	until(t, ctx, "wait for "+answer, fmt.Sprintf(`[...document.querySelectorAll("#log .bubble:not(.mine)")].some(b => b.innerText.includes(%q))`, answer))
}

func demoInABrowser(t *testing.T, r *running) {
	t.Helper()
	ctx := openBrowser(t, 1180, 820)
	browse(t, ctx, "open the simulator", chromedp.EmulateViewport(1180, 820), chromedp.Navigate(r.base+"/sim/"), chromedp.WaitVisible(chromedp.CSS("#write")))
	until(t, ctx, "the clinic's name", fmt.Sprintf(`document.querySelector("#clinic-name").textContent === %q`, sampleClinic))
	chat(t, ctx, "Bonjour, combien coûte une échographie cardiaque ?", "96")
	chat(t, ctx, "Puis-je venir avec mon chien ?", "chiens guides")
	picture(t, ctx, "simulator")
	chat(t, ctx, "Je voudrais parler à quelqu’un de ma facture WX-99", "prévenu")

}

// Controls that a screen reader cannot name, and buttons lower than WCAG 2.2's 24
// pixels (2.5.8, target size).
const (
	namelessControls = `[...document.querySelectorAll("button, a, input:not([type=hidden]), textarea, select")].filter(e => !(e.textContent || e.getAttribute("aria-label") || [...(e.labels || [])].map(l => l.textContent).join("")).trim()).map(e => e.outerHTML)`
	smallTargets     = `[...document.querySelectorAll("button, input:not([type=hidden]), textarea")].filter(e => e.offsetHeight > 0 && e.offsetHeight < 24).map(e => e.outerHTML)`
)
