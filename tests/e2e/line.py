"""A line between one browser and the site that can be cut, as a train does in a tunnel.

Chromium's own "offline" only holds the frames of an open WebSocket back and delivers them later: nothing is lost, so
nothing would be shown about filling a gap.
"""

import contextlib
import socket
import threading

from scripts.throwaway import free_port


class Line:
    """Forwards TCP from a port of its own to the site's."""

    def __init__(self, site_port: int) -> None:
        self.site_port = site_port
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.whole = True
        self.open: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection and take no new one."""
        self.whole = False
        ends, self.open = self.open, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Take connections again."""
        self.whole = True

    def close(self) -> None:
        """End of the test."""
        self.cut()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                browser, _address = self.listener.accept()
                if not self.whole:
                    browser.close()
                    continue
                site = socket.create_connection(("127.0.0.1", self.site_port))
                self.open += [browser, site]
                for source, sink in ((browser, site), (site, browser)):
                    threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        # One side has gone: end the other's reading too, and let the second pump close.
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        source.close()
