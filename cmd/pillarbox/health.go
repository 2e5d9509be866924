package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"pillarbox/appliance/admin"
)

// healthPatience is how long a server may take to run its health checks.
const healthPatience = 15 * time.Second

// health shows the health checks of the running server. Exit code 1: one fails, no client can reach
// the server, or no server runs.
func health(c *call, o *options) error {
	on, err := find(o.config)
	if err != nil {
		return err
	}
	h, err := admin.AskHealth(on, healthPatience)
	if err != nil {
		return err
	}
	if o.json {
		_, err = io.WriteString(c.stdout, healthJSON(h))
	} else {
		_, err = io.WriteString(c.stdout, healthText(h))
	}
	if err == nil && !h.Well {
		err = errors.New("a health check fails")
	}
	if err == nil && len(h.Unreachable) > 0 {
		err = errors.New("no client can reach the server")
	}
	return err
}

// healthText is what health shows to people.
func healthText(h *admin.Health) string {
	var b strings.Builder
	width := len("before this start")
	for _, p := range h.Checks {
		width = max(width, len(p.Name))
	}
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-*s  "+format+"\n", append([]any{width, name}, args...)...)
	}
	for _, p := range h.Checks {
		switch {
		case !p.Holds:
			row(p.Name, "NOT PROVEN: %s", p.Fault)
		case p.Since == 0:
			row(p.Name, "not proven yet: no result so far") // pillarbox-update(8) looks for the first words
		default:
			row(p.Name, "passing for %v, last %v ago", p.Since.Round(time.Second), p.Age.Round(time.Second))
		}
	}
	if h.Timeout > 0 {
		row("watchdog", "%s, %v; fed %v ago, at most %v late", h.Device, h.Timeout, h.Fed.Round(time.Second), h.Late.Round(time.Millisecond))
	} else {
		row("watchdog", "none is fed; the checks above were run for this command")
	}
	for _, text := range h.Degraded {
		row("degraded", "%s", text)
	}
	for _, text := range h.Unreachable {
		row("UNREACHABLE", "%s", text)
	}
	if h.Last != "" {
		row("before this start", "%s", h.Last)
	}
	row("up", "%v", h.Up.Round(time.Second))
	return b.String()
}

// healthJSON is what health writes for programs: later versions add names and change none. Times
// are in seconds.
func healthJSON(h *admin.Health) string {
	var proofs, degraded, unreachable []string
	for _, p := range h.Checks {
		proofs = append(proofs, fmt.Sprintf(`{"name":%s,"proven":%t,"since":%.3f,"age":%.3f,"took":%.6f,"fault":%s}`,
			jsonText(p.Name), p.Holds, p.Since.Seconds(), p.Age.Seconds(), p.Took.Seconds(), jsonText(p.Fault)))
	}
	for _, text := range h.Degraded {
		degraded = append(degraded, jsonText(text))
	}
	for _, text := range h.Unreachable {
		unreachable = append(unreachable, jsonText(text))
	}
	return fmt.Sprintf(`{"well":%t,"up":%.3f,"device":%s,"timeout":%.3f,"fed":%.3f,"late":%.3f,"last":%s,"degraded":[%s],"unreachable":[%s],"proofs":[%s]}`+"\n",
		h.Well, h.Up.Seconds(), jsonText(h.Device), h.Timeout.Seconds(), h.Fed.Seconds(), h.Late.Seconds(), jsonText(h.Last),
		strings.Join(degraded, ","), strings.Join(unreachable, ","), strings.Join(proofs, ","))
}
