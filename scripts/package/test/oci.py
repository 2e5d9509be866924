"""oci.py IMAGE REGISTRY FOLDER: checks both forms of the container image of this processor, and runs it without an engine: its files
as the root, its user, its environment and command, no capability, a network of its own; mail goes in and out, and its health
check is run.

IMAGE is the archive for `docker load`, REGISTRY the one with all platforms, FOLDER is scratch. Called by test.sh in fresh
namespaces, as root. containers.sh runs the image on real engines.
"""
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tarfile
import time


class Blobs:
    """The blobs of an archive, whose digests are right."""

    def __init__(self, archive, folder):
        self.folder = folder
        with tarfile.open(archive) as tar:
            tar.extractall(folder)
        for path in (folder / "blobs/sha256").iterdir():
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name, path

    def json(self, name):
        return json.loads((self.folder / name).read_text())

    def described(self, descriptor):
        path = "blobs/sha256/" + descriptor["digest"].removeprefix("sha256:")
        assert (self.folder / path).stat().st_size == descriptor["size"], descriptor
        return self.json(path)


class Image:
    """The image as Docker and podman load it."""

    def __init__(self, archive, folder):
        blobs, self.root = Blobs(archive, folder / "saved"), folder / "root"
        [saved] = blobs.json("manifest.json")
        version = archive.name.split("_")[1].replace("~", "-")
        assert saved["RepoTags"] == ["docker.io/library/pillarbox:latest", "docker.io/library/pillarbox:" + version], saved
        assert not (blobs.folder / "index.json").exists(), "podman prefers an OCI layout, which has no health check"
        self.config = blobs.json(saved["Config"])
        self.run = self.config["config"]
        [layer] = saved["Layers"]
        with tarfile.open(blobs.folder / layer) as tar:
            tar.extractall(self.root)

    def in_registry(self, archive, folder):
        """Checks that the image for registries has the same configuration for this platform, a tag, and its version in each manifest."""
        blobs = Blobs(archive, folder)
        [top] = blobs.json("index.json")["manifests"]
        version = self.run["Labels"]["org.opencontainers.image.version"]
        assert top["annotations"]["org.opencontainers.image.ref.name"] == "pillarbox:" + version.replace("~", "-"), top
        configs = []
        for descriptor in blobs.described(top)["manifests"]:
            manifest = blobs.described(descriptor)
            assert manifest["annotations"]["org.opencontainers.image.version"] == version, manifest
            configs.append(blobs.described(manifest["config"]))
            assert "Healthcheck" in configs[-1]["config"], configs[-1]
        assert self.config in configs and len(configs) == 3, configs

    def start(self, words, **more):
        """Starts a command line in the image, as its user."""
        user, group = map(int, self.run["User"].split(":"))

        def enter():
            os.chroot(self.root)
            os.chdir("/")
            os.setgroups([])
            os.setgid(group)
            os.setuid(user)  # which leaves no capability

        env = dict(word.split("=", 1) for word in self.run["Env"])
        return subprocess.Popen(words, preexec_fn=enter, env=env, **more)


def main(archive, registry, folder):
    folder.mkdir(parents=True)
    image = Image(archive, folder)
    image.in_registry(registry, folder / "registry")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").write_text("0")  # as Docker does
    (image.root / "proc").mkdir()
    subprocess.run(["mount", "-t", "proc", "proc", image.root / "proc"], check=True)
    health = image.run["Healthcheck"]["Test"][1:]
    assert image.start(health, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).wait() == 1, "health checks pass without a server"

    box = image.start(image.run["Entrypoint"] + image.run["Cmd"])
    for _ in range(120):
        if image.start(health, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).wait() == 0:
            break
        time.sleep(0.5)
    else:
        sys.exit("its health checks do not pass")
    state = image.root / "var/lib/pillarbox"
    assert not (state / "ports").exists(), "the image leaves its ports to a choice"
    ports = sorted(int(port.removesuffix("/tcp")) for port in image.run["ExposedPorts"])
    assert ports == [25, 110, 465, 587, 995, 1080, 1443], ports
    for words in (["send", "one"], ["count", "1"], ["page"]):
        subprocess.run([sys.executable, pathlib.Path(__file__).with_name("mail.py"), state, *words], check=True)
    box.send_signal(signal.SIGTERM)
    assert box.wait() == 0
    print("oci: PASS")


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
