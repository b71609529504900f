python3 - <<'PYTHON'
import io, tarfile
long = "d" * 90 + "/" + "e" * 90 + "/" + "f" * 120
names = ["./dotted", "/absolute", "a//b/./c", "with blank", "tab\there", "l" * 200, long, "ünï", "star*[x]?", "-dash", "..hidden",
         "trailing.", "back\\slash"]
with tarfile.open("names.tar", "w", format=tarfile.PAX_FORMAT) as tar:
    for name in names:
        entry = tarfile.TarInfo(name)
        data = name.encode()
        entry.size, entry.mtime = len(data), 1600000000
        tar.addfile(entry, io.BytesIO(data))
PYTHON
