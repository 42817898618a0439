"""What is transferred: made for a case, compared afterwards, and gone before the next that needs other files."""

import dataclasses
import filecmp
import os
import pathlib
import random
import re
import shutil

BLOCK = 1 << 20


@dataclasses.dataclass(frozen=True)
class Tree:
    """One file (no folders), or folders with as many files each."""

    name: str
    size: int
    folders: int = 0
    files: int = 1

    @property
    def count(self) -> int:
        return max(self.folders, 1) * self.files

    @property
    def paths(self) -> list[str]:
        """Of all files, below the place of the tree. No two have the same last part."""
        if not self.folders:
            return [""]
        return [f"d{d:04}/f{d:04}-{f:03}.bin" for d in range(self.folders) for f in range(self.files)]

    @property
    def space(self) -> int:
        """Bytes it takes on a tmpfs, where an empty file takes some too."""
        return self.count * ((self.size + 4095) // 4096 * 4096 + 1024)

    def make(self, home: pathlib.Path) -> pathlib.Path:
        place = home / self.name
        seeded = random.Random(self.name)
        if not self.folders:
            write_large(place, self.size, seeded)
        for folder in range(self.folders):
            (place / f"d{folder:04}").mkdir(parents=True)
        for path in self.paths if self.folders else []:
            (place / path).write_bytes(seeded.randbytes(self.size))
        return place

    def difference(self, source: pathlib.Path, copy: pathlib.Path, contents: bool) -> str | None:
        """What is not equal, in words. Without `contents` only names and sizes are looked at."""
        if not copy.exists():
            return f"nothing came: there is no {copy}"
        found = {""} if copy.is_file() else {
            os.path.relpath(os.path.join(folder, name), copy)
            for folder, _, names in os.walk(copy) for name in names
        }
        expected = set(self.paths)
        if found != expected:
            odd = sorted(found ^ expected)[0]
            came = len(found & expected)
            return f"{came} of {len(expected)} files came, {len(found - expected)} others; {odd!r} is one"
        for path in self.paths:
            one, other = (source / path, copy / path) if path else (source, copy)
            if other.stat().st_size != self.size:
                return f"{other} has {other.stat().st_size} bytes, not {self.size}"
            if contents and not filecmp.cmp(one, other, shallow=False):
                return f"{other} has other contents than {one}"
        return None

    def unlisted(self, printed: pathlib.Path) -> str | None:
        """What is missing in a list of the files, in any client's form, in words."""
        listed = set(re.findall(r"f\d+-\d+\.bin", printed.read_text(errors="replace")))
        missing = [path for path in self.paths if path.rpartition("/")[2] not in listed]
        return f"{len(missing)} of {self.count} files were not listed, as {missing[0]}" if missing else None


def write_large(place: pathlib.Path, size: int, seeded: random.Random) -> None:
    block = bytearray(seeded.randbytes(BLOCK))
    with place.open("wb") as file:
        for at in range(0, size, BLOCK):
            block[:8] = at.to_bytes(8)  # no block is like another one
            file.write(block[: size - at])


def remove(place: pathlib.Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def room(folder: pathlib.Path) -> int:
    """Bytes that can be written there: what is free on the file system, and in memory where that is its place."""
    free = shutil.disk_usage(folder).free
    for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            free = min(free, int(line.split()[1]) * 1024)
    return free
