// Package spool is an append-only store for mail, made for flash.
package spool
