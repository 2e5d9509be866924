package client

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// A Message is a test message whose content is a function of its number and size.
type Message struct {
	Number uint64
	Octets int // approximate: rounded up to whole lines
}

// bodyLine is how many random octets make a body line of 76 octets and CRLF.
const bodyLine = 57

// Content returns the message as a POP3 client must receive it below the trace header: with CRLF
// line ends and without dot-stuffing. The body is random; the number is the seed.
func (l Message) Content() []byte {
	b := fmt.Appendf(make([]byte, 0, l.Octets+512), "From: bench@home.arpa\r\nMessage-ID: <%d@bench.home.arpa>\r\nSubject: message\r\nX-Message: %d %d\r\n\r\n", l.Number, l.Number, l.Octets)
	var seed [32]byte
	copy(seed[:], fmt.Sprintf("message %d", l.Number))
	noise := rand.NewChaCha8(seed)
	var raw [bodyLine]byte
	for line := 0; len(b) < l.Octets; line++ {
		noise.Read(raw[:]) // never fails
		if line%8 == 0 {
			b = append(b, '.')
		}
		b = base64.StdEncoding.AppendEncode(b, raw[:])
		b = append(b, "\r\n"...)
	}
	return append(b, ".\r\n"...)
}

// Wire returns the content in wire form: dot-stuffed, and closed by a line of one dot.
func (l Message) Wire() []byte {
	content := l.Content()
	w := make([]byte, 0, len(content)+len(content)/256+8)
	for line := range bytes.Lines(content) {
		if line[0] == '.' {
			w = append(w, '.')
		}
		w = append(w, line...)
	}
	return append(w, ".\r\n"...)
}

// Verify returns the Message that was retrieved, or an error if the text is not the server's trace
// header followed by the content, octet for octet.
func Verify(mail []byte) (Message, error) {
	below := belowTrace(mail)
	if len(below) == len(mail) {
		return Message{}, fmt.Errorf("no trace header: %q", Head(mail))
	}
	var l Message
	_, field, found := bytes.Cut(below, []byte("\r\nX-Message: "))
	if !found {
		return Message{}, fmt.Errorf("no message: %q", Head(below))
	}
	if _, err := fmt.Sscanf(string(Head(field)), "%d %d\r\n", &l.Number, &l.Octets); err != nil {
		return Message{}, fmt.Errorf("X-Message of %q: %w", Head(below), err)
	}
	if want := l.Content(); !bytes.Equal(below, want) {
		at := 0
		for at < min(len(below), len(want)) && below[at] == want[at] {
			at++
		}
		return l, fmt.Errorf("message %d differs at octet %d of %d: got %q want %q", l.Number, at, len(want), Head(below[at:]), Head(want[at:]))
	}
	return l, nil
}

// belowTrace removes the leading Return-Path, Delivered-To and Received fields, which the server
// adds in front of the message.
func belowTrace(mail []byte) []byte {
	rest, inTrace := mail, false
	for line := range bytes.Lines(mail) {
		switch {
		case inTrace && (line[0] == ' ' || line[0] == '\t'): // a folded field continues
		case bytes.HasPrefix(line, []byte("Return-Path:")),
			bytes.HasPrefix(line, []byte("Delivered-To:")),
			bytes.HasPrefix(line, []byte("Received:")):
			inTrace = true
		default:
			return rest
		}
		rest = rest[len(line):]
	}
	return rest
}

// Head returns as much of a message as fits an error message.
func Head(b []byte) []byte { return b[:min(len(b), 60)] }

// A Load determines the size of each message.
type Load struct {
	Name   string
	Octets func(number uint64) int // of the message with that number
	Mean   int
}

// mixMean and mixSigma are the parameters of the mixed load: sizes are log-normal, as those of a
// household's mail are, with a mean of 19.2 KiB.
const (
	mixMean  = 19660
	mixSigma = 1.0
)

// ParseLoad reads "mix" or a number of octets such as "4096" or "64k".
func ParseLoad(text string) (Load, error) {
	if text == "mix" {
		return Load{"mixed", Mixed, mixMean}, nil
	}
	digits, kibi := strings.CutSuffix(text, "k")
	n, err := strconv.Atoi(digits)
	if kibi {
		n *= 1024
	}
	if err != nil || n < 128 || n > 10<<20 {
		return Load{}, fmt.Errorf("-loads: %q is not mix nor 128 to 10240k octets", text)
	}
	name := fmt.Sprintf("%d B", n)
	switch {
	case n%(1<<20) == 0:
		name = fmt.Sprintf("%d MiB", n>>20)
	case n%1024 == 0:
		name = fmt.Sprintf("%d KiB", n/1024)
	}
	return Load{name, func(uint64) int { return n }, n}, nil
}

// Mixed returns the size of a message of the mixed load. The golden ratio spreads the numbers over
// the quantiles, so that any few hundred messages in a row have nearly the same mean.
func Mixed(number uint64) int {
	_, quantile := math.Modf(float64(number) * (math.Phi - 1))
	quantile = min(max(quantile, 0.001), 0.999)
	deviation := math.Sqrt2 * math.Erfinv(2*quantile-1)
	return int(mixMean * math.Exp(mixSigma*deviation-mixSigma*mixSigma/2))
}
