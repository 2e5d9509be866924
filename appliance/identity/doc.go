// Package identity is under which names and addresses clients know this server.
//
// It derives them from the configuration and the interfaces of the machine, for the certificate and
// for what a client is shown. It opens no connection.
package identity
