"""The measurements of places.sh. Runs as root; what an ordinary user does is done through the command after "--"."""

import argparse
import os
import random
import shutil
import stat
import statistics
import subprocess
import sys
import time

# With what they depend on, about 50 packages that the base lacks.
PACKAGES = "git curl make gcc less rsync vim-tiny sqlite3 zip unzip tmux"
DOWNLOAD = f"FROM base\nRUN apt-get update && apt-get install -y --no-install-recommends -d {PACKAGES}\n"
INSTALL = f"apt-get install -y --no-install-recommends --no-download {PACKAGES}"
PORT = 18997
GIB = 1 << 30
PYTHON = "/usr/bin/python3"


def check(command, **kwargs):
    done = subprocess.run(command, capture_output=True, text=True, **kwargs)
    if done.returncode != 0:
        sys.exit(f"places: {' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return done.stdout


def settle():
    """What an earlier measurement wrote is on disk before the next begins."""
    os.sync()
    time.sleep(0.2)


def timed(command):
    """Seconds."""
    settle()
    started = time.perf_counter()
    check(command)
    return time.perf_counter() - started


class Way:
    """A way to build: what stands before cbuild, its isolation, a store of its own."""

    def __init__(self, bench, name, prefix, isolation="auto"):
        self.name = name
        self.directory = bench.options.directory
        self.command = [*prefix, "env", f"CBUILD_ISOLATION={isolation}", bench.options.cbuild,
                        "--root", os.path.join(self.directory, f"store {name}")]

    def load(self, tar, reference):
        check([*self.command, "import", tar, reference])

    def build(self, dockerfile, *flags):
        context = os.path.join(self.directory, "context")
        os.makedirs(context, exist_ok=True)
        path = os.path.join(self.directory, "Dockerfile")
        with open(path, "w", encoding="utf-8") as file:
            file.write(dockerfile)
        return [*self.command, "build", "-q", "--no-cache", "-f", path, *flags, context]


class Bench:
    def __init__(self, options):
        self.options = options
        user = options.user
        self.user = Way(self, "namespaces", user)
        self.one_id = Way(self, "one id", [*user, "unshare", "--map-root-user", "--"])
        self.no_isolation = Way(self, "none", user, "none")
        self.root = Way(self, "namespaces, root", [])
        self.chroot = Way(self, "chroot, root", [], "chroot")

    def rounds(self, measures):
        """Medians and all values, of measures taken in turn."""
        values = {name: [] for name in measures}
        for _ in range(self.options.runs):
            for name, measure in measures.items():
                values[name].append(measure())
        return values

    def show(self, title, values, pairs, unit="s"):
        print(f"\n{title}\n")
        for name, all_of_it in values.items():
            print(f"- {name}: {statistics.median(all_of_it):.3f} {unit} ({', '.join(f'{v:.3f}' for v in all_of_it)})")
        for one, other in pairs:
            ratios = [a / b for a, b in zip(values[one], values[other])]
            print(f"- {one} : {other} = {statistics.median(values[one]) / statistics.median(values[other]):.2f} "
                  f"(pairs {min(ratios):.2f}-{max(ratios):.2f})")

    def apt(self):
        """Installing packages that are downloaded already."""
        tar = os.path.join(self.options.directory, "downloaded.tar")
        self.root.load(self.options.base, "base:latest")
        check(self.root.build(DOWNLOAD, "-o", f"type=tar,dest={tar}"))
        ways = [self.user, self.one_id, self.root, self.chroot]
        for way in ways:
            way.load(tar, "downloaded:latest")
        bare = os.path.join(self.options.directory, "bare")

        def bare_chroot():
            shutil.rmtree(bare, ignore_errors=True)
            os.makedirs(bare)
            check(["tar", "-xf", tar, "-C", bare])
            os.makedirs(f"{bare}/dev", exist_ok=True)
            if not os.path.exists(f"{bare}/dev/null"):
                os.mknod(f"{bare}/dev/null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
            return timed(["chroot", bare, "env", "DEBIAN_FRONTEND=noninteractive", "sh", "-c", INSTALL])

        dockerfile = f"FROM downloaded\nRUN DEBIAN_FRONTEND=noninteractive {INSTALL}\n"
        measures = {"bare chroot": bare_chroot}
        for way in ways:
            measures[way.name] = lambda way=way: timed(way.build(dockerfile))
        values = self.rounds(measures)
        check(["sh", "-c", f"chroot {bare} dpkg -l | grep -c ^ii > {bare}/count"])
        before = check(["tar", "-xOf", tar, "--wildcards", "*var/lib/dpkg/status"])
        with open(f"{bare}/count", encoding="utf-8") as file:
            installed = int(file.read()) - before.count("\nStatus: install ok installed")
        self.show(f"apt-get install of {installed} packages", values,
                  [("namespaces", "bare chroot"), ("one id", "namespaces"), ("chroot, root", "namespaces, root")])

    def copy(self):
        """A build without RUN."""
        context = os.path.join(self.options.directory, "context", "files")
        generator = random.Random(1)
        for i in range(5000):
            directory = os.path.join(context, str(i // 100))
            os.makedirs(directory, exist_ok=True)
            with open(os.path.join(directory, f"{i}.bin"), "wb") as file:
                file.write(generator.randbytes(5000))
        os.chmod(os.path.dirname(context), 0o755)
        ways = [self.user, self.no_isolation]
        for way in ways:
            way.load(self.options.base, "base:latest")
        dockerfile = "FROM base\nCOPY --chown=12:34 files /files\nCOPY files /more\nWORKDIR /files\nENV A=b\n"
        values = self.rounds({way.name: lambda way=way: timed(way.build(dockerfile)) for way in ways})
        self.show("COPY of 5000 files twice, no RUN", values, [("none", "namespaces")])

    def download(self):
        """1 GiB from a server on this machine."""
        transfer = os.path.join(self.options.directory, "transfer.py")
        os.makedirs(os.path.join(self.options.directory, "context"), exist_ok=True)
        shutil.copy(transfer, os.path.join(self.options.directory, "context"))
        server = subprocess.Popen([PYTHON, transfer, "serve", str(PORT), str(GIB)], stdout=subprocess.PIPE, text=True)
        time.sleep(0.5)
        self.user.load(self.options.base, "base:latest")

        def rate(command):
            def measure():
                check(command)
                return GIB / 1e6 / float(server.stdout.readline())
            return measure

        fetch = [PYTHON, transfer, "fetch"]
        step = self.user.build(f"FROM base\nCOPY transfer.py /\nRUN python3 /transfer.py fetch server {PORT}\n",
                               "--add-host", "server:host-gateway")
        measures = {"loopback": rate([*self.options.user, *fetch, "127.0.0.1", str(PORT)]), "private network": rate(step)}
        pairs = [("private network", "loopback")]
        if shutil.which("pasta"):
            # pasta makes the gateway of the machine stand for its loopback.
            gateway = check(["sh", "-c", "ip route show default | awk '{ print $3; exit }'"]).strip()
            measures["pasta"] = rate([*self.options.user, "pasta", "--config-net", "--", *fetch, gateway, str(PORT)])
            pairs.append(("private network", "pasta"))
        values = self.rounds(measures)
        server.kill()
        self.show("download of 1 GiB", values, pairs, "MB/s")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cbuild", required=True)
    parser.add_argument("--base", required=True)
    parser.add_argument("--directory", required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="apt,copy,download")
    parser.add_argument("user", nargs="+", help="the command that runs another one as the ordinary user")
    options = parser.parse_args()
    bench = Bench(options)
    for name in options.only.split(","):
        getattr(bench, name)()


if __name__ == "__main__":
    main()
