package main

import (
	"archive/tar"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// release1 is a state directory that release 1 has left, unpacked (scripts/release1.py).
type release1 struct {
	dir      string
	manifest manifest
	server   runningServer
}

// A manifest is what release 1 answered.
type manifest struct {
	Views   []oldView
	Binned  []string
	Fillers struct {
		Accounts, Messages int
		Password           string
	}
}

// An oldView is what an account or one of its devices saw.
type oldView struct {
	Login, Password string
	Messages        []oldMessage
}

type oldMessage struct {
	UID    string
	Octets int
	SHA256 string // of the octets that RETR sent, the last dot left out
}

// TestRelease1 holds a state directory of release 1 against what that release answered: accounts
// with names and a password that are not accepted any more, forty devices, a bin, every
// configuration key, and more messages than the index may have in service.memory = "32MiB". The
// server starts, refuses mail, lets each account log in, fetch and delete, and starts again.
func TestRelease1(t *testing.T) {
	r := &release1{dir: t.TempDir()}
	r.unpack(t)
	r.configure(t, true)
	r.run(t, "check-config")
	authority := r.authority(t)

	r.start(t)
	for _, v := range r.manifest.Views {
		r.holds(t, v, v.Messages)
	}
	r.fillers(t)
	r.refusesMail(t)
	bin := r.run(t, "user", "restore", "-list", "berta")
	for _, subject := range []string{"short", "dots", "no body"} {
		if !strings.Contains(bin, subject) {
			t.Errorf("the bin of berta has no %q: %s", subject, bin)
		}
	}
	// Devices delete their first message, and then accounts their last one, which is gone for
	// devices, too.
	devices := []string{"anna+phone1", "anna+phone40"}
	accounts := []string{"anna", "berta", "..", "-x", ".a", "short"}
	for _, name := range devices {
		r.deletes(t, r.view(t, name), 1)
	}
	for _, name := range accounts {
		v := r.view(t, name)
		r.deletes(t, v, len(v.Messages))
	}
	r.stop(t)

	r.configure(t, false) // the server's own certificate
	r.start(t)
	defer r.server.kill()
	for _, name := range devices {
		v := r.view(t, name)
		r.holds(t, v, v.Messages[1:len(v.Messages)-1])
	}
	for _, name := range accounts {
		v := r.view(t, name)
		r.holds(t, v, v.Messages[:len(v.Messages)-1])
	}
	r.secured(t, authority)
	list := r.run(t, "user", "list")
	for _, v := range r.manifest.Views {
		if !strings.Contains(v.Login, "+") && !slices.Contains(strings.Fields(list), v.Login) {
			t.Errorf("user list has no %q", v.Login)
		}
	}
	r.stop(t)
}

// unpack fills the directory from the archive.
func (r *release1) unpack(t *testing.T) {
	file, err := os.Open("testdata/release1.tar.gz.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	once, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	twice, err := gzip.NewReader(once)
	if err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(twice); ; {
		head, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(r.dir, filepath.FromSlash(head.Name))
		if head.Typeflag == tar.TypeDir {
			if err := os.MkdirAll(path, 0o700); err != nil {
				t.Fatal(err)
			}
			continue
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, head.FileInfo().Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(r.dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &r.manifest); err != nil {
		t.Fatal(err)
	}
}

// configure fills the configuration in. Without a certificate of the user's own the server makes
// one.
func (r *release1) configure(t *testing.T, ownCertificate bool) {
	text, err := os.ReadFile(filepath.Join(r.dir, "pillarbox.toml"))
	if err != nil {
		t.Fatal(err)
	}
	me, err := osuser.Current()
	if err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(r.dir, name) }
	filled := strings.NewReplacer("@STATE@", in("state"), "@SOCKET@", in("lmtp.sock"), "@USER@", me.Username,
		"@CERT@", in("own.crt"), "@KEY@", in("own.key")).Replace(string(text))
	// What release 1 did not have: it would take ports of this machine and speak to its network.
	filled = "mdns = \"off\"\n" + filled + "\n[web]\nlisten = []\nlisten_tls = []\n"
	if !ownCertificate {
		filled = regexp.MustCompile(`(?m)^(cert|key) = .*$`).ReplaceAllString(filled, "")
	} else {
		writeCertificate(t, in("own.crt"), in("own.key"))
	}
	if err := os.WriteFile(in("run.toml"), []byte(filled), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (r *release1) file() string { return filepath.Join(r.dir, "run.toml") }

func (r *release1) start(t *testing.T) {
	t.Helper()
	program, err := exec.LookPath("pillarbox")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.server.launch(program, r.dir, r.dir, r.file()); err != nil {
		t.Fatal(err)
	}
}

func (r *release1) stop(t *testing.T) {
	t.Helper()
	r.server.cmd.Process.Signal(os.Interrupt)
	<-r.server.ended
	if code := r.server.cmd.ProcessState.ExitCode(); code != 0 {
		t.Fatalf("the server ended with %d:\n%s", code, r.server.said.String())
	}
}

// run runs a command beside the server and returns what it printed.
func (r *release1) run(t *testing.T, words ...string) string {
	t.Helper()
	at := 1
	if words[0] == "user" {
		at = 2
	}
	out, err := exec.Command("pillarbox", slices.Insert(words, at, "-config", r.file())...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v: %s", words, err, out)
	}
	return string(out)
}

func (r *release1) view(t *testing.T, login string) oldView {
	t.Helper()
	at := slices.IndexFunc(r.manifest.Views, func(v oldView) bool { return v.Login == login })
	if at < 0 {
		t.Fatalf("the manifest has no %q", login)
	}
	return r.manifest.Views[at]
}

// authority returns the certificate that clients of release 1 trust.
func (r *release1) authority(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, "state/certs/ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// secured checks that the server's certificate is one that a client of release 1 trusts.
func (r *release1) secured(t *testing.T, authority []byte) {
	t.Helper()
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM(authority) {
		t.Fatal("the old authority has no certificate")
	}
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", r.server.addrs["pop3.listen_tls"],
		&tls.Config{RootCAs: trusted, ServerName: "mail.home.arpa"})
	if err != nil {
		t.Fatalf("a client that trusts the old authority: %v", err)
	}
	conn.Close()
}

// writeCertificate makes a certificate of the user's own.
func writeCertificate(t *testing.T, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"mail.home.arpa"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, leaf, leaf, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for path, p := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(p), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
