"""What is told: on stdout and in a file, tables with the ratio of ftpane to the best peer and the bar beside it."""

import dataclasses
import pathlib
import statistics
import sys

from measure import Run

OURS = "ftpane"


class Report:
    """Text for people, a line of tab-separated values for each run, and whether all bars hold."""

    def __init__(self, folder: pathlib.Path, name: str) -> None:
        folder.mkdir(exist_ok=True)
        self.text = (folder / f"{name}.txt").open("w")
        self.runs = (folder / f"{name}.tsv").open("w")
        self.runs.write("case\tclient\tround\twall_s\tcpu_s\tpeak_mib\ttrouble\n")
        self.verdicts: list[tuple[str, Verdict]] = []
        self.failed: list[str] = []

    def progress(self, line: str) -> None:
        """What is going on, for who watches; gone with the next line that is said."""
        if sys.stderr.isatty():
            print(f"\r\x1b[K  {line}", end="\r", file=sys.stderr, flush=True)

    def say(self, line: str = "") -> None:
        if sys.stderr.isatty():
            print("\x1b[K", end="", file=sys.stderr, flush=True)
        print(line, flush=True)
        print(line, file=self.text, flush=True)

    def fail(self, case: str, why: str) -> None:
        self.failed.append(f"{case}: {why}")
        self.say(f"  FAILED: {why}")

    def run(self, case: str, client: str, number: int, run: Run) -> None:
        figures = f"{run.wall:.4f}\t{run.cpu:.4f}\t{run.memory:.1f}"
        print(case, client, number, figures, run.trouble or "", sep="\t", file=self.runs, flush=True)

    def transfer(self, case: str, clients: dict[str, list[Run]], bars: dict[str, float | None]) -> None:
        """The table of a case; `bars` are of wall, cpu and memory."""
        good = {name: [r for r in runs if not r.trouble] for name, runs in clients.items()}
        self.say(f"  {'':10}{'wall s':>9}{'min':>9}{'max':>9}{'cpu s':>9}{'peak MiB':>10}")
        for name, runs in good.items():
            bad = [r.trouble for r in clients[name] if r.trouble]
            failed = f"   failed in {len(bad)} of {len(clients[name])} rounds: {bad[0]}" if bad else ""
            if runs:
                walls = [r.wall for r in runs]
                cpu, memory = statistics.median(r.cpu for r in runs), max(r.memory for r in runs)
                figures = f"{statistics.median(walls):9.3f}{min(walls):9.3f}{max(walls):9.3f}{cpu:9.3f}{memory:10.1f}"
            else:
                figures = f"{'-':>9}{'-':>9}{'-':>9}{'-':>9}{'-':>10}"
            self.say(f"  {name:10}{figures}{failed}")
        if any(r.trouble for r in clients[OURS]):
            self.fail(case, f"{OURS}: {next(r.trouble for r in clients[OURS] if r.trouble)}")
        if not any(runs for name, runs in good.items() if name != OURS):
            self.fail(case, "no peer did it, there is nothing to compare with")
        if not good[OURS]:
            return
        medians = {
            what: {name: statistics.median(getattr(r, what) for r in runs) for name, runs in good.items() if runs}
            for what in ("wall", "cpu")
        }
        peaks = {name: max(r.memory for r in runs) for name, runs in good.items() if runs}
        self.judge(case, [
            Verdict.ratio("wall s", medians["wall"], bars["wall"]),
            Verdict.ratio("cpu s", medians["cpu"], bars["cpu"]),
            Verdict.absolute("peak MiB", peaks, bars["memory"]),
        ])

    def judge(self, case: str, verdicts: "list[Verdict]") -> None:
        self.say(f"  {'':10}{OURS:>9}   {'best peer':<18}{'ratio':>6}   bar")
        for verdict in verdicts:
            self.say(f"  {verdict}")
            self.verdicts.append((case, verdict))
        self.say()

    def close(self) -> int:
        """All bars once more; the exit code: 1 where something failed, 3 where a bar is missed, else 0."""
        if self.verdicts:
            self.say(f"All of it\n  {'':18}{'':10}{OURS:>9}   {'best peer':<18}{'ratio':>6}   bar")
        for case, verdict in self.verdicts:
            self.say(f"  {case:18}{verdict}")
        missed = [v for _, v in self.verdicts if v.holds is False]
        held = [v for _, v in self.verdicts if v.holds]
        self.say(f"bars: {len(held)} hold, {len(missed)} missed; failures: {len(self.failed)}")
        for line in self.failed:
            self.say(f"  FAILED: {line}")
        self.text.close()
        self.runs.close()
        return 1 if self.failed else 3 if missed else 0


@dataclasses.dataclass
class Verdict:
    """ftpane's figure beside the best peer's (the smaller the better), and whether the bar holds."""

    what: str
    ours: float
    best: float | None
    peer: str
    bar: float | None
    relative: bool  # the bar is a ratio

    @classmethod
    def ratio(cls, what: str, figures: dict[str, float], bar: float | None) -> "Verdict":
        return cls.of(what, figures, bar, True)

    @classmethod
    def absolute(cls, what: str, figures: dict[str, float], bar: float | None) -> "Verdict":
        return cls.of(what, figures, bar, False)

    @classmethod
    def of(cls, what: str, figures: dict[str, float], bar: float | None, relative: bool) -> "Verdict":
        peers = {name: figure for name, figure in figures.items() if name != OURS}
        peer = min(peers, key=peers.__getitem__, default="")
        return cls(what, figures[OURS], peers.get(peer), peer, bar, relative)

    @property
    def holds(self) -> bool | None:
        figure = self.times if self.relative else self.ours
        return None if self.bar is None or figure is None else figure <= self.bar

    @property
    def times(self) -> float | None:
        return self.ours / self.best if self.best else None

    def __str__(self) -> str:
        best = f"{self.best:.2f} {self.peer}" if self.best is not None else "-"
        times = f"{self.times:6.2f}" if self.times is not None else "     -"
        if self.bar is None:
            judged = "-"
        elif self.holds is None:
            judged = f"<= {self.bar:g}  nothing to compare with"
        else:
            judged = f"<= {self.bar:g}{' x' if self.relative else ''}  {'PASS' if self.holds else 'over'}"
        return f"{self.what:10}{self.ours:9.2f}   {best:<18}{times}   {judged}"
