package home

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"frontdesk"
)

// patience bounds every wait of these tests.
const patience = 2 * time.Minute

// holdVariable makes the test binary hold the home that it names, see hold.
const holdVariable = "FRONTDESK_TEST_HOLD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(holdVariable); dir != "" {
		os.Exit(hold(dir))
	}
	goleak.VerifyTestMain(m)
}

// hold is a command of its own: it starts PostgreSQL, prints its pid, and closes
// the home at SIGINT.
func hold(dir string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT)
	defer stop()
	h, err := Open(ctx, options(dir))
	if err != nil {
		return 1
	}
	if _, err := h.Postgres(ctx); err != nil {
		return 1
	}
	s, err := h.readState(h.postgres())
	if err != nil {
		return 1
	}
	_, _ = io.WriteString(os.Stdout, strconv.Itoa(s.PID)+"\n")
	<-ctx.Done()
	if err := h.Close(); err != nil {
		return 1
	}
	return 0
}

func options(dir string) Options {
	runtime, err := DefaultRuntime(os.Getenv)
	if err != nil {
		runtime = ""
	}
	return Options{Dir: dir, Runtime: runtime, Settings: map[string]string{"shared_buffers": "16MB", "max_connections": "10"}}
}

// newDir makes a private temporary folder, as mktemp -d does; t.TempDir lies in
// another private one, which root's PostgreSQL may not pass through.
func newDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "frontdesk-home-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// needRuntime skips a test without a runtime, and fails it where CI is set.
func needRuntime(t *testing.T) {
	t.Helper()
	h := &Home{runtime: options("").Runtime}
	if _, err := h.PostgresPrograms(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skipf("SKIPPED: %v", err)
	}
}

func open(t *testing.T, dir string) *Home {
	t.Helper()
	h, err := Open(t.Context(), options(dir))
	if err != nil {
		t.Fatalf("open home: %v", err)
	}
	t.Cleanup(func() { closeHome(t, h) })
	return h
}

func closeHome(t *testing.T, h *Home) {
	t.Helper()
	if err := h.Close(); err != nil {
		t.Errorf("close home: %v", err)
	}
}

// startPostgres returns the pid of the home's PostgreSQL.
func startPostgres(t *testing.T, h *Home) int {
	t.Helper()
	if _, err := h.Postgres(t.Context()); err != nil {
		t.Fatalf("start postgres: %v", err)
	}
	return statePID(t, h, h.postgres())
}

func statePID(t *testing.T, h *Home, p program) int {
	t.Helper()
	s, err := h.readState(p)
	if err != nil {
		t.Fatal(err)
	}
	return s.PID
}

// holder runs the test binary as a command that holds dir, and returns it with
// the pid of the PostgreSQL that it uses.
func holder(t *testing.T, dir string) (*exec.Cmd, int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holdVariable+"="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the holder did not start: %v", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return cmd, pid
}

func running(pid int) bool {
	_, runs := processStart(pid)
	return runs
}

// eventually waits for a condition that another process brings about.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !condition() {
		if pause(ctx, healthPoll) != nil {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// query runs SQL as the owner through psql and returns what it prints.
func query(t *testing.T, h *Home, sql string) string {
	t.Helper()
	bin, err := h.PostgresPrograms()
	if err != nil {
		t.Fatal(err)
	}
	s, err := h.readState(h.postgres())
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(bin, "psql"), "-XAt", "-v", "ON_ERROR_STOP=1", "-d", socketURL(s.Address, ownerRole), "-c", sql)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", sql, err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestTheLastOneOutStopsThePrograms(t *testing.T) {
	t.Parallel()
	needRuntime(t)
	dir := newDir(t)
	first, second := open(t, dir), open(t, dir)
	pid := startPostgres(t, first)
	if other := startPostgres(t, second); other != pid {
		t.Errorf("the second command started another server: %d, %d", pid, other)
	}
	closeHome(t, first)
	if !running(pid) {
		t.Fatal("the first one out stopped the server under the second")
	}
	query(t, second, "SELECT 1")
	address, err := second.readState(second.postgres())
	if err != nil {
		t.Fatal(err)
	}
	closeHome(t, second)
	if running(pid) {
		t.Error("the last one out left the server running")
	}
	if !missing(address.Address) {
		t.Error("the folder of the socket is left")
	}
	closeHome(t, second) // again: nothing happens
}

func TestEmbeddingsAnswerAndKeepTheirAddress(t *testing.T) {
	t.Parallel()
	needRuntime(t)
	h := open(t, newDir(t))
	address, err := h.Embeddings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := embed(t, address); got != 384 {
		t.Errorf("a vector of %d dimensions", got)
	}
	pid := statePID(t, h, h.embeddings())
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the embedding server comes back", func() bool { return statePID(t, h, h.embeddings()) != pid })
	again, err := h.Embeddings(t.Context())
	if err != nil || again != address {
		t.Errorf("it came back at %s instead of %s (%v)", again, address, err)
	}
	if got := embed(t, again); got != 384 {
		t.Errorf("a vector of %d dimensions", got)
	}
}

func embed(t *testing.T, address string) int {
	t.Helper()
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Post(address, "application/json", strings.NewReader(`{"input":["Bonjour"],"input_type":"query","model":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		Data []struct{ Embedding []float32 }
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || len(answer.Data) != 1 {
		t.Fatalf("%d vectors, %v", len(answer.Data), err)
	}
	return len(answer.Data[0].Embedding)
}

func TestTwoHomesDoNotDisturbEachOther(t *testing.T) {
	t.Parallel()
	needRuntime(t)
	first, second := open(t, newDir(t)), open(t, newDir(t))
	one, two := startPostgres(t, first), startPostgres(t, second)
	if one == two {
		t.Fatal("two homes share a server")
	}
	query(t, first, "CREATE TABLE only_here (n int)")
	if n := query(t, second, "SELECT count(*) FROM pg_class WHERE relname = 'only_here'"); n != "0" {
		t.Error("two homes share a database")
	}
	closeHome(t, first)
	if !running(two) {
		t.Error("closing one home stopped the other's server")
	}
}

func TestAKilledServerIsStartedAgain(t *testing.T) {
	t.Parallel()
	needRuntime(t)
	h := open(t, newDir(t))
	pid := startPostgres(t, h)
	query(t, h, "CREATE TABLE kept AS SELECT 7 AS n")
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server comes back", func() bool { return statePID(t, h, h.postgres()) != pid })
	if _, err := h.Postgres(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := query(t, h, "SELECT n FROM kept"); n != "7" {
		t.Errorf("what was committed is now %q", n)
	}
}

func TestAServerWhoseSocketWasRemovedIsReplaced(t *testing.T) {
	t.Parallel()
	needRuntime(t)
	h := open(t, newDir(t))
	pid := startPostgres(t, h)
	s, err := h.readState(h.postgres())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(s.Address); err != nil {
		t.Fatal(err)
	}
	eventually(t, "another server runs", func() bool { return statePID(t, h, h.postgres()) != pid })
	if _, err := h.Postgres(t.Context()); err != nil {
		t.Fatal(err)
	}
	query(t, h, "SELECT 1")
}

func TestTheNextStartAttachesAfterACommandWasKilled(t *testing.T) {
	t.Parallel()
	needRuntime(t)
	dir := newDir(t)
	cmd, pid := holder(t, dir)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if !running(pid) {
		t.Fatal("the server died with its command")
	}
	h := open(t, dir)
	if again := startPostgres(t, h); again != pid {
		t.Errorf("another server was started: %d, %d", pid, again)
	}
	closeHome(t, h)
	eventually(t, "the server is stopped", func() bool { return !running(pid) })
}

func TestTheNextStartRecoversAfterEverythingWasKilled(t *testing.T) {
	t.Parallel()
	needRuntime(t)
	dir := newDir(t)
	cmd, pid := holder(t, dir)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	h := open(t, dir)
	if again := startPostgres(t, h); again == pid {
		t.Error("a dead server was attached to")
	}
	query(t, h, "SELECT 1")
}

func TestAServerWithoutANoteIsReplaced(t *testing.T) {
	t.Parallel()
	needRuntime(t)
	dir := newDir(t)
	cmd, pid := holder(t, dir)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if err := os.Remove(filepath.Join(dir, "run", "postgres.json")); err != nil {
		t.Fatal(err)
	}
	h := open(t, dir)
	startPostgres(t, h)
	if running(pid) {
		t.Error("the server without a note still runs")
	}
	query(t, h, "SELECT 1")
}

func TestInterruptLeavesNoProcessBehind(t *testing.T) {
	t.Parallel()
	needRuntime(t)
	cmd, pid := holder(t, newDir(t))
	// To the whole process group, as a terminal does.
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the command ended with %v", err)
	}
	if running(pid) {
		t.Error("the server still runs")
	}
}

func TestAPrivateFolderWorksForRootToo(t *testing.T) {
	t.Parallel()
	needRuntime(t)
	if os.Geteuid() != 0 {
		t.Skip("only root gives up privileges")
	}
	dir := newDir(t)
	h := open(t, dir)
	pid := startPostgres(t, h)
	info, err := os.Stat("/proc/" + strconv.Itoa(pid))
	if err != nil {
		t.Fatal(err)
	}
	if stat := info.Sys().(*syscall.Stat_t); stat.Uid == 0 {
		t.Error("the server runs as root")
	}
	if _, err := h.Key(t.Context(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	for _, private := range []string{"key", "run", "log"} {
		info, err := os.Stat(filepath.Join(dir, private))
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %v, %v", private, info.Mode(), err)
		}
	}
}

func TestTheFolderThatBlocksRootsServerIsNamed(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root gives up privileges")
	}
	outer := newDir(t)
	_, err := Open(t.Context(), options(filepath.Join(outer, "inner")))
	if frontdesk.CodeOf(err) != frontdesk.CodeInvalid || !strings.Contains(frontdesk.TextOf(err), outer+":") {
		t.Errorf("error %v", err)
	}
}

func TestWithoutARuntimeTheErrorSaysWhatToRun(t *testing.T) {
	t.Parallel()
	h, err := Open(t.Context(), Options{Dir: newDir(t), Runtime: newDir(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer closeHome(t, h)
	_, postgresErr := h.Postgres(t.Context())
	_, embeddingsErr := h.Embeddings(t.Context())
	for _, err := range []error{postgresErr, embeddingsErr} {
		if frontdesk.CodeOf(err) != frontdesk.CodeUnavailable || !strings.Contains(frontdesk.TextOf(err), "make setup") {
			t.Errorf("error %v", err)
		}
	}
}

func TestAnotherProcessOfTheSamePidIsNotOurs(t *testing.T) {
	t.Parallel()
	for _, s := range []state{{}, {PID: 1}, {PID: os.Getpid(), Started: "long ago"}, {PID: -5}} {
		if s.alive() {
			t.Errorf("%+v counts as ours", s)
		}
	}
}

func TestTheKeyIsMadeOnceAndChecked(t *testing.T) {
	t.Parallel()
	h := open(t, newDir(t))
	first, err := h.Key(t.Context(), rand.Reader)
	if err != nil || len(first) != keySize {
		t.Fatal(first, err)
	}
	second, err := h.Key(t.Context(), rand.Reader)
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("the key changed (%v)", err)
	}
	for _, bad := range []string{"", "abcd", strings.Repeat("g", 64), strings.Repeat("0", 66)} {
		if _, err := ParseKey(bad); frontdesk.CodeOf(err) != frontdesk.CodeInvalid {
			t.Errorf("key %q: %v", bad, err)
		}
	}
}

func TestDefaultFolders(t *testing.T) {
	t.Parallel()
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	if dir, err := DefaultDir(env("FRONTDESK_HOME", "/a/b")); err != nil || dir != "/a/b" {
		t.Error(dir, err)
	}
	if dir, err := DefaultRuntime(env("FRONTDESK_RUNTIME", "/a/c")); err != nil || dir != "/a/c" {
		t.Error(dir, err)
	}
	dir, err := DefaultDir(env("HOME", "/home/x"))
	runtime, runtimeErr := DefaultRuntime(env("HOME", "/home/x"))
	if err != nil || runtimeErr != nil {
		t.Fatal(err, runtimeErr)
	}
	if os.Geteuid() == 0 && (dir != "/var/lib/frontdesk" || runtime != "/opt/frontdesk") {
		t.Error(dir, runtime)
	}
	if os.Geteuid() != 0 && (!strings.HasPrefix(dir, "/home/x/") || !strings.HasPrefix(runtime, "/home/x/")) {
		t.Error(dir, runtime)
	}
}
