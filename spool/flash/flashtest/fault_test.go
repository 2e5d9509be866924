package flashtest_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

func TestFaults(t *testing.T) {
	for _, row := range []struct {
		op    string
		err   error
		seen  string   // what the process sees afterwards: 00000, 00001, id
		after []string // what may come back, garbled ones left out
	}{
		{"create", syscall.EIO, "a-o", []string{"a-o", "azo"}},
		{"create", syscall.ENOSPC, "a-o", []string{"a-o"}},
		{"create", syscall.EROFS, "a-o", []string{"a-o"}},
		{"write", syscall.EIO, "a-o", []string{"a-o", "b-o"}},
		{"write", syscall.ENOSPC, "a-o", []string{"a-o"}},
		{"write", syscall.EROFS, "a-o", []string{"a-o"}},
		{"remove", syscall.EIO, "a-o", []string{"--o", "a-o"}},
		{"remove", syscall.EROFS, "a-o", []string{"a-o"}},
		{"store", syscall.EIO, "a-o", []string{"a-n", "a-o"}},
		{"store", syscall.ENOSPC, "a-o", []string{"a-o"}},
		{"store", syscall.EROFS, "a-o", []string{"a-o"}},
	} {
		t.Run(row.op+" "+row.err.Error(), func(t *testing.T) {
			d, f := prepare(t, flashtest.Options{})
			d.FailAt(d.Ops()+1, row.err)
			for _, op := range operations {
				if op.name != row.op {
					continue
				}
				if err := op.do(d, f); !errors.Is(err, row.err) {
					t.Errorf("err = %v, want %v", err, row.err)
				}
			}
			seen := ""
			for _, name := range []string{"00000", "00001", "id"} {
				if now := d.Bytes(name); now == nil {
					seen += "-"
				} else {
					seen += string(now[:1])
				}
			}
			after := slices.DeleteFunc(states(d, "00000", "00001", "id"), func(s string) bool {
				return strings.Trim(s, "abnoz-") != ""
			})
			if seen != row.seen || !slices.Equal(after, row.after) {
				t.Errorf("seen %q, want %q; after a cut %q, want %q", seen, row.seen, after, row.after)
			}
		})
	}
}

func TestWriteStopsHalfWay(t *testing.T) {
	for _, fault := range []error{io.ErrShortWrite, syscall.ENOSPC} {
		d, f := prepare(t, flashtest.Options{})
		p := flash.Aligned(4 * flash.Page)
		for i := range p {
			p[i] = 'b'
		}
		d.FailAt(d.Ops()+1, fault)
		if n, err := f.WriteAt(p, 0); n != 2*flash.Page || !errors.Is(err, fault) {
			t.Errorf("WriteAt = %d, %v, want half of it and %v", n, err, fault)
		}
		now := d.Bytes("00000")
		if !bytes.Equal(now[:2*flash.Page], p[:2*flash.Page]) || now[2*flash.Page] != 0 {
			t.Errorf("%v: the first half was not written, or more than that", fault)
		}
	}
}

func TestFaultHappensOnceOrUntilHealed(t *testing.T) {
	d, f := prepare(t, flashtest.Options{})
	d.FailAt(d.Ops()+2, syscall.EIO)
	d.FailFrom(d.Ops()+4, syscall.ENOSPC)
	for i, want := range []error{nil, syscall.EIO, nil, syscall.ENOSPC, syscall.ENOSPC, syscall.ENOSPC} {
		if err := d.Store("id", []byte("x")); !errors.Is(err, want) {
			t.Errorf("operation %d: %v, want %v", i+1, err, want)
		}
	}
	d.Heal()
	write(t, f, 0, 'c')
	d.Cut()
	d.Heal()
	if err := f.Sync(); !errors.Is(err, flashtest.ErrPowerCut) {
		t.Errorf("Heal has undone a power cut: %v", err)
	}
}

func TestPlanForThePastPanics(t *testing.T) {
	d, _ := prepare(t, flashtest.Options{})
	for name, plan := range map[string]func(){
		"CutAt":    func() { d.CutAt(d.Ops()) },
		"FailAt":   func() { d.FailAt(d.Ops(), syscall.EIO) },
		"FailFrom": func() { d.FailFrom(d.Ops(), syscall.EIO) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s took a number that had passed", name)
				}
			}()
			plan()
		}()
	}
}

func TestReadsCountWhenAsked(t *testing.T) {
	for _, row := range []struct {
		count bool
		want  int
	}{{false, 0}, {true, 5}} {
		d, f := prepare(t, flashtest.Options{CountReads: row.count})
		before := d.Ops()
		p := flash.Aligned(flash.Page)
		f.ReadAt(p, 0)
		f.ReadUncached(p, 0)
		d.Names()
		d.Load("id")
		d.Open("00000")
		if got := d.Ops() - before; got != row.want {
			t.Errorf("CountReads %t: %d operations, want %d", row.count, got, row.want)
		}
		if !row.count {
			continue
		}
		d.FailAt(d.Ops()+1, syscall.EIO)
		if _, err := f.ReadAt(p, 0); !errors.Is(err, syscall.EIO) {
			t.Errorf("ReadAt = %v, want EIO", err)
		}
		d.CutAt(d.Ops() + 1)
		if _, err := f.ReadAt(p, 0); !errors.Is(err, flashtest.ErrPowerCut) {
			t.Errorf("ReadAt = %v, want ErrPowerCut", err)
		}
	}
}
