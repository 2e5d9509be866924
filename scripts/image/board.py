"""The emulated board, as the tests of the image drive it: a card, a serial console, and the ports of the box.

    board = Board(u_boot, card, update)     # power on; the update is a second disk, /dev/vdb;
                                            # more words are options of QEMU
    board.console("text", seconds)          # waits for it on the console; returns the text after it
    board.run("command")                    # in the console's shell, as root; returns the output
    board.page("NAME")                      # the page of the server, asked for by a name
    board.off()                             # the plug is pulled

Each wait has an end; at the end of one the last of the console is shown.
"""

import atexit
import http.client
import poplib
import queue
import re
import select
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time


def greeted(connection):
    try:
        return connection.recv(512).startswith(b"+OK")
    except OSError:
        return False


class Board:
    def __init__(self, u_boot, card, update, *options):
        self.said, self.read, self.lines = "", 0, queue.Queue()
        self.shell = None  # the boot whose console has a shell
        self.began, self.socket = time.monotonic(), f"{card}.monitor"
        self.qemu = subprocess.Popen(
            ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a53", "-m", "128", "-nographic", "-nodefaults",
             "-serial", "stdio", "-bios", u_boot,
             "-drive", f"if=none,id=card,format=raw,file={card}", "-device", "virtio-blk-pci,drive=card",
             "-drive", f"if=none,id=update,format=raw,readonly=on,file={update}", "-device", "virtio-blk-pci,drive=update",
             "-netdev", "user,id=lan,restrict=on,hostfwd=tcp:127.0.0.1:0-10.0.2.15:110,hostfwd=tcp:127.0.0.1:0-10.0.2.15:25,"
             "hostfwd=tcp:127.0.0.1:0-10.0.2.15:80,hostfwd=tcp:127.0.0.1:0-10.0.2.15:443",
             "-monitor", f"unix:{self.socket},server=on,wait=off",
             "-device", "virtio-net-pci,netdev=lan,romfile=", "-device", "i6300esb", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        atexit.register(self.off)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the board ends with its test
        threading.Thread(target=self.listen, daemon=True).start()
        self.pop3, self.smtp, self.http, self.https = self.forwarded(110, 25, 80, 443)

    def forwarded(self, *ports):
        """The ports of loopback that QEMU has found for those of the board: only it can, for what is free now may soon be anybody's."""
        found = {}
        until = time.monotonic() + 60
        while not all(port in found for port in ports):
            if time.monotonic() > until:
                raise SystemExit(f"{found}\n\nQEMU did not name its ports")
            said = self.monitor("info usernet")
            found = {int(there): int(here) for here, there in re.findall(r"HOST_FORWARD\] +\d+ +127\.0\.0\.1 +(\d+) +10\.0\.2\.15 +(\d+) ", said)}
        return [found[port] for port in ports]

    def monitor(self, command):
        """Gives QEMU's monitor a command, and returns what it answers."""
        until = time.monotonic() + 60
        with socket.socket(socket.AF_UNIX) as connection:
            while connection.connect_ex(self.socket) != 0:
                if time.monotonic() > until or self.qemu.poll() is not None:
                    raise SystemExit(f"{self.drain()[-4000:]}\n\nQEMU did not start")
                time.sleep(0.1)
            connection.settimeout(60)
            said = ""
            for prompt in 1, 2:
                while said.count("(qemu) ") < prompt:
                    if not (octets := connection.recv(65536)):
                        raise SystemExit(f"{said}\n\nQEMU closed its monitor")
                    said += octets.decode()
                if prompt == 1:
                    connection.sendall(command.encode() + b"\n")
        return said

    def listen(self):
        while octets := self.qemu.stdout.read1(65536):
            self.lines.put(octets.decode("utf-8", "replace"))
        self.lines.put(None)

    def console(self, wanted, seconds):
        """Waits for a regular expression on the console, behind what was waited for last. Text comes in pieces: a word needs its end."""
        found = self.wait(wanted, seconds)
        if not found:
            raise SystemExit(f"{self.said[-4000:]}\n\nin {seconds} s the board did not say {wanted!r}")
        self.read = found.end()
        return found

    def heard(self, wanted, seconds):
        """The same for what may not come; "" then."""
        found = self.wait(wanted, seconds)
        if found:
            self.read = found.end()
        return found[0] if found else ""

    def wait(self, wanted, seconds):
        until = time.monotonic() + seconds
        while not (found := re.compile(wanted).search(self.said, self.read)):
            try:
                heard = self.lines.get(timeout=max(0, until - time.monotonic()))
            except queue.Empty:
                return None
            if heard is None:
                raise SystemExit(f"{self.said[-4000:]}\n\nthe board is off and never said {wanted!r}")
            self.said += heard
        return found

    def type(self, line):
        self.qemu.stdin.write(line.encode() + b"\n")
        self.qemu.stdin.flush()

    def log_in(self, seconds):
        """Reaches the shell of the console, which may ask for root first: root has no password. A console that has just
        begun drops what it gets, so each try is a short one. The mark is spelled so that its echo does not have it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.type("")
            if self.heard(r"(login: |[#$] )(\x1b\[6n)?\Z", 5).startswith("login: "):
                self.type("root")
                self.heard(r"[#$] (\x1b\[6n)?\Z", 20)
            self.type("echo sh''ell")
            if self.heard(r"shell\r?\n", 5):
                return
        raise SystemExit(f"{self.said[-4000:]}\n\nin {seconds} s the console had no shell")

    def run(self, command, seconds=60):
        if self.shell != (boot := self.drain().count("pillarbox: slot ")):
            self.log_in(seconds)
            self.shell = boot
        # The marks are spelled so that the echo of the command does not have them.
        self.type(f"echo be''gun; {command}; echo en''ded $?")
        self.console(r"begun\r?\n", seconds)
        began = self.read
        found = self.console(r"ended (\d+)\s", seconds)
        return self.said[began:found.start()].replace("\r", "").strip(), int(found[1])

    def banner(self, seconds):
        """Waits for the greeting of POP3, and says after how many seconds of the board's life it came.

        QEMU takes each connection at once and passes it on when it can: one that it takes too early may wait long after
        the server is there. So the next one does not wait for it; the first that is greeted counts. One that is refused
        comes back at once: without a pause, a flood of them would take half of the board's time until the server is up."""
        until, waiting = time.monotonic() + seconds, []
        try:
            while time.monotonic() < until and self.qemu.poll() is None:
                waiting.append(socket.create_connection(("127.0.0.1", self.pop3), 5))
                time.sleep(0.1)
                for connection in select.select(waiting, [], [], 0.1)[0]:
                    if greeted(connection):
                        return time.monotonic() - self.began
                    waiting.remove(connection)
                    connection.close()
                if len(waiting) > 16:
                    waiting.pop(0).close()
        finally:
            for connection in waiting:
                connection.close()
        raise SystemExit(f"{self.drain()[-4000:]}\n\nno POP3 in {seconds} s")

    def drain(self):
        while not self.lines.empty():
            self.said += self.lines.get() or ""
        return self.said

    def send(self, recipient, text):
        with smtplib.SMTP("127.0.0.1", self.smtp, timeout=60) as smtp:
            smtp.sendmail("printer@home.arpa", [recipient], f"Subject: {text}\r\n\r\n{text}\r\n")

    def mail(self, user, password):
        """The unique-ids and the last lines of all mail."""
        pop3 = poplib.POP3("127.0.0.1", self.pop3, timeout=60)
        pop3.user(user)
        pop3.pass_(password)
        listed = [line.decode().split() for line in pop3.uidl()[1]]
        mail = {uid: pop3.retr(int(number))[1][-1].decode() for number, uid in listed}
        pop3.quit()
        return mail

    def page(self, host, patience=60):
        """What the first page answers to a browser that has opened it by this name: the status, and the text."""
        until = time.monotonic() + patience
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.http, timeout=60)
                connection.request("GET", "/", headers={"Host": host})
                answer = connection.getresponse()
                return answer.status, answer.read().decode()
            except (OSError, http.client.HTTPException):
                if time.monotonic() > until:
                    raise
                time.sleep(1)

    def off(self):
        self.qemu.kill()
        self.qemu.wait()
