package client

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Load determines the size of each message.
type Load struct {
	Name   string
	Octets func(number uint64) int // of the message with that number
	Mean   int
}

// mixMean and mixSigma are the parameters of the mixed load: sizes are log-normal, as those of a
// household's mail are, with a mean of 19.2 KiB.
const (
	mixMean  = 19660
	mixSigma = 1.0
)

// ParseLoad reads "mix" or a number of octets such as "4096" or "64k".
func ParseLoad(text string) (Load, error) {
	if text == "mix" {
		return Load{"mixed", Mixed, mixMean}, nil
	}
	digits, kibi := strings.CutSuffix(text, "k")
	n, err := strconv.Atoi(digits)
	if kibi {
		n *= 1024
	}
	if err != nil || n < 128 || n > 10<<20 {
		return Load{}, fmt.Errorf("-loads: %q is not mix nor 128 to 10240k octets", text)
	}
	name := fmt.Sprintf("%d B", n)
	switch {
	case n%(1<<20) == 0:
		name = fmt.Sprintf("%d MiB", n>>20)
	case n%1024 == 0:
		name = fmt.Sprintf("%d KiB", n/1024)
	}
	return Load{name, func(uint64) int { return n }, n}, nil
}

// Mixed returns the size of a message of the mixed load. The golden ratio spreads the numbers over
// the quantiles, so that any few hundred messages in a row have nearly the same mean.
func Mixed(number uint64) int {
	_, quantile := math.Modf(float64(number) * (math.Phi - 1))
	quantile = min(max(quantile, 0.001), 0.999)
	deviation := math.Sqrt2 * math.Erfinv(2*quantile-1)
	return int(mixMean * math.Exp(mixSigma*deviation-mixSigma*mixSigma/2))
}
