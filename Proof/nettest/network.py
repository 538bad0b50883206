"""Hosts, each a network name space with one interface, and the lines between them.

The interface is a TUN device: what a host's kernel sends passes `tc tbf` and comes to this process, which carries it to the
other host after the delay of both lines, or does to its connection what the scenario wants. So whole TCP connections of real
programs are delayed, from their first SYN on, and every byte on the wire is counted. Where the kernel has no `tbf`, the same
token bucket is kept here.
"""
import ctypes
import fcntl
import heapq
import itertools
import os
import select
import shutil
import socket
import struct
import subprocess
import threading
import time
from dataclasses import dataclass, field

from faults import Flow
from packets import RST, SYN, segment

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
MTU, QUEUE_BYTES = 1500, 8192
# Reserved for tests of network devices (RFC 2544): these packets never leave this process.
NETWORK = "198.18.0."


class Hindrance(Exception):
    """This machine can not run the proof."""


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Hindrance(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")


def hindrance():
    """Why this machine can not have networks of its own; None when it can."""
    if os.geteuid() != 0:
        return "network name spaces need root"
    for tool in ("ip", "tc", "nsenter"):
        if shutil.which(tool) is None:
            return f"the program '{tool}' is missing"
    try:
        Host("probe", 250).close()
    except (OSError, Hindrance) as failure:
        return str(failure)
    return None


@dataclass
class Line:
    """How a host is connected. Changed at any time; read for every packet."""
    delay: float = 0.0  # seconds, each way
    is_up: bool = True
    bytes_per_second: float | None = None  # only where the kernel has no tbf
    queue_bytes: int = QUEUE_BYTES
    free_at: float = 0.0


class Host:
    """A network name space with one interface."""

    def __init__(self, name, number):
        self.name, self.address, self.line = name, f"{NETWORK}{number}", Line()
        self.key = socket.inet_aton(self.address)
        self.space = self.tun = None
        failures = []
        maker = threading.Thread(target=self._make, args=(failures,))
        maker.start()
        maker.join()
        if failures:
            raise failures[0]

    def _make(self, failures):
        """On a thread of its own, which leaves the name space of the others for ever."""
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.unshare(CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "this account may not make a network name space")
            self.space = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
            self.tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(self.tun, TUNSETIFF, struct.pack("16sH22x", b"line", IFF_TUN | IFF_NO_PI))
            if os.path.exists("/proc/sys/net/ipv6"):
                with open("/proc/sys/net/ipv6/conf/all/disable_ipv6", "w", encoding="ascii") as file:
                    file.write("1")
            run("ip", "address", "add", f"{self.address}/24", "dev", "line")
            run("ip", "link", "set", "lo", "up")
            run("ip", "link", "set", "line", "mtu", str(MTU), "up")
        except (OSError, Hindrance) as failure:
            failures.append(failure)

    def inside(self, *command):
        """The command, to run in this host's name space."""
        return ["nsenter", f"--net=/proc/{os.getpid()}/fd/{self.space}", *command]

    def limit(self, kilobits):
        """Holds what the host sends to a rate, with a small buffer, a tenth of a second where that is more; None for none."""
        self.line.bytes_per_second = None
        self.line.queue_bytes = max(QUEUE_BYTES, int(kilobits or 0) * 12)
        subprocess.run(self.inside("tc", "qdisc", "del", "dev", "line", "root"), capture_output=True)
        if kilobits is None:
            return None
        done = subprocess.run(self.inside(
            "tc", "qdisc", "add", "dev", "line", "root", "tbf", "rate", f"{kilobits}kbit", "burst", str(2 * MTU),
            "limit", str(self.line.queue_bytes)), capture_output=True, text=True)
        if done.returncode == 0:
            return "tc tbf"
        self.line.bytes_per_second = kilobits * 1000 / 8
        return "a token bucket of this program"

    def close(self):
        for descriptor in (self.tun, self.space):
            if descriptor is not None:
                os.close(descriptor)


@dataclass(order=True)
class Departure:
    due: float
    number: int
    packet: bytes = field(compare=False)
    target: Host = field(compare=False)
    flow: object = field(compare=False)
    part: object = field(compare=False)


class Network:
    """The hosts of one scenario, and the thread that carries their packets."""

    def __init__(self):
        self.hosts, self.flows, self.fate = {}, [], None
        self._open, self._heap, self._numbers = {}, [], itertools.count()
        self._poll, self._lock = select.epoll(), threading.RLock()
        self._wake, self._waker = os.pipe()
        self._poll.register(self._wake, select.EPOLLIN)
        self._by_tun, self._over, self.failure = {}, False, None
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def host(self, name):
        made = Host(name, len(self.hosts) + 1)
        with self._lock:
            self.hosts[name] = made
            self._by_key = {host.key: host for host in self.hosts.values()}
            self._by_tun[made.tun] = made
        self._poll.register(made.tun, select.EPOLLIN)
        return made

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._over = True
        os.write(self._waker, b"x")
        self._thread.join()
        for host in self.hosts.values():
            host.close()
        for descriptor in (self._wake, self._waker):
            os.close(descriptor)
        self._poll.close()

    def cut_all(self):
        """Ends every connection there is, at both ends."""
        with self._lock:
            for flow in list(self._open.values()):
                self._reset(flow, flow.ends)

    def wire_bytes(self, since=0):
        """Bytes of all packets that hosts sent, with their headers, of connections from the given one on."""
        return sum(part.wire_bytes for flow in self.flows[since:] for part in flow.parts.values())

    # What the thread does.

    def _carry(self):
        try:
            while not self._over:
                wait = -1
                if self._heap:
                    wait = max(0.0, self._heap[0].due - time.monotonic())
                for descriptor, _ in self._poll.poll(wait):
                    if descriptor in self._by_tun:
                        self._take(descriptor)
                with self._lock:
                    while self._heap and self._heap[0].due <= time.monotonic():
                        self._deliver(heapq.heappop(self._heap))
        except Exception as failure:  # A scenario must not wait for packets that nobody carries.
            self.failure = failure

    def _take(self, tun):
        sender = self._by_tun[tun]
        for _ in range(64):
            try:
                packet = os.read(tun, 2 * MTU)
            except BlockingIOError:
                return
            with self._lock:
                self._forward(sender, packet)

    def _forward(self, sender, packet):
        found = segment(packet)
        target = self._by_key.get(packet[16:20])
        if found is None or target is None:
            return
        now = time.monotonic()
        flow = self._flow(found, now)
        part = flow.parts[found.source]
        part.left(len(packet), found, now)
        if not (sender.line.is_up and target.line.is_up) or flow.is_silent(found.source):
            return
        at = now
        if sender.line.bytes_per_second:
            at = max(now, sender.line.free_at)
            if (at - now) * sender.line.bytes_per_second > sender.line.queue_bytes:
                return
            at = sender.line.free_at = at + len(packet) / sender.line.bytes_per_second
        due = at + sender.line.delay + target.line.delay
        departure = Departure(due, next(self._numbers), packet, target, flow, part)
        if due <= now and not self._heap:
            self._deliver(departure)
        else:
            heapq.heappush(self._heap, departure)

    def _flow(self, found, now):
        key = frozenset((found.source, found.target))
        flow = self._open.get(key)
        if flow is None or found.flags & SYN and flow.is_over:
            flow = Flow(found.source, found.target, now)
            flow.fate = self.fate(flow) if self.fate else None
            self._open[key] = flow
            self.flows.append(flow)
        return flow

    def _deliver(self, departure):
        flow, part, packet = departure.flow, departure.part, departure.packet
        found = segment(packet)
        lines_up = departure.target.line.is_up and self._by_key[packet[12:16]].line.is_up
        if not lines_up or flow.is_silent(found.source):
            return
        packets, ends = flow.meet(part, packet, found)
        for one in packets:
            self._write(departure.target, one)
            part.arrived(segment(one))
        if found.flags & RST:
            flow.is_over = True
        if ends:
            self._reset(flow, ends)

    def _reset(self, flow, ends):
        """Tells some ends that their connection is gone, and carries nothing of it any more."""
        for packet, end in flow.resets(ends):
            self._write(self._by_key[end[0]], packet)
        flow.silence(*flow.ends)
        flow.is_over = True

    def _write(self, host, packet):
        try:
            os.write(host.tun, packet)
        except OSError:
            # As on any line: TCP sends it again.
            pass
