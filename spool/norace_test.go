//go:build !race

package spool

// poolLoss is how many octets a mail may cost more under the race detector; without it, none.
const poolLoss = 0
