package ktls_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"pillarbox/pop3/ktls"
	"pillarbox/pop3/ktls/ktlstest"
)

// The record that the probe expects is what RFC 8446 says.
func TestKnownRecord(t *testing.T) {
	sealer, err := ktlstest.NewSealer(ktls.Info(ktls.ProbeSecret(), ktls.ProbeNumber))
	if err != nil {
		t.Fatal(err)
	}
	record := sealer.Seal(nil, ktlstest.Application, []byte(ktls.ProbeText))
	if got := hex.EncodeToString(record); got != ktls.KnownAESGCM {
		t.Errorf("the record is %s, want %s", got, ktls.KnownAESGCM)
	}
}

// Traffic secrets and keys of a handshake (RFC 8448 §3).
func TestKeys(t *testing.T) {
	secret, ok := ktls.Parse("SERVER_TRAFFIC_SECRET_0 00 a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643\n")
	if !ok {
		t.Fatal("the line was not read")
	}
	info := ktls.Info(secret, 0)
	const key, nonce = "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984"
	if got := hex.EncodeToString(info[12:28]); got != key {
		t.Errorf("the key is %s, want %s", got, key)
	}
	if got := hex.EncodeToString(info[28:32]) + hex.EncodeToString(info[4:12]); got != nonce {
		t.Errorf("the nonce is %s, want %s", got, nonce)
	}
}

// Only the server's first traffic secret of 32 octets is taken.
func FuzzKeyLog(f *testing.F) {
	good := strings.Repeat("0a", 32)
	for _, line := range []string{
		"SERVER_TRAFFIC_SECRET_0 " + good + " " + good + "\n",
		"SERVER_TRAFFIC_SECRET_0 " + good + " " + good + good + "\n",
		"CLIENT_TRAFFIC_SECRET_0 " + good + " " + good + "\n",
		"SERVER_TRAFFIC_SECRET_0 ", "", "SERVER_TRAFFIC_SECRET_0 x y\n",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		secret, ok := ktls.Parse(line)
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 3)
		want := len(fields) == 3 && fields[0] == "SERVER_TRAFFIC_SECRET_0" && strings.ToLower(fields[2]) == hex.EncodeToString(secret[:])
		if ok != want {
			t.Errorf("%q: %v", line, ok)
		}
	})
}

// Records are counted alike however they are cut into writes.
func FuzzCount(f *testing.F) {
	f.Add([]byte{23, 3, 3, 0, 18, 0, 22, 3, 3, 0, 1, 0}, uint8(3))
	f.Add([]byte{23, 3, 3, 0, 0, 23, 3, 3, 255, 255}, uint8(1))
	f.Fuzz(func(t *testing.T, stream []byte, size uint8) {
		var pieces [][]byte
		for rest := stream; len(rest) > 0; {
			n := min(len(rest), int(size)+1)
			pieces, rest = append(pieces, rest[:n]), rest[n:]
		}
		records, inside, whole := ktls.Count(stream)
		if r, i, w := ktls.Count(pieces...); r != records || i != inside || w != whole {
			t.Errorf("%d records with %d octets, whole %v; in one write %d, %d, %v", r, i, w, records, inside, whole)
		}
	})
}
