"""The cases, and what ftpane must reach in each.

A bar is the most that ftpane's figure may be: for `wall` and `cpu` as a ratio to the best peer of the
same run, for `memory` in MiB, for `trips` in round trips per file. Ratios, because absolute times move from
machine to machine; where a figure says nothing about the client (the server is what takes the time), there is no bar.
"""

import dataclasses

from data import Tree

GIB, MIB, KIB = 1 << 30, 1 << 20, 1 << 10
LARGE = Tree("large.bin", 2 * GIB)
SMALL = Tree("small", 4 * KIB, 50, 100)
FEW = Tree("few", 4 * KIB, 10, 50)
SLOW = Tree("slow.bin", 200 * MIB)
DEEP = Tree("deep", 0, 2000, 50)
WIDE = Tree("wide", 0, 200, 50)
TEN = Tree("ten", 4 * KIB, 1, 10)
SEVENTY = Tree("seventy", 4 * KIB, 1, 70)
LONG = Tree("long.bin", 128 * MIB)

# MiB at most: for one file, and where small ones are many
FOR_ONE, FOR_MANY = 16, 40
# and what the pages of libssl and libcrypto come to that are touched as soon as anything is encrypted
OF_OPENSSL = 4
# trips of one file: (way, TLS)
TRIPS = {("down", ""): 3.2, ("down", "1.3"): 4.4, ("up", ""): 3.4, ("up", "1.3"): 4.6}


@dataclasses.dataclass(frozen=True)
class Wire:
    """What a case's line is like: 50 ms there and back."""

    name: str
    megabits: int | None = None  # a second; None has no limit


SLOW_LINE, FAT_LINE = Wire("slow"), Wire("fat", 200)


@dataclasses.dataclass(frozen=True)
class Case:
    """One line of the benchmark."""

    name: str
    title: str
    way: str  # "down", "up" or "walk"
    tree: Tree
    tls: str = ""  # the newest version offered; "" is none
    line: Wire | None = None  # between client and server; None is loopback
    connections: int = 1
    user: str = "demo"
    server: str | None = None  # where another would not do
    wall: float | None = None
    cpu: float | None = None
    memory: float | None = None
    patience: float = 120  # seconds for one client


@dataclasses.dataclass(frozen=True)
class PerFile:
    """What each file costs beyond the first ones, over one connection: the difference of two trees.

    In round trips over the slow line, or in commands, plain and on loopback.
    """

    name: str
    title: str
    way: str
    tls: str = ""
    counts: str = "trips"  # or "commands"
    trees: tuple[Tree, Tree] = (TEN, SEVENTY)
    bar: float | None = None
    patience: float = 120

    @property
    def line(self) -> Wire | None:
        return SLOW_LINE if self.counts == "trips" else None


@dataclasses.dataclass(frozen=True)
class Start:
    """How long a program takes that has nothing to do."""

    name: str = "start"
    title: str = "start: --version, and the first frame on a terminal"
    version: float = 5  # milliseconds at most
    frame: float = 50


def transfers() -> list[Case]:
    cases = []
    # all of the clients do TLS 1.2 with vsftpd. With 1.3 rclone finds no session to resume, and uploads of
    # curl and lftp lose their ends: downloads only, for those that can
    kinds = [("", "plain", ""), ("-tls", "TLS 1.2", "1.2"), ("-tls13", "TLS 1.3", "1.3")]
    for end, words, tls in kinds:
        for way in ("down", "up"):
            if tls == "1.3" and way == "up":
                continue
            cases.append(Case(
                f"large-{way}{end}", f"one file of 2 GiB {way}, {words}", way, LARGE, tls,
                # with TLS the server's encryption takes the time
                wall=None if tls else 1.0, cpu=1.0 if tls else None, memory=FOR_ONE + (OF_OPENSSL if tls else 0),
            ))
    for end, words, tls in kinds:
        for way in ("down", "up"):
            if tls == "1.3" and way == "up":
                continue
            cases.append(Case(
                f"small-{way}{end}", f"5,000 files of 4 KiB in 50 folders {way}, {words}", way, SMALL, tls,
                connections=8, wall=1.0, cpu=1.0, memory=FOR_MANY,
            ))
    # what more connections bring, for the default: compared between cases, so there is no bar
    for connections in (1, 2, 4):
        for way in ("down", "up"):
            cases.append(Case(
                f"lanes-{way}-{connections}", f"5,000 files of 4 KiB in 50 folders {way}, plain", way, SMALL,
                connections=connections,
            ))
    for connections in (8, 1):
        for way, wall in (("down", 0.85), ("up", 0.60)):
            cases.append(Case(
                f"line-{way}-{connections}", f"500 files of 4 KiB {way}, plain, 50 ms line", way, FEW, line=SLOW_LINE,
                connections=connections, wall=wall, memory=FOR_MANY, patience=600,
            ))
    for way in ("down", "up"):
        cases.append(Case(
            f"fat-{way}", f"one file of 128 MiB {way}, plain, 200 Mbit/s and 50 ms", way, LONG, line=FAT_LINE,
            wall=1.02, memory=FOR_ONE, patience=300,
        ))
    return cases


def per_file() -> list[PerFile]:
    trips = [
        PerFile(
            f"trips-{way}{'-tls' if tls else ''}",
            f"round trips per file of 4 KiB {way}, {'TLS' if tls else 'plain'}, 50 ms line",
            way, tls, bar=bar,
        )
        for (way, tls), bar in TRIPS.items()
    ]
    commands = [
        PerFile(f"commands-{way}", f"commands per file of 4 KiB {way}, plain", way, counts="commands")
        for way in ("down", "up")
    ]
    return trips + commands


CASES: list[Case | PerFile | Start] = [
    *transfers(),
    Case("walk", "walk of 2,000 folders with 50 files each", "walk", DEEP, connections=8, wall=1.0, memory=FOR_MANY),
    Case("line-walk", "walk of 200 folders with 50 files each, 50 ms line", "walk", WIDE, line=SLOW_LINE, connections=8,
         wall=0.95, memory=FOR_MANY, patience=300),
    # vsftpd's limit does not hold on loopback: it reckons a rate in 32 bits, which a piece that leaves at once
    # exceeds; clients come out below what eight connections could have brought, by luck
    Case("segments", "one file of 200 MiB down, the server gives 2 MiB/s to each connection", "down", SLOW,
         connections=8, user="slow", server="proftpd", wall=1.0, memory=FOR_ONE, patience=300),
    *per_file(),
    Start(),
]
