// Command frontdesk is the whole product in one binary: the service, the
// commands of a clinic's operator and the eval harness. All wiring of the
// packages is done here and nowhere else.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"frontdesk"
)

// The exit codes of every command.
const (
	exitOK    = 0
	exitFail  = 1
	exitUsage = 2
	exitGate  = 3 // of `eval run`: a gate does not hold
)

// version is set by the build (-ldflags "-X main.version=…").
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Getenv)
	stop()
	os.Exit(code)
}

// usageError is wrong usage of a command: exit code 2.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// errSaid ends a command with code 1 after it said why by itself.
var errSaid = errors.New("said already")

// errGate ends `eval run` with code 3 after it named the gates that do not hold.
var errGate = errors.New("a gate does not hold")

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, getenv func(string) string) int {
	p := &program{stdin: stdin, stdout: stdout, stderr: stderr, getenv: getenv}
	root := p.command()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var usage *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errSaid):
		return exitFail
	case errors.Is(err, errGate):
		return exitGate
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "frontdesk: %v\n", usage.err)
		return exitUsage
	}
	fmt.Fprintf(stderr, "frontdesk: %s\n", failureLine(err))
	return exitFail
}

// failureLine is what happened and what to do, in one line. An operator at a
// terminal may see the cause; it holds no patient's text.
func failureLine(err error) string {
	var coded *frontdesk.Error
	if !errors.As(err, &coded) {
		return oneLine(err)
	}
	var cause *frontdesk.Error
	if coded.Err == nil || errors.As(coded.Err, &cause) { // a coded cause was given its better text here
		return coded.Text
	}
	return fmt.Sprintf("%s (%s)", coded.Text, oneLine(coded.Err))
}

// oneLine is an error's text without the line breaks that some libraries put in.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
