package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// longestLine limits a line of standard input, in octets.
const longestLine = 4096

// isTerminal reports whether f is a terminal.
func isTerminal(f any) bool {
	file, ok := f.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS)
	return err == nil
}

// askSecret shows a prompt and reads one line from a terminal without an echo. The terminal is
// restored, even if the user cancels with ^C.
func askSecret(terminal *os.File, prompts io.Writer, prompt string) (string, error) {
	fd := int(terminal.Fd())
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return "", err
	}
	silent := *before
	silent.Lflag &^= unix.ECHO
	silent.Lflag |= unix.ICANON | unix.ISIG
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &silent); err != nil {
		return "", err
	}
	defer func() {
		unix.IoctlSetTermios(fd, unix.TCSETS, before)
		fmt.Fprintln(prompts)
	}()
	given := make(chan os.Signal, 1)
	signal.Notify(given, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(given)

	fmt.Fprint(prompts, prompt)
	type answer struct {
		line string
		err  error
	}
	read := make(chan answer, 1)
	go func() { // ends with the line, or with the program
		line, err := readLine(terminal)
		read <- answer{line, err}
	}()
	select {
	case a := <-read:
		return a.line, a.err
	case <-given:
		return "", errors.New("cancelled; nothing was changed")
	}
}

var errNoLine = errors.New("no password on standard input")

// readLine reads one line, with or without its end, and nothing after it.
func readLine(from *os.File) (string, error) {
	var line []byte
	for one := make([]byte, 1); len(line) < longestLine; {
		n, err := from.Read(one)
		if n == 1 && one[0] == '\n' {
			break
		}
		line = append(line, one[:n]...)
		if err != nil {
			break // the end of the input ends the line
		}
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	if len(line) == 0 {
		return "", errNoLine
	}
	return string(line), nil
}

// bytesWord writes a size for people: "4.0 KiB".
func bytesWord(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	f, unit := float64(n)/(1<<10), "KiB"
	for _, larger := range []string{"MiB", "GiB", "TiB"} {
		if f < 1<<10 {
			break
		}
		f, unit = f/(1<<10), larger
	}
	return fmt.Sprintf("%.1f %s", f, unit)
}

// jsonText quotes a text (RFC 8259 §7).
func jsonText(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == utf8.RuneError:
			b.WriteString(`\u` + strconv.FormatInt(0x10000+int64(r), 16)[1:])
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
