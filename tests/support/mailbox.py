"""A mail server for tests: it keeps the mails that it gets."""

import email
import socketserver
import threading
from contextlib import contextmanager


class Mailbox(socketserver.ThreadingTCPServer):
    """`mails` has the received ones. While it is `held`, it answers to none."""

    allow_reuse_address = daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Session)
        self.mails = []
        self.may_answer = threading.Event()
        self.may_answer.set()

    @property
    def port(self):
        return self.server_address[1]

    def hold(self):
        self.may_answer.clear()

    def go_on(self):
        self.may_answer.set()


class Session(socketserver.StreamRequestHandler):
    """As much of SMTP as a client of the standard library asks for."""

    def handle(self):
        self.say("220 ready")
        while line := self.rfile.readline():
            verb = line[:4].strip().upper()
            if verb == b"DATA":
                self.say("354 go on")
                self.server.mails.append(self.read_mail())
                if not self.server.may_answer.wait(30):
                    return
            self.say("221 bye" if verb == b"QUIT" else "250 fine")

    def read_mail(self):
        lines = iter(self.rfile.readline, b".\r\n")
        return email.message_from_bytes(b"".join(lines))

    def say(self, text):
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def mailbox():
    """Run a Mailbox; yield it."""
    with Mailbox() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.go_on()
            server.shutdown()
