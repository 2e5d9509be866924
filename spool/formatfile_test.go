package spool

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"pillarbox/spool/format"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

func TestRefusesWhatItDoesNotKnow(t *testing.T) {
	tests := []struct {
		name   string
		change func(dev *flashtest.Device)
		want   error
	}{
		{"newer format file", func(dev *flashtest.Device) {
			text := dev.Bytes(format.Name)
			dev.Store(format.Name, append(slices.Replace(text, 24, 25, '3'), "crc 00000000\n"...))
		}, ErrVersion},
		{"format file of something else, and no slot to ask", func(dev *flashtest.Device) {
			dev.Store(format.Name, []byte("hello\n"))
			names, _ := dev.Names()
			for _, name := range names {
				if name != format.Name {
					dev.Remove(name)
				}
			}
		}, ErrForeign},
		{"damaged format file, and slots of two spools", func(dev *flashtest.Device) {
			dev.Store(format.Name, []byte("hello\n"))
			rewriteHeader(dev, func(p []byte) { p[16]++ })
		}, ErrForeign},
		{"slot of a newer format", func(dev *flashtest.Device) { rewriteHeader(dev, func(p []byte) { p[12] = 3 }) }, ErrVersion},
		{"slot of another spool", func(dev *flashtest.Device) { rewriteHeader(dev, func(p []byte) { p[16]++ }) }, ErrForeign},
		{"slot under a wrong name", func(dev *flashtest.Device) { rewriteHeader(dev, func(p []byte) { p[36]++ }) }, ErrForeign},
		{"file that is no slot", func(dev *flashtest.Device) { dev.Store("letters.mbox", []byte("From ")) }, ErrForeign},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dev, _ := filled(t)
			test.change(dev)
			before := dev.Stats()
			s, err := (&crash{t: t}).open(dev)
			if !errors.Is(err, test.want) {
				t.Errorf("open: %v, want %v", err, test.want)
			}
			if err == nil {
				s.Close()
			}
			if now := dev.Stats(); now.Writes != before.Writes || now.Stores != before.Stores || now.Removes != before.Removes || now.Creates != before.Creates {
				t.Error("it was touched")
			}
		})
	}
}

// rewriteHeader changes the header of slot 0 and mends its checksum.
func rewriteHeader(dev *flashtest.Device, change func(page []byte)) {
	file, err := dev.Open("00000")
	if err != nil {
		panic(err)
	}
	page := flash.Aligned(flash.Page)
	file.ReadAt(page, 0)
	change(page)
	resum(page)
	file.WriteAt(page, 0)
	file.Sync()
	file.Close()
}

// TestLostFormatFile: FORMAT may be missing, cut anywhere, empty, unreadable, or have one wrong
// octet anywhere; the slots tell the same. It is written again, unless the spool is only read or
// the device takes nothing.
func TestLostFormatFile(t *testing.T) {
	dev, o := filled(t)
	whole := dev.Bytes(format.Name)
	damages := map[string]func(*flashtest.Device){
		"missing":         func(d *flashtest.Device) { d.Remove(format.Name) },
		"something else":  func(d *flashtest.Device) { d.Store(format.Name, []byte("hello\n")) },
		"another version": func(d *flashtest.Device) { d.Store(format.Name, slices.Replace(slices.Clone(whole), 24, 25, '2')) },
	}
	for n := range whole {
		damages[fmt.Sprint("cut at ", n)] = func(d *flashtest.Device) { d.Store(format.Name, whole[:n]) }
		damages[fmt.Sprint("octet ", n)] = func(d *flashtest.Device) {
			wrong := slices.Clone(whole)
			wrong[n] ^= 1
			d.Store(format.Name, wrong)
		}
	}
	for name, damage := range damages {
		d := dev.Clone()
		damage(d)
		harmed := d.Bytes(format.Name)
		for _, reading := range []bool{true, false} {
			opt := options(d)
			opt.ReadOnly = reading
			s, err := Open(t.Context(), opt)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if err := o.check(s, nil); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if !s.Stats().NoFormat && !slices.Equal(harmed, whole) && !strings.HasPrefix(string(harmed), string(whole)) {
				t.Errorf("%s: it is not said", name)
			}
			s.Close()
			if got := d.Bytes(format.Name); reading && !slices.Equal(got, harmed) {
				t.Errorf("%s: it was written by a spool that is only read", name)
			} else if !reading && !slices.Equal(got, whole) {
				t.Errorf("%s: it holds %q now", name, got)
			}
		}
	}
}

// TestLostFormatFileCannotBeWritten: that is no reason not to start.
func TestLostFormatFileCannotBeWritten(t *testing.T) {
	dev, o := filled(t)
	dev.Remove(format.Name)
	dev.FailFrom(dev.Ops()+1, syscall.ENOSPC)
	s := open(t, dev)
	if err := o.check(s, nil); err != nil {
		t.Error(err)
	}
	if dev.Bytes(format.Name) != nil {
		t.Error("the device took it: nothing is tried")
	}
}

// TestEmptyFormatFile: without a slot it is an empty folder.
func TestEmptyFormatFile(t *testing.T) {
	for _, text := range []string{"", "\x00\x00\x00"} {
		dev := flashtest.New(flashtest.Options{})
		dev.Store(format.Name, []byte(text))
		s := open(t, dev)
		if err := deliver(s, mail("first", 300), 1); err != nil {
			t.Error(err)
		}
	}
}
