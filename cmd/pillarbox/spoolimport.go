package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/archive"
	"pillarbox/appliance/config"
	"pillarbox/appliance/names"
	"pillarbox/appliance/transfer"
)

func spoolImport(c *call, o *spoolOptions) error {
	account, path := names.Fold(o.rest[0]), o.rest[1]
	if o.from != "" && o.format != "pillarbox" {
		return errUsage{"-from needs -format pillarbox: it names the account there"}
	}
	var letters iter.Seq2[transfer.Message, error]
	var total int
	var source *archive.Source
	var err error
	switch o.format {
	case "maildir":
		source, err = archive.ReadMaildir(path, archive.Options{Deleted: o.deleted})
	case "mbox":
		source, err = archive.ReadMbox(path, archive.Options{Deleted: o.deleted})
	case "pillarbox":
		var other *admin.Client
		if other, letters, total, err = otherServer(c, path, orElse(names.Fold(o.from), account)); err == nil {
			defer other.Close()
		}
	default:
		return errUsage{"-format must be maildir, mbox or pillarbox"}
	}
	if err != nil {
		return err
	}
	report := &archive.Report{}
	if source != nil {
		defer source.Close()
		letters, total, report = source.Messages, source.Count, source.Report
	}
	on, err := find(o.config)
	if err != nil {
		return err
	}
	if table, err := admin.LoadAccounts(on); err != nil {
		return err
	} else if _, known := table.Lookup(account); !known {
		return unknown(account)
	}
	bar := newTimedBar(c.stderr, "importing to "+account)
	outcome, err := o.importTo(on, account, letters, func(so admin.Outcome) {
		bar.show(int64(so.Kept+so.Skipped+len(so.Refused)), int64(total))
	})
	bar.clear()
	return o.reportImport(c, account, outcome, report, err)
}

// reportImport prints the result of an import, which ended with err, and returns what is wrong with
// it.
func (o *spoolOptions) reportImport(c *call, account string, outcome admin.Outcome, report *archive.Report, err error) error {
	would := ""
	if o.dry {
		would = "would be "
	}
	for _, refused := range outcome.Refused {
		fmt.Fprintf(c.stderr, "not imported: %s\n", refused)
	}
	printNotes(c.stderr, "not imported", report.Skipped)
	printNotes(c.stderr, would+"imported, but doubtful", report.Doubtful)
	printNotes(c.stderr, "left out", report.LeftOut)
	if o.dry {
		fmt.Fprintf(c.stdout, "%s: %d would be imported (%s), %d there already; nothing was changed\n", account, outcome.Kept, bytesWord(outcome.Octets), outcome.Skipped)
	} else {
		fmt.Fprintf(c.stdout, "%s: %d imported, %d there already\n", account, outcome.Kept, outcome.Skipped)
	}
	switch n := len(outcome.Refused) + report.Skipped.Total; {
	case err != nil && o.dry:
		return fmt.Errorf("the import would end here: %w", err)
	case err != nil:
		return fmt.Errorf("%w; imported messages stay: run it again to continue", err)
	case n > 0 && o.dry:
		return fmt.Errorf("%d would not be imported", n)
	case n > 0:
		return fmt.Errorf("%d were not imported", n)
	}
	return nil
}

// importTo imports messages, or measures them in a dry run.
func (o *spoolOptions) importTo(on *config.Config, account string, letters iter.Seq2[transfer.Message, error], progress func(admin.Outcome)) (admin.Outcome, error) {
	if !o.dry {
		client, err := admin.Ask(context.Background(), on, true)
		if err != nil {
			return admin.Outcome{}, err
		}
		outcome, err := client.Import(account, letters, progress)
		return outcome, errors.Join(err, client.Close())
	}
	client, err := admin.AskDry(context.Background(), on)
	if errors.Is(err, admin.ErrNoSpool) {
		return admin.Measure(letters, int64(on.SMTP.MaxMessage), progress)
	}
	if err != nil {
		return admin.Outcome{}, err
	}
	defer client.Close()
	return client.DryRun(account, letters, progress)
}

// printNotes prints a part of the report of an import.
func printNotes(w io.Writer, title string, notes archive.Notes) {
	for _, n := range notes.List {
		fmt.Fprintf(w, "%s: %s: %s\n", title, n.Name, n.Reason)
	}
	if more := notes.Total - len(notes.List); more > 0 {
		fmt.Fprintf(w, "%s: %d more\n", title, more)
	}
}

func orElse(s, other string) string {
	if s != "" {
		return s
	}
	return other
}

// otherServer returns the messages of an account in another state directory.
func otherServer(c *call, state, account string) (*admin.Client, iter.Seq2[transfer.Message, error], int, error) {
	client, err := admin.AskOther(context.Background(), state)
	if err != nil {
		return nil, nil, 0, err
	}
	s, err := client.Stat()
	if err == nil {
		err = fmt.Errorf("%s has no account %q; use -from to name another one", state, account)
		for _, m := range s.Accounts {
			if m.Name == account {
				return client, lettersOf(c, client, account), int(m.Messages), nil
			}
		}
	}
	return nil, nil, 0, errors.Join(err, client.Close())
}

// lettersOf yields the messages of an export.
func lettersOf(c *call, from *admin.Client, account string) iter.Seq2[transfer.Message, error] {
	return func(yield func(transfer.Message, error) bool) {
		err := from.Export(account, "", handing{c, account, yield})
		if err != nil && !errors.Is(err, errEnough) {
			yield(transfer.Message{}, err)
		}
	}
}

// errEnough is returned once the consumer of the messages has stopped.
var errEnough = errors.New("enough")

// A handing is a taker that stores nothing: it passes each message on.
type handing struct {
	call    *call
	account string
	yield   func(transfer.Message, error) bool
}

func (h handing) Wants(string, int64) bool { return true }

func (h handing) Damaged(uid string) {
	fmt.Fprintf(h.call.stderr, "damaged there and left out: %s %s\n", h.account, uid)
}

func (h handing) Take(uid string, o transfer.Origin, content io.Reader) error {
	open := func() (transfer.Origin, io.ReadCloser, error) { return o, io.NopCloser(content), nil }
	if !h.yield(transfer.Message{Name: h.account + " " + uid, UID: uid, Sure: true, Open: open}, nil) {
		return errEnough
	}
	return nil
}
