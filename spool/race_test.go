//go:build race

package spool

// poolLoss is how many octets a mail may cost more under the race detector, which has a pool lose
// one stage in four.
const poolLoss = 4 << 10
