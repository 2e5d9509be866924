// Package mailbox applies the configuration to one mailbox: how long its messages stay, how much it
// may hold, and which views it has.
//
// It joins package retention, which knows neither spool nor configuration, to both. It delivers
// nothing and removes nothing by itself.
//
// # Files
//
//	policy.go  policies of accounts, share and quota     store.go  a retention.Store
package mailbox
