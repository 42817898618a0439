"""A slow line on this machine: two network namespaces, and between them a delay, by the kernel's
netem where it has it, else by delay.py."""

import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
SERVER_ADDRESS, CLIENT_ADDRESS = "10.77.31.1", "10.77.31.2"
QUEUED = 1 << 20  # bytes that wait where the line has a limit, as in a small router

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
    """A line that stands until it is closed. `kind` says what delays it; `megabits` a second are its limit."""

    def __init__(self, name: str, milliseconds: int, megabits: int | None) -> None:
        self.milliseconds, self.megabits = milliseconds, megabits
        self.server, self.client = f"ftpane-bench-{name}-server", f"ftpane-bench-{name}-client"
        # a device's name has 15 letters
        self.devices = {self.server: f"ftpb-{name[:5]}-s", self.client: f"ftpb-{name[:5]}-c"}
        self.to_server = ["ip", "netns", "exec", self.server]
        self.to_client = ["ip", "netns", "exec", self.client]
        self.delaying: subprocess.Popen | None = None
        if not shutil.which("ip"):
            raise Unavailable("it needs ip: install iproute2")
        self.close()
        try:
            for namespace in (self.server, self.client):
                ip("netns", "add", namespace)
                ip("-n", namespace, "link", "set", "lo", "up")
            if self.by_netem():
                self.kind = "netem"
            else:
                self.by_packets_held_back()
                self.kind = "delay.py, this kernel has no netem"
            for namespace, address in ((self.server, SERVER_ADDRESS), (self.client, CLIENT_ADDRESS)):
                device = self.devices[namespace]
                ip("-n", namespace, "addr", "add", f"{address}/24", "dev", device)
                ip("-n", namespace, "link", "set", device, "up", "mtu", "1500", "txqueuelen", "2000")
        except Unavailable:
            self.close()
            raise

    def by_netem(self) -> bool:
        if not shutil.which("tc"):
            return False
        ip("link", "add", self.devices[self.server], "netns", self.server, "type", "veth",
           "peer", "name", self.devices[self.client], "netns", self.client)
        for namespace, device in self.devices.items():
            netem = ["netem", "delay", f"{self.milliseconds / 2}ms", "limit", "100000"]
            if self.megabits:
                # what is on its way counts as waiting
                on_its_way = self.megabits * 125 * self.milliseconds / 2
                packets = round((QUEUED + on_its_way) / 1500)
                netem = [*netem[:-1], str(packets), "rate", f"{self.megabits}mbit"]
            added = subprocess.run(
                ["tc", "-n", namespace, "qdisc", "add", "dev", device, "root", *netem], capture_output=True
            )
            if added.returncode:
                ip("-n", self.server, "link", "del", self.devices[self.server])
                return False
        return True

    def by_packets_held_back(self) -> None:
        limit = [str(self.megabits), str(QUEUED)] if self.megabits else []
        self.delaying = subprocess.Popen(
            [sys.executable, HERE / "delay.py", *self.devices.values(), str(self.milliseconds / 2), *limit],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )
        if self.delaying.stdout.readline() != "ready\n":
            raise Unavailable(f"delay.py: {self.delaying.stderr.read().strip().splitlines()[-1]}")
        for namespace, device in self.devices.items():
            ip("link", "set", device, "netns", namespace)

    def round_trip(self, port: int) -> float:
        """Seconds a connection to the server's port takes: the shortest of ten, as only the machine adds to it."""
        asked = [*self.to_client, sys.executable, "-c", CONNECT, SERVER_ADDRESS, str(port)]
        return float(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)

    def close(self) -> None:
        """Takes the line away, also one that an earlier run left."""
        if self.delaying:
            self.delaying.kill()
            self.delaying.wait()
        for namespace in (self.server, self.client):
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True)
