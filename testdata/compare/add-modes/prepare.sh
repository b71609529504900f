python3 - <<'PYTHON'
import io, tarfile
with tarfile.open("modes.tar", "w") as tar:
    for number, mode in enumerate([0o4755, 0o2755, 0o1755, 0o600, 0o7777, 0o000]):
        for kind, name in ((tarfile.REGTYPE, "file"), (tarfile.DIRTYPE, "dir")):
            entry = tarfile.TarInfo("%s%o" % (name, mode))
            entry.type, entry.mode, entry.uid, entry.gid, entry.mtime = kind, mode, number, number + 10, 1000000000 + number
            tar.addfile(entry)
    for kind, name, target in ((tarfile.SYMTYPE, "soft", "file600"), (tarfile.LNKTYPE, "hard", "file600"),
                               (tarfile.FIFOTYPE, "fifo", "")):
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname, entry.mode, entry.uid, entry.gid, entry.mtime = kind, target, 0o600, 3, 13, 1000000003
        tar.addfile(entry)
PYTHON
