package autoconfig

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func family() *Settings {
	return &Settings{
		Host: "nas.local", Domains: []string{"home.arpa", "nas.local"}, KeepDays: 30,
		Incoming: []Endpoint{{110, false}, {995, true}, {1995, true}},
		Outgoing: []Endpoint{{587, false}, {465, true}},
	}
}

// wellFormed reads a document to its end.
func wellFormed(t *testing.T, text []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(text))
	d.Strict = true
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
}

func TestThunderbird(t *testing.T) {
	type server struct {
		Type           string `xml:"type,attr"`
		Hostname       string `xml:"hostname"`
		Port           int    `xml:"port"`
		SocketType     string `xml:"socketType"`
		Username       string `xml:"username"`
		Authentication string `xml:"authentication"`
		Days           int    `xml:"pop3>daysToLeaveMessagesOnServer"`
	}
	var got struct {
		Provider struct {
			ID       string   `xml:"id,attr"`
			Domains  []string `xml:"domain"`
			Incoming []server `xml:"incomingServer"`
			Outgoing []server `xml:"outgoingServer"`
		} `xml:"emailProvider"`
	}
	text := family().XML()
	wellFormed(t, text)
	if err := xml.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	p := got.Provider
	if p.ID != "home.arpa" || strings.Join(p.Domains, " ") != "home.arpa nas.local" || len(p.Incoming) != 2 || len(p.Outgoing) != 2 {
		t.Fatalf("%+v", p)
	}
	const user, password = "%EMAILLOCALPART%", "password-cleartext"
	for i, want := range []server{
		{"pop3", "nas.local", 995, "SSL", user, password, 30},
		{"pop3", "nas.local", 110, "STARTTLS", user, password, 30},
	} {
		if p.Incoming[i] != want {
			t.Errorf("incoming %d is %+v", i, p.Incoming[i])
		}
	}
	for i, want := range []server{
		{"smtp", "nas.local", 465, "SSL", user, password, 0},
		{"smtp", "nas.local", 587, "STARTTLS", user, password, 0},
	} {
		if p.Outgoing[i] != want {
			t.Errorf("outgoing %d is %+v", i, p.Outgoing[i])
		}
	}
}

func TestPOX(t *testing.T) {
	text := family().POX("anna@home.arpa")
	wellFormed(t, text)
	var got struct {
		XMLName  xml.Name
		Response struct {
			XMLName xml.Name
			Account struct {
				AccountType, Action string
				Protocol            []struct {
					Type, Server, LoginName, DomainRequired, SPA, SSL, Encryption, AuthRequired, UsePOPAuth, SMTPLast string
					Port                                                                                              int
				}
			}
		}
	}
	if err := xml.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	a := got.Response.Account
	if got.XMLName.Space != answerSpace || got.Response.XMLName.Space != settingsSpace || a.AccountType != "email" || a.Action != "settings" || len(a.Protocol) != 4 {
		t.Fatalf("%+v", got)
	}
	for i, want := range []string{"POP3 995 on ", "POP3 110 off TLS", "SMTP 465 on ", "SMTP 587 off TLS"} {
		p := a.Protocol[i]
		line := strings.Join([]string{p.Type, itoa(p.Port), p.SSL, p.Encryption}, " ")
		if line != want || p.LoginName != "anna" || p.SPA != "off" || p.DomainRequired != "off" || p.AuthRequired != "on" || (p.UsePOPAuth == "on") != (p.Type == "SMTP") {
			t.Errorf("protocol %d is %+v, want %s", i, p, want)
		}
	}
}

func itoa(n int) string { text, _ := json.Marshal(n); return string(text) }

func TestServes(t *testing.T) {
	for address, want := range map[string]bool{
		"anna@home.arpa": true, "anna@NAS.local.": true, "a@b@nas.local": true,
		"anna": false, "": false, "home.arpa": false, "anna@example.org": false, "anna@": false, "@home.arpa": true,
	} {
		if got := family().Serves(address); got != want {
			t.Errorf("%q: %v", address, got)
		}
	}
}

// The code is what Thunderbird's own exporter writes.
func TestCode(t *testing.T) {
	text, err := family().Code(Account{Name: "anna", Address: "anna@home.arpa", Password: `a"\b`})
	if err != nil {
		t.Fatal(err)
	}
	const want = `[1,[1,1],[1,"nas.local",995,3,1,"anna","","a\"\\b"],[[[0,"nas.local",465,3,1,"anna","a\"\\b"],["anna@home.arpa","anna"]]]]`
	if text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	var any []any
	if err := json.Unmarshal([]byte(text), &any); err != nil {
		t.Error(err)
	}
	s := family()
	s.Incoming = nil
	if _, err := s.Code(Account{Name: "anna"}); err != ErrCode {
		t.Errorf("without a port: %v", err)
	}
	if _, err := family().Code(Account{Name: strings.Repeat("a", 400)}); err != ErrCode {
		t.Errorf("too long: %v", err)
	}
}

// readers of a profile: Python's plistlib is strict.
const readPlist = `
import plistlib, sys
p = plistlib.load(sys.stdin.buffer, fmt=plistlib.FMT_XML)
print(p["PayloadType"], p["PayloadVersion"], len(p["PayloadContent"]))
for c in p["PayloadContent"]:
    print(" ".join(str(c[k]) for k in sorted(c) if k not in ("PayloadUUID", "PayloadIdentifier")))
`

func TestProfile(t *testing.T) {
	p := &Profile{Settings: family(), Authority: []byte("DER"), Account: &Account{Name: "anna", Address: "anna@home.arpa"}}
	text := p.Encode()
	wellFormed(t, text)
	if !bytes.Equal(text, p.Encode()) {
		t.Error("two profiles of the same account differ")
	}
	if other := (&Profile{Settings: family(), Authority: []byte("DER"), Account: &Account{Name: "ben"}}).Encode(); bytes.Contains(other, text[len(text)-400:]) {
		t.Error("profiles of two accounts are the same")
	}
	alone := (&Profile{Settings: family(), Authority: []byte("DER")}).Encode()
	if bytes.Contains(alone, []byte("mail.managed")) {
		t.Error("the profile of the authority has an account")
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3")
	}
	command := exec.Command(python, "-c", readPlist)
	command.Stdin = bytes.NewReader(text)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const want = `Configuration 1 2
pillarbox-ca.cer b'DER' pillarbox certificate authority com.apple.security.root 1
pillarbox anna EmailTypePOP anna@home.arpa EmailAuthPassword nas.local 995 True anna EmailAuthPassword nas.local 465 True anna True Mail for anna@home.arpa com.apple.mail.managed 1
`
	if string(out) != want {
		t.Errorf("got\n%swant\n%s", out, want)
	}
}

// TestSchemas holds the documents to the schemas in testdata, where xmllint is installed.
func TestSchemas(t *testing.T) {
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("no xmllint")
	}
	p := &Profile{Settings: family(), Authority: []byte("DER"), Account: &Account{Name: "anna", Address: "anna@home.arpa"}}
	for name, text := range map[string][]byte{"autoconfig": family().XML(), "pox": family().POX("anna@home.arpa"), "profile": p.Encode()} {
		file := filepath.Join(t.TempDir(), name+".xml")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(lint, "--nonet", "--noout", "--relaxng", "testdata/"+name+".rng", file).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func FuzzAddressOf(f *testing.F) {
	f.Add([]byte("<EMailAddress> anna@home.arpa </EMailAddress>"))
	f.Add([]byte("<EMailAddress>a&amp;b@home.arpa</EMailAddress>"))
	f.Add([]byte("<EMailAddress><b/></EMailAddress>"))
	f.Add([]byte("<EMailAddress>"))
	f.Fuzz(func(t *testing.T, request []byte) {
		s := family()
		address := AddressOf(request)
		if strings.ContainsAny(address, "<>") && bytes.IndexByte(request, '>') < 0 {
			t.Errorf("%q", address)
		}
		wellFormed(t, s.POX(address))
		s.Host = address
		wellFormed(t, s.XML())
	})
}
