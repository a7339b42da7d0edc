"""One connection from the guest to a port of this machine: QEMU starts it, with the guest on stdin and stdout."""

import os
import select
import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as outside:
    while True:
        ready, _, _ = select.select([0, outside], [], [])
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                break
            outside.sendall(data)
        if outside in ready:
            data = outside.recv(65536)
            if not data:
                break
            while data:
                data = data[os.write(1, data) :]
