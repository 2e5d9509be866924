"""check.py BOX OURS THEIRS DIR CASE: one case of page-thunderbird.sh; OURS and THEIRS are network namespaces."""

import html
import http.client
import json
import os
import re
import smtplib
import ssl
import subprocess
import sys
import time
import urllib.parse

from common import enter, lift

box, ours, theirs, place, case = sys.argv[1:]
ADDRESS = "192.168.77.1"
# What each case serves, the names that the client knows, the address that is typed, and which of
# Thunderbird's searches must win.
CASES = {
    "http": {"tls": 1443, "hosts": "home.arpa nas.home.arpa", "typed": "home.arpa", "source": "xml-from-isp-http"},
    "local": {"tls": 443, "hosts": "", "typed": "nas.local", "source": "xml-from-isp-http"},
    "untrusted": {"tls": 443, "hosts": "nas.home.arpa", "typed": "nas.home.arpa", "source": "xml-from-isp-http"},
    "trusted": {"tls": 443, "hosts": "home.arpa nas.home.arpa autoconfig.home.arpa", "typed": "home.arpa", "source": "xml-from-isp-https"},
}
CONFIG = """
hostname = "nas.home.arpa"
state = "{home}/state"
mdns = "{mdns}"
[spool]
volatile = true
capacity = "128MiB"
[web]
listen = [":80"]
listen_tls = [":{tls}"]
"""
about = CASES[case]
home = f"{place}/{case}"


def check(what, holds, *seen):
    if not holds:
        console = read("console")[-2000:] if os.path.exists(f"{home}/console") else ""
        sys.exit(f"FAIL  {case}: {what}: {' '.join(map(str, seen))}\n{read('log')}\n{console}")
    print(f"ok    {case}: {what}", flush=True)


def write(name, text):
    with open(f"{home}/{name}", "w", encoding="utf-8") as file:
        file.write(text)


def read(name):
    with open(f"{home}/{name}", encoding="utf-8") as file:
        return file.read()


def start():
    os.mkdir(home)
    local = not about["hosts"]
    write("box.toml", CONFIG.format(home=home, tls=about["tls"], mdns="on" if local else "off"))
    log = open(f"{home}/log", "w", encoding="utf-8")
    process = subprocess.Popen(["ip", "netns", "exec", ours, box, "serve", "-config", f"{home}/box.toml"], stdout=log, stderr=log)
    with open(f"{place}/box.pid", "w", encoding="utf-8") as file:
        file.write(str(process.pid))
    until = time.monotonic() + 60
    while " ready " not in read("log") or local and "announced on the local network" not in read("log"):
        if time.monotonic() > until or process.poll() is not None:
            sys.exit(f"FAIL  {case}: the server is not ready\n{read('log')}")
        time.sleep(0.1)
    return process


def client(password):
    """Lets Thunderbird set itself up; returns its report."""
    if about["hosts"]:
        write("hosts", f"127.0.0.1 localhost\n{ADDRESS} {about['hosts']}\n")
        write("nsswitch", "passwd: files\ngroup: files\nhosts: files\n")
    else:
        write("hosts", "127.0.0.1 localhost\n")
        write("nsswitch", "passwd: files\ngroup: files\nhosts: files mdns4_minimal\n")
        write("mdns", "nas.local")
    trusted = [f"{home}/state/certs/ca.crt"] if case == "trusted" else []
    environment = dict(os.environ, TB_ADDRESS=f"mail@{about['typed']}", PASSWORD=password)
    ran = subprocess.run(["ip", "netns", "exec", theirs, "unshare", "-m", "sh", "scripts/page/client.sh", home, *trusted],
                         env=environment, capture_output=True, text=True, timeout=180, check=False)
    if not os.path.exists(f"{home}/report"):
        console = read("console")[-2000:] if os.path.exists(f"{home}/console") else ""
        sys.exit(f"FAIL  {case}: Thunderbird wrote no report, exit code {ran.returncode}\n{ran.stderr}{console}")
    return json.loads(read("report"))


def page_code(host, password):
    """The QR code of the page for Thunderbird on Android, as a reader of codes sees it."""
    def ask(method, path, form=None):
        fields = {"Host": site, "Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())}
        if form is not None:
            fields |= {"Origin": f"https://{site}", "Content-Type": "application/x-www-form-urlencoded"}
        conn = http.client.HTTPSConnection(ADDRESS, about["tls"], context=ssl._create_unverified_context(), timeout=30)
        conn.request(method, path, urllib.parse.urlencode(form) if form is not None else None, fields)
        answer = conn.getresponse()
        for value in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = value.partition("=")
            cookies[name] = rest.split(";")[0]
        return answer.read().decode()

    cookies, site = {}, host if about["tls"] == 443 else f"{host}:{about['tls']}"
    token = re.search(r'name="token" value="([^"]+)"', ask("GET", "/log-in"))[1]
    ask("POST", "/log-in", {"token": token, "user": "mail", "password": password})
    code = re.search(r'<svg class="qr" viewBox="0 0 (\d+) \d+".*?fill="#000" d="([^"]*)"', html.unescape(ask("GET", "/me")))
    size, scale = int(code[1]), 4
    rows = [bytearray(b"\xff" * size * scale) for _ in range(size)]
    for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)", code[2]):
        rows[int(y)][int(x) * scale:(int(x) + int(run)) * scale] = bytes(int(run) * scale)
    with open(f"{home}/code.pgm", "wb") as file:
        file.write(b"P5 %d %d 255\n" % (size * scale, size * scale) + b"".join(bytes(row) * scale for row in rows))
    out = subprocess.run(["zbarimg", "-q", "--raw", f"{home}/code.pgm"], capture_output=True, text=True, timeout=60, check=True).stdout
    return json.loads(out)


def without_names(code):
    """The account without the two names that people choose: of the account, and of its owner."""
    version, part, incoming, outgoing = code
    servers, identity = outgoing[0]
    return [version, part, incoming[:6] + incoming[7:], [[servers, identity[:1]]]]


def main():
    process = start()
    login = read("state/first-login")
    password = re.search(r"Password\s+(\S+)", login)[1]
    print_ = re.sub(r"[^0-9A-F]", "", "".join(re.findall(r"(?:[0-9A-F]{2}:){7,15}[0-9A-F]{2}", login)))
    with lift(ours):
        smtp = smtplib.SMTP("127.0.0.1", 25, local_hostname="printer.lan", timeout=60)
    smtp.sendmail("scanner@printer.lan", ["mail@home.arpa"], "Subject: scan\r\n\r\npage 1\r\n")
    smtp.quit()
    got = client(password)
    check(f"each step is done, logged in at try {got.get('tries')}", got["step"] == "done" and "fault" not in got, got)
    check(f"the settings are found in {got['milliseconds']} ms by {got['source']}", got["source"] == about["source"], got)
    check("they are those of the server", (got["incoming"]["port"], got["incoming"]["socketType"], got["incoming"]["username"], got["outgoing"]["port"])
          == (995, 3, "mail", 465) and got["incoming"]["leaveMessagesOnServer"], got)
    check("it fetches", got["fetched"] == ["scan"], got)
    check("it sends, and fetches what it sent", sorted(got["again"]) == ["scan", "sent by itself"], got)
    accepted = {a.replace(":", "") for a in got["accepted"]}
    check("it shows the fingerprint of the first start" if case != "trusted" else "it shows no certificate",
          accepted == (set() if case == "trusted" else {print_}), got["accepted"], print_)
    enter(ours)
    code = page_code(about["typed"], password)
    check("its own export equals the code of the page", without_names(code) == without_names(got["code"]), code, got["code"])
    process.terminate()
    check("the server ends well", process.wait() == 0)


main()
