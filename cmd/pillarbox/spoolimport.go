package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"pillarbox/appliance"
	"pillarbox/appliance/accounts"
	"pillarbox/appliance/archive"
	"pillarbox/appliance/control"
)

func spoolImport(c *call, o *spoolOptions) error {
	account, path := accounts.Fold(o.rest[0]), o.rest[1]
	if o.from != "" && o.format != "pillarbox" {
		return errUsage{"-from goes with -format pillarbox: the name of the account there"}
	}
	var letters iter.Seq2[control.Letter, error]
	var total int
	var err error
	switch o.format {
	case "maildir":
		letters, total, err = archive.ReadMaildir(path)
	case "mbox":
		letters, total, err = archive.ReadMbox(path)
	case "pillarbox":
		var other *control.Client
		if other, letters, total, err = otherBox(c, path, orElse(accounts.Fold(o.from), account)); err == nil {
			defer other.Close()
		}
	default:
		return errUsage{"-format has to be maildir, mbox or pillarbox"}
	}
	if err != nil {
		return err
	}
	on, client, err := o.ask(true)
	if err != nil {
		return err
	}
	defer client.Close()
	if table, err := appliance.LoadAccounts(on); err != nil {
		return err
	} else if _, known := table.Lookup(account); !known {
		return unknown(account)
	}
	bar := newBar(c.stderr, "importing to "+account)
	outcome, err := client.Import(account, letters, func(so control.Outcome) {
		bar.show(int64(so.Kept+so.Skipped+len(so.Refused)), int64(total))
	})
	bar.clear()
	for _, refused := range outcome.Refused {
		fmt.Fprintf(c.stderr, "not imported: %s\n", refused)
	}
	fmt.Fprintf(c.stdout, "%s: %d imported, %d there already\n", account, outcome.Kept, outcome.Skipped)
	if err != nil {
		return fmt.Errorf("%w; what was imported stays: run it again to go on", err)
	}
	if n := len(outcome.Refused); n > 0 {
		return fmt.Errorf("%d were not imported", n)
	}
	return nil
}

func orElse(s, other string) string {
	if s != "" {
		return s
	}
	return other
}

// otherBox returns the letters of an account in another state folder.
func otherBox(c *call, state, account string) (*control.Client, iter.Seq2[control.Letter, error], int, error) {
	client, err := appliance.AskOther(context.Background(), state)
	if err != nil {
		return nil, nil, 0, err
	}
	s, err := client.Stat()
	if err == nil {
		err = fmt.Errorf("%s has no account %q; -from names the one that is meant", state, account)
		for _, m := range s.Accounts {
			if m.Name == account {
				return client, lettersOf(c, client, account), int(m.Messages), nil
			}
		}
	}
	return nil, nil, 0, errors.Join(err, client.Close())
}

// lettersOf turns an export into letters.
func lettersOf(c *call, from *control.Client, account string) iter.Seq2[control.Letter, error] {
	return func(yield func(control.Letter, error) bool) {
		err := from.Export(account, "", handing{c, account, yield})
		if err != nil && !errors.Is(err, errEnough) {
			yield(control.Letter{}, err)
		}
	}
}

// errEnough: who was offered a letter wants no more.
var errEnough = errors.New("enough")

// A handing is a taker that keeps nothing: it offers each mail on.
type handing struct {
	call    *call
	account string
	yield   func(control.Letter, error) bool
}

func (h handing) Wants(string, int64) bool { return true }

func (h handing) Damaged(uid string) {
	fmt.Fprintf(h.call.stderr, "damaged there and left out: %s %s\n", h.account, uid)
}

func (h handing) Take(uid string, o control.Origin, content io.Reader) error {
	open := func() (control.Origin, io.ReadCloser, error) { return o, io.NopCloser(content), nil }
	if !h.yield(control.Letter{Name: h.account + " " + uid, UID: uid, Open: open}, nil) {
		return errEnough
	}
	return nil
}
