package whatsapp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"frontdesk"
	"frontdesk/whatsapp"
)

// receptionist is a trivial clinic: it marks read, and answers by keyword.
type receptionist struct {
	client  *whatsapp.Client
	account whatsapp.Account
}

func (d *receptionist) receive(ctx context.Context, batch frontdesk.InboundBatch, _ []byte) error {
	for _, m := range batch.Messages {
		if err := d.client.MarkRead(ctx, d.account, m.ProviderID, true); err != nil {
			return err
		}
		to := frontdesk.Identity{ExternalID: m.From.Key(), Phone: "+" + m.From.Phone}
		if _, err := d.client.Send(ctx, d.account, to, answerTo(m), "answer to "+m.ProviderID); err != nil {
			return err
		}
	}
	return nil
}

func answerTo(m frontdesk.Inbound) frontdesk.Reply {
	switch {
	case m.Media != nil:
		return frontdesk.Reply{Text: "I cannot open a " + string(m.Kind) + " here. Please write to me."}
	case m.Kind == frontdesk.KindTap:
		return frontdesk.Reply{Text: "You chose " + m.TapID + "."}
	case strings.Contains(m.Text, "rendez-vous"):
		return frontdesk.Reply{
			Text:    "Bien sûr. Pour quelle consultation souhaitez-vous venir ?",
			Buttons: []frontdesk.Button{{ID: "gp", Title: "Médecine générale"}, {ID: "skin", Title: "Dermatologie"}, {ID: "desk", Title: "Parler à quelqu’un"}},
		}
	case strings.Contains(m.Text, "prices"):
		return frontdesk.Reply{
			Text: "Which price would you like to know?",
			List: &frontdesk.List{Button: "See services", Title: "Services", Rows: []frontdesk.Row{
				{ID: "consultation", Title: "Consultation", Description: "Adults and children"},
				{ID: "vaccination", Title: "Vaccination"}, {ID: "scan", Title: "Ultrasound", Description: "With a referral"},
			}},
		}
	case strings.Contains(m.Text, "where"):
		return frontdesk.Reply{Location: &frontdesk.Location{
			Point: frontdesk.Point{Latitude: 45.7640, Longitude: 4.8357}, Name: "Clinique des Tilleuls", Address: "12 rue des Tilleuls, 69002 Lyon",
		}}
	case strings.Contains(m.Text, "leaflet"):
		return frontdesk.Reply{Document: &frontdesk.Document{Revision: "r1", FileName: "Preparing your visit.pdf", MIME: "application/pdf", Caption: "Everything to bring, on one page."}}
	case strings.Contains(m.Text, "مفتوح"):
		return frontdesk.Reply{Text: "نعم، العيادة مفتوحة اليوم من الساعة 8:00 إلى 18:00.\n\nرقم الاستقبال: +33 4 78 00 00 00"}
	}
	return frontdesk.Reply{Text: "*Yes*, on Saturday we are open from 9:00 to 12:30.\n\n_Source: Practical guide, page 3_"}
}

// leaflets is the file that the clinic sends.
type leaflets struct{}

func (leaflets) File(context.Context, frontdesk.ClinicID, frontdesk.Document) ([]byte, error) {
	return []byte("%PDF-1.4\n" + strings.Repeat("% leaflet\n", 400)), nil
}

func startSimulator(t *testing.T) (address string, sim *whatsapp.Simulator) {
	t.Helper()
	const secret = "app secret"
	desk := &receptionist{client: whatsapp.NewClient(whatsapp.ClientConfig{Files: leaflets{}})}
	hook, err := whatsapp.NewWebhook(whatsapp.WebhookConfig{VerifyToken: "token", Secrets: []string{secret}, Receive: desk.receive})
	if err != nil {
		t.Fatal(err)
	}
	sim, err = whatsapp.NewSimulator(whatsapp.SimulatorConfig{
		StandIn: whatsapp.StandInConfig{
			AppSecret: secret, Webhook: hook,
			Accounts: []whatsapp.StandInAccount{{PhoneNumberID: "PN1", BusinessID: "WABA1", Token: "T", Number: "+33 4 78 00 00 00", Name: "Clinique des Tilleuls"}},
		},
		People: []whatsapp.Person{{Name: "Camille Roux", Number: "33612345678"}, {Name: "سارة حداد", Number: "33698765432"}, {Name: "Oleg Petrov", Number: "79161234567"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.Handler())
	desk.account = whatsapp.Account{PhoneNumberID: "PN1", BusinessID: "WABA1", Token: "T", BaseURL: sim.GraphURL(server.URL)}
	t.Cleanup(func() {
		sim.Close()
		server.CloseClientConnections()
		server.Close()
		desk.client.Close()
	})
	return server.URL + "/sim/", sim
}

// browser starts Chromium with a window of this size.
func browser(t *testing.T, width, height int) context.Context {
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
			t.Fatal("Chromium is missing, which tests the simulator's page")
		}
		t.Skip("SKIPPED: Chromium is missing, so the simulator's page is not tested")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WindowSize(width, height))
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	t.Cleanup(cancel)
	ctx, cancelAllocator := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancelAllocator)
	ctx, cancelBrowser := chromedp.NewContext(ctx)
	t.Cleanup(cancelBrowser)
	run(t, ctx, "start Chromium", chromedp.Navigate("about:blank"))
	watchConsole(t, ctx)
	return ctx
}

// watchConsole fails the test for exceptions and for what the policy blocked.
func watchConsole(t *testing.T, ctx context.Context) {
	t.Helper()
	ready, ended := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer close(ended)
		messages := chromedp.Console(ctx)
		close(ready)
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Source == "security" || m.Source == "" && m.Type == chromedp.ConsoleError {
				t.Errorf("the page complains: %s", m.Text)
			}
		}
	}()
	<-ready
	t.Cleanup(func() { cancel(); <-ended })
}

type step = chromedp.Action[chromedp.Void]

func run(t *testing.T, ctx context.Context, what string, steps ...step) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func css(selector string) chromedp.CSS { return chromedp.CSS(selector) }

// until waits until the expression is true in the page.
func until(t *testing.T, ctx context.Context, what, expression string) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(10*time.Second))); err != nil {
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
	if err := os.WriteFile(filepath.Join(folder, name+".png"), png, 0o600); err != nil {
		t.Fatal(err)
	}
}

const textBox = `#write`

// say types a message and waits until the chat shows the words.
func say(t *testing.T, ctx context.Context, text, answer string) {
	t.Helper()
	run(t, ctx, "say "+text, chromedp.SendKeys(css(textBox), text+kb.Enter))
	sees(t, ctx, answer)
}

func sees(t *testing.T, ctx context.Context, text string) {
	t.Helper()
	until(t, ctx, "wait for "+text, fmt.Sprintf(`[...document.querySelectorAll("#log .bubble:not(.mine)")].some(b => b.innerText.includes(%q))`, text))
}

func TestPageOnAPhone(t *testing.T) {
	address, sim := startSimulator(t)
	ctx := browser(t, 390, 844)
	run(t, ctx, "open", chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2), chromedp.EmulateMobile), chromedp.Navigate(address), chromedp.WaitVisible(css(textBox)))
	until(t, ctx, "chat is loaded", `document.querySelector("#clinic-name").textContent === "Clinique des Tilleuls"`)

	say(t, ctx, "Are you open on Saturday?", "9:00 to 12:30")
	until(t, ctx, "ticks turn to read", `document.querySelector("#log .bubble.mine .tick.read") !== null`)
	waitFor(t, sim, func() bool {
		bubbles := sim.Bubbles("PN1", "33612345678")
		return len(bubbles) == 2 && bubbles[1].State == "read"
	})

	say(t, ctx, "Je voudrais un rendez-vous", "quelle consultation")
	run(t, ctx, "tap a button", chromedp.Click(css(`[data-tap="skin"]`)))
	sees(t, ctx, "You chose skin.")
	picture(t, ctx, "phone-buttons")

	say(t, ctx, "What are your prices?", "Which price")
	run(t, ctx, "open the list", chromedp.Click(css(`#log [aria-haspopup="dialog"]`)), chromedp.WaitVisible(css(`#sheet[open] .choice`)))
	picture(t, ctx, "phone-list")
	run(t, ctx, "choose a row", chromedp.Click(css(`#sheet input[value="vaccination"]`)), chromedp.Click(css(`#sheet .primary`)))
	sees(t, ctx, "You chose vaccination.")

	say(t, ctx, "where are you", "Clinique des Tilleuls")
	say(t, ctx, "send me the leaflet", "Preparing your visit.pdf")
	picture(t, ctx, "phone-cards")

	photo := filepath.Join(t.TempDir(), "card.png")
	writePNG(t, photo)
	run(t, ctx, "attach a photo", chromedp.Click(css(`#attach`)), chromedp.WaitVisible(css(`#menu`)))
	picture(t, ctx, "phone-menu")
	run(t, ctx, "pick", chromedp.Click(css(`[data-pick="image"]`)), chromedp.SetUploadFiles(css(`#file`), []string{photo}),
		chromedp.WaitVisible(css(`#sheet[open] .preview`)), chromedp.Click(css(`#sheet .primary`)))
	sees(t, ctx, "I cannot open a image here")
	until(t, ctx, "photo is drawn", `(i => i && i.complete && i.naturalWidth > 0)(document.querySelector("#log .bubble.mine .photo img"))`)

	voice := filepath.Join(t.TempDir(), "voice.wav")
	writeWAV(t, voice)
	run(t, ctx, "send a voice note", chromedp.Click(css(`#attach`)), chromedp.WaitVisible(css(`#menu`)), chromedp.Click(css(`[data-pick="voice"]`)),
		chromedp.SetUploadFiles(css(`#file`), []string{voice}))
	sees(t, ctx, "I cannot open a voice here")
	until(t, ctx, "the voice note can be played", `document.querySelector("#log .bubble.mine .voice small").textContent === "0:02"`)
	picture(t, ctx, "phone-voice")

	say(t, ctx, "هل العيادة مفتوحة اليوم؟ مفتوح؟", "العيادة مفتوحة")
	until(t, ctx, "Arabic reads from the right", `getComputedStyle([...document.querySelectorAll("#log .text")].at(-1)).direction === "rtl"`)
	picture(t, ctx, "phone-arabic")

	if evaluate[bool](t, ctx, `document.documentElement.scrollWidth > innerWidth || document.querySelector("#log").scrollWidth > document.querySelector("#log").clientWidth`) {
		t.Error("the page scrolls sideways at 390 px")
	}

	run(t, ctx, "see the phones", chromedp.Click(css(`#to-phones`)), chromedp.WaitVisible(css(`#people .person`)))
	picture(t, ctx, "phone-people")
	run(t, ctx, "back and to the faults", chromedp.Click(css(`#people .person`)), chromedp.Click(css(`#to-panel`)), chromedp.WaitVisible(css(`#faults .switch`)))
	run(t, ctx, "switch a fault on", chromedp.Click(css(`[name="server_error"]`)))
	waitFor(t, sim, func() bool { return sim.Faults().ServerError })
	picture(t, ctx, "phone-faults")
}

func TestPageByKeyboardOnADesk(t *testing.T) {
	address, sim := startSimulator(t)
	ctx := browser(t, 1360, 900)
	run(t, ctx, "open", chromedp.Navigate(address), chromedp.WaitVisible(css(textBox)))
	until(t, ctx, "phones are there", `document.querySelectorAll("#people .person").length === 3`)
	// The third phone, by Tab and Enter only.
	evaluate[any](t, ctx, `document.querySelectorAll("#people .person")[0].focus()`)
	run(t, ctx, "choose a phone by keyboard", chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	until(t, ctx, "the third phone is open", `document.querySelectorAll("#people .person")[2].getAttribute("aria-current") === "true" && document.activeElement.id === "write"`)
	run(t, ctx, "write", chromedp.KeyEvent("Je voudrais un rendez-vous"), chromedp.KeyEvent(kb.Enter))
	sees(t, ctx, "quelle consultation")
	run(t, ctx, "tap by keyboard", chromedp.Focus(css(`[data-tap="gp"]`)), chromedp.KeyEvent(kb.Enter))
	sees(t, ctx, "You chose gp.")
	run(t, ctx, "menu by keyboard", chromedp.Focus(css(`#attach`)), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(css(`#menu`)),
		chromedp.KeyEvent(kb.Escape), chromedp.WaitNotVisible(css(`#menu`)))
	picture(t, ctx, "desk")
	run(t, ctx, "dark", chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
		})
		return err
	}))
	picture(t, ctx, "desk-dark")
	if n := len(sim.Bubbles("PN1", sim.People()[2].Number)); n != 4 {
		t.Errorf("the third phone's chat has %d bubbles, want 4", n)
	}
}

func TestPageRunsOnlyItsOwnFiles(t *testing.T) {
	t.Parallel()
	address, _ := startSimulator(t)
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	policy := response.Header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("policy %q lacks %q", policy, part)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q lets inline code run", policy)
	}
}
