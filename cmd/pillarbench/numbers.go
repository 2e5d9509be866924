package main

import (
	"fmt"
	"strconv"
	"strings"

	"pillarbox/cmd/pillarbench/client"
)

// parseCounts parses the ascending numbers of a flag, of at least least.
func parseCounts(name, text string, least int) ([]int, error) {
	var counts []int
	for _, digits := range strings.Split(text, ",") {
		n, err := strconv.Atoi(digits)
		if err != nil || n < least || len(counts) > 0 && n <= counts[len(counts)-1] {
			return nil, fmt.Errorf("%s: %q is not ascending numbers from %d", name, text, least)
		}
		counts = append(counts, n)
	}
	return counts, nil
}

// parseNumbers parses the numbers of a flag, from 1 to most.
func parseNumbers(name, text string, most int) ([]int, error) {
	var numbers []int
	for _, digits := range strings.Split(text, ",") {
		n, err := strconv.Atoi(digits)
		if err != nil || n < 1 || n > most {
			return nil, fmt.Errorf("%s: %q is not 1 to %d", name, digits, most)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

// parseLoads parses the sizes of a flag.
func parseLoads(text string) ([]client.Load, error) {
	var loads []client.Load
	for _, size := range strings.Split(text, ",") {
		l, err := client.ParseLoad(size)
		if err != nil {
			return nil, err
		}
		loads = append(loads, l)
	}
	return loads, nil
}
