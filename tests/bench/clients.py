"""The command lines of ftpane and of its peers, each with the options with which it is fastest.

A client gives no command where it has no such transfer, or none with as many connections as asked
for. All of them verify certificates.
"""

import dataclasses
import pathlib
import shutil
import subprocess
from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class Job:
    """One transfer, or one walk of a tree, to be done by any client."""

    way: str  # "down", "up" or "walk"
    host: str
    port: int
    user: str  # the password is the same
    tls: str  # the newest version of TLS to be offered; "" is none
    connections: int
    remote: str  # the file or folder on the server, without a slash in front
    local: pathlib.Path  # and here
    folder: bool
    ca: pathlib.Path
    scratch: pathlib.Path  # for a client's own files
    paths: tuple[str, ...]  # of the files in a folder

    def url(self, scheme: str = "ftp", path: str = "", password: bool = True) -> str:
        login = f"{self.user}:{self.user}" if password else self.user
        return f"{scheme}://{login}@{self.host}:{self.port}/{path}"


def environment(scratch: pathlib.Path, job: Job | None = None) -> dict[str, str]:
    """Nothing of the person's own set-up, and the authority that signed the server's certificate."""
    home = str(scratch / "home-of-client")
    own = {"HOME": home, "XDG_STATE_HOME": home, "FTPANE_CONFIG_DIR": home}
    own |= {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    if job:
        own |= {"FTPANE_PASSWORD": job.user, "SSL_CERT_FILE": str(job.ca)}
    return own


def ftpane(job: Job, program: str) -> list[str] | None:
    options = ["--quiet", "-j", str(job.connections)]
    if job.tls:
        options += ["--ca-file", str(job.ca), "--tls-max", job.tls]

    def url(path: str) -> str:
        return job.url("ftpes" if job.tls else "ftp", path, password=False)

    if job.way == "walk":
        return [program, "ls", "-R", *options, url(job.remote)]
    if job.way == "down":
        return [program, "get", *options, url(job.remote), "--to", str(job.local.parent)]
    return [program, "put", *options, str(job.local), url(str(pathlib.PurePosixPath(job.remote).parent) + "/")]


def lftp(job: Job, program: str) -> list[str] | None:
    script = ["set cmd:fail-exit yes", "set net:max-retries 2", "set xfer:log no", "set ftp:sync-mode off"]
    script += [f"set ssl:ca-file {job.ca}" if job.tls else "set ftp:ssl-allow no"]
    if job.tls:
        script += ["set ftp:ssl-force yes", "set ftp:ssl-protect-data yes"]
    if job.tls == "1.2":
        script += ["set ssl:priority NORMAL:-VERS-TLS1.3"]
    script += [f"open -u {job.user},{job.user} -p {job.port} {job.host}"]
    n = job.connections
    match job.way, job.folder:
        case "walk", _:
            script += [f"find {job.remote}"]
        case "down", True:
            script += [f"mirror --parallel={n} {job.remote} {job.local}"]
        case "down", False:
            fetch = f"pget -n {n}" if n > 1 else "get"
            script += [f"{fetch} {job.remote} -o {job.local}"]
        case _, True:
            script += [f"mirror -R --parallel={n} {job.local} {job.remote}"]
        case _:
            script += [f"put {job.local} -o {job.remote}"]
    return [program, "--norc", "-c", "; ".join(script)]


def curl(job: Job, program: str) -> list[str] | None:
    common = [program, "-sS"]
    if job.tls:
        common += ["--ssl-reqd", "--cacert", str(job.ca), "--tls-max", job.tls]
    if job.way == "walk" or (not job.folder and job.connections > 1):
        return None
    if not job.folder:
        there = job.url(path=job.remote)
        return [*common, "-T", str(job.local), there] if job.way == "up" else [*common, "-o", str(job.local), there]
    listed = job.scratch / "curl.config"
    word = "upload-file" if job.way == "up" else "output"
    listed.write_text("".join(
        f'url = "{job.url(path=f"{job.remote}/{path}")}"\n{word} = "{job.local / path}"\n' for path in job.paths
    ))
    if job.connections > 1:
        common += ["-Z", "--parallel-max", str(job.connections)]
    return [*common, "--ftp-create-dirs" if job.way == "up" else "--create-dirs", "-K", str(listed)]


def rclone(job: Job, program: str) -> list[str] | None:
    # it has a connection for looking beside those for files, so with one it cannot be compared
    if job.connections == 1 and job.folder or job.connections > 1 and not job.folder:
        return None
    if job.tls == "1.3":
        return None
    obscured = subprocess.run([program, "obscure", job.user], check=True, capture_output=True, text=True).stdout.strip()
    tls = ",explicit_tls=true,disable_tls13=true" if job.tls else ""
    there = f":ftp,host={job.host},port={job.port},user={job.user},pass={obscured}{tls}:{job.remote}"
    common = [program, "--config", "", "-q", "--transfers", str(job.connections), "--checkers", str(job.connections)]
    if job.way == "walk":
        return [*common, "lsf", "-R", there]
    verb = "copy" if job.folder else "copyto"
    ends = [str(job.local), there] if job.way == "up" else [there, str(job.local)]
    return [*common, verb, *ends, "--multi-thread-streams", "0"]


def ncftp(job: Job, program: str) -> list[str] | None:
    if job.way == "walk" or job.tls or job.connections > 1:
        return None
    tool = str(pathlib.Path(program).with_name("ncftpput" if job.way == "up" else "ncftpget"))
    recursive = ["-R"] if job.folder else []
    common = [tool, "-V", *recursive, "-u", job.user, "-p", job.user, "-P", str(job.port), job.host]
    if job.way == "up":
        return [*common, str(pathlib.PurePosixPath(job.remote).parent), str(job.local)]
    return [*common, str(job.local.parent), job.remote]


def wget(job: Job, program: str) -> list[str] | None:
    if job.way != "down" or job.tls or job.connections > 1:
        return None
    if job.folder:
        return [program, "-q", "-r", "-nH", "-P", str(job.local.parent), job.url(path=job.remote + "/")]
    return [program, "-q", "-O", str(job.local), job.url(path=job.remote)]


COMMANDS: dict[str, Callable[[Job, str], list[str] | None]] = {
    "ftpane": ftpane, "lftp": lftp, "curl": curl, "rclone": rclone, "ncftp": ncftp, "wget": wget,
}
PROGRAMS = {"ncftp": "ncftpget"}
VERSIONS = {"rclone": ["version"]}


def installed() -> tuple[dict[str, str], list[str]]:
    """Where the peers are, and which are missing."""
    found = {name: shutil.which(PROGRAMS.get(name, name)) for name in COMMANDS if name != "ftpane"}
    return {name: path for name, path in found.items() if path}, [name for name, path in found.items() if not path]


def version(name: str, program: str) -> str:
    """What the program says of itself, one line."""
    done = subprocess.run(
        [program, *VERSIONS.get(name, ["--version"])], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    return next((line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()), "says nothing")
