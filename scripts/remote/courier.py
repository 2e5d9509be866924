"""courier.py PROTOCOL PORT CERT KEY MAIL PROGRAM...: the servers of Courier with TLS.

PROTOCOL is pop3 or imap. It does what courierpop3login or imaplogin do before the login, and runs
the program that takes over after it in the directory of the user below MAIL, as the user nobody.
The password is $PASSWORD. $LOGIN_DELAY is in seconds, 10 as Courier has it.
"""
import base64, os, pwd, select, shlex, socket, ssl, subprocess, sys, threading

CAPABILITY = "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE"
DELAY = os.environ.get("LOGIN_DELAY", "10").encode()


def line(connection):
    """One line, one octet at a time, because the program reads the rest."""
    got = b""
    while not got.endswith(b"\n"):
        octet = connection.recv(1)
        if not octet:
            raise EOFError
        got += octet
    return got.decode("latin-1").strip()


def pop3(connection):
    connection.sendall(b"+OK Hello there.\r\n")
    user = None
    while True:
        verb, _, argument = line(connection).partition(" ")
        verb = verb.upper()
        if verb == "CAPA":
            connection.sendall(b"+OK Here's what I can do:\r\nTOP\r\nUSER\r\nLOGIN-DELAY " + DELAY + b"\r\nPIPELINING\r\nUIDL\r\nIMPLEMENTATION Courier Mail Server\r\n.\r\n")
        elif verb == "USER":
            user = argument
            connection.sendall(b"+OK Password required.\r\n")
        elif verb == "PASS" and user and argument == os.environ["PASSWORD"]:
            return user, {}
        else:
            connection.sendall(b"-ERR Login failed.\r\n" if verb == "PASS" else b"-ERR Invalid command.\r\n")


def imap(connection):
    connection.sendall(f"* OK [CAPABILITY {CAPABILITY} AUTH=PLAIN] Courier-IMAP ready.\r\n".encode())
    while True:
        tag, verb, *rest = shlex.split(line(connection))
        verb = verb.upper()
        if verb == "CAPABILITY":
            connection.sendall(f"* CAPABILITY {CAPABILITY} AUTH=PLAIN\r\n{tag} OK CAPABILITY completed\r\n".encode())
            continue
        user = password = None
        if verb == "LOGIN":
            user, password = rest
        elif verb == "AUTHENTICATE" and rest[0].upper() == "PLAIN":
            if len(rest) == 1:
                connection.sendall(b"+ \r\n")
                rest.append(line(connection))
            _, user, password = base64.b64decode(rest[1]).decode().split("\0")
        if password == os.environ["PASSWORD"]:
            return user, {"IMAPLOGINTAG": tag, "IMAP_CAPABILITY": CAPABILITY, "IMAP_USELOCKS": "1", "PROTOCOL": "IMAP"}
        connection.sendall(f"{tag} NO Login failed.\r\n".encode())


def relay(secured, near):
    """Copies in both directions until the program ends."""
    while True:
        ready = [secured] if secured.pending() else select.select([secured, near], [], [])[0]
        if near in ready:
            octets = near.recv(65536)
            if not octets:
                return
            secured.sendall(octets)
        elif secured in ready:
            octets = secured.recv(65536)
            if octets:
                near.sendall(octets)
            else:
                near.shutdown(socket.SHUT_WR)
                while near.recv(65536):  # what it still says
                    pass
                return


def serve(connection, tls, login, mail, program):
    try:
        with tls.wrap_socket(connection, server_side=True) as secured:
            user, environment = login(secured)
            near, far = socket.socketpair()
            nobody = pwd.getpwnam("nobody")
            run = subprocess.Popen(program, stdin=far, stdout=far, cwd=f"{mail}/{user}", user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[],
                                   env=os.environ | environment | {"AUTHENTICATED": user, "AUTHADDR": user, "TCPREMOTEIP": "127.0.0.1", "TCPREMOTEPORT": "1"})
            far.close()
            with near:
                relay(secured, near)
            run.wait()
    except (OSError, EOFError) as e:
        print(f"{type(e).__name__}: {e}", file=sys.stderr, flush=True)


def main(protocol, port, cert, key, mail, *program):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    listener = socket.create_server(("127.0.0.1", int(port)))
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, tls, {"pop3": pop3, "imap": imap}[protocol], mail, program), daemon=True).start()


main(*sys.argv[1:])
