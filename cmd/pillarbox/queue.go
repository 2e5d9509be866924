package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/outbound"
)

// queueCommands are the commands about outgoing mail.
func queueCommands(o *options, on func(func(*call, *options) error) func(*call) error) []command {
	const (
		manyIDs = 1000
		which   = "[-config FILE] [-all | -to ADDRESS | -from ADDRESS | ID...]"
	)
	selecting := func(f *flag.FlagSet) {
		f.BoolVar(&o.queue.all, "all", false, "all messages")
		f.StringVar(&o.queue.to, "to", "", "those for this recipient `ADDRESS`")
		f.StringVar(&o.queue.from, "from", "", "those of this sender `ADDRESS`")
	}
	row := func(verb outbound.Verb, does, more string) command {
		return command{name: "queue " + string(verb), args: which, does: does, more: more, most: manyIDs, flags: selecting,
			run: on(func(c *call, o *options) error { return changeQueue(c, o, verb) })}
	}
	return []command{
		{name: "queue list", args: "[-config FILE] [-json]", does: "list the outgoing mail", run: on(listQueue),
			more:  " mailq does the same. A message has a line, and one for each recipient that it waits for.",
			flags: func(f *flag.FlagSet) { f.BoolVar(&o.json, "json", false, jsonFlag) }},
		{name: "queue show", args: "[-config FILE] ID", does: "show all that is known of one message", operands: []string{"ID"}, most: 1,
			flags: func(*flag.FlagSet) {}, run: on(showQueued)},
		row(outbound.Retry, "send messages now", " Whatever their accounts wait for is tried again, also a login."),
		row(outbound.Suspend, "do not send messages before release", " With -all this holds for messages to come as well."),
		row(outbound.Release, "send messages that are held", " After a copy of the state directory was put back, -all is needed once."),
		row(outbound.Bounce, "return messages to their senders", ""),
		row(outbound.Delete, "remove messages; their senders are not told", ""),
	}
}

// queueOf asks for the outgoing mail.
func queueOf(config string) ([]outbound.Entry, bool, error) {
	on, err := find(config)
	if err != nil {
		return nil, false, err
	}
	client, err := admin.AskDry(context.Background(), on)
	if errors.Is(err, admin.ErrNoSpool) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer client.Close()
	return client.Queue()
}

func listQueue(c *call, o *options) error {
	list, held, err := queueOf(o.config)
	if err != nil {
		return err
	}
	if o.json {
		_, err = io.WriteString(c.stdout, queueJSON(list, held))
		return err
	}
	_, err = io.WriteString(c.stdout, queueText(list, held))
	return err
}

// queueText is the list as mailq prints it.
func queueText(list []outbound.Entry, held bool) string {
	if len(list) == 0 {
		return "Mail queue is empty\n"
	}
	var b strings.Builder
	if held {
		b.WriteString("All outgoing mail is held: pillarbox queue release -all sends it\n")
	}
	fmt.Fprintf(&b, "%-13s %10s  %-16s  %s\n", "ID", "Size", "Queued", "Sender, recipients")
	last := ""
	for _, e := range list {
		if e.ID != last {
			fmt.Fprintf(&b, "%-13s %10s  %-16s  <%s>\n", e.ID, bytesWord(e.Octets), e.Received.Format("2006-01-02 15:04"), e.From)
			last = e.ID
		}
		fmt.Fprintf(&b, "%43s<%s> %s\n", "", e.To, stateOf(e))
	}
	return b.String()
}

// stateOf says in words what a recipient waits for.
func stateOf(e outbound.Entry) string {
	words := []string{"through " + e.Account}
	switch {
	case e.Held:
		words = append(words, "held")
	case time.Until(e.Next) <= 0:
		words = append(words, "being sent")
	default:
		words = append(words, "next at "+e.Next.Format("15:04"))
	}
	if e.Doubt {
		words = append(words, "perhaps sent already")
	}
	if e.Why != "" {
		words = append(words, e.Why)
	}
	return "(" + strings.Join(words, "; ") + ")"
}

// queueJSON is the list for programs. Times are seconds since 1970; next is 0 if a message is held.
func queueJSON(list []outbound.Entry, held bool) string {
	rows := make([]string, len(list))
	for i, e := range list {
		next := int64(0)
		if !e.Next.IsZero() {
			next = e.Next.Unix()
		}
		rows[i] = fmt.Sprintf(`{"id":%s,"remote_account":%s,"from":%s,"to":%s,"octets":%d,"queued":%d,"next":%d,"tries":%d,"held":%t,"perhaps_sent":%t,"reason":%s}`,
			jsonText(e.ID), jsonText(e.Account), jsonText(e.From), jsonText(e.To), e.Octets, e.Received.Unix(), next, e.Tries, e.Held, e.Doubt, jsonText(e.Why))
	}
	return fmt.Sprintf(`{"held":%t,"recipients":[%s]}`+"\n", held, strings.Join(rows, ","))
}

func showQueued(c *call, o *options) error {
	list, _, err := queueOf(o.config)
	if err != nil {
		return err
	}
	found := false
	for _, e := range list {
		if e.ID != c.args[0] {
			continue
		}
		if !found {
			fmt.Fprintf(c.stdout, "id        %s\nsender    <%s>\nsize      %s\nqueued    %s\naccount   %s\n", e.ID, e.From, bytesWord(e.Octets), e.Received.Format(time.RFC1123Z), e.Account)
		}
		found = true
		fmt.Fprintf(c.stdout, "recipient <%s> %s, tried %d times since the start\n", e.To, stateOf(e), e.Tries)
	}
	if !found {
		return fmt.Errorf("%s is not in the queue: pillarbox queue list shows what is", c.args[0])
	}
	return nil
}

// changeQueue applies a verb to the selected messages.
func changeQueue(c *call, o *options, verb outbound.Verb) error {
	s := outbound.Selection{IDs: c.args, To: o.queue.to, From: o.queue.from, All: o.queue.all}
	ways := 0
	for _, given := range []bool{s.All, s.To != "", s.From != "", len(s.IDs) > 0} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return errUsage{"give the IDs of messages, or one of -all, -to and -from"}
	}
	on, err := find(o.config)
	if err != nil {
		return err
	}
	client, err := admin.Ask(context.Background(), on, false)
	if err != nil {
		return err
	}
	defer client.Close()
	n, err := client.DoQueue(verb, s)
	if err != nil {
		return err
	}
	if n == 0 && !(s.All && (verb == outbound.Suspend || verb == outbound.Release)) {
		return errors.New("no message in the queue matches: pillarbox queue list shows what is there")
	}
	_, err = fmt.Fprintf(c.stdout, "%s: %d messages\n", verb, n)
	return err
}
