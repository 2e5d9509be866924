package transcript

import (
	"errors"
	"strings"
	"time"
)

// Play plays a transcript and closes its connections. The error is a *Difference, or what Dial or
// Direct returned.
func (s Stage) Play(text string) error {
	if s.Patience == 0 {
		s.Patience = 10 * time.Second
	}
	p := &player{Stage: s, parties: make(map[string]*party), words: make(map[string]string)}
	for word, value := range s.Words {
		p.words[word] = value
	}
	defer p.leave()
	for line := range strings.SplitSeq(text, "\n") {
		p.line++
		err := p.play(strings.TrimSuffix(line, "\r"))
		if errors.Is(err, errDone) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return p.send()
}

// play executes one line of the transcript.
func (p *player) play(line string) error {
	switch {
	case line == "" || strings.HasPrefix(line, "#"):
		return nil
	case strings.HasPrefix(line, "C:"):
		said, err := p.expand(textOf(line), plainly)
		p.pending = append(append(p.pending, said...), "\r\n"...)
		return err
	case strings.HasPrefix(line, "S:"):
		if err := p.send(); err != nil {
			return err
		}
		return p.expect(textOf(line))
	case strings.HasPrefix(line, "[[") && strings.HasSuffix(line, "]]"):
		verb, argument, _ := strings.Cut(line[2:len(line)-2], " ")
		if verb == "raw" {
			return p.raw(argument)
		}
		if err := p.send(); err != nil {
			return err
		}
		return p.direct(verb, argument)
	}
	return p.differs("not a line of a transcript: %q", line)
}

// textOf returns what follows "C:" or "S:" and one blank.
func textOf(line string) string { return strings.TrimPrefix(line[2:], " ") }
