"""Real stores and daemons, and how they are asked."""
from __future__ import annotations

import json
import os
import pathlib
import signal
import socket
import subprocess
import time
from typing import Any, Callable, Optional

from transport import Broken


def until(what: str, condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Broken(f"waited {seconds} s in vain: {what}")
        time.sleep(0.05)


def free_port(host: str) -> int:
    with socket.create_server((host, 0)) as server:
        return server.getsockname()[1]


class Store:
    """A store in a folder, `abscope` on it, and its daemon."""

    def __init__(self, programs: pathlib.Path, place: pathlib.Path, alias: str):
        self.programs, self.place, self.alias, self.folder = programs, place, alias, place / alias
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(place), "XDG_STATE_HOME": str(place / "state"),
                            "TMPDIR": str(place), "ABSCOPE_STORE": str(self.folder)}
        self.address = ("127.0.0.1", free_port("127.0.0.1"))
        self.daemon: Optional[subprocess.Popen[bytes]] = None
        self.log = place / f"{alias}.log"

    def run(self, *arguments: str, text: str = "", expect: tuple[int, ...] = (0,)) -> dict[str, Any]:
        """Runs `abscope … --json` and gives its document."""
        run = subprocess.run([self.programs / "abscope", *arguments, "--json"], env=self.environment, input=text,
                             capture_output=True, text=True)
        if run.returncode not in expect:
            raise Broken(f"abscope {' '.join(arguments)} ended with {run.returncode}: {run.stderr[-500:]}{run.stdout[-500:]}")
        return json.loads(run.stdout) if run.stdout else {"status": run.returncode}

    def frontier(self) -> bytes:
        return bytes.fromhex(self.run("log", "stats")["frontier"])

    def cases(self) -> set[str]:
        return {row["case"] for row in self.run("case", "list")["cases"]}

    def start(self, *options: str) -> Store:
        """Starts the daemon, and waits until it listens."""
        with self.log.open("ab") as log:
            self.daemon = subprocess.Popen([self.programs / "abscoped", "--listen", "%s:%d" % self.address, "--log-level",
                                            "info", *options], env=self.environment, stdin=subprocess.DEVNULL, stderr=log)
        until(f"the daemon of {self.alias} listens", self.listens)
        return self

    def listens(self) -> bool:
        assert self.daemon is not None
        if self.daemon.poll() is not None:
            raise Broken(f"the daemon of {self.alias} ended with {self.daemon.returncode}: {self.said()}")
        try:
            socket.create_connection(self.address, timeout=1).close()
        except ConnectionRefusedError:
            return False
        return True

    def stop(self) -> None:
        """Ends the daemon in order, and expects that it had not ended before."""
        assert self.daemon is not None
        self.daemon.send_signal(signal.SIGTERM)
        status = self.daemon.wait(20)
        self.daemon = None
        if status != 0:
            raise Broken(f"the daemon of {self.alias} ended with {status}: {self.said()}")

    def kill(self) -> None:
        if self.daemon is not None:
            self.daemon.kill()
            self.daemon.wait()

    def said(self) -> str:
        return self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""

    def resident_kilobytes(self) -> tuple[int, int]:
        """What the daemon holds in memory now, and the most it ever did."""
        assert self.daemon is not None
        fields = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{self.daemon.pid}/status").read_text().splitlines())
        return int(fields["VmRSS"].split()[0]), int(fields["VmHWM"].split()[0])
