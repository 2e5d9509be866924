package remote

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"pillarbox/appliance/remote/session"
)

// A scripted provider has messages and keeps its own truth. It is a session.Mailbox; Delete marks,
// and Close deletes.
type scripted struct {
	messages []*letter
	marked   []*letter
	second   int            // index of the first message of another folder; 0: there is none
	stable   bool           // its names are never used again, as those of IMAP
	fail     map[string]int // by command: fails so often
	partial  bool           // the listing ends early
	word     string         // what its names begin with
	// The line breaks after so many octets of a message; 0: it does not.
	breaks int
	broken map[uint64]session.Kind // by Ref: Fetch fails
	keeps  bool                    // confirms that it deletes, and does not
	wait   time.Duration           // between two logins
	crash  error                   // how the process of its session ended
	// A session whose end fails has deleted what was marked.
	deletesAnyway bool
	slow          time.Duration // until then
	refuses       error         // of every session
	sent          int           // octets of content
	commands      []string
}

// A letter is a message at the provider.
type letter struct {
	uid, content string
	octets       int64     // as listed; 0: as it is
	came         time.Time // as listed
}

func newLetter(n, size int) *letter {
	var text strings.Builder
	fmt.Fprintf(&text, "Message-ID: <%d@example.org>\r\nDate: Mon, 30 Nov 2026 10:00:00 +0000\r\nSubject: letter %d\r\n\r\n", n, n)
	for i := 0; text.Len() < size; i++ {
		fmt.Fprintf(&text, ".line %d\r\n", i)
	}
	return &letter{uid: fmt.Sprintf("uid-%d", n), content: text.String()}
}

func newProvider(n, size int) *scripted {
	p := &scripted{fail: map[string]int{}}
	for i := range n {
		p.messages = append(p.messages, newLetter(i, size))
	}
	return p
}

func (p *scripted) does(command string) error {
	p.commands = append(p.commands, command)
	if p.fail[command] > 0 {
		p.fail[command]--
		return session.Errorf(session.Network, "%s: the line broke", command)
	}
	return nil
}

func (p *scripted) List(each func(session.Message) error) error {
	if err := p.does("list"); err != nil {
		return err
	}
	for i, m := range p.messages {
		row := session.Message{Ref: uint64(i + 1), ID: cmp.Or(p.word, "pop3") + " " + m.uid, Octets: int64(len(m.content)), Stable: p.stable, Date: m.came}
		if p.stable {
			row.Era = 7
		}
		if p.second > 0 && i >= p.second {
			row.Ref, row.Folder = row.Ref|1<<32, "Junk"
		}
		if m.uid == "" {
			row.ID = ""
		}
		if m.octets != 0 {
			row.Octets = m.octets
		}
		if err := each(row); err != nil {
			return err
		}
		if p.partial {
			return session.Errorf(session.Protocol, "the listing is incomplete")
		}
	}
	return nil
}

func (p *scripted) Header(ref uint64, to io.Writer) error {
	if err := p.does("header"); err != nil {
		return err
	}
	head, _, _ := strings.Cut(p.messages[uint32(ref)-1].content, "\r\n\r\n")
	_, err := io.WriteString(to, head+"\r\n\r\n")
	return err
}

func (p *scripted) Fetch(ref uint64, from int64, to io.Writer) error {
	if err := p.does("fetch"); err != nil {
		return err
	}
	if kind := p.broken[ref]; kind != 0 {
		return session.Errorf(kind, "broken")
	}
	content := p.messages[uint32(ref)-1].content[from:]
	if p.breaks > 0 && len(content) > p.breaks {
		time.Sleep(p.slow)
		p.sent += p.breaks
		io.WriteString(to, content[:p.breaks])
		return session.Errorf(session.Network, "the line broke")
	}
	p.sent += len(content)
	_, err := io.WriteString(to, content)
	return err
}

func (p *scripted) Delete(refs []uint64) error {
	if err := p.does("delete"); err != nil {
		return err
	}
	for _, ref := range refs {
		p.marked = append(p.marked, p.messages[uint32(ref)-1])
	}
	return nil
}

// Close deletes what was marked. After a failure the server may have done so, or not: it has not.
func (p *scripted) Close() error {
	marked := p.marked
	p.marked = nil
	err := p.does("close")
	if err != nil && !p.deletesAnyway {
		return err
	}
	if p.keeps {
		return nil
	}
	for _, m := range marked {
		for i := range p.messages {
			if p.messages[i] == m {
				p.messages = append(p.messages[:i:i], p.messages[i+1:]...)
				break
			}
		}
	}
	return err
}

func (p *scripted) Wait() error { p.marked = nil; return p.crash }

func (p *scripted) Mark() (string, error) {
	octets := 0
	for _, m := range p.messages {
		octets += len(m.content)
	}
	return fmt.Sprint(len(p.messages), " ", octets), p.does("mark")
}

func (p *scripted) Find(string) (bool, error) { return false, session.ErrNoSearch }

func (p *scripted) Delay() time.Duration { return p.wait }
