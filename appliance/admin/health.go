package admin

import (
	"context"
	"errors"
	"strconv"
	"time"

	"pillarbox/appliance/doctor"
)

func (s *session) health(ctx context.Context, _ []string) error {
	if s.Health == nil {
		return errors.New("no server runs: pillarbox serve starts one")
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
	for _, text := range h.Unreachable {
		s.talk.add("unreachable", short(text))
	}
	for _, p := range h.Checks {
		s.talk.add("proof", p.Name, bit(p.Holds), int64(p.Since), int64(p.Age), int64(p.Took), short(p.Fault))
	}
	return lost(s.talk.send("done", bit(h.Well)))
}

// Health returns the result of the health checks, which may take 10 s.
func (c *Client) Health() (*Health, error) {
	if err := c.talk.send("health"); err != nil {
		return nil, err
	}
	h := &Health{}
	for {
		verb, words, err := c.read()
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
		case verb == "unreachable" && len(words) == 1:
			h.Unreachable = append(h.Unreachable, words[0])
		case verb == "proof" && len(words) == 6:
			err = h.proof(words)
		default:
			err = errProtocol
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
				return errProtocol
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
	h.Checks = append(h.Checks, CheckResult{
		Name: words[0], Holds: n[0] == 1,
		Since: time.Duration(n[1]), Age: time.Duration(n[2]), Took: time.Duration(n[3]), Fault: words[5],
	})
	return nil
}

// Deadline bounds how long the server may take to answer from now on; the zero time removes the
// bound.
func (c *Client) Deadline(at time.Time) error { return c.conn.SetDeadline(at) }

func (s *session) doctor(ctx context.Context, _ []string) error {
	if s.Doctor == nil {
		return errors.New("no server runs: pillarbox serve starts one")
	}
	for _, f := range s.Doctor(ctx) {
		s.talk.add("finding", int(f.Level), short(f.Check), short(f.Text), short(f.Fix))
	}
	return lost(s.talk.send("done"))
}

// Doctor returns what the server finds about itself.
func (c *Client) Doctor() (list []doctor.Finding, err error) {
	err = c.rows("doctor", func(verb string, words []string) error {
		if verb != "finding" || len(words) != 4 {
			return errProtocol
		}
		level, err := strconv.Atoi(words[0])
		if err != nil || level < int(doctor.OK) || level > int(doctor.Fail) {
			return errProtocol
		}
		list = append(list, doctor.Finding{Level: doctor.Level(level), Check: words[1], Text: words[2], Fix: words[3]})
		return nil
	})
	return list, err
}
