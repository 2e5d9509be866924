// Package statedir is the state directory: the names of the files in it, to whom it belongs, and
// with whose rights a process touches it.
//
// It opens the directory and makes it safe; what is in the files, other packages know. It writes
// nothing but the directory itself, and modes and owners.
//
//	accounts      the accounts, and their password verifiers          (package accounts)
//	secret        the secret of this server                           (package access)
//	known         clients that accounts have logged in from           (package access)
//	certs/        certificate authority and certificate               (package certs)
//	spool/        the messages                                        (package spool)
//	clock         the trusted interval                                (package clock)
//	watchdog      why the previous run ended                          (package guard)
//	ports         the ports in place of the standard ones             (package listen)
//	queue         which outgoing mail is held                         (package outbound)
//	noticed       postmaster has a notice about the full spool        (package appliance)
//	remote-told   what owners of remote accounts were told            (package remote)
//	first-login   the password of the first start, until it is used   (package appliance)
//	control       the socket for commands                             (package admin)
//
// # Rights
//
// Root touches nothing in a state directory of another user: links that its owner put there must
// not be followed with the rights of root. A command acts as the owner in one goroutine (AsOwner).
// A server acts as the owner in all threads from the start on (Take); what only root may, such as
// opening low ports, goes through Rights.AsRoot until the rights are given up.
//
// # Files
//
//	directory.go  opening, tightening, Take     rights.go    AsOwner, errors about access
//	handover.go   to the service user           patience.go  waiting for a process that ends
//	names.go      of files and sockets          copied.go    a directory, and copies of it
package statedir
