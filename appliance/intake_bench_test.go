package appliance

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pillarbox/appliance/access"
	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/delivery"
	"pillarbox/appliance/smtpd"
	"pillarbox/pop3/pop3test"
	"pillarbox/spool"
	"pillarbox/spool/flash"
)

// toAnna is a router that leads every path to anna.
type toAnna struct{}

func (toAnna) Mailboxes(context.Context, smtpd.Path, *smtpd.Envelope) ([]string, error) {
	return []string{"anna"}, nil
}

// BenchmarkIntake sends messages one after another in one session over loopback, from MAIL to the
// 250 after the flush, into a spool in a real folder. The client's time is included.
func BenchmarkIntake(b *testing.B) {
	for _, size := range []int{4 << 10, 64 << 10, 1 << 20} {
		b.Run(fmt.Sprint(size>>10, "KiB"), func(b *testing.B) { benchmarkIntake(b, size) })
	}
}

func benchmarkIntake(b *testing.B, size int) {
	table, err := new(accounts.Table).AddVerified("anna", accounts.Verifier{})
	if err != nil {
		b.Fatal(err)
	}
	volume, err := flash.Open(b.TempDir(), flash.Options{})
	if err != nil {
		b.Fatal(err)
	}
	store, err := spool.Open(b.Context(), spool.Options{Volume: volume, Capacity: 128 << 20, MailboxShare: 100})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	rules := delivery.Rules{Config: config.Default(), Table: table}
	intake := delivery.New(delivery.Options{
		Spool: store, Rules: func() delivery.Rules { return rules }, Largest: 2 << 20, Index: 4 << 20,
		Clients: access.NewTable(),
	})
	server := &smtpd.Server{Hostname: "nas.home.arpa", Router: toAnna{}, Spooler: spooler{intake: intake}, MaxMessage: 2 << 20}
	client := pop3test.Serve(b, server.ServeConn, false)()
	defer client.Close()
	in := bufio.NewReader(client)
	await := func(replies int) {
		for range replies {
			line, err := in.ReadSlice('\n')
			if err != nil || line[0] > '3' {
				b.Fatalf("%s, %v", line, err)
			}
		}
	}
	client.Write([]byte("HELO client\r\n"))
	await(2)
	envelope := fmt.Appendf(nil, "MAIL FROM:<carla@example.org> SIZE=%d\r\nRCPT TO:<anna@home.arpa>\r\nDATA\r\n", size)
	line := strings.Repeat("x", 70) + "\r\n"
	content := []byte("Subject: x\r\n\r\n" + strings.Repeat(line, size/len(line)) + ".\r\n")
	send := func() {
		client.Write(envelope)
		await(3)
		client.Write(content)
		await(1)
	}
	send() // makes the first slot, and the buffers
	stored := 1
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		send()
		if stored++; stored*size > 48<<20 {
			b.StopTimer()
			expunge(b, store, spool.Key(table.Accounts()[0].Mailbox))
			stored = 0
			b.StartTimer()
		}
	}
}

// expunge empties a mailbox.
func expunge(b *testing.B, store *spool.Spool, key spool.Key) {
	view, err := store.View(key)
	if err != nil {
		b.Fatal(err)
	}
	defer view.Close()
	all := make([]int, view.Len())
	for i := range all {
		all[i] = i + 1
	}
	if err := view.Expunge(b.Context(), slices.Values(all)); err != nil {
		b.Fatal(err)
	}
}
