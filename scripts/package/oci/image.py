"""image.py: container images, made without a container engine.

  image.py -o FOLDER -version VERSION -commit COMMIT PLATFORM=BINARY...      PLATFORM as in linux/arm/v7

Beside each BINARY lies its bill of materials, sbom.cdx.json.

FOLDER/pillarbox_VERSION_registry.tar is an OCI image layout with all platforms, for registries (skopeo, crane, buildah).
FOLDER/pillarbox_VERSION_PLATFORM.tar holds one of them as `docker save` writes it, for `docker load`, the old ones of NAS makers
as well, and `podman load`. It has no OCI layout beside: podman prefers that, and drops the health check and the second tag,
for which OCI has no place. Both are the same octets each time (SOURCE_DATE_EPOCH).
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

# The user and the group of the server in the image, as numbers: an engine looks no names up.
OWNER = 1110
EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
CREATED = datetime.datetime.fromtimestamp(EPOCH, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
SECOND = 10**9  # nanoseconds
LAYOUT = "application/vnd.oci.image."
# A whole name: podman takes a short one for an image of localhost.
NAME = "docker.io/library/pillarbox:"

# The ports of the image, by the key of the configuration. They are set, not left to the default,
# which gives way to others where a program may not listen below 1024: an engine forwards these and
# no others.
PORTS = {"pop3.listen": [110], "pop3.listen_tls": [995], "smtp.listen": [25, 587], "smtp.listen_tls": [465],
         "web.listen": [1080], "web.listen_tls": [1443]}


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


def layer(binary, bill):
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
        (member("usr/share", folder, 0o755), b""),
        (member("usr/share/pillarbox", folder, 0o755), b""),
        (member("usr/share/pillarbox/sbom.cdx.json"), bill),
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

    def write(self, path, heads):
        """Writes the blobs as a tar archive, below the files that name them: those of a layout, or of `docker save`."""
        entries = [(member(name), as_json(value)) for name, value in heads.items()]
        entries += [(member("blobs", tarfile.DIRTYPE, 0o755), b""), (member("blobs/sha256", tarfile.DIRTYPE, 0o755), b"")]
        entries += [(member("blobs/sha256/" + digest), self.blobs[digest]) for digest in sorted(self.blobs)]
        path.write_bytes(archive(entries))
        print(path)


def as_json(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def platform_of(word):
    parts = word.split("/")
    return dict(zip(("os", "architecture", "variant"), parts))


def configuration(platform, diff_id, version, commit):
    """What a container of the image runs. Healthcheck is Docker's own addition to the OCI form: Docker reads it in both."""
    listens = ["PILLARBOX_" + key.upper().replace(".", "_") + "=" + ",".join(f":{port}" for port in ports) for key, ports in PORTS.items()]
    return {
        "created": CREATED, **platform,
        "config": {
            "User": f"{OWNER}:{OWNER}",
            "Env": ["PATH=/usr/bin", "STATE_DIRECTORY=/var/lib/pillarbox", "container=oci"] + listens,
            "Entrypoint": ["/usr/bin/pillarbox"], "Cmd": ["serve"],
            "ExposedPorts": {f"{port}/tcp": {} for ports in PORTS.values() for port in ports},
            "Volumes": {"/var/lib/pillarbox": {}},
            "Healthcheck": {"Test": ["CMD", "/usr/bin/pillarbox", "health"], "Interval": 60 * SECOND, "Timeout": 20 * SECOND,
                            "StartPeriod": 300 * SECOND, "Retries": 3},
            "StopSignal": "SIGTERM",
            "Labels": labels(version, commit),
        },
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created": CREATED, "created_by": "pillarbox"}],
    }


def labels(version, commit):
    name = "org.opencontainers.image."
    return {name + "title": "pillarbox", name + "version": version, name + "revision": commit, name + "licenses": "Apache-2.0",
            name + "description": "mail server for a home network (POP3, SMTP)"}


def image(layout, platform, binary, bill, version, commit):
    """Adds the image of one platform and returns the descriptors of configuration and layer."""
    tar = layer(binary, bill)
    packed = gzip.compress(tar, 9, mtime=0)
    config = configuration(platform, "sha256:" + hashlib.sha256(tar).hexdigest(), version, commit)
    config = layout.add_json(config, LAYOUT + "config.v1+json")
    return config, layout.add(packed, LAYOUT + "layer.v1.tar+gzip")


def manifest(layout, platform, binary, bill, version, commit):
    """Adds the image of one platform with a manifest, and returns the descriptor of that."""
    config, packed = image(layout, platform, binary, bill, version, commit)
    return layout.add_json({
        "schemaVersion": 2, "mediaType": LAYOUT + "manifest.v1+json", "config": config, "layers": [packed], "annotations": labels(version, commit),
    }, LAYOUT + "manifest.v1+json", platform=platform)


def index_of(manifests, **more):
    return {"schemaVersion": 2, "mediaType": LAYOUT + "index.v1+json", "manifests": manifests, **more}


def main(args):
    if len(args) < 7 or args[0] != "-o" or args[2] != "-version" or args[4] != "-commit":
        sys.exit(__doc__)
    folder, version, commit = pathlib.Path(args[1]), args[3], args[5]
    tag = version.replace("~", "-")  # which no tag may have
    everything, manifests = Layout(), []
    for word, _, path in (arg.partition("=") for arg in args[6:]):
        binary, bill = pathlib.Path(path).read_bytes(), pathlib.Path(path).with_name("sbom.cdx.json").read_bytes()
        platform = platform_of(word)
        manifests.append(manifest(everything, platform, binary, bill, version, commit))
        one = Layout()
        config, packed = image(one, platform, binary, bill, version, commit)
        saved = {"Config": blob(config), "RepoTags": [NAME + "latest", NAME + tag], "Layers": [blob(packed)]}
        name = platform["architecture"] + platform.get("variant", "")
        one.write(folder / f"pillarbox_{version}_{name}.tar", {"manifest.json": [saved]})
    index = everything.add_json(index_of(manifests, annotations=labels(version, commit)), LAYOUT + "index.v1+json",
                                annotations={"org.opencontainers.image.ref.name": "pillarbox:" + tag})
    everything.write(folder / f"pillarbox_{version}_registry.tar", {
        "oci-layout": {"imageLayoutVersion": "1.0.0"}, "index.json": index_of([index]),
    })


def blob(descriptor):
    return "blobs/sha256/" + descriptor["digest"].removeprefix("sha256:")


if __name__ == "__main__":
    main(sys.argv[1:])
