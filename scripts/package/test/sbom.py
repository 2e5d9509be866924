"""sbom.py FILE...: each deb, rpm, ipk, apk and image has the bill of materials of its own program."""

import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile

PROGRAM, BILL = "usr/bin/pillarbox", "usr/share/pillarbox/sbom.cdx.json"


def content(tar, name):
    """A file of a tar archive, however its name begins."""
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        return next(archive.extractfile(member).read() for member in archive if member.name.removeprefix("./") == name)


def of_deb(path):
    tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", path], check=True, capture_output=True).stdout
    return [(content(tar, PROGRAM), content(tar, BILL))]


def of_rpm(path):
    # Its exit code is 1 at times, also when all went well.
    cpio = subprocess.run(["rpm2cpio", path], capture_output=True).stdout
    return [tuple(subprocess.run(["cpio", "--quiet", "-i", "--to-stdout", "./" + name, "/" + name, name], input=cpio, check=True, capture_output=True).stdout
                  for name in (PROGRAM, BILL))]


def of_ipk(path):
    with open(path, "rb") as file:
        tar = content(file.read(), "data.tar.gz")
    return [(content(tar, PROGRAM), content(tar, BILL))]


def of_apk(path):
    """An apk of version 2: archives one after the other, without an end between them."""
    with open(path, "rb") as file:
        tar = file.read()
    return [(content(tar, PROGRAM), content(tar, BILL))]


def of_image(path):
    with open(path, "rb") as file:
        tar = file.read()

    def blob(descriptor):
        return content(tar, "blobs/sha256/" + descriptor["digest"].removeprefix("sha256:"))

    found, todo = [], json.loads(content(tar, "index.json"))["manifests"]
    while todo:
        manifest = json.loads(blob(todo.pop()))
        todo += manifest.get("manifests", [])
        if "layers" in manifest:
            layer = gzip.decompress(blob(manifest["layers"][0]))
            found.append((content(layer, PROGRAM), content(layer, BILL)))
            expect(path, json.loads(blob(manifest["config"]))["config"]["Labels"]["org.opencontainers.image.revision"], commit(found[-1][1]))
    return found


def commit(bill):
    properties = json.loads(bill)["metadata"]["component"]["properties"]
    return next(p["value"] for p in properties if p["name"] == "pillarbox:commit")


def expect(what, got, wanted):
    if got != wanted:
        raise SystemExit(f"{what}: {got!r}, wanted {wanted!r}")


kinds = {"deb": of_deb, "rpm": of_rpm, "ipk": of_ipk, "apk": of_apk, "tar": of_image}
for path in sys.argv[1:]:
    for program, bill in kinds[path.rpartition(".")[2]](path):
        of = json.loads(bill)["metadata"]["component"]
        expect(path, of["hashes"], [{"alg": "SHA-256", "content": hashlib.sha256(program).hexdigest()}])
        expect(f"{path}: the program has the commit and the version", [word.encode() in program for word in (commit(bill), of["version"])], [True, True])
        modules = [c["name"] for c in json.loads(bill)["components"]]
        expect(f"{path}: the modules", "go.uber.org/zap" in modules and "std" in modules, True)
print(f"{len(sys.argv) - 1} packages have the bill of materials of their program")
