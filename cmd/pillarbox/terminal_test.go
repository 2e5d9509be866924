package main

import (
	"bufio"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// pseudoTerminal returns the two ends of one: what a person types is written into the first.
func pseudoTerminal(t *testing.T) (person, terminal *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo terminal: %v", err)
	}
	t.Cleanup(func() { person.Close() })
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo terminal: %v", err)
	}
	t.Cleanup(func() { terminal.Close() })
	return person, terminal
}

func TestAskSecretShowsNothing(t *testing.T) {
	person, terminal := pseudoTerminal(t)
	echoes := func() bool {
		state, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		return state.Lflag&unix.ECHO != 0
	}
	if !isTerminal(terminal) || !echoes() {
		t.Fatal("the test has no terminal that echoes")
	}
	type answer struct {
		line string
		err  error
	}
	given := make(chan answer)
	go func() {
		line, err := askSecret(terminal, terminal, "secret: ")
		given <- answer{line, err}
	}()
	screen := bufio.NewReader(person)
	if prompt, err := screen.ReadString(':'); err != nil || prompt != "secret:" {
		t.Fatalf("the prompt is %q, %v", prompt, err)
	}
	if echoes() {
		t.Error("the terminal shows what is typed")
	}
	fmt.Fprint(person, "hush hush\n")
	if a := <-given; a.line != "hush hush" || a.err != nil {
		t.Errorf("got %q, %v", a.line, a.err)
	}
	if !echoes() {
		t.Error("the terminal was not put back")
	}
	if shown, err := screen.ReadString('\n'); err != nil || shown != " \r\n" {
		t.Errorf("the screen shows %q, %v", shown, err)
	}
}

func TestIsTerminal(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if isTerminal(file) || isTerminal(nil) {
		t.Error("a file is no terminal")
	}
}
