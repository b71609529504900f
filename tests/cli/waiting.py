#!/usr/bin/env python3
"""Signals a command that waits for one of its streams, which nobody serves, and tells how it ends.

usage: waiting.py [--stdin KIND] [--stdout KIND] [--stderr KIND] SIGNAL COMMAND...

KIND is pipe, socket, terminal (nobody reads its master) or stopped (a terminal after Ctrl-S). Other streams are
/dev/null. Prints "CODE soon", "CODE after N ms" when it took 2 s or more, or "CODE before the signal".
"""
import os
import signal
import socket
import subprocess
import sys
import termios
import time

PATIENCE = 30


def stream(kind, is_input):
    """Our end, which is kept open, and the command's."""
    if kind == "pipe":
        reader, writer = os.pipe()
        return (writer, reader) if is_input else (reader, writer)
    if kind == "socket":
        ours, theirs = socket.socketpair()
        return ours.detach(), theirs.detach()
    ours, theirs = os.openpty()
    if kind == "stopped":
        termios.tcflow(theirs, termios.TCOOFF)
    return ours, theirs


def main():
    words = sys.argv[1:]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    kept = []
    while words[0].startswith("--"):
        name = words[0][2:]
        ours, theirs = stream(words[1], name == "stdin")
        kept.append(ours)
        streams[name] = theirs
        words = words[2:]
    number = getattr(signal, "SIG" + words[0])
    process = subprocess.Popen(words[1:], start_new_session=True, **streams)
    for theirs in streams.values():
        if theirs >= 0:
            os.close(theirs)
    try:
        print(process.wait(timeout=float(os.environ.get("WAIT", "1.5"))), "before the signal")
        return
    except subprocess.TimeoutExpired:
        pass
    begin = time.monotonic()
    process.send_signal(number)
    try:
        code = process.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        code = process.wait()
    took = int((time.monotonic() - begin) * 1000)
    print(code, "soon" if took < 2000 else f"after {took} ms")


main()
