"""A relay in front of a server's control connections that counts the commands, by their verb.

It carries no data: a server on the same address as the relay is reached at the ports it names.
Plain FTP only.
"""

import collections
import socket
import threading


class Dialogue:
    """A relay that stands until closed."""

    def __init__(self, server: tuple[str, int]) -> None:
        self.server = server
        self.verbs: collections.Counter[str] = collections.Counter()
        self.counting = threading.Lock()
        self.listener = socket.create_server((server[0], 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.server)
            except OSError:
                return  # closed, or the server is gone, which the client notices
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.carry, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.carry, args=(server, client, False), daemon=True).start()

    def carry(self, source: socket.socket, sink: socket.socket, commands: bool) -> None:
        unfinished = b""
        try:
            while part := source.recv(65536):
                if commands:
                    *lines, unfinished = (unfinished + part).split(b"\n")
                    verbs = [line.split()[0].decode("ascii", "replace").upper() for line in lines if line.split()]
                    with self.counting:
                        self.verbs.update(verbs)
                sink.sendall(part)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            source.close()
            sink.close()

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
