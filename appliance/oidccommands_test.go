package appliance

import (
	"bufio"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"pillarbox/appliance/remote/secret"
)

// commands runs the program: a login by its command, a server that fetches, and what its commands
// say when the consent is withdrawn.
func (o *oidc) commands() {
	program := os.Getenv("OAUTH_PROGRAM")
	if program == "" {
		o.t.Skip("OAUTH_PROGRAM names no program")
	}
	dir := o.t.TempDir()
	file := filepath.Join(dir, "pillarbox.toml")
	text := fmt.Sprintf("hostname = \"nas.home.arpa\"\nstate = \"%s/state\"\nmdns = \"off\"\nspool = {capacity = \"128MiB\", volatile = true}\n"+
		"pop3 = {listen = [], listen_tls = [\"127.0.0.1:0\"]}\nsmtp = {listen = [], listen_tls = [], listen_lmtp = []}\nweb = {listen = [], listen_tls = []}\n"+
		"[remote.anna-mail]\nowner = \"anna\"\naddress = [\"anna@example.org\"]\nincoming = %q\nsend = false\nissuer = %q\nclient_id = \"public\"\npin = %q\n",
		dir, o.imaps, o.issuer, o.pin)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		o.t.Fatal(err)
	}
	run := func(input string, args ...string) (string, error) {
		at := 1 // behind the words of the command
		if args[0] == "user" || args[0] == "remote" {
			at = 2
		}
		c := exec.Command(program, slices.Concat(args[:at], []string{"-config", file}, args[at:])...)
		c.Stdin = strings.NewReader(input)
		out, err := c.CombinedOutput()
		return string(out), err
	}
	must := func(want string, input string, args ...string) {
		o.t.Helper()
		if out, err := run(input, args...); !strings.Contains(out, want) {
			o.t.Fatalf("%q: %s, %v; want %q", args, out, err, want)
		}
	}
	must("", "a long password\n", "user", "add", "anna")
	must("remote.anna-mail: it has no login yet: pillarbox remote login anna-mail", "", "check-config", "-print")
	login := exec.Command(program, "remote", "login", "-config", file, "anna-mail")
	login.Stdin = strings.NewReader("\n")
	out, err := login.StdoutPipe()
	if err != nil {
		o.t.Fatal(err)
	}
	login.Stderr = os.Stderr
	if err := login.Start(); err != nil {
		o.t.Fatal(err)
	}
	said := ""
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said += lines.Text() + "\n"
		if strings.Contains(lines.Text(), "?user_code=") {
			o.browse(strings.TrimSpace(lines.Text()), true)
		}
	}
	if err := login.Wait(); err != nil || !strings.Contains(said, "anna-mail: the provider accepts the login; 3 messages are there") {
		o.t.Fatalf("%s, %v", said, err)
	}
	server := exec.Command(program, "serve", "-config", file)
	log, err := server.StderrPipe()
	if err != nil {
		o.t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		o.t.Fatal(err)
	}
	defer func() { server.Process.Signal(os.Interrupt); server.Wait() }()
	lines := bufio.NewScanner(log)
	for lines.Scan() && !strings.Contains(lines.Text(), "ready") {
		o.t.Log(lines.Text())
	}
	go io.Copy(io.Discard, log)
	must("3 of 3 messages fetched", "", "fetch", "anna-mail")
	must("OK", "", "remote", "list")
	o.tell("later?s=3700")
	must("0 of 3 messages fetched", "", "fetch", "anna-mail")
	kept, err := secret.Load(filepath.Join(dir, "state"), "anna-mail")
	if err != nil {
		o.t.Fatal(err)
	}
	if _, err := o.http.PostForm(o.issuer+"/token/revocation", url.Values{"client_id": {"public"}, "token": {kept.Grant.Refresh}}); err != nil {
		o.t.Fatal(err)
	}
	o.tell("later?s=3700")
	must("withdrawn", "", "fetch", "anna-mail")
	const do = "pillarbox remote login anna-mail"
	must(do, "", "remote", "list")
	must(do, "", "health", "-json")
	must(do, "", "doctor", "-json")
	must(do, "", "check-config", "-print")
}
