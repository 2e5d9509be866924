package config

import (
	"encoding/binary"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"
)

// TestFilesOfWindowsEditors: a byte order mark and CRLF change nothing, neither for what is read
// nor for the places of mistakes.
func TestFilesOfWindowsEditors(t *testing.T) {
	want, err := Parse("f.toml", []byte(every), home)
	if err != nil {
		t.Fatal(err)
	}
	const bom = "\xEF\xBB\xBF"
	crlf := strings.ReplaceAll(every, "\n", "\r\n")
	for name, file := range map[string]string{"a byte order mark": bom + every, "CRLF": crlf, "both": bom + crlf} {
		got, err := Parse("f.toml", []byte(file), home)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	if _, err := Parse("f.toml", []byte(bom), home); err != nil {
		t.Errorf("a byte order mark alone: %v", err)
	}
	testMistakes(t, []mistake{
		{"a mistake after a byte order mark", bom + "listn = []\r\nhostname = 5\r\n", `
f.toml:1: unknown key "listn"; did you mean "pop3.listen"?
   1 | listn = []
     | ~~~~~
f.toml:2: hostname: expects a text in quotes, not a number
   2 | hostname = 5
     |            ~`},
		{"another encoding", "# nas\nhostname = \"nas\" # K\xfcche\n", `
f.toml:2: the file is not UTF-8: this character has another encoding; save the file as UTF-8
   2 | hostname = "nas" # K` + "\uFFFD" + `che
     |                     ~`},
		{"line ends of another system", "hostname = \"nas\"\rstate = \"/srv\"\r", `
f.toml:1: the line ends with CR alone; save the file with Unix (LF) or Windows (CRLF) line ends
   1 | hostname = "nas"
     |                 ~`},
	})
}

// TestUTF16IsNamed: with and without a byte order mark, in both byte orders.
func TestUTF16IsNamed(t *testing.T) {
	for _, text := range []string{"hostname = \"nas\"\r\n", "\uFEFFhostname = \"nas\"\r\n", "\uFEFF", "#"} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			var file []byte
			for _, unit := range utf16.Encode([]rune(text)) {
				file = order.AppendUint16(file, unit)
			}
			_, err := Parse("f.toml", file, home)
			const want = `f.toml: the file is UTF-16; save it as UTF-8 (in Notepad: "Save as", "Encoding: UTF-8")`
			if err == nil || err.Error() != want {
				t.Errorf("%q, %v: got %v", text, order, err)
			}
		}
	}
}

// TestLetterCase: names in capitals are refused with the right spelling.
func TestLetterCase(t *testing.T) {
	testMistakes(t, []mistake{
		{"tables and keys", "Hostname = \"nas\"\n[POP3]\nlisten = []\n[smtp]\nListen_TLS = []\n[Aliases]\nroot = [\"anna\"]\n", `
f.toml:1: unknown key "Hostname"; did you mean "hostname"?
   1 | Hostname = "nas"
     | ~~~~~~~~
f.toml:2: unknown table "POP3"; did you mean "pop3"?
   2 | [POP3]
     |  ~~~~
f.toml:5: unknown key "smtp.Listen_TLS"; did you mean "smtp.listen_tls"?
   5 | Listen_TLS = []
     | ~~~~~~~~~~
f.toml:6: unknown table "Aliases"; did you mean "aliases"?
   6 | [Aliases]
     |  ~~~~~~~`},
		{"tables of accounts", "[Retention.accounts.anna]\n[retention.Accounts]\n[retention.accounts.otto]\nKEEP_DAYS = 3\n", `
f.toml:1: unknown table "Retention.accounts.anna"; did you mean "retention.accounts.anna"?
   1 | [Retention.accounts.anna]
     |  ~~~~~~~~~~~~~~~~~~~~~~~
f.toml:2: unknown table "retention.Accounts"; did you mean "retention.accounts"?
   2 | [retention.Accounts]
     |  ~~~~~~~~~~~~~~~~~~
f.toml:4: unknown key "retention.accounts.otto.KEEP_DAYS"; did you mean "retention.accounts.otto.keep_days"?
   4 | KEEP_DAYS = 3
     | ~~~~~~~~~`},
		{"true and false", "[spool]\nvolatile = True\n", `
f.toml:2: True is written in small letters: true
   2 | volatile = True
     |            ~`},
	})
}

// TestSyntaxInOurWords: each error says what to write.
func TestSyntaxInOurWords(t *testing.T) {
	for _, tt := range []struct{ name, file, want string }{
		{"a text without quotes", "hostname = nas", `a text is written in quotes: "nas"`},
		{"a size without quotes", "[smtp]\nmax_message = 50MiB # much", `a text is written in quotes: "50MiB"`},
		{"a prefix without quotes", "allow = 192.168.1.0/24", `a text is written in quotes: "192.168.1.0/24"`},
		{"texts of a list without quotes", "domains = [nas.lan]", `the texts of a list are written in quotes: ["one", "two"]`},
		{"addresses without quotes", "[pop3]\nlisten = [:110]", `the texts of a list are written in quotes`},
		{"a text of a long list without quotes", "domains = [\n  nas.lan,\n]", valueExpected},
		{"a switch in other words", "[spool]\nvolatile = on", "on is not a value; write true or false, or a text in quotes"},
		{"a quote is missing", "hostname = \"nas\nstate = \"/srv\"", quoteMissing},
		{"a single quote is missing", "hostname = 'nas\n", quoteMissing},
		{"a quote is missing at the end", "hostname = \"nas", quoteMissing},
		{"three quotes are missing", "hostname = \"\"\"nas\n", `the closing """ of a text is missing`},
		{"typographic quotes", "hostname = “nas”", `“ is a typographic quote; texts have straight ones (")`},
		{"a typographic quote at the end", "hostname = \"nas”", "” is a typographic quote"},
		{"a typographic quote that is not the mistake", "state = \"/srv/Anna’s\" x", "one key stands on a line"},
		{"a blank that is none", "hostname =\u00a0\"nas\"", "there is an invisible character (U+00A0) here; delete it"},
		{"a control character", "hostname = \"n\x01s\"", "there is a control character here; delete it"},
		{"a path of Windows", `state = "C:\mail"`, `a \ in "..." begins an escape; write \\, or '...' to keep it as it is`},
		{"a path of Windows that looks like a code", `state = "C:\users"`, `\u and \U in a text`},
		{"no value", "hostname =\n", valueMissing},
		{"no value, and a comment", "hostname = # nas\n", valueMissing},
		{"no key", "= 3", "a key is expected here: small letters, digits and _"},
		{"no equals sign", "hostname: \"nas\"", `a key is followed by = and a value, as in level = "info"`},
		{"a blank in a key", "host name = \"nas\"", `a key is followed by = and a value`},
		{"two on a line", "hostname = \"a.b\" state = \"/srv\"", "one key stands on a line"},
		{"a comma is missing", "domains = [\"a\" \"b\"]", `the list is not complete: it is written ["one", "two"]`},
		{"a bracket is missing", "domains = [\"a\",\n", `the list is not complete`},
		{"a brace is missing", "tls = { cert = \"/a\"", "the table in { } is not complete"},
		{"a bracket of a table is missing", "[pop3\nlisten = []", "the ] after the name of a table is missing, as in [pop3]"},
		{"an octal number", "[retention]\nkeep_days = 010", "a number does not begin with 0"},
		{"half a number", "[retention]\nkeep_days = 1.", "the number is not complete"},
		{"a table twice", "[pop3]\nlisten = []\n\n[pop3]\nlock = \"none\"", "[pop3] is there twice, first on line 1; put all of its keys below one [pop3]"},
		{"an account twice", "[retention.accounts.anna]\n[retention.accounts.anna]", "[retention.accounts.anna] is there twice, first on line 1"},
		{"a key twice", "[spool]\ncapacity = \"1GiB\"\ncapacity = \"2GiB\"", "spool.capacity is set twice, first on line 2; delete one of the lines"},
		{"a key twice in braces", "tls = { cert = \"/a\", cert = \"/b\" }", "tls.cert is set twice, first on line 1"},
		{"a key and a table", "pop3 = 3\n[pop3]", "pop3 is a key and a table, first on line 1; it can only be one of them"},
		{"a table and a list of them", "[pop3]\n[[pop3]]", "pop3 is a table and a list of tables, first on line 1; write [pop3], once"},
		{"two ways to write a table", "pop3.listen = []\n[pop3]", "the keys of pop3 are written in two ways, first on line 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("f.toml", []byte(tt.file), home)
			var report *Report
			if !errors.As(err, &report) || len(report.Problems) != 1 || !strings.HasPrefix(report.Problems[0].Text, tt.want) || report.Problems[0].Line == 0 {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
