#!/usr/bin/env python3
"""A line that takes its time, for kernels without netem: joins two TUN devices of its own and hands
each packet over a fixed time after it came. No limit of rate, no loss, no other order.

  delay.py DEVICE DEVICE MILLISECONDS      one way; says "ready" once both devices are there
"""

import collections
import fcntl
import gc
import os
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
PACKET = 65536


def device(name: str) -> int:
    """Makes a TUN device that lives as long as this process."""
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return tun


def carry(a: int, b: int, delay: float) -> None:
    """Hands packets over, for ever."""
    other = {a: b, b: a}
    # one queue for both ways: the delay is the same, so what came first is due first
    waiting: collections.deque[tuple[float, int, bytes]] = collections.deque()
    while True:
        patience = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for tun in select.select([a, b], [], [], patience)[0]:
            try:
                while True:
                    packet = os.read(tun, PACKET)
                    waiting.append((time.monotonic() + delay, other[tun], packet))
            except BlockingIOError:
                pass
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, tun, packet = waiting.popleft()
            try:
                os.write(tun, packet)
            except OSError:
                pass  # a device that is down, or whose queue is full, loses it, as a line would


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    ends = device(sys.argv[1]), device(sys.argv[2])
    # a line does not wait for the clients to leave it a processor
    os.nice(-20)
    gc.disable()
    print("ready", flush=True)
    carry(*ends, float(sys.argv[3]) / 1000)
