"""The measurements of bench.sh. Runs as an ordinary user in a directory on a file system of its own."""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import time

STEPS = """FROM busybox
WORKDIR /app
ENV NAME=value
COPY requirements.txt .
RUN wc -l requirements.txt > /count
COPY lib lib
RUN ls lib > /list
COPY main.txt .
CMD ["cat", "main.txt"]
"""
SLEEPS = """FROM busybox AS one
RUN sleep 2 && echo one > /one
FROM busybox AS two
RUN sleep 2 && echo two > /two
FROM busybox
COPY --from=one /one /
COPY --from=two /two /
"""


class Cbuild:
    """A cbuild with a store of its own."""

    name = "cbuild"

    def __init__(self, options):
        self.program = options.cbuild
        self.root = os.path.join(options.directory, "store-cbuild")
        self.base = options.base

    def reset(self):
        remove(self.root)
        check([self.program, "--root", self.root, "import", self.base, "busybox:latest"])

    def build(self, context, no_cache=False):
        return [self.program, "--root", self.root, "build", "-q", "-t", "bench", *["--no-cache"] * no_cache, context]


class Buildah:
    """Debian's buildah, set up as fast as it goes: overlay of the kernel, the network of the host, stages in parallel."""

    name = "buildah"

    def __init__(self, options):
        self.root = os.path.join(options.directory, "store-buildah")
        self.base = options.base
        self.directory = options.directory
        os.environ["STORAGE_DRIVER"] = "overlay"
        policy = os.path.join(os.environ["HOME"], ".config/containers")
        os.makedirs(policy, exist_ok=True)
        with open(os.path.join(policy, "policy.json"), "w", encoding="utf-8") as file:
            json.dump({"default": [{"type": "insecureAcceptAnything"}]}, file)
        self.isolation = "chroot"
        self.reset()
        context = make_context(options.directory, "probe", {"Dockerfile": "FROM localhost/busybox\nRUN true\n"})
        times = {}
        for isolation in ("oci", "chroot"):
            self.isolation = isolation
            if subprocess.run(self.build(context, True), capture_output=True).returncode == 0:
                times[isolation] = min(timed(self.build(context, True)) for _ in range(3))
        self.isolation = min(times, key=times.get)

    def command(self, *words):
        return ["buildah", "--root", self.root, "--runroot", self.root + "-run", *words]

    def reset(self):
        remove(self.root)
        remove(self.root + "-run")
        container = check(self.command("from", "scratch")).strip()
        check(self.command("add", container, self.base, "/"))
        check(self.command("config", "--cmd", "sh", container))
        check(self.command("commit", "-q", "--rm", container, "localhost/busybox:latest"))

    def build(self, context, no_cache=False):
        return self.command("bud", "-q", "--layers", "--isolation", self.isolation, "--network", "host", "--jobs", "2",
                            "--pull-never", "-t", "bench", *["--no-cache"] * no_cache, context)


def check(command, **kwargs):
    done = subprocess.run(command, capture_output=True, text=True, **kwargs)
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(command)} failed:\n{done.stderr}")
    return done.stdout


def remove(path):
    """Also what belongs to subordinate ids."""
    if os.path.lexists(path):
        subprocess.run(["unshare", "--map-root-user", "--map-auto", "sh", "-c", 'chmod -R u+rwX "$0"; rm -rf "$0"', path],
                       stderr=subprocess.DEVNULL)


def timed(command):
    """Seconds."""
    started = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    elapsed = time.perf_counter() - started
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(command)} failed:\n{done.stderr.decode(errors='replace')[-2000:]}")
    return elapsed


def peak_memory(command):
    """MiB, of the largest process, as /usr/bin/time -v tells it."""
    done = subprocess.run(["/usr/bin/time", "-f", "%M", *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True)
    return int(done.stderr.split()[-1]) / 1024


def make_context(directory, name, files):
    context = os.path.join(directory, "context-" + name)
    for path, content in files.items():
        path = os.path.join(context, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
    return context


def settle():
    """What an earlier measurement wrote is on disk before the next begins."""
    os.sync()
    time.sleep(0.2)


class Bench:
    def __init__(self, options):
        self.options = options
        self.tools = [Cbuild(options)]
        if not options.no_buildah:
            self.tools.append(Buildah(options))
        self.rows = []

    def base(self, text):
        """Both programs find the base under a name of theirs."""
        return {"cbuild": text, "buildah": text.replace("FROM busybox", "FROM localhost/busybox")}

    def contexts(self, name, text, files=()):
        made = {}
        for tool, dockerfile in self.base(text).items():
            made[tool] = make_context(self.options.directory, f"{name}-{tool}", {"Dockerfile": dockerfile, **dict(files)})
        return made

    def add(self, name, measure, floor=None, floor_name=""):
        """measure(tool) -> list of seconds."""
        values = {tool.name: statistics.median(measure(tool)) for tool in self.tools}
        self.rows.append((name, values, floor, floor_name))
        print(f"  {name}: " + ", ".join(f"{tool} {show(value)}" for tool, value in values.items()), file=sys.stderr)

    def steps(self):
        files = {"requirements.txt": "one\ntwo\n", "main.txt": "code\n", **{f"lib/{i}.txt": f"{i}\n" * 50 for i in range(14)}}
        contexts = self.contexts("steps", STEPS, files.items())

        def unchanged(tool):
            tool.reset()
            timed(tool.build(contexts[tool.name]))
            settle()
            return [timed(tool.build(contexts[tool.name])) for _ in range(self.options.runs * 3)]

        def changed(tool):
            times = []
            for _ in range(self.options.runs):
                with open(os.path.join(contexts[tool.name], "main.txt"), "a", encoding="utf-8") as file:
                    file.write(f"{random.random()}\n")
                settle()
                times.append(timed(tool.build(contexts[tool.name])))
            return times

        self.add("nothing changed, 8 steps", unchanged)
        self.add("one source file changed (last COPY)", changed)

    def run(self):
        few = self.contexts("run1", "FROM busybox\n" + "RUN true\n")
        many = self.contexts("run20", "FROM busybox\n" + "RUN true\n" * 20)

        def slope(tool):
            tool.reset()
            times = []
            for _ in range(self.options.runs):
                settle()
                one = timed(tool.build(few[tool.name], True))
                times.append((timed(tool.build(many[tool.name], True)) - one) / 19)
            return times

        self.add("each further RUN true", slope)

    def lines(self):
        """Parsing and lowering alone: what 10 000 lines take more than one."""
        def context(name, count):
            text = "FROM scratch\n" + "".join(f"RUN echo {i}\n" for i in range(count))
            return os.path.join(make_context(self.options.directory, name, {"Dockerfile": text}), "Dockerfile")

        few, many = context("lines1", 1), context("lines10000", 10_000)
        cbuild = self.tools[0]

        def graph(file):
            return [cbuild.program, "--root", cbuild.root, "debug", "graph", "--format", "dot", file]

        times = [timed(graph(many)) - timed(graph(few)) for _ in range(self.options.runs * 3)]
        self.rows.append(("10 000 lines parsed, lowered and drawn", {"cbuild": statistics.median(times)}, None, ""))

    def small(self):
        contexts = self.contexts("small", "FROM busybox\nCOPY files /files\n")
        generator = random.Random(1)
        first = None
        for context in contexts.values():
            if first:
                shutil.copytree(os.path.join(first, "files"), os.path.join(context, "files"))
                continue
            first = context
            for i in range(20000):
                directory = os.path.join(context, "files", str(i // 200))
                os.makedirs(directory, exist_ok=True)
                with open(os.path.join(directory, f"{i}.bin"), "wb") as file:
                    file.write(generator.randbytes(5000))
        source = os.path.join(first, "files")
        copy = os.path.join(self.options.directory, "copy")
        floor = []
        for _ in range(self.options.runs):
            settle()
            floor.append(timed(["sh", "-c", 'cp -a "$0" "$1" && sync -f "$1"', source, copy]))
            remove(copy)
        self.add("COPY of 20 000 files, 100 MB, cold", self.cold(contexts), statistics.median(floor), "cp -a + sync")
        if not self.options.no_memory:
            self.memory("peak memory of it", contexts)

    def big(self):
        contexts = self.contexts("big", "FROM busybox\nCOPY file /file\n")
        first = None
        for context in contexts.values():
            path = os.path.join(context, "file")
            if first:
                os.link(first, path)
                continue
            first = path
            block = random.Random(2).randbytes(1 << 20)
            with open(path, "wb") as file:
                for i in range(1024):
                    file.write(i.to_bytes(8, "little") + block[8:])
        copy = os.path.join(self.options.directory, "copy")
        floor = []
        for _ in range(self.options.runs):
            settle()
            floor.append(timed(["sh", "-c", 'cp --reflink=never "$0" "$1" && openssl dgst -sha256 "$1" && sync -f "$1"', first, copy]))
            os.remove(copy)
        self.add("COPY of one 1 GiB file, cold", self.cold(contexts), statistics.median(floor), "cp + sha256 + sync")
        if not self.options.no_memory:
            self.memory("peak memory of it", contexts)

    def cold(self, contexts):
        def measure(tool):
            times = []
            for _ in range(self.options.runs):
                tool.reset()
                settle()
                times.append(timed(tool.build(contexts[tool.name])))
            return times

        return measure

    def memory(self, name, contexts):
        values = {}
        for tool in self.tools:
            tool.reset()
            values[tool.name] = peak_memory(tool.build(contexts[tool.name]))
        self.rows.append((name, values, None, "MiB"))

    def stages(self):
        contexts = self.contexts("stages", SLEEPS)

        def measure(tool):
            tool.reset()
            times = []
            for _ in range(self.options.runs):
                settle()
                times.append(timed(tool.build(contexts[tool.name], True)))
            return times

        self.add("two independent stages of RUN sleep 2", measure, 2.0, "sleep 2")

    def table(self):
        names = [tool.name for tool in self.tools]
        print("| | " + " | ".join(names) + " | times faster | beside |")
        print("|---|" + "---|" * (len(names) + 2))
        for name, values, floor, floor_name in self.rows:
            ratio = f"{values['buildah'] / values['cbuild']:.1f}" if "buildah" in values else ""
            if floor_name == "MiB":
                cells, beside = [f"{values[n]:.0f} MiB" for n in names], ""
            else:
                cells = [show(values[n]) if n in values else "" for n in names]
                beside = f"{floor_name} {show(floor)} ({values['cbuild'] / floor:.2f} of it)" if floor else ""
            print(f"| {name} | " + " | ".join(cells) + f" | {ratio} | {beside} |")


def show(seconds):
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cbuild", required=True)
    parser.add_argument("--base", required=True)
    parser.add_argument("--directory", required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="steps,run,small,big,stages,lines")
    parser.add_argument("--no-buildah", action="store_true")
    parser.add_argument("--no-memory", action="store_true")
    options = parser.parse_args()
    bench = Bench(options)
    for name in options.only.split(","):
        getattr(bench, name)()
    bench.table()
    if not options.no_buildah:
        version = check(["buildah", "--version"]).strip()
        print(f"\n{version}; isolation {bench.tools[1].isolation} (the faster of those that work here); "
              f"{os.cpu_count()} processors; medians of {options.runs}.")


if __name__ == "__main__":
    main()
