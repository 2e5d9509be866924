"""smarthost.py: an outgoing server with TLS that takes every login and every message."""
import socket, ssl, threading


class Smarthost:
    """Listens on a port of loopback; taken is how many messages it has."""

    def __init__(self, port, certificate, key):
        self.taken = 0
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            conn, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(conn,), daemon=True).start()

    def serve(self, conn):
        try:
            with self.tls.wrap_socket(conn, server_side=True) as secure, secure.makefile("rwb") as stream:
                self.speak(stream)
        except OSError:  # the client is gone
            pass

    def speak(self, stream):
        replies = {b"EHLO": b"250-smarthost\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 AUTH PLAIN", b"AUTH": b"235 OK",
                   b"DATA": b"354 go on", b"QUIT": b"221 bye"}
        stream.write(b"220 smarthost\r\n")
        stream.flush()
        while line := stream.readline():
            word = line[:4].upper()
            stream.write(replies.get(word, b"250 OK") + b"\r\n")
            stream.flush()
            if word == b"DATA":
                while stream.readline() not in (b".\r\n", b""):
                    pass
                self.taken += 1
                stream.write(b"250 taken\r\n")
                stream.flush()
