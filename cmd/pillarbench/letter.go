package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
)

// A letter is a mail that anybody can make again from its number.
type letter struct {
	number uint64
	octets int // about: rounded up to whole lines
}

// bodyLine is how many octets of noise make a body line of 76 octets and CRLF.
const bodyLine = 57

// content returns the letter as a POP3 client must get it below the trace header: CRLF
// lines, dots not doubled. The body is noise drawn from the number.
func (l letter) content() []byte {
	b := fmt.Appendf(make([]byte, 0, l.octets+512), "From: bench@home.arpa\r\nSubject: letter\r\nX-Letter: %d %d\r\n\r\n", l.number, l.octets)
	var seed [32]byte
	copy(seed[:], fmt.Sprintf("letter %d", l.number))
	noise := rand.NewChaCha8(seed)
	var raw [bodyLine]byte
	for line := 0; len(b) < l.octets; line++ {
		noise.Read(raw[:]) // never fails
		if line%8 == 0 {
			b = append(b, '.')
		}
		b = base64.StdEncoding.AppendEncode(b, raw[:])
		b = append(b, "\r\n"...)
	}
	return append(b, ".\r\n"...)
}

// wire returns the content as it crosses the network: leading dots doubled, closed by ".".
func (l letter) wire() []byte {
	content := l.content()
	w := make([]byte, 0, len(content)+len(content)/256+8)
	for line := range bytes.Lines(content) {
		if line[0] == '.' {
			w = append(w, '.')
		}
		w = append(w, line...)
	}
	return append(w, ".\r\n"...)
}

// verify says which letter a fetched mail is, or why it is none: it must be the trace header
// of the box and then the content, octet for octet.
func verify(mail []byte) (letter, error) {
	below := belowTrace(mail)
	if len(below) == len(mail) {
		return letter{}, fmt.Errorf("no trace header: %q", head(mail))
	}
	var l letter
	_, field, found := bytes.Cut(below, []byte("\r\nX-Letter: "))
	if !found {
		return letter{}, fmt.Errorf("no letter: %q", head(below))
	}
	if _, err := fmt.Sscanf(string(head(field)), "%d %d\r\n", &l.number, &l.octets); err != nil {
		return letter{}, fmt.Errorf("X-Letter of %q: %w", head(below), err)
	}
	if want := l.content(); !bytes.Equal(below, want) {
		at := 0
		for at < min(len(below), len(want)) && below[at] == want[at] {
			at++
		}
		return l, fmt.Errorf("letter %d differs at octet %d of %d: got %q want %q", l.number, at, len(want), head(below[at:]), head(want[at:]))
	}
	return l, nil
}

// belowTrace cuts the leading Return-Path, Delivered-To and Received fields, which the box
// adds in front of what it was given.
func belowTrace(mail []byte) []byte {
	rest, inTrace := mail, false
	for line := range bytes.Lines(mail) {
		switch {
		case inTrace && (line[0] == ' ' || line[0] == '\t'): // a folded field goes on
		case bytes.HasPrefix(line, []byte("Return-Path:")), bytes.HasPrefix(line, []byte("Delivered-To:")), bytes.HasPrefix(line, []byte("Received:")):
			inTrace = true
		default:
			return rest
		}
		rest = rest[len(line):]
	}
	return rest
}

// head is as much of a mail as an error message can hold.
func head(b []byte) []byte { return b[:min(len(b), 60)] }
