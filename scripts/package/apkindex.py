"""apkindex.py: the signed index of a repository of apk packages (apk-tools 2 and 3), and its own reader.

  apkindex.py write KEY FOLDER PACKAGE...     FOLDER/PROCESSOR/ gets the packages and APKINDEX.tar.gz, FOLDER/ the public key
  apkindex.py verify PUBLIC FOLDER            checks FOLDER/APKINDEX.tar.gz and the packages beside it, prints what it lists

KEY is an RSA key in PEM. A package is gzip members: a signature if it has one, the control archive, the data archive. The
index has the SHA-1 of the control member, which in turn has the SHA-256 of the data member: so the signature of the index
covers every octet of a package. Needs openssl.
"""
import base64
import gzip
import hashlib
import io
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import zlib

FIELDS = {"pkgname": "P", "pkgver": "V", "arch": "A", "size": "I", "pkgdesc": "T", "url": "U", "license": "L", "origin": "o",
          "maintainer": "m", "builddate": "t", "commit": "c"}
LISTS = {"depend": "D", "provides": "p", "install_if": "i"}
INDEX = "APKINDEX.tar.gz"


def members(octets):
    """The gzip members of a file: (raw, unpacked) each."""
    while octets:
        stream = zlib.decompressobj(wbits=31)
        unpacked = stream.decompress(octets) + stream.flush()
        if not stream.eof:
            raise ValueError("the last gzip member is cut short")
        rest = stream.unused_data
        yield octets[:len(octets) - len(rest)], unpacked
        octets = rest


def files(*archives):
    """The files of tar archives that may lack their end."""
    found = {}
    for archive in archives:
        with tarfile.open(fileobj=io.BytesIO(archive + bytes(1024))) as tar:
            for entry in tar:
                if entry.isfile():
                    found[entry.name] = tar.extractfile(entry).read()
    return found


def package(path):
    """The lines of the index about a package, and its processor."""
    parts = list(members(path.read_bytes()))
    control, data = parts[-2], parts[-1]
    info, lists = {}, {}
    for line in files(control[1])[".PKGINFO"].decode().splitlines():
        key, separator, value = line.partition(" = ")
        if not separator or key.startswith("#"):
            continue
        info[key] = value
        lists.setdefault(key, []).append(value)
    if info.get("datahash") != hashlib.sha256(data[0]).hexdigest():
        raise ValueError(f"{path.name}: the data is not what the control archive says")
    lines = ["C:Q1" + base64.b64encode(hashlib.sha1(control[0]).digest()).decode(), f"S:{path.stat().st_size}"]
    lines += [f"{letter}:{info[key]}" for key, letter in FIELDS.items() if info.get(key)]
    lines += [f"{letter}:{' '.join(lists[key])}" for key, letter in LISTS.items() if key in lists]
    return info, "\n".join(lines) + "\n"


def openssl(*arguments, octets=b""):
    return subprocess.run(["openssl", *arguments], input=octets, check=True, stdout=subprocess.PIPE).stdout


def archive(entries, ends):
    """A gzip member with a tar archive; the signature's has no end, so that the next one continues it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, octets in entries.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(octets), int(os.environ.get("SOURCE_DATE_EPOCH", "0")), 0o644
            tar.addfile(entry, io.BytesIO(octets))
        length = tar.offset
    octets = out.getvalue()
    return gzip.compress(octets if ends else octets[:length], mtime=0)


def write(key, folder, paths):
    folder = pathlib.Path(folder)
    by_processor = {}
    for path in map(pathlib.Path, paths):
        info, lines = package(path)
        into = folder / info["arch"]
        into.mkdir(parents=True, exist_ok=True)
        # The name that apk asks for.
        shutil.copy(path, into / f"{info['pkgname']}-{info['pkgver']}.apk")
        by_processor.setdefault(into, []).append(lines)
    name = pathlib.Path(key).with_suffix("").name + ".rsa.pub"
    (folder / name).write_bytes(openssl("rsa", "-in", key, "-pubout"))
    for into, lines in by_processor.items():
        index = archive({"DESCRIPTION": b"pillarbox", "APKINDEX": "\n".join(lines).encode() + b"\n"}, ends=True)
        signature = openssl("dgst", "-sha256", "-sign", key, octets=index)
        (into / INDEX).write_bytes(archive({f".SIGN.RSA256.{name}": signature}, ends=False) + index)


def verify(public, folder):
    folder = pathlib.Path(folder)
    octets = (folder / INDEX).read_bytes()
    first, *rest = members(octets)
    signed = files(first[1])
    name = ".SIGN.RSA256." + pathlib.Path(public).name
    if list(signed) != [name]:
        raise ValueError(f"the index is signed by {', '.join(signed)}, not by {name}")
    signature = folder / "signature"
    try:
        signature.write_bytes(signed[name])
        openssl("dgst", "-sha256", "-verify", public, "-signature", str(signature), octets=octets[len(first[0]):])
    finally:
        signature.unlink()
    for lines in files(*(unpacked for _, unpacked in rest))["APKINDEX"].decode().strip().split("\n\n"):
        row = dict(line.split(":", 1) for line in lines.splitlines())
        path = folder / f"{row['P']}-{row['V']}.apk"
        if package(path)[1].strip() != lines:
            raise ValueError(f"{path.name} is not the package that the index lists")
        print(row["P"], row["V"], row["A"])


try:
    {"write": lambda: write(sys.argv[2], sys.argv[3], sys.argv[4:]), "verify": lambda: verify(*sys.argv[2:])}[sys.argv[1]]()
except (ValueError, KeyError, OSError, zlib.error, tarfile.TarError, subprocess.CalledProcessError) as error:
    sys.exit(f"apkindex.py: {error!r}")
