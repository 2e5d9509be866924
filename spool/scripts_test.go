package spool

import "testing"

// TestScripts: stories of a spool with the crash in them, see script.
func TestScripts(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{"what was acknowledged is there after a cut", `
			deliver 1 lunch 300
			did → 1 writes 1 flushes 1 files
			deliver 1,2 dinner 300
			did → 1 writes 1 flushes 0 files
			cut
			list 1 → lunch dinner
			list 2 → dinner
			damaged → 0`},
		{"a cut in a delivery leaves all of it or nothing", `
			deliver 1 lunch 300
			cut +1
			deliver 1,2 dinner 9000 → cut
			outcomes
			list 1 → lunch | lunch dinner
			list 2 →  | dinner
			damaged → 0
			deliver 1 supper 300
			list 1 → lunch supper | lunch dinner supper`},
		{"a cut in the flush", `
			deliver 1 lunch 300
			cut +2
			deliver 1 dinner 300 → cut
			outcomes
			list 1 → lunch | lunch dinner
			damaged → 0`},
		{"a delete that was acknowledged stays", `
			deliver 1 lunch 300
			deliver 1 dinner 300
			expunge 1 lunch
			did → 3 writes 3 flushes 1 files
			cut
			list 1 → dinner
			expunge 1
			cut
			list 1 → `},
		{"a cut in a delete", `
			deliver 1 lunch 300
			deliver 1 dinner 300
			cut +1
			expunge 1 lunch → cut
			outcomes
			list 1 → dinner | lunch dinner
			expunge 1 lunch
			cut
			list 1 → dinner`},
		{"labels outlive their segment", `
			deliver 1 lunch 300
			label 1 seen lunch
			deliver 2 other 300
			seal
			move 1
			move 2
			retire
			retired → 1
			cut
			marks 1 seen → lunch
			list 1 → lunch
			damaged → 0`},
		{"a tombstone outlives its segment while its target counts", `
			deliver 1,3 lunch 300
			seal
			deliver 2 other 300
			expunge 1 lunch
			seal
			expunge 2
			retire
			retired → 1
			cut
			list 1 →
			list 3 → lunch
			retire
			cut
			list 1 → `},
		{"a moved message is there once", `
			deliver 1 lunch 300
			deliver 2 other 300
			cut +1
			move 1 → cut
			outcomes
			list 1 → lunch
			move 1
			list 1 → lunch
			expunge 1
			cut
			list 1 →
			list 2 → other`},
		{"a delete after a move stays", `
			deliver 1 lunch 300
			deliver 2 other 300
			move 1
			expunge 1 lunch
			cut
			list 1 →
			open
			list 1 →
			list 2 → other`},
		{"a refused batch is written again elsewhere", `
			deliver 1 lunch 300
			fail +1 EIO
			deliver 1 dinner 300
			list 1 → lunch dinner
			cut
			list 1 → lunch dinner
			damaged → 0`},
		{"a batch that is refused twice is nowhere", `
			deliver 1 lunch 300
			maintain
			fail +1 EIO
			fail +2 EIO
			fail +3 EIO
			fail +4 EIO
			fail +5 EIO
			deliver 1 dinner 300 → fault
			list 1 → lunch
			heal
			deliver 1 supper 300
			cut
			list 1 → lunch supper
			damaged → 0`},
		{"large mail is durable before its record", `
			deliver 1 lunch 40000
			cut
			list 1 → lunch
			deliver 1,2 dinner 70000
			cut
			list 1 → lunch dinner
			list 2 → dinner
			expunge 1
			cut
			list 1 →
			list 2 → dinner`},
		{"a hold keeps what is dead", `
			deliver 1 lunch 300
			seal
			expunge 1
			hold
			retire
			deliver 2 other 300
			retired → 0
			compact → held
			maintain
			release
			retire
			retired → 1
			cut
			list 1 →
			list 2 → other`},
		{"another process goes on where one was killed", `
			deliver 1 lunch 300
			open
			deliver 1 dinner 300
			open
			deliver 1 supper 300
			cut
			list 1 → lunch dinner supper
			damaged → 0`},
	} {
		t.Run(c.name, func(t *testing.T) { runScript(t, c.text) })
	}
}
