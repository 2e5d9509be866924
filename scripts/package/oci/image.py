"""image.py: container images of the box, without a container engine.

  image.py -o FOLDER -version VERSION PLATFORM=BINARY...      PLATFORM as in linux/arm/v7

FOLDER/pillarbox_VERSION_oci.tar is an OCI image layout with all platforms, for registries (skopeo, crane, buildah).
FOLDER/pillarbox_VERSION_PLATFORM.tar holds one of them, which `docker load` takes, the old ones of NAS makers as well: beside
the layout it has the manifest.json of `docker save`. Both are the same octets each time (SOURCE_DATE_EPOCH).
"""
import datetime
import gzip
import hashlib
import io
import json
import os
import pathlib
import sys
import tarfile

OWNER = 1110  # the user and the group of the box in the image; numbers, for there is nobody to look names up
EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
CREATED = datetime.datetime.fromtimestamp(EPOCH, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
SECOND = 10**9  # nanoseconds
LAYOUT = "application/vnd.oci.image."


def member(name, kind=tarfile.REGTYPE, mode=0o644, owner=0, size=0):
    """An entry of a tar archive in which nothing depends on the machine."""
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.uid, info.gid, info.size, info.mtime = kind, mode, owner, owner, size, EPOCH
    return info


def archive(entries):
    """A tar archive of (TarInfo, content) pairs."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, content in entries:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def layer(binary):
    """The file system of the image: the program, its user, and an empty folder for the mail."""
    folder = tarfile.DIRTYPE
    return archive([
        (member("etc", folder, 0o755), b""),
        (member("etc/passwd"), f"root:x:0:0::/:/none\npillarbox:x:{OWNER}:{OWNER}::/var/lib/pillarbox:/none\n".encode()),
        (member("etc/group"), f"root:x:0:\npillarbox:x:{OWNER}:\n".encode()),
        (member("etc/pillarbox", folder, 0o755), b""),
        (member("usr", folder, 0o755), b""),
        (member("usr/bin", folder, 0o755), b""),
        (member("usr/bin/pillarbox", mode=0o755), binary),
        (member("usr/sbin", folder, 0o755), b""),
        (member("var", folder, 0o755), b""),
        (member("var/lib", folder, 0o755), b""),
        (member("var/lib/pillarbox", folder, 0o700, OWNER), b""),
    ])


class Layout:
    """The blobs of an OCI image layout, by their digest."""

    def __init__(self):
        self.blobs = {}

    def add(self, content, kind, **more):
        """Keeps a blob and returns its descriptor."""
        digest = hashlib.sha256(content).hexdigest()
        self.blobs[digest] = content
        return {"mediaType": kind, "digest": "sha256:" + digest, "size": len(content), **more}

    def add_json(self, value, kind, **more):
        return self.add(as_json(value), kind, **more)

    def write(self, path, index, docker=None):
        """Writes the layout as a tar archive; docker is the manifest.json of `docker save`."""
        entries = [
            (member("oci-layout"), as_json({"imageLayoutVersion": "1.0.0"})),
            (member("index.json"), as_json(index)),
            (member("blobs", tarfile.DIRTYPE, 0o755), b""),
            (member("blobs/sha256", tarfile.DIRTYPE, 0o755), b""),
        ]
        if docker:
            entries.append((member("manifest.json"), as_json(docker)))
        entries += [(member("blobs/sha256/" + digest), self.blobs[digest]) for digest in sorted(self.blobs)]
        path.write_bytes(archive(entries))
        print(path)


def as_json(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def platform_of(word):
    parts = word.split("/")
    return dict(zip(("os", "architecture", "variant"), parts))


def configuration(platform, diff_id, version):
    """What a container of the image runs. Healthcheck is Docker's own addition to the OCI form."""
    ports = ("110/tcp", "995/tcp", "25/tcp", "587/tcp", "465/tcp")
    return {
        "created": CREATED, **platform,
        "config": {
            "User": f"{OWNER}:{OWNER}",
            "Env": ["PATH=/usr/bin", "STATE_DIRECTORY=/var/lib/pillarbox"],
            "Entrypoint": ["/usr/bin/pillarbox"], "Cmd": ["serve"],
            "ExposedPorts": {port: {} for port in ports},
            "Volumes": {"/var/lib/pillarbox": {}},
            "Healthcheck": {"Test": ["CMD", "/usr/bin/pillarbox", "health"], "Interval": 60 * SECOND, "Timeout": 20 * SECOND,
                            "StartPeriod": 300 * SECOND, "Retries": 3},
            "StopSignal": "SIGTERM",
            "Labels": labels(version),
        },
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created": CREATED, "created_by": "pillarbox"}],
    }


def labels(version):
    name = "org.opencontainers.image."
    return {name + "title": "pillarbox", name + "version": version, name + "licenses": "Apache-2.0",
            name + "description": "mail box for a home network (POP3, SMTP)"}


def image(layout, platform, binary, version):
    """Adds the image of one platform and returns the descriptors of manifest, configuration and layer."""
    tar = layer(binary)
    packed = gzip.compress(tar, 9, mtime=0)
    config = configuration(platform, "sha256:" + hashlib.sha256(tar).hexdigest(), version)
    config = layout.add_json(config, LAYOUT + "config.v1+json")
    packed = layout.add(packed, LAYOUT + "layer.v1.tar+gzip")
    manifest = layout.add_json({
        "schemaVersion": 2, "mediaType": LAYOUT + "manifest.v1+json", "config": config, "layers": [packed],
    }, LAYOUT + "manifest.v1+json", platform=platform)
    return manifest, config, packed


def index_of(manifests):
    return {"schemaVersion": 2, "mediaType": LAYOUT + "index.v1+json", "manifests": manifests}


def main(args):
    if len(args) < 5 or args[0] != "-o" or args[2] != "-version":
        sys.exit(__doc__)
    folder, version = pathlib.Path(args[1]), args[3]
    tag = version.replace("~", "-")  # which no tag may have
    reference = {"annotations": {"org.opencontainers.image.ref.name": tag}}
    everything, manifests = Layout(), []
    for word, _, path in (arg.partition("=") for arg in args[4:]):
        binary, platform = pathlib.Path(path).read_bytes(), platform_of(word)
        manifests.append(image(everything, platform, binary, version)[0])
        one = Layout()
        manifest, config, packed = image(one, platform, binary, version)
        docker = [{"Config": blob(config), "RepoTags": ["pillarbox:latest", "pillarbox:" + tag], "Layers": [blob(packed)]}]
        name = platform["architecture"] + platform.get("variant", "")
        named = {"annotations": {"io.containerd.image.name": "docker.io/library/pillarbox:latest", "org.opencontainers.image.ref.name": "latest"}}
        one.write(folder / f"pillarbox_{version}_{name}.tar", index_of([manifest | named]), docker)
    index = everything.add_json(index_of(manifests), LAYOUT + "index.v1+json", **reference)
    everything.write(folder / f"pillarbox_{version}_oci.tar", index_of([index]))


def blob(descriptor):
    return "blobs/sha256/" + descriptor["digest"].removeprefix("sha256:")


if __name__ == "__main__":
    main(sys.argv[1:])
