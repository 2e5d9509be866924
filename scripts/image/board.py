"""The emulated board, as the tests of the image drive it: a card, a serial console, and the ports of the box.

    board = Board(u_boot, card, update)     # power on; the update is a second disk, /dev/vdb
    board.console("text", seconds)          # waits until the console has said so; the text from there on
    board.run("command")                    # in the console's shell; what it prints
    board.off()                             # the plug is pulled

Each wait has an end; at the end of one the last of the console is shown.
"""

import atexit
import poplib
import queue
import re
import smtplib
import socket
import subprocess
import threading
import time


class Board:
    def __init__(self, u_boot, card, update):
        self.said, self.read, self.lines = "", 0, queue.Queue()
        self.began = time.monotonic()
        self.qemu = subprocess.Popen(
            ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a53", "-m", "128", "-nographic", "-nodefaults",
             "-serial", "stdio", "-bios", u_boot,
             "-drive", f"if=none,id=card,format=raw,file={card}", "-device", "virtio-blk-pci,drive=card",
             "-drive", f"if=none,id=update,format=raw,readonly=on,file={update}", "-device", "virtio-blk-pci,drive=update",
             "-netdev", "user,id=lan,restrict=on,hostfwd=tcp:127.0.0.1:0-10.0.2.15:110,hostfwd=tcp:127.0.0.1:0-10.0.2.15:25",
             "-monitor", f"unix:{card}.monitor,server=on,wait=off",
             "-device", "virtio-net-pci,netdev=lan,romfile=", "-device", "i6300esb"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        atexit.register(self.off)
        threading.Thread(target=self.listen, daemon=True).start()
        self.pop3, self.smtp = self.forwarded(f"{card}.monitor", 110, 25)

    def forwarded(self, monitor, *ports):
        """The ports of loopback that QEMU has found for those of the board: only it can, for what is free now may soon be anybody's."""
        until = time.monotonic() + 60
        with socket.socket(socket.AF_UNIX) as connection:
            while connection.connect_ex(monitor) != 0:
                if time.monotonic() > until or self.qemu.poll() is not None:
                    raise SystemExit(f"{self.drain()[-4000:]}\n\nQEMU did not start")
                time.sleep(0.1)
            connection.settimeout(60)
            connection.sendall(b"info usernet\n")
            said, found = "", {}
            while not all(port in found for port in ports):
                if not (octets := connection.recv(65536)):
                    raise SystemExit(f"{said}\n\nQEMU did not tell its ports")
                said += octets.decode()
                found = {int(there): int(here) for here, there in re.findall(r"HOST_FORWARD\] +\d+ +127\.0\.0\.1 +(\d+) +10\.0\.2\.15 +(\d+) ", said)}
        return [found[port] for port in ports]

    def listen(self):
        while octets := self.qemu.stdout.read1(65536):
            self.lines.put(octets.decode("utf-8", "replace"))
        self.lines.put(None)

    def console(self, wanted, seconds):
        """Waits for a regular expression on the console, behind what was waited for last. Text comes in pieces: a word needs its end."""
        until = time.monotonic() + seconds
        while not (found := re.compile(wanted).search(self.said, self.read)):
            try:
                heard = self.lines.get(timeout=max(0, until - time.monotonic()))
            except queue.Empty:
                raise SystemExit(f"{self.said[-4000:]}\n\nin {seconds} s the board did not say {wanted!r}") from None
            if heard is None:
                raise SystemExit(f"{self.said[-4000:]}\n\nthe board is off and never said {wanted!r}")
            self.said += heard
        self.read = found.end()
        return found

    def run(self, command, seconds=60):
        # The marks are spelled so that the echo of the command does not have them.
        self.qemu.stdin.write(f"echo be''gun; {command}; echo en''ded $?\n".encode())
        self.qemu.stdin.flush()
        self.console(r"begun\r?\n", seconds)
        began = self.read
        found = self.console(r"ended (\d+)\s", seconds)
        return self.said[began:found.start()].replace("\r", "").strip(), int(found[1])

    def banner(self, seconds):
        """Waits for the greeting of POP3, and says after how many seconds of the board's life it came."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.qemu.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.pop3), 5) as connection:
                    connection.settimeout(5)
                    if connection.recv(512).startswith(b"+OK"):
                        return time.monotonic() - self.began
            except OSError:
                pass
            time.sleep(0.1)
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

    def off(self):
        self.qemu.kill()
        self.qemu.wait()
