package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/CycloneDX/cyclonedx-go"
)

// encoded is the bill of a subject, and what a reader makes of it.
func encoded(t *testing.T, s subject) ([]byte, *cyclonedx.BOM) {
	t.Helper()
	bom, err := s.bom()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := cyclonedx.NewBOMEncoder(&out, cyclonedx.BOMFileFormatJSON).EncodeVersion(bom, cyclonedx.SpecVersion1_6); err != nil {
		t.Fatal(err)
	}
	read := cyclonedx.NewBOM()
	if err := cyclonedx.NewBOMDecoder(bytes.NewReader(out.Bytes()), cyclonedx.BOMFileFormatJSON).Decode(read); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), read
}

// self is this test as a program.
func self(t *testing.T) subject {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return subject{program: program, version: "0.2.0", commit: "c2afa9d1", time: time.Unix(1764000000, 0).UTC()}
}

func TestBill(t *testing.T) {
	s := self(t)
	octets, bom := encoded(t, s)
	if again, _ := encoded(t, s); !bytes.Equal(octets, again) {
		t.Error("the same program has two bills")
	}
	file, err := os.ReadFile(s.program)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(file)
	of := bom.Metadata.Component
	if of.Name != "pillarbox" || of.Version != "0.2.0" || (*of.Hashes)[0].Value != hex.EncodeToString(sum[:]) {
		t.Errorf("the bill is of %+v", of)
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || len(info.Deps) == 0 {
		t.Fatal("this test does not know its modules")
	}
	for _, module := range info.Deps {
		if !slices.ContainsFunc(*bom.Components, func(c cyclonedx.Component) bool { return c.Name == module.Path && c.Version == module.Version }) {
			t.Errorf("%s %s is not in the bill", module.Path, module.Version)
		}
	}
	if n := len(*bom.Components); n != len(info.Deps)+1 {
		t.Errorf("%d components, want %d modules and the standard library", n, len(info.Deps))
	}
	s.version = "0.2.1"
	if _, other := encoded(t, s); other.SerialNumber == bom.SerialNumber {
		t.Error("two versions have the same serial number")
	}
}

func TestBillOfImage(t *testing.T) {
	s := self(t)
	s.image, s.debian = "pillarbox-qemu-aarch64", filepath.Join(t.TempDir(), "packages")
	if err := os.WriteFile(s.debian, []byte("busybox-static 1:1.35.0-4+b1 arm64\nlibc6 2.36-9 arm64\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, bom := encoded(t, s)
	if of := bom.Metadata.Component; of.Name != s.image || of.Type != cyclonedx.ComponentTypeFirmware {
		t.Errorf("the bill is of %+v", of)
	}
	for i, want := range []string{"pillarbox", "pkg:deb/debian/busybox-static@1%3A1.35.0-4%2Bb1?arch=arm64", "pkg:deb/debian/libc6@2.36-9?arch=arm64"} {
		if got := (*bom.Components)[i].BOMRef; got != want {
			t.Errorf("component %d is %q, want %q", i, got, want)
		}
	}
	if err := os.WriteFile(s.debian, []byte("busybox-static\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.bom(); err == nil {
		t.Error("a package without a version is accepted")
	}
}
