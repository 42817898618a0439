#!/usr/bin/env python3
"""A line that takes its time, for kernels without netem: joins two TUN devices of its own and hands
each packet over a fixed time after it came. With a limit, one packet follows the other by that rate, each way; so
many bytes may wait, and what comes when they do is lost. Else nothing is lost; the order stays as it is.

  delay.py DEVICE DEVICE MILLISECONDS [MEGABITS BYTES]      one way; says "ready" once both devices are there
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


class Queue:
    """What leaves one end, by the limit of the line: `rate` in bytes a second, `room` in bytes."""

    def __init__(self, rate: float, room: int) -> None:
        self.rate, self.room = rate, room
        self.free = 0.0  # when the last packet will have left

    def leaves(self, now: float, length: int) -> float | None:
        """When a packet of this length has left; `None` where there is no room for it."""
        if not self.rate:
            return now
        begins = max(now, self.free)
        if (begins - now) * self.rate > self.room:
            return None
        self.free = begins + length / self.rate
        return self.free


def carry(a: int, b: int, delay: float, rate: float, room: int) -> None:
    """Hands packets over, for ever."""
    other = {a: b, b: a}
    queues = {a: Queue(rate, room), b: Queue(rate, room)}
    # in the order in which they are due, each way
    waiting: dict[int, collections.deque[tuple[float, bytes]]] = {a: collections.deque(), b: collections.deque()}
    while True:
        due = [queue[0][0] for queue in waiting.values() if queue]
        patience = max(0.0, min(due) - time.monotonic()) if due else None
        for tun in select.select([a, b], [], [], patience)[0]:
            try:
                while True:
                    packet = os.read(tun, PACKET)
                    leaves = queues[tun].leaves(time.monotonic(), len(packet))
                    if leaves is not None:
                        waiting[other[tun]].append((leaves + delay, packet))
            except BlockingIOError:
                pass
        now = time.monotonic()
        for tun, queue in waiting.items():
            while queue and queue[0][0] <= now:
                try:
                    os.write(tun, queue.popleft()[1])
                except OSError:
                    pass  # a device that is down, or whose queue is full, loses it, as a line would


if __name__ == "__main__":
    if len(sys.argv) not in (4, 6):
        sys.exit(__doc__)
    ends = device(sys.argv[1]), device(sys.argv[2])
    # a line does not wait for the clients to leave it a processor
    os.nice(-20)
    gc.disable()
    print("ready", flush=True)
    megabits, room = sys.argv[4:] or (0, 0)
    carry(*ends, float(sys.argv[3]) / 1000, float(megabits) * 125_000, int(room))
