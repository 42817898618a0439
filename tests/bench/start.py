"""How long programs take to start: until they have said their version, and until ftpane's first frame."""

import os
import pty
import select
import signal
import struct
import termios
import fcntl
import time

# around each frame ftpane puts a synchronised update, and this ends it
FRAME_ENDS = b"\x1b[?2026l"


def first_frame(program: str, environment: dict[str, str], folder: os.PathLike, patience: float = 10) -> float:
    """Seconds from the start of the program to the end of its first frame on a terminal of 80x24.

    Raises TimeoutError where none came.
    """
    began = time.monotonic()
    child, terminal = pty.fork()
    if child == 0:
        try:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
            os.chdir(folder)
            os.execve(program, [program], os.environ | environment)
        finally:
            os._exit(127)
    try:
        seen = b""
        while FRAME_ENDS not in seen:
            left = began + patience - time.monotonic()
            if left <= 0 or not select.select([terminal], [], [], left)[0]:
                raise TimeoutError(f"no frame within {patience:.0f} s")
            try:
                seen += os.read(terminal, 65536)
            except OSError as ended:
                raise TimeoutError("it ended without a frame") from ended
        return time.monotonic() - began
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)
