"""Moves bytes over TCP as fast as the network does, for places.py.

    transfer.py serve PORT BYTES    sends BYTES to who connects, and prints the seconds until they have read it all
    transfer.py fetch HOST PORT     reads to the end
"""

import os
import socket
import sys
import tempfile
import time


def serve(port, size):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", port))
    listener.listen()
    with tempfile.TemporaryFile(dir="/dev/shm") as file:
        file.truncate(size)
        os.posix_fallocate(file.fileno(), 0, size)
        while True:
            connection, _ = listener.accept()
            started = time.perf_counter()
            sent = 0
            while sent < size:
                sent += os.sendfile(connection.fileno(), file.fileno(), sent, size - sent)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1)  # the other side has read everything
            print(time.perf_counter() - started, flush=True)
            connection.close()


def fetch(host, port):
    connection = socket.create_connection((host, port))
    buffer = bytearray(1 << 20)
    while connection.recv_into(buffer):
        pass
    connection.close()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]), int(sys.argv[3]))
    fetch(sys.argv[2], int(sys.argv[3]))
