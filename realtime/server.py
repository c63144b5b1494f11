"""Daphne inside this process: the embedded default, one process for pages, sockets and jobs."""

from collections.abc import Callable
from typing import Any

from daphne.server import Server
from django.utils.module_loading import import_string


class _Server(Server):
    def kill_all_applications(self) -> Any:
        # Daphne 4.2.3 raises KeyError here when a request has just ended, and no socket is told good-bye.
        idle = [
            protocol
            for protocol, details in self.connections.items()
            if "application_instance" not in details
        ]
        for protocol in idle:
            del self.connections[protocol]
        return super().kill_all_applications()


def run_server(application: str, host: str, port: int, ready: Callable[[], None]) -> bool:
    """Serve the dotted ASGI application until SIGINT or SIGTERM; False when the address could not be had.

    `ready` is called from the server's thread once it listens.
    """
    address = host.replace(":", r"\:").strip("[]")

    class Announcing(_Server):
        def listen_success(self, port: Any) -> None:
            super().listen_success(port)
            ready()

    server = Announcing(
        import_string(application),
        endpoints=[f"tcp:port={port}:interface={address}"],
        server_name="entrevilles",
        http_timeout=120,
        verbosity=0,
    )
    server.run()
    return bool(server.listening_addresses)
