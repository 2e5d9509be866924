package accounts

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pillarbox/appliance/names"
)

// A verifier of the password "pencil" with few iterations, for quick tests. Salt and iterations are
// those of the example of RFC 7677 §3; the ServerKey yields the ServerSignature there.
const pencil = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="

func lineOf(name string, key int) string { return fmt.Sprintf("%s:%s %016x\n", name, pencil, key) }

func TestVerifierOfRFC7677(t *testing.T) {
	v, err := parseVerifier(pencil)
	if err != nil {
		t.Fatal(err)
	}
	if !v.Verify("pencil") {
		t.Error("the right password does not verify")
	}
	for _, wrong := range []string{"", "Pencil", "pencil ", "pencil\x00"} {
		if v.Verify(wrong) {
			t.Errorf("%q verifies", wrong)
		}
	}
	if got := v.encode(); got != pencil {
		t.Errorf("encoded as %q", got)
	}
	if derived, err := derive("pencil", v.salt, 4096); err != nil || derived.encode() != pencil {
		t.Errorf("derived %q, %v", derived.encode(), err)
	}
	if dummy.Verify("") || dummy.Verify("pencil") || (Verifier{}).Verify("") {
		t.Error("a verifier of nothing verifies")
	}
}

func TestNewVerifier(t *testing.T) {
	v, err := NewVerifier("grün und blau")
	if err != nil {
		t.Fatal(err)
	}
	if !v.Verify("grün und blau") || v.Verify("grun und blau") {
		t.Error("verifies wrongly")
	}
	if v.iterations != 15000 {
		t.Errorf("%d iterations", v.iterations)
	}
	other, _ := NewVerifier("grün und blau")
	if v.encode() == other.encode() {
		t.Error("two verifiers have one salt")
	}
	if text := fmt.Sprintf("%v %s", v, v); strings.Contains(text, "$") || strings.Contains(text, "15000") {
		t.Errorf("printed as %q", text)
	}
	for _, bad := range []string{"", "a\nb", "a\x00b", "\xff", " a", "a ", strings.Repeat("a", 201)} {
		if _, err := NewVerifier(bad); err == nil {
			t.Errorf("%q was taken", bad)
		} else if len(bad) > 2 && strings.Contains(err.Error(), bad) {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

func TestParseKeepsCommentsAndOrder(t *testing.T) {
	file := "# the family\n" + lineOf("otto", 2) + "\n" + lineOf("anna", 1)
	table, err := Parse("accounts", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	if first, _ := table.First(); first.Name != "otto" {
		t.Errorf("the first is %q", first.Name)
	}
	if a, ok := table.Lookup("anna"); !ok || a.Mailbox != 1 {
		t.Errorf("anna is %+v, %v", a, ok)
	}
	if got := string(table.encode()); got != file {
		t.Errorf("written as %q", got)
	}
	table, err = table.Remove("Otto")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(table.encode()), "# the family\n\n"+lineOf("anna", 1); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParseReportsEveryLine(t *testing.T) {
	tests := []struct{ name, file, want string }{
		{"no colon", "anna\n", `a:1: the line is not "name:verifier key"`},
		{"capital letter", lineOf("Anna", 1), `a:1: "Anna" cannot be an account name: it is 1 to 64 of a-z, 0-9, dot, underscore and hyphen`},
		{"no key", "anna:" + pencil + "\n", `a:1: the account "anna" has no mailbox key; the line is not "name:verifier key"`},
		{"short key", "anna:" + pencil + " 1f\n", `a:1: the account "anna": the mailbox key must be 16 hexadecimal digits`},
		{"key of zero", lineOf("anna", 0), `a:1: the account "anna": the mailbox key must be 16 hexadecimal digits`},
		{"plain password", "anna:secret 0000000000000001\n", `a:1: the account "anna": the verifier must be SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`},
		{"no iterations", "anna:SCRAM-SHA-256$0:YQ==$YQ==:YQ== 0000000000000001\n", `a:1: the account "anna": the verifier's iterations must be 1 to 10000000`},
		{"short key of the verifier", "anna:SCRAM-SHA-256$1:YQ==$YQ==:YQ== 0000000000000001\n", `a:1: the account "anna": the verifier must be SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`},
		{"name twice", lineOf("anna", 1) + lineOf("anna", 2), `a:2: the account "anna" is defined twice`},
		{"key twice", lineOf("anna", 1) + lineOf("otto", 1), `a:2: "otto" has the mailbox key of "anna"; each account needs its own`},
		{"two of them", "x\n#\n" + lineOf("anna", 1) + "y\n", "a:1: the line is not \"name:verifier key\"\na:4: the line is not \"name:verifier key\""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("a", []byte(tt.file))
			if err == nil {
				t.Fatal("no error")
			}
			if got := err.Error(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Error("the error shows what stands for a password")
			}
		})
	}
}

func TestEdits(t *testing.T) {
	table, err := Parse("a", nil)
	if err != nil {
		t.Fatal(err)
	}
	table, err = table.Add("Anna", "password one")
	if err != nil {
		t.Fatal(err)
	}
	before, _ := table.Lookup("anna")
	if !table.Verify("anna", "password one") || table.Verify("anna", "password two") || table.Verify("otto", "password one") || table.Verify("", "") {
		t.Error("verifies wrongly")
	}
	if _, err := table.Add("ANNA", "two"); !errors.Is(err, ErrExists) {
		t.Errorf("added twice: %v", err)
	}
	if _, err := table.Add("an na", "two"); err == nil {
		t.Error("a name with a space was added")
	}
	changed, err := table.SetPassword("ANNA", "password two")
	if err != nil {
		t.Fatal(err)
	}
	after, _ := changed.Lookup("anna")
	if !after.Verifier.Verify("password two") || after.Verifier.Verify("password one") || after.Mailbox != before.Mailbox {
		t.Error("the password was not changed, or the mailbox was")
	}
	if old, _ := table.Lookup("anna"); !old.Verifier.Verify("password one") {
		t.Error("the table before was changed")
	}
	for _, edit := range []func() (*Table, error){
		func() (*Table, error) { return table.SetPassword("otto", "x") },
		func() (*Table, error) { return table.Remove("otto") },
	} {
		if _, err := edit(); !errors.Is(err, ErrUnknown) {
			t.Errorf("an unknown account: %v", err)
		}
	}
	gone, _ := table.Remove("anna")
	again, err := gone.Add("anna", "password one")
	if err != nil {
		t.Fatal(err)
	}
	if a, _ := again.Lookup("anna"); a.Mailbox == before.Mailbox {
		t.Error("the new anna has the mailbox of the old one")
	}
}

// FuzzParse: a file is parsed or rejected; a parsed file is written as it was, and parses again.
func FuzzParse(f *testing.F) {
	f.Add("# x\n" + lineOf("anna", 1) + "\n" + lineOf("o.t-t_o", 2))
	f.Add(lineOf("anna", 1) + lineOf("anna", 2))
	f.Add("anna:SCRAM-SHA-256$1:YQ==$" + strings.Repeat("A", 43) + "=:" + strings.Repeat("A", 43) + "= ffffffffffffffff")
	f.Add("a:b c\r\n\x00")
	f.Fuzz(func(t *testing.T, file string) {
		table, err := Parse("a", []byte(file))
		if err != nil {
			return
		}
		written := table.encode()
		again, err := Parse("a", written)
		if err != nil {
			t.Fatalf("written as %q: %v", written, err)
		}
		if got, want := len(again.Accounts()), len(table.Accounts()); got != want {
			t.Errorf("%d accounts, then %d", want, got)
		}
		for _, a := range table.Accounts() {
			if _, ok := again.Lookup(a.Name); !ok || names.CheckAccount(a.Name) != nil {
				t.Errorf("%q was lost", a.Name)
			}
		}
	})
}

// TestNewAccounts: the rules for new names and passwords are stricter than those of release 1,
// whose accounts still work.
func TestNewAccounts(t *testing.T) {
	old := ""
	for i, name := range []string{".", "..", "-x", ".a", "a-.b", "_"} {
		old += lineOf(name, i+1)
	}
	table, err := Parse("accounts", []byte(old))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range table.Accounts() {
		if !table.Verify(a.Name, "pencil") {
			t.Errorf("%q cannot log in with its password of six letters", a.Name)
		}
		if _, err := table.SetPassword(a.Name, "a long password"); err != nil {
			t.Errorf("%q cannot change its password: %v", a.Name, err)
		}
		if _, err := table.Remove(a.Name); err != nil {
			t.Errorf("%q cannot be removed: %v", a.Name, err)
		}
	}
	empty, err := Parse("accounts", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, good := range map[string]bool{".": false, "..": false, "-x": false, ".a": false, "-": false, "a-.b": true, "_": true, "0": true} {
		if _, err := empty.Add(name, "a long password"); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
	for password, good := range map[string]bool{"": false, "1234567": false, "äöüßäöü": false, "12345678": true, "äöüßäöüß": true} {
		if _, err := empty.Add("anna", password); (err == nil) != good {
			t.Errorf("%q: %v", password, err)
		}
		if _, err := table.SetPassword("_", password); (err == nil) != good {
			t.Errorf("%q: %v", password, err)
		}
	}
}
