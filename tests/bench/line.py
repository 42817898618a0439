"""A slow line on this machine: two network namespaces, and between them a delay, by the kernel's
netem where it has it, else by delay.py."""

import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
SERVER, CLIENT = "ftpane-bench-server", "ftpane-bench-client"
SERVER_ADDRESS, CLIENT_ADDRESS = "10.77.31.1", "10.77.31.2"
DEVICES = {SERVER: "ftpane-bench-s", CLIENT: "ftpane-bench-c"}
TO_SERVER = ["ip", "netns", "exec", SERVER]
TO_CLIENT = ["ip", "netns", "exec", CLIENT]

CONNECT = """
import socket, sys, time
took = []
for _ in range(10):
    before = time.monotonic()
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 10).close()
    took.append(time.monotonic() - before)
print(min(took))
"""


class Unavailable(Exception):
    """Why this machine gives no slow line."""


def ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if done.returncode:
        raise Unavailable(f"ip {' '.join(words)}: {done.stderr.strip()}")


class Line:
    """A line that stands until it is closed. `kind` says what delays it."""

    def __init__(self, milliseconds: int) -> None:
        self.milliseconds = milliseconds
        self.delaying: subprocess.Popen | None = None
        if not shutil.which("ip"):
            raise Unavailable("it needs ip: install iproute2")
        self.close()
        try:
            for namespace in (SERVER, CLIENT):
                ip("netns", "add", namespace)
                ip("-n", namespace, "link", "set", "lo", "up")
            if self.by_netem():
                self.kind = "netem"
            else:
                self.by_packets_held_back()
                self.kind = "delay.py, this kernel has no netem"
            for namespace, address in ((SERVER, SERVER_ADDRESS), (CLIENT, CLIENT_ADDRESS)):
                device = DEVICES[namespace]
                ip("-n", namespace, "addr", "add", f"{address}/24", "dev", device)
                ip("-n", namespace, "link", "set", device, "up", "mtu", "1500", "txqueuelen", "2000")
        except Unavailable:
            self.close()
            raise

    def by_netem(self) -> bool:
        if not shutil.which("tc"):
            return False
        ip("link", "add", DEVICES[SERVER], "netns", SERVER, "type", "veth",
           "peer", "name", DEVICES[CLIENT], "netns", CLIENT)
        for namespace, device in DEVICES.items():
            netem = ["netem", "delay", f"{self.milliseconds / 2}ms", "limit", "100000"]
            added = subprocess.run(
                ["tc", "-n", namespace, "qdisc", "add", "dev", device, "root", *netem], capture_output=True
            )
            if added.returncode:
                ip("-n", SERVER, "link", "del", DEVICES[SERVER])
                return False
        return True

    def by_packets_held_back(self) -> None:
        self.delaying = subprocess.Popen(
            [sys.executable, HERE / "delay.py", *DEVICES.values(), str(self.milliseconds / 2)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )
        if self.delaying.stdout.readline() != "ready\n":
            raise Unavailable(f"delay.py: {self.delaying.stderr.read().strip().splitlines()[-1]}")
        for namespace, device in DEVICES.items():
            ip("link", "set", device, "netns", namespace)

    def round_trip(self, port: int) -> float:
        """Seconds a connection to the server's port takes: the shortest of ten, as only the machine adds to it."""
        asked = [*TO_CLIENT, sys.executable, "-c", CONNECT, SERVER_ADDRESS, str(port)]
        return float(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)

    def close(self) -> None:
        """Takes the line away, also one that an earlier run left."""
        if self.delaying:
            self.delaying.kill()
            self.delaying.wait()
        for namespace in (SERVER, CLIENT):
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True)
