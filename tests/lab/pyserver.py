#!/usr/bin/env python3
"""The lab's pyftpdlib server: MLSD, explicit (optional) or implicit TLS, the lab's accounts.

Started by the script `servers` beside it, which says what the accounts are.
"""

import argparse
import logging

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import TLS_DTPHandler, TLS_FTPHandler, ThrottledDTPHandler
from pyftpdlib.servers import FTPServer

arguments = argparse.ArgumentParser(description=__doc__)
arguments.add_argument("--bind", default="127.0.0.1")
arguments.add_argument("--port", type=int, required=True)
arguments.add_argument("--passive", required=True, metavar="FIRST-LAST")
arguments.add_argument("--home", required=True)
arguments.add_argument("--pem", required=True, help="certificate and key")
arguments.add_argument("--rate", type=int, default=0, help="bytes a second of the account 'slow'")
arguments.add_argument("--implicit", action="store_true")
arguments.add_argument("--no-epsv", action="store_true", help="a server that knows PASV only")
arguments.add_argument("--announce", help="the address that PASV announces")
arguments.add_argument("--commands", required=True, help="each command is logged into this file")
options = arguments.parse_args()

logging.basicConfig(level=logging.WARNING)
authorizer = DummyAuthorizer()
for name, rights in (("demo", "elradfmwMT"), ("reader", "elr"), ("slow", "elradfmwMT")):
    authorizer.add_user(name, name, options.home, perm=rights)
first, last = map(int, options.passive.split("-"))
commands = open(options.commands, "a", buffering=1)


class SlowData(TLS_DTPHandler, ThrottledDTPHandler):
    read_limit = write_limit = options.rate


class Control(TLS_FTPHandler):
    dtp_handler = TLS_DTPHandler
    certfile = options.pem
    passive_ports = range(first, last + 1)
    masquerade_address = options.announce
    timeout = 1200
    banner = "lab"
    max_login_attempts = 10

    def on_login(self, username):
        if username == "slow":
            self.dtp_handler = SlowData  # of this session only

    def pre_process_command(self, line, cmd, arg):
        commands.write(f"{self.remote_port} {'PASS ***' if cmd == 'PASS' else line}\n")
        super().pre_process_command(line, cmd, arg)


Control.authorizer = authorizer


class ImplicitControl(Control):
    """TLS from the first byte, data connections private from the start."""

    def handle(self):
        self.secure_connection(self.get_ssl_context())
        self._prot = True
        super().handle()

    def handle_ssl_established(self):
        pass


if options.no_epsv:
    Control.proto_cmds = {name: what for name, what in Control.proto_cmds.items() if name != "EPSV"}
FTPServer.max_cons = 512
server = FTPServer((options.bind, options.port), ImplicitControl if options.implicit else Control)
print("listening", flush=True)
server.serve_forever()
