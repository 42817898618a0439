"""The lab's servers (tests/lab), with files of this run's own, at one address."""

import os
import pathlib
import subprocess

LAB = pathlib.Path(__file__).parent.parent / "lab"

# the name of a server: which of the lab's it is without TLS, and which with
KINDS = {
    "vsftpd": ("vsftpd", "vsftpd-tls"),
    "proftpd": ("proftpd", "proftpd"),
    "pureftpd": ("pureftpd", "pureftpd"),
    "pyftpd": ("pyftpd", "pyftpd"),
}
# one listing of a whole tree is allowed; TLS sessions need not be resumed on data connections, because
# rclone and parallel curl cannot do it on this server, and nothing would be left to compare with
VSFTPD = "ls_recurse_enable=YES\nrequire_ssl_reuse=NO"
# no line for each command, as by default: all sessions wait for one another to write them, and who sends more commands
# is measured by the log
QUIET = "log_ftp_protocol=NO\nxferlog_enable=NO\ndebug_ssl=NO"
RATE = 2 << 20  # bytes a second for each transfer of the account "slow"


class NotStarted(Exception):
    """What the lab said."""


class Site:
    """Servers that run until closed. `before`: words in front of each command, to enter a namespace."""

    def __init__(self, state: pathlib.Path, home: pathlib.Path, address: str, before: tuple[str, ...] = ()) -> None:
        self.state, self.address, self.before = state, address, list(before)
        state.mkdir(parents=True)
        (state / "home").symlink_to(home)
        self.ports: dict[str, int] = {}
        self.ca = state / "tls" / "ca.pem"

    def lab(self, *words: str) -> subprocess.CompletedProcess:
        environment = os.environ | {
            "LAB_STATE": str(self.state),
            "LAB_BIND": self.address,
            # below the ports that a machine gives to outgoing connections
            "LAB_BASE": os.environ.get("LAB_BASE", "14000"),
            "LAB_RATE": str(RATE),
            "LAB_VSFTPD": f"{VSFTPD}\n{QUIET}",
        }
        command = [*self.before, str(LAB / "servers"), *words]
        # not through a pipe: the servers keep it open
        with open(self.state / "lab.out", "w+") as out:
            done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
            out.seek(0)
            return subprocess.CompletedProcess(command, done.returncode, out.read())

    def start(self, kind: str) -> None:
        """Starts one of KINDS, unless it runs."""
        done = self.lab("start", *sorted(set(KINDS[kind])))
        if done.returncode:
            raise NotStarted(done.stdout.strip())
        for line in (self.state / "lab.conf").read_text().splitlines():
            word, _, rest = line.partition(" = ")
            if word == "server":
                name, port = rest.split()[:2]
                self.ports[name] = int(port)

    def port(self, kind: str, tls: str) -> int:
        return self.ports[KINDS[kind][bool(tls)]]

    def close(self) -> None:
        self.lab("stop")
