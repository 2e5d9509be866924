package config

import "testing"

// TestAccountsBeginWithTheRest: the values of [retention] apply to an account, wherever they are in
// the file.
func TestAccountsBeginWithTheRest(t *testing.T) {
	c, err := Parse("f.toml", []byte("[retention.accounts.anna]\nquota = \"1MiB\"\n[retention]\nkeep_days = 30\n"), home)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Retention.Of("anna"), (Keeping{KeepDays: 30, MailboxShare: 50, Quota: 1 << 20}); got != want {
		t.Errorf("anna: got %+v, want %+v", got, want)
	}
	if got, want := c.Retention.Of("otto"), (Keeping{KeepDays: 30, MailboxShare: 50}); got != want {
		t.Errorf("otto: got %+v, want %+v", got, want)
	}
}

func TestMistakesOfRetention(t *testing.T) {
	testMistakes(t, []mistake{
		{"days before now", "[retention]\nkeep_days = -1\n", `
f.toml:2: retention.keep_days: -1 is outside of 0 to 99999 days; 0 is off
   2 | keep_days = -1
     |             ~~`},
		{"days of an account", "[retention.accounts.anna]\nbin_days = 100000\n", `
f.toml:2: retention.accounts.anna.bin_days: 100000 is outside of 0 to 99999 days; 0 is off
   2 | bin_days = 100000
     |            ~~~~~~`},
		{"a key of accounts alone", "[retention]\nquota = \"1GiB\"\n", `
f.toml:2: unknown key "retention.quota"; a quota belongs to one account: write it below [retention.accounts.NAME]
   2 | quota = "1GiB"
     | ~~~~~`},
		{"a key of an account", "[retention.accounts.anna]\nkeep_day = 3\nquoat = \"1GiB\"\n", `
f.toml:2: unknown key "retention.accounts.anna.keep_day"; did you mean "retention.accounts.anna.keep_days"?
   2 | keep_day = 3
     | ~~~~~~~~
f.toml:3: unknown key "retention.accounts.anna.quoat"; did you mean "retention.accounts.anna.quota"?
   3 | quoat = "1GiB"
     | ~~~~~`},
		{"a value of an account", "[retention.accounts]\nanna = { quota = 5 }\n", `
f.toml:2: retention.accounts.anna.quota: expects a text in quotes, not a number; write a whole number and its unit, as "50MiB" or "1GiB"
   2 | anna = { quota = 5 }
     |                  ~`},
		{"a quota of nothing", "[retention.accounts.anna]\nquota = \"1B\"\nmailbox_share = \"0%\"", `
f.toml:2: retention.accounts.anna.quota: 1B is less than the 64KiB that one message may need; 0B means no quota
   2 | quota = "1B"
     |         ~~~~
f.toml:3: retention.accounts.anna.mailbox_share: 0% leaves no space for mail; 1% to 100% is possible
   3 | mailbox_share = "0%"
     |                 ~~~~`},
		{"the table of accounts misspelt", "[retention.acounts.anna]\nquota = \"1GiB\"\n", `
f.toml:1: unknown table "retention.acounts.anna"; did you mean "retention.accounts.anna"?
   1 | [retention.acounts.anna]
     |  ~~~~~~~~~~~~~~~~~~~~~~`},
		{"a dotted key of an unknown table", "foo.bar = 1\n[pop3.baz]\nlisten = 3\n", `
f.toml:1: unknown key "foo.bar"
   1 | foo.bar = 1
     | ~~~~~~~
f.toml:2: unknown table "pop3.baz"
   2 | [pop3.baz]
     |  ~~~~~~~~`},
		{"no name of an account", "[retention.accounts.\"anna maria\"]\n", `
f.toml:1: retention.accounts: "anna maria" cannot be the name of an account: it is 1 to 64 of a-z, 0-9, dot, hyphen and underscore
   1 | [retention.accounts."anna maria"]
     |  ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~`},
		{"a directory as an account", "[retention.accounts.\"..\"]\n", `
f.toml:1: retention.accounts: ".." cannot be the name of an account: it is 1 to 64 of a-z, 0-9, dot, hyphen and underscore
   1 | [retention.accounts.".."]
     |  ~~~~~~~~~~~~~~~~~~~~~~~`},
		{"an account twice", "[retention.accounts.anna]\n[retention.accounts.Anna]\n", `
f.toml:2: retention.accounts: "anna" is there twice; letter case makes no difference
   2 | [retention.accounts.Anna]
     |  ~~~~~~~~~~~~~~~~~~~~~~~`},
		{"an account with a dot", "[retention.accounts.b.otto]\n", `
f.toml:1: retention.accounts: a name with a dot is written in quotes: [retention.accounts."b.otto"]
   1 | [retention.accounts.b.otto]
     |  ~~~~~~~~~~~~~~~~~~~~~~~~~`},
		{"an account that is no table", "[retention.accounts]\nanna = 3\n", `
f.toml:2: retention.accounts.anna: expects a table: [retention.accounts.anna] on a line of its own, and its keys below
   2 | anna = 3
     | ~~~~`},
		{"accounts that are no table", "[retention]\naccounts = 3\n", `
f.toml:2: retention.accounts: expects a table: [retention.accounts.anna] on a line of its own, and its keys below
   2 | accounts = 3
     | ~~~~~~~~`},
		{"a list of accounts", "[[retention.accounts.anna]]\nkeep_days = 3\n", `
f.toml:1: retention.accounts.anna: expects a table: [retention.accounts.anna] on a line of its own, and its keys below
   1 | [[retention.accounts.anna]]
     |   ~~~~~~~~~~~~~~~~~~~~~~~`},
	})
}
