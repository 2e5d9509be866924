package main

import (
	"fmt"
	"io"
	"strings"

	"pillarbox/appliance/admin"
	"pillarbox/spool/flash"
)

func spoolStat(c *call, o *spoolOptions) error {
	on, client, err := o.ask(false)
	if err != nil {
		return err
	}
	defer client.Close()
	s, err := client.Stat()
	if err != nil {
		return err
	}
	wear, known := flash.WearOf(on.State)
	if o.json {
		_, err = io.WriteString(c.stdout, statJSON(s, wear, known))
	} else {
		_, err = io.WriteString(c.stdout, statText(s, wear, known))
	}
	return err
}

// statText returns the figures as text.
func statText(s *admin.Stat, wear flash.Wear, known bool) string {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s "+format+"\n", append([]any{name}, args...)...)
	}
	row("mail", "%d messages; they take %s, %d%% of the capacity of %s (from 80%% on new mail is refused)",
		s.Messages, bytesWord(s.Live), s.Live*100/max(s.Capacity, 1), bytesWord(s.Capacity))
	row("dead", "%s in slots that hold mail: deleted mail, padding, headers", bytesWord(s.Dead))
	row("slots", "%d of %s, %d of them sealed; %d are free or not made yet; mode %s", s.Slots, bytesWord(s.SlotSize), s.Sealed, s.Free, s.Mode)
	row("written", "%s of mail, %s moved to make room, %s of padding and records, in all its life", bytesWord(s.In), bytesWord(s.Copied), bytesWord(s.Padded))
	row("", "that is %.2f bytes a byte of mail, and %d flushes", s.Amplification(), s.Flushes)
	row("flash", "about %s programmed, if each flush closes pages of 32 KiB, as most cards do", bytesWord(s.NAND()))
	if known {
		row("eMMC", "%s", wearText(wear))
	}
	row("memory", "%s for the index of the messages", bytesWord(s.Index))
	row("state", "%s", soundness(s))
	for _, m := range s.Accounts {
		row("account", "%s: %d messages, %s", m.Name, m.Messages, bytesWord(m.Octets))
	}
	for _, m := range s.Orphans {
		row("orphan", "%s: %d messages, %s; no account has this mailbox: pillarbox spool export -orphan %s", m.Name, m.Messages, bytesWord(m.Octets), m.Name)
	}
	return b.String()
}

// soundness returns what is wrong, if anything is.
func soundness(s *admin.Stat) string {
	var said []string
	if s.ReadOnly != 0 {
		said = append(said, "read-only: nothing new is accepted, because the file system is read-only, or the device refused two writes and has not taken one since")
	}
	if s.NoFormat != 0 {
		said = append(said, "FORMAT was missing or damaged, and what it said was found in the slots: check the card")
	}
	if s.Hidden > 0 {
		said = append(said, fmt.Sprintf("too many messages for this memory: about %d are hidden until others are deleted, and new mail is refused: delete mail, or raise service.memory", s.Hidden))
	} else if s.Crowded != 0 {
		said = append(said, "too many messages for this memory: new mail is refused: delete mail, or raise service.memory")
	}
	if s.Faults > 0 {
		said = append(said, fmt.Sprintf("%d writes or flushes have failed since the start (%s)", s.Faults, s.LastFault))
	}
	if s.Damaged > 0 {
		said = append(said, fmt.Sprintf("%d records are damaged: pillarbox spool verify", s.Damaged))
	}
	if s.Torn != 0 {
		said = append(said, "the last batch before the start did not read: cut short by a power cut, which loses nothing that was acknowledged, or damaged")
	}
	if len(said) == 0 {
		return "sound"
	}
	return strings.Join(said, "; ")
}

func wearText(w flash.Wear) string {
	var used []string
	for i, tenths := range w.LifeTime {
		if tenths == 0 {
			continue
		}
		word := fmt.Sprintf("%d to %d%%", 10*(tenths-1), 10*tenths)
		if tenths > 10 {
			word = "more than 100%"
		}
		used = append(used, fmt.Sprintf("type %c %s", 'A'+i, word))
	}
	text := "reports no wear"
	if len(used) > 0 {
		text = "life used, as the device reports it: " + strings.Join(used, ", ")
	}
	switch w.PreEOL {
	case 1:
		return text + "; reserve normal"
	case 2:
		return text + "; four fifths of the reserve are used"
	case 3:
		return text + "; the reserve is nearly used up: replace the device"
	}
	return text
}

// statJSON returns the figures as JSON: later versions add names and change none.
func statJSON(s *admin.Stat, wear flash.Wear, known bool) string {
	var b strings.Builder
	b.WriteString("{")
	for _, v := range s.Values() {
		switch {
		case v.Flag:
			fmt.Fprintf(&b, "%s:%t,", jsonText(v.Name), *v.Number != 0)
		case v.Number != nil:
			fmt.Fprintf(&b, "%s:%d,", jsonText(v.Name), *v.Number)
		default:
			fmt.Fprintf(&b, "%s:%s,", jsonText(v.Name), jsonText(*v.Text))
		}
	}
	fmt.Fprintf(&b, `"written_bytes":%d,"write_amplification":%.4f,"nand_bytes_estimate":%d,`, s.Written(), s.Amplification(), s.NAND())
	if known {
		fmt.Fprintf(&b, `"emmc":{"life_time":[%d,%d],"pre_eol_info":%d},`, wear.LifeTime[0], wear.LifeTime[1], wear.PreEOL)
	}
	b.WriteString(`"accounts":` + jsonMailboxes("name", s.Accounts) + `,"orphans":` + jsonMailboxes("key", s.Orphans) + "}\n")
	return b.String()
}

func jsonMailboxes(name string, list []admin.Mailbox) string {
	rows := make([]string, len(list))
	for i, m := range list {
		rows[i] = fmt.Sprintf(`{%s:%s,"messages":%d,"octets":%d}`, jsonText(name), jsonText(m.Name), m.Messages, m.Octets)
	}
	return "[" + strings.Join(rows, ",") + "]"
}
