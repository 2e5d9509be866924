package control

import (
	"context"
	"errors"
	"strconv"
	"time"
)

// Health says what a running box has proven.
type Health struct {
	Well     bool          // everything is proven
	Device   string        // the watchdog that is fed; "none"
	Timeout  time.Duration // of the device; 0: there is none
	Fed      time.Duration // how long ago
	Late     time.Duration // the latest feed since the start
	Up       time.Duration // since the start
	Last     string        // why the box, or the machine, was started again before; "": it was not
	Degraded []string      // what works less well, and is no reason to start again
	Proofs   []Proof
}

// A Proof is one thing that is proven, or not.
type Proof struct {
	Name  string
	Holds bool
	Since time.Duration // how long without a break; 0: it is not proven
	Age   time.Duration // of the last proof
	Took  time.Duration
	Fault string
}

// figures are the times and texts of a Health, by the names that they have in the stream and in JSON.
func (h *Health) figures() []figure {
	return []figure{
		{"device", nil, &h.Device},
		{"timeout", &h.Timeout, nil},
		{"fed", &h.Fed, nil},
		{"late", &h.Late, nil},
		{"up", &h.Up, nil},
		{"last", nil, &h.Last},
	}
}

type figure struct {
	name string
	time *time.Duration // nil: it is a text
	text *string
}

func (s *session) health(ctx context.Context, _ []string) error {
	if s.Health == nil {
		return errors.New("no box runs: pillarbox serve starts one")
	}
	h := s.Health(ctx)
	for _, f := range h.figures() {
		if f.time != nil {
			s.talk.add("value", f.name, int64(*f.time))
		} else {
			s.talk.add("value", f.name, short(*f.text))
		}
	}
	for _, text := range h.Degraded {
		s.talk.add("degraded", short(text))
	}
	for _, p := range h.Proofs {
		s.talk.add("proof", p.Name, bit(p.Holds), int64(p.Since), int64(p.Age), int64(p.Took), short(p.Fault))
	}
	return lost(s.talk.say("done", bit(h.Well)))
}

// Health asks what the box has proven. The box may take 10 s to prove it.
func (c *Client) Health() (*Health, error) {
	if err := c.talk.say("health"); err != nil {
		return nil, err
	}
	h := &Health{}
	for {
		verb, words, err := c.hear()
		if err != nil {
			return nil, err
		}
		switch {
		case verb == "done" && len(words) == 1:
			h.Well = words[0] == "1"
			return h, nil
		case verb == "value" && len(words) == 2:
			err = h.set(words[0], words[1])
		case verb == "degraded" && len(words) == 1:
			h.Degraded = append(h.Degraded, words[0])
		case verb == "proof" && len(words) == 6:
			err = h.proof(words)
		default:
			err = errNonsense
		}
		if err != nil {
			return nil, err
		}
	}
}

func (h *Health) set(name, value string) error {
	for _, f := range h.figures() {
		switch {
		case f.name != name:
		case f.text != nil:
			*f.text = value
		default:
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				return errNonsense
			}
			*f.time = time.Duration(n)
		}
	}
	return nil
}

func (h *Health) proof(words []string) error {
	n, err := parseNumbers(words[1:5], 4)
	if err != nil {
		return err
	}
	h.Proofs = append(h.Proofs, Proof{
		Name: words[0], Holds: n[0] == 1,
		Since: time.Duration(n[1]), Age: time.Duration(n[2]), Took: time.Duration(n[3]), Fault: words[5],
	})
	return nil
}

// Deadline bounds how long the box may take to answer from now on; the zero time: for ever.
func (c *Client) Deadline(at time.Time) error { return c.conn.SetDeadline(at) }
