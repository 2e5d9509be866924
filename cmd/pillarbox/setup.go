package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/certs"
	"pillarbox/appliance/web/qr"
)

// setup shows what a mail client needs, and writes the certificate of the authority for devices
// that install it. It shows no password.
func setup(c *call, o *options) error {
	on, err := find(o.config)
	if err != nil {
		return err
	}
	u, err := admin.AskSetup(on)
	if err != nil {
		return err
	}
	authority := ""
	if o.ca != "" {
		text, err := admin.AuthorityPEM(on)
		if err == nil && o.ca == "-" {
			_, err = c.stdout.Write(text)
			return err
		}
		if err == nil {
			err = writeAuthority(o.ca, text)
		}
		if err == nil {
			authority, err = certs.FingerprintOfPEM(o.ca, text)
		}
		if err != nil {
			return err
		}
	}
	if o.json {
		_, err = io.WriteString(c.stdout, setupJSON(u))
		return err
	}
	text := setupText(u, on.TLS.Cert == "", o.ca, authority)
	if drawsCodes(c.stdout, os.Getenv) {
		text += pageCode(u)
	}
	_, err = io.WriteString(c.stdout, text)
	return err
}

// drawsCodes reports whether output is a terminal that can show a QR code: one with colours and
// UTF-8. The console of the kernel has no half blocks in every font.
func drawsCodes(out any, getenv func(string) string) bool {
	if term := getenv("TERM"); term == "" || term == "dumb" || term == "linux" || !isTerminal(out) {
		return false
	}
	return isUTF8(getenv)
}

// isUTF8 reports whether the locale has that encoding (locale(7)).
func isUTF8(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToUpper(getenv(name)); value != "" {
			return strings.Contains(value, "UTF-8") || strings.Contains(value, "UTF8")
		}
	}
	return false
}

// pageCode returns the QR code of the page, with a line that says what it is.
func pageCode(u *admin.Setup) string {
	address := admin.PageOf(u)
	code, err := qr.New(address)
	if address == "" || err != nil {
		return ""
	}
	return "\n" + code.Text() + "Scan this with a phone in the same network to open " + address + "\n"
}

// writeAuthority writes a file that everybody may read, with the rights of the caller. It makes the
// file, and first removes an existing one: root may be writing where others can, and the owner of
// an existing file could put another authority into it.
func writeAuthority(path string, text []byte) error {
	if info, err := os.Lstat(path); err == nil {
		if !info.Mode().IsRegular() {
			return &os.PathError{Op: "write", Path: path, Err: errors.New("not a regular file")}
		}
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// setupText is what setup shows to people; authority reports whether the server has one of its own,
// whose certificate is in file, with the fingerprint print.
func setupText(u *admin.Setup, authority bool, file, print string) string {
	lines := []string{"Address       NAME@" + u.Domain, "User name     NAME; pillarbox user list names the accounts"}
	lines = append(append(lines, admin.FirstLoginLines(u)...), admin.SetupLines(u)...)
	switch {
	case file != "":
		lines = append(lines, "Authority     its certificate is in "+file+": install it on each device;",
			"              its SHA-256:")
		lines = append(lines, admin.FingerprintLines(print)...)
	case authority:
		lines = append(lines, "Authority     pillarbox setup -ca FILE writes its certificate, for your devices")
	}
	if !u.Running {
		lines = append(lines, "", "The server does not run: this is what the configuration and the files say.")
	}
	return strings.Join(lines, "\n") + "\n"
}

// setupJSON is what setup writes for programs: later versions add names and change none.
func setupJSON(u *admin.Setup) string {
	var servers, listeners []string
	for _, server := range u.Servers {
		servers = append(servers, jsonText(server))
	}
	for _, l := range u.Listeners {
		listeners = append(listeners, fmt.Sprintf(`{"key":%s,"protocol":%s,"address":%s,"port":%d,"tls":%s,"off":%s}`,
			jsonText(l.Key), jsonText(l.Protocol), jsonText(l.Address), l.Port, jsonText(l.TLS), jsonText(l.Off)))
	}
	return fmt.Sprintf(`{"running":%t,"hostname":%s,"domain":%s,"servers":[%s],"fingerprint":%s,"first_login":%s,"listeners":[%s]}`+"\n",
		u.Running, jsonText(u.Hostname), jsonText(u.Domain), strings.Join(servers, ","), jsonText(u.Fingerprint), jsonText(u.FirstLogin), strings.Join(listeners, ","))
}
