package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A load is how large the letters are.
type load struct {
	name   string
	octets func(number uint64) int // of letter number
	mean   int
}

// mixMean and mixSigma are those of the mixed load: log-normal, as home mail is, with a mean of 19.2 KiB.
const (
	mixMean  = 19660
	mixSigma = 1.0
)

// parseLoad reads "mix" or a number of octets such as "4096" or "64k".
func parseLoad(text string) (load, error) {
	if text == "mix" {
		return load{"mixed", mixed, mixMean}, nil
	}
	digits, kibi := strings.CutSuffix(text, "k")
	n, err := strconv.Atoi(digits)
	if kibi {
		n *= 1024
	}
	if err != nil || n < 128 || n > 10<<20 {
		return load{}, fmt.Errorf("-loads: %q is not mix nor 128 to 10240k octets", text)
	}
	name := fmt.Sprintf("%d B", n)
	switch {
	case n%(1<<20) == 0:
		name = fmt.Sprintf("%d MiB", n>>20)
	case n%1024 == 0:
		name = fmt.Sprintf("%d KiB", n/1024)
	}
	return load{name, func(uint64) int { return n }, n}, nil
}

// mixed draws the size of a letter. The numbers are spread by the golden ratio over the quantiles, so
// that any few hundred letters in a row have nearly the same mean.
func mixed(number uint64) int {
	_, quantile := math.Modf(float64(number) * (math.Phi - 1))
	quantile = min(max(quantile, 0.001), 0.999)
	deviation := math.Sqrt2 * math.Erfinv(2*quantile-1)
	return int(mixMean * math.Exp(mixSigma*deviation-mixSigma*mixSigma/2))
}

// A spread is how mail is handed over: by so many connections at a time, into so many mailboxes.
type spread struct{ connections, mailboxes int }

// deliver shares letters first to first+mails-1 out among connections, and returns when no mail waits
// in a queue: their octets in all.
func deliver(s server, l load, first uint64, mails int, by spread) (int64, error) {
	numbers := make(chan uint64, mails) // all of them: a sender that gives up blocks nobody
	var octets int64
	for i := range uint64(mails) {
		number := first + i
		numbers <- number
		octets += int64(len(letter{number, l.octets(number)}.content()))
	}
	close(numbers)
	failures := make([]error, by.connections)
	var group sync.WaitGroup
	for i := range by.connections {
		group.Go(func() {
			connection, err := s.connect()
			if err != nil {
				failures[i] = err
				return
			}
			defer connection.close()
			for number := range numbers {
				if failures[i] = connection.deliver(letter{number, l.octets(number)}, mailbox(i%by.mailboxes)+"@home.arpa"); failures[i] != nil {
					return
				}
			}
		})
	}
	group.Wait()
	return octets, errors.Join(append(failures, s.settle())...)
}

// trickle delivers one letter after the other, a connection each, with a pause behind each.
func trickle(s server, l load, first uint64, mails int, pause time.Duration) (int64, error) {
	var octets int64
	for i := range uint64(mails) {
		n, err := deliver(s, l, first+i, 1, spread{1, 1})
		if err != nil {
			return octets, err
		}
		octets += n
		time.Sleep(pause)
	}
	return octets, nil
}
