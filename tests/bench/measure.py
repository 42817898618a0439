"""Runs a client once and tells what it took."""

import dataclasses
import os
import pathlib
import re
import signal
import subprocess


@dataclasses.dataclass
class Run:
    """One run. `wall` and `cpu` (user and system) are seconds, `memory` is the peak in MiB."""

    wall: float
    cpu: float
    memory: float
    trouble: str | None = None  # why it does not count


class Stopwatch:
    """Starts clients by usage.c, compiled into a folder."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.program, self.numbers, self.output = folder / "usage", folder / "usage.out", folder / "client.out"
        source = pathlib.Path(__file__).parent / "usage.c"
        subprocess.run(["cc", "-O2", "-Wall", "-o", self.program, source], check=True)

    def run(self, command: list[str], environment: dict[str, str], before: list[str], patience: float) -> Run:
        """`before`: words that enter a namespace, which are not measured. `patience`: seconds, then it is killed."""
        self.numbers.unlink(missing_ok=True)
        with self.output.open("wb") as out:
            running = subprocess.Popen(
                [*before, self.program, self.numbers, *command], env=os.environ | environment,
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )
            try:
                running.wait(patience)
            except BaseException as stopped:
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()
                if not isinstance(stopped, subprocess.TimeoutExpired):
                    raise
                return Run(patience, 0, 0, f"killed after {patience:.0f} s; {self.last_words()}")
        if not self.numbers.exists():
            return Run(0, 0, 0, f"could not be started: {self.last_words()}")
        wall, cpu, memory, code = self.numbers.read_text().split()
        trouble = None if code == "0" else f"exit code {code}: {self.last_words()}"
        return Run(float(wall), float(cpu), float(memory) / 1024, trouble)

    def last_words(self) -> str:
        """The end of what the client printed, fit for one line of a terminal."""
        with self.output.open("rb") as out:
            out.seek(max(0, self.output.stat().st_size - 4096))
            lines = [line for line in out.read().decode("utf-8", "replace").splitlines() if line.strip()]
        said = re.sub(r"[^\x20-\x7e]", "?", lines[-1].strip()) if lines else "it said nothing"
        return said[:160]
