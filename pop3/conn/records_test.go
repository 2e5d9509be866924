package conn

import (
	"bytes"
	"errors"
	"net"
	"slices"
	"testing"
)

// A sink notes what is written to it. From the write with number fails on it fails.
type sink struct {
	net.Conn
	sizes []int
	all   bytes.Buffer
	fails int
}

var errSink = errors.New("the sink is full")

func (s *sink) Write(b []byte) (int, error) {
	if s.fails != 0 && len(s.sizes)+1 >= s.fails {
		return 0, errSink
	}
	s.sizes = append(s.sizes, len(b))
	return s.all.Write(b)
}

// pieces writes as crypto/tls does, in records of these sizes.
type pieces struct {
	net.Conn
	sizes []int
}

func (p pieces) Write(b []byte) (n int, err error) {
	for _, size := range p.sizes {
		if _, err := p.Conn.Write(b[n : n+size]); err != nil {
			return n, err
		}
		n += size
	}
	return n, nil
}

// TestRecords: records are gathered into one write as long as the buffer has room, and none is
// lost, doubled or divided.
func TestRecords(t *testing.T) {
	for name, c := range map[string]struct{ records, want []int }{
		"one":             {[]int{100}, []int{100}},
		"four":            {[]int{16406, 16406, 16406, 14358}, []int{63576}},
		"to the brim":     {[]int{wideRecords - 1, 1}, []int{wideRecords}},
		"one too many":    {[]int{wideRecords - 1, 2, 3}, []int{wideRecords - 1, 5}},
		"larger than all": {[]int{10, wideRecords + 1, 7}, []int{10, wideRecords + 1, 7}},
	} {
		t.Run(name, func(t *testing.T) {
			var p Pool
			to := new(sink)
			r := &Records{Conn: to}
			r.Write([]byte("as it is "))
			total := 0
			for _, n := range c.records {
				total += n
			}
			text := bytes.Repeat([]byte("0123456789"), total/10+1)[:total]
			if n, err := r.gather(pieces{r, c.records}, text, &p); n != total || err != nil {
				t.Fatalf("%d octets, %v", n, err)
			}
			r.Write([]byte("!"))
			if want := append(append([]int{9}, c.want...), 1); !slices.Equal(to.sizes, want) {
				t.Errorf("writes of %d octets, want %d", to.sizes, want)
			}
			if got := to.all.String(); got != "as it is "+string(text)+"!" {
				t.Errorf("%d octets have arrived, want %d", len(got), 10+total)
			}
			for fails := 1; fails <= len(c.want); fails++ {
				to := &sink{fails: fails}
				r := &Records{Conn: to}
				if _, err := r.gather(pieces{r, c.records}, text, &p); err != errSink || r.held != nil {
					t.Errorf("the error of write %d is %v", fails, err)
				}
			}
		})
	}
}
