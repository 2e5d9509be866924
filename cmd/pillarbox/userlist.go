package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/admin"
	"pillarbox/appliance/statedir"
)

// A userRow is what user list shows of an account.
type userRow struct {
	admin.Mailbox
	login   time.Time // the last one; zero: none since the start, or no server runs
	renamed bool      // its name is not allowed for a new account
}

// listUsers lists the accounts with figures from the running server, or else from the files.
func listUsers(c *call, o *options) error {
	on, err := find(o.config)
	if err != nil {
		return err
	}
	table, err := admin.LoadAccounts(on)
	if err != nil {
		return err
	}
	var rows []userRow
	for _, account := range table.Accounts() {
		rows = append(rows, userRow{Mailbox: admin.Mailbox{Name: account.Name}, renamed: accounts.CheckNewName(account.Name) != nil})
	}
	known, running := true, false
	if len(rows) > 0 && !statedir.Unserved(on) {
		client, err := admin.Ask(context.Background(), on, false)
		if err != nil {
			return err
		}
		defer client.Close()
		if running, err = fillRows(client, rows); err != nil {
			return err
		}
	} else {
		known = false
	}
	if o.json {
		_, err = io.WriteString(c.stdout, usersJSON(rows, running))
		return err
	}
	_, err = io.WriteString(c.stdout, usersText(rows, known, running))
	return err
}

// fillRows adds the figures of the spool and the last logins, and reports whether a server runs.
func fillRows(client *admin.Client, rows []userRow) (running bool, err error) {
	stat, err := client.Stat()
	if err != nil {
		return false, err
	}
	logins := map[string]time.Time{}
	if stat.Running != 0 {
		if logins, err = client.LastLogins(); err != nil {
			return true, err
		}
	}
	held := map[string]admin.Mailbox{}
	for _, m := range stat.Accounts {
		held[m.Name] = m
	}
	for i := range rows {
		name := rows[i].Name
		if m, ok := held[name]; ok {
			rows[i].Mailbox = m
		}
		rows[i].login = logins[name]
	}
	return stat.Running != 0, nil
}

// usersText is the table for people.
func usersText(rows []userRow, known, running bool) string {
	if len(rows) == 0 {
		return "There is no account yet: pillarbox user add NAME adds one.\n"
	}
	width := len("NAME")
	for _, r := range rows {
		width = max(width, len(r.Name))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-*s  MESSAGES        SIZE  LAST LOGIN\n", width, "NAME")
	var old []string
	for _, r := range rows {
		messages, size, login := "-", "-", "-"
		if known {
			messages, size = fmt.Sprint(r.Messages), bytesWord(r.Octets)
		}
		if !r.login.IsZero() {
			login = r.login.Format("2006-01-02 15:04")
		}
		fmt.Fprintf(&b, "%-*s  %8s  %10s  %s\n", width, r.Name, messages, size, login)
		if r.renamed {
			old = append(old, r.Name)
		}
	}
	if running {
		b.WriteString("Logins before the start of the server are not shown.\n")
	} else {
		b.WriteString("The server does not run: the last login is not known.\n")
	}
	for _, name := range old {
		fmt.Fprintf(&b, "%q is no longer a valid account name: it works, but is not exported.\n", name)
	}
	return b.String()
}

// usersJSON is the list for programs: later versions add names and change none. A time is in
// seconds since 1970, 0 for none since the start of the server.
func usersJSON(rows []userRow, running bool) string {
	list := make([]string, len(rows))
	for i, r := range rows {
		login := int64(0)
		if !r.login.IsZero() {
			login = r.login.Unix()
		}
		list[i] = fmt.Sprintf(`{"name":%s,"messages":%d,"octets":%d,"last_login":%d,"name_allowed":%t}`,
			jsonText(r.Name), r.Messages, r.Octets, login, !r.renamed)
	}
	return fmt.Sprintf(`{"running":%t,"accounts":[%s]}`+"\n", running, strings.Join(list, ","))
}
