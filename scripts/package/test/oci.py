"""oci.py IMAGE FOLDER: checks the container image of this processor, and runs it as an engine would: its files as the root, its user,
its environment and command, no capability, a network of its own; mail goes in and out, and its health check is asked.

IMAGE is the archive for `docker load`, FOLDER is scratch. Called by test.sh in fresh namespaces, as root.
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


class Image:
    """An image of an OCI layout whose digests are right, and the same by Docker's manifest.json."""

    def __init__(self, archive, folder):
        self.layout, self.root = folder / "layout", folder / "root"
        with tarfile.open(archive) as tar:
            tar.extractall(self.layout)
        manifest = self.json(json.loads((self.layout / "index.json").read_text())["manifests"][0])
        config, layer = self.json(manifest["config"]), self.blob(manifest["layers"][0])
        with tarfile.open(layer) as tar:
            tar.extractall(self.root)
        docker = json.loads((self.layout / "manifest.json").read_text())[0]
        assert self.layout / docker["Config"] == self.blob(manifest["config"]) and self.layout / docker["Layers"][0] == layer
        self.run = config["config"]

    def blob(self, descriptor):
        path = self.layout / "blobs/sha256" / descriptor["digest"].removeprefix("sha256:")
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name, descriptor
        assert path.stat().st_size == descriptor["size"], descriptor
        return path

    def json(self, descriptor):
        return json.loads(self.blob(descriptor).read_text())

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


def main(archive, folder):
    folder.mkdir(parents=True)
    image = Image(archive, folder)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").write_text("0")  # as Docker does
    (image.root / "proc").mkdir()
    subprocess.run(["mount", "-t", "proc", "proc", image.root / "proc"], check=True)
    health = image.run["Healthcheck"]["Test"][1:]
    assert image.start(health, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).wait() == 1, "nobody runs, and is well"

    box = image.start(image.run["Entrypoint"] + image.run["Cmd"])
    for _ in range(120):
        if image.start(health, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).wait() == 0:
            break
        time.sleep(0.5)
    else:
        sys.exit("the box is not well")
    state = image.root / "var/lib/pillarbox"
    assert "\n995 995\n" in (state / "ports").read_text(), "it has not got the standard ports"
    for words in (["send", "one"], ["count", "1"]):
        subprocess.run([sys.executable, pathlib.Path(__file__).with_name("mail.py"), state, *words], check=True)
    box.send_signal(signal.SIGTERM)
    assert box.wait() == 0
    print("oci: PASS")


main(sys.argv[1], pathlib.Path(sys.argv[2]))
