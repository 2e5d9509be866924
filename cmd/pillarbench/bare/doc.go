// Package bare is a bare server, the lower bound that benchmarks compare with. It has one
// message and makes only the system calls that no server can do without: "pillarbench floor" runs
// it in a process of its own.
package bare
