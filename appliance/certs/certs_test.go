package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/clock"
)

var built = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// options returns the options of a server called nas at 192.168.1.7, with the clock that long after
// the build.
func options(dir string, after time.Duration) Options {
	return Options{
		Dir:   dir,
		Names: NamesOf("nas.home.arpa", []netip.Addr{netip.MustParseAddr("192.168.1.7"), netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("127.0.0.1")}),
		Built: built, Now: built.Add(after),
	}
}

func open(t *testing.T, opts Options) *Ring {
	t.Helper()
	r, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// authorityOf returns a pool with the authority in dir, as a client has it that installed ca.crt.
func authorityOf(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		t.Fatal("ca.crt holds no certificate")
	}
	return pool
}

func TestDates(t *testing.T) {
	date := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	tests := []struct {
		name         string
		clock        time.Time
		since, until string
	}{
		{"a board without a clock", time.Unix(12, 0), "2026-11-01", "2029-01-09"},
		{"right after the build", date("2026-11-03"), "2026-11-01", "2029-01-11"},
		{"a build of 25 days", date("2026-11-26"), "2026-11-01", "2029-02-03"},
		{"a build of 26 days: 825 days are the most", date("2026-11-27"), "2026-11-02", "2029-02-04"},
		{"a build of three years", date("2029-11-01"), "2029-10-07", "2032-01-10"},
		{"a clock that cannot be", date("2090-01-01"), "2026-11-01", "2029-01-09"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			opts := options(dir, 0)
			opts.Now = tt.clock
			leaf := open(t, opts).Leaf()
			if got := leaf.NotBefore.Format(time.DateOnly); got != tt.since {
				t.Errorf("not before %s, want %s", got, tt.since)
			}
			if got := leaf.NotAfter.Format(time.DateOnly); got != tt.until {
				t.Errorf("not after %s, want %s", got, tt.until)
			}
			authority, err := loadPair(dir, authorityCert, authorityKey)
			if err != nil {
				t.Fatal(err)
			}
			if !authority.cert.NotBefore.Equal(built) || authority.cert.NotAfter.Sub(believe(tt.clock, built)) != authorityLife {
				t.Errorf("the authority holds from %v to %v", authority.cert.NotBefore, authority.cert.NotAfter)
			}
		})
	}
}

func TestFirstStartAndSecond(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "certs")
	first := open(t, options(dir, day))
	leaf := first.Leaf()
	for _, name := range []string{"nas.home.arpa", "nas", "nas.local", "192.168.1.7"} {
		if _, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: authorityOf(t, dir), CurrentTime: built.Add(day)}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"8.8.8.8", "example.com"} {
		if err := leaf.VerifyHostname(name); err == nil {
			t.Errorf("it is for %s too", name)
		}
	}
	if key := leaf.PublicKey.(*ecdsa.PublicKey); key.Curve != elliptic.P256() {
		t.Errorf("its curve is %v", key.Curve)
	}
	for _, name := range []string{"ca.crt", "ca.key", "box.crt", "box.key"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	second := open(t, options(dir, 700*day))
	if !second.Leaf().Equal(leaf) {
		t.Error("the second start shows another certificate")
	}
	if f := first.Fingerprint(); len(f) != 32*3-1 || f != second.Fingerprint() || strings.Trim(f, "0123456789ABCDEF:") != "" {
		t.Errorf("fingerprint %q", f)
	}
}

func TestWhenANewCertificateIsMade(t *testing.T) {
	tests := []struct {
		name   string
		change func(o *Options, dir string)
		want   bool
	}{
		{"nothing changed", func(*Options, string) {}, false},
		{"another address", func(o *Options, _ string) { o.Names.Addrs = []netip.Addr{netip.MustParseAddr("10.0.0.1")} }, false},
		{"another host name", func(o *Options, _ string) { o.Names = NamesOf("box.home.arpa", o.Names.Addrs) }, true},
		{"out of date, at a start", func(o *Options, _ string) { o.Now = built.Add(5 * 365 * day) }, false},
		{"the certificate was lost", func(_ *Options, dir string) { os.Remove(filepath.Join(dir, serverCert)) }, true},
		{"a crash between key and certificate", func(_ *Options, dir string) {
			p, err := issueAuthority(Names{DNS: []string{"x"}}, built, built)
			if err != nil {
				panic(err)
			}
			_, key, _ := p.encode()
			os.WriteFile(filepath.Join(dir, serverKey), key, 0o600)
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			r := open(t, options(dir, day))
			before := r.Leaf()
			authority, _ := os.ReadFile(filepath.Join(dir, authorityCert))
			opts := options(dir, day)
			tt.change(&opts, dir)
			changed, err := r.Reload(opts)
			if err != nil {
				t.Fatal(err)
			}
			if changed != tt.want || r.Leaf().Equal(before) == tt.want {
				t.Errorf("changed: %v, want %v", changed, tt.want)
			}
			if after, _ := os.ReadFile(filepath.Join(dir, authorityCert)); !bytes.Equal(authority, after) {
				t.Error("the authority was replaced")
			}
		})
	}
}

func TestFirstStartBeforeTheNetwork(t *testing.T) {
	dir := t.TempDir()
	opts := options(dir, day)
	opts.Names.Addrs = nil
	r := open(t, opts)
	if changed, err := r.Reload(options(dir, day)); err != nil || !changed {
		t.Fatalf("changed: %v, %v", changed, err)
	}
	if err := r.Leaf().VerifyHostname("192.168.1.7"); err != nil {
		t.Error(err)
	}
}

func TestDamagedFilesAreNotReplaced(t *testing.T) {
	tests := []struct {
		name, file, text string // text "" removes the file
		host             string // causes a new certificate if it is another one
	}{
		{"certificate", serverCert, "zzz", "nas.home.arpa"},
		{"key", serverKey, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "nas.home.arpa"},
		{"authority", authorityCert, "zzz", "box.home.arpa"},
		{"key of the authority", authorityKey, "", "box.home.arpa"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			r := open(t, options(dir, day))
			before := r.Leaf()
			path := filepath.Join(dir, tt.file)
			if tt.text == "" {
				os.Remove(path)
			} else if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			opts := options(dir, day)
			opts.Names = NamesOf(tt.host, opts.Names.Addrs)
			_, err := r.Reload(opts)
			if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "restore the file") {
				t.Errorf("got %v", err)
			}
			if !r.Leaf().Equal(before) {
				t.Error("the certificate in force was swapped")
			}
			if text, _ := os.ReadFile(path); string(text) != tt.text {
				t.Error("the file was replaced")
			}
		})
	}
}

// A judged is a clock that a test reads, with its judge.
type judged struct {
	at clock.Reading
	by *clock.Clock
}

func newJudged(at clock.Reading) *judged {
	j := &judged{at: at}
	j.by = clock.New(func() clock.Reading { return j.at }, built, clock.Record{})
	return j
}

// steady returns what the judge says of a reading.
func (j *judged) steady(at clock.Reading) (time.Time, time.Duration) {
	j.at = at
	return j.by.Steady()
}

func TestRenewal(t *testing.T) {
	dir := t.TempDir()
	r := open(t, options(dir, 0)) // valid until day 800
	before := r.Leaf()
	boot := clock.Reading{Wall: time.Unix(0, 0)}
	c := newJudged(boot)
	at := func(mono time.Duration, wall time.Time) clock.Reading { return clock.Reading{Wall: wall, Up: mono} }
	late := built.Add(745 * day)
	steps := []struct {
		name  string
		r     clock.Reading
		renew bool
	}{
		{"boot in 1970", boot, false},
		{"two hours in 1970", at(2*time.Hour, boot.Wall.Add(2*time.Hour)), false},
		{"the network tells the time", at(2*time.Hour+time.Minute, late), false},
		{"half an hour on", at(2*time.Hour+31*time.Minute, late.Add(30*time.Minute)), false},
		{"a jump back of ten minutes", at(2*time.Hour+32*time.Minute, late.Add(21*time.Minute)), false},
		{"an hour after the first time", at(3*time.Hour+1*time.Minute, late.Add(50*time.Minute)), false},
		{"an hour after the jump", at(3*time.Hour+32*time.Minute, late.Add(81*time.Minute)), true},
		{"a minute later", at(3*time.Hour+33*time.Minute, late.Add(82*time.Minute)), false},
	}
	for _, step := range steps {
		renewed, err := r.Renew(c.steady(step.r))
		if err != nil {
			t.Fatal(err)
		}
		if renewed != step.renew {
			t.Fatalf("%s: renewed %v, want %v", step.name, renewed, step.renew)
		}
	}
	after := r.Leaf()
	if after.Equal(before) || after.NotAfter.Before(late.Add(799*day)) {
		t.Errorf("holds until %v", after.NotAfter)
	}
	if _, err := after.Verify(x509.VerifyOptions{DNSName: "nas", Roots: authorityOf(t, dir), CurrentTime: late}); err != nil {
		t.Error(err)
	}
	if !open(t, options(dir, 746*day)).Leaf().Equal(after) {
		t.Error("the next start shows another one")
	}
}

// TestRenewalAfterALeap: a clock that leaps by years causes no certificate that is not valid yet,
// unless it stays there; and if it returns, the certificate is made again.
func TestRenewalAfterALeap(t *testing.T) {
	dir := t.TempDir()
	r := open(t, options(dir, 0))
	mono := time.Duration(0)
	c := newJudged(clock.Reading{Wall: built.Add(30 * day)})
	look := func(name string, by time.Duration, wall time.Time, want bool) {
		t.Helper()
		mono += by
		if renewed, err := r.Renew(c.steady(clock.Reading{Wall: wall, Up: mono})); err != nil || renewed != want {
			t.Fatalf("%s: renewed %v, %v", name, renewed, err)
		}
	}
	today, leapt := built.Add(30*day), built.Add(3*365*day)
	look("a good clock", time.Minute, today, false)
	look("three years on", time.Minute, leapt, false)
	look("five hours and 59 minutes later", 359*time.Minute, leapt.Add(359*time.Minute), false)
	look("six hours later", time.Minute, leapt.Add(360*time.Minute), true)
	if r.Leaf().NotBefore.Before(today) {
		t.Fatalf("holds from %v", r.Leaf().NotBefore)
	}
	look("back again", time.Minute, today, false)
	look("an hour later", time.Hour, today.Add(time.Hour), true)
	look("another hour later", time.Hour, today.Add(2*time.Hour), false)
	if _, err := r.Leaf().Verify(x509.VerifyOptions{DNSName: "nas", Roots: authorityOf(t, dir), CurrentTime: today}); err != nil {
		t.Error(err)
	}
}

func TestNoRenewalLongBeforeTheEnd(t *testing.T) {
	r := open(t, options(t.TempDir(), 0))
	for n := range 5 {
		step := time.Duration(n) * time.Hour
		if renewed, err := r.Renew(built.Add(739*day+step), step); renewed || err != nil {
			t.Fatalf("renewed: %v, %v", renewed, err)
		}
	}
}

// TestSwapUnderAListener: a configuration made before a swap uses the new certificate.
func TestSwapUnderAListener(t *testing.T) {
	dir := t.TempDir()
	r := open(t, options(dir, day))
	config := r.Config("pop3")
	shown := func(protocols ...string) (*x509.Certificate, error) {
		ours, theirs := net.Pipe()
		server := tls.Server(ours, config)
		go server.Handshake()
		client := tls.Client(theirs, &tls.Config{ServerName: "nas.local", RootCAs: authorityOf(t, dir), NextProtos: protocols,
			Time: func() time.Time { return built.Add(2 * day) }})
		defer ours.Close()
		if err := client.Handshake(); err != nil {
			return nil, err
		}
		return client.ConnectionState().PeerCertificates[0], nil
	}
	if got, err := shown(); err != nil || !got.Equal(r.Leaf()) {
		t.Fatalf("before: %v", err)
	}
	opts := options(dir, day)
	opts.Names = NamesOf("box.home.arpa", nil)
	opts.Names.DNS = append(opts.Names.DNS, "nas.local")
	if changed, err := r.Reload(opts); err != nil || !changed {
		t.Fatal(changed, err)
	}
	got, err := shown("pop3")
	if err != nil || !got.Equal(r.Leaf()) {
		t.Fatalf("after: %v", err)
	}
	if _, err := shown("http/1.1"); err == nil {
		t.Error("a browser was let in")
	}
}

func TestOwnCertificate(t *testing.T) {
	dir := t.TempDir()
	open(t, options(dir, day)) // makes a pair to use
	opts := options(filepath.Join(dir, "none"), day)
	opts.Cert, opts.Key = filepath.Join(dir, serverCert), filepath.Join(dir, serverKey)
	r := open(t, opts)
	if _, err := os.Stat(opts.Dir); !os.IsNotExist(err) {
		t.Error("certificates were made beside the user's")
	}
	before := r.Leaf()
	for n := range 3 { // near its end it is the user's to renew
		if renewed, err := r.Renew(built.Add(790*day+time.Duration(n)*time.Hour), time.Duration(n)*time.Hour); renewed || err != nil {
			t.Fatalf("renewed: %v, %v", renewed, err)
		}
	}
	if err := os.WriteFile(opts.Key, []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Reload(opts); err == nil || !strings.Contains(err.Error(), opts.Key) {
		t.Errorf("got %v", err)
	}
	if !r.Leaf().Equal(before) {
		t.Error("a bad file was put in force")
	}
}

func TestNamesOf(t *testing.T) {
	names := NamesOf("nas.local", Addresses())
	if want := []string{"nas.local", "nas"}; !slices.Equal(names.DNS, want) {
		t.Errorf("got %q, want %q", names.DNS, want)
	}
	for _, addr := range names.Addrs {
		if !addr.IsPrivate() || addr.Zone() != "" {
			t.Errorf("%v is in", addr)
		}
	}
}
