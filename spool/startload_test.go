package spool

import (
	"context"
	"fmt"
	"testing"

	"pillarbox/spool/commit"
	"pillarbox/spool/format"

	"pillarbox/spool/flash/flashtest"
)

// BenchmarkStartSmall compares starts of spools that hold as many messages: ordinary ones, tiny
// ones, and imported ones, which keep their unique-ids.
func BenchmarkStartSmall(b *testing.B) {
	const n = 100_000
	for _, size := range []int{1500, 20} {
		for _, uid := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d octets, imported %v", size, uid), func(b *testing.B) {
				dev := flashtest.New(flashtest.Options{Capacity: 8 << 30})
				opt := Options{Volume: dev, Capacity: 4 << 30, MailboxShare: 100}
				s, err := Open(context.Background(), opt)
				must(b, err)
				body := mail("m", size)
				for i := 0; i < n; {
					var changes []commit.Change
					for range 200 {
						in := &commit.Intake{
							Message: format.Message{Received: 1, From: "a@b", Octets: uint32(len(body) - 3), Header: 14},
							To:      []Recipient{{Mailbox: 1}},
							Body:    []byte(body),
						}
						if uid {
							in.Message.UID = fmt.Sprintf("%010d.pillarbox.example", i)
						}
						changes = append(changes, in)
						i++
					}
					must(b, s.log.Commit(changes...))
				}
				s.Close()
				b.ResetTimer()
				b.ReportAllocs()
				for range b.N {
					s, err = Open(context.Background(), opt)
					must(b, err)
					b.StopTimer()
					s.Close()
					b.StartTimer()
				}
			})
		}
	}
}
