"""One TCP connection as the line sees it, and what may befall it."""
from dataclasses import dataclass, field

from packets import FIN, SYN, behind, flipped, reset, shortened

# What may happen to a connection in the middle of a segment: both ends are told that it is gone; only one is, and the other
# waits for nobody; neither is; one bit is turned, and TCP's checksum holds.
KINDS = RESET, HALF_OPEN, SILENT, FLIP = ("reset", "half-open", "silent", "flip")


@dataclass
class Fate:
    """What happens to a connection once so many bytes of payload have arrived, both ways together."""
    kind: str
    after_bytes: int
    bit: int = 0
    # Of a half-open connection: whether the end that dialled is told.
    tells_dialler: bool = True
    is_done: bool = False


@dataclass
class Event:
    """A packet: when it left, who sent it, bytes with its headers and without, flags of TCP."""
    left: float
    source: tuple
    wire_bytes: int
    payload: int
    flags: int


@dataclass
class Part:
    """One direction of a connection."""
    wire_bytes: int = 0
    packets: int = 0
    # Sequence numbers of the first byte, and of the one after what left and after what arrived in order; None before the SYN.
    start: int | None = None
    sent: int | None = None
    reached: int | None = None
    ahead: dict = field(default_factory=dict)
    events: list = field(default_factory=list)

    @property
    def sent_payload(self):
        """Bytes that left at least once."""
        return 0 if self.sent is None else behind(self.sent, self.start)

    @property
    def reached_payload(self):
        """Bytes that the other end has, in order."""
        return 0 if self.reached is None else behind(self.reached, self.start)

    def left(self, length, found, now):
        self.wire_bytes += length
        self.packets += 1
        end = found.sequence + found.payload + (1 if found.flags & (SYN | FIN) else 0)
        if self.sent is None or found.flags & SYN:
            self.start = self.sent = end
        elif behind(end, self.sent) > 0:
            self.sent = end
        if len(self.events) < 5000:
            self.events.append(Event(now, found.source, length, found.payload, found.flags))

    def arrived(self, found):
        end = found.sequence + found.payload + (1 if found.flags & (SYN | FIN) else 0)
        if self.reached is None or found.flags & SYN:
            self.reached = end
            return
        self.ahead[found.sequence] = max(end, self.ahead.get(found.sequence, end))
        moved = True
        while moved:
            moved = False
            for start, until in list(self.ahead.items()):
                if behind(start, self.reached) <= 0:
                    del self.ahead[start]
                    if behind(until, self.reached) > 0:
                        self.reached, moved = until, True


class Flow:
    """One TCP connection, from its first SYN on."""

    def __init__(self, source, target, now):
        self.source, self.target, self.began, self.fate, self.is_over = source, target, now, None, False
        self.ends = (source, target)
        self.parts = {source: Part(), target: Part()}
        self._silent = set()

    @property
    def arrived_payload(self):
        return sum(part.reached_payload for part in self.parts.values())

    @property
    def connecting(self):
        """When the SYN left that was answered: the last one, for while nobody answers others follow."""
        return max((event.left for event in self.parts[self.source].events if event.flags & SYN), default=self.began)

    def is_silent(self, source):
        return source in self._silent

    def silence(self, *sources):
        self._silent |= set(sources)

    def meet(self, part, packet, found):
        """What of a packet arrives, and which ends are told afterwards that the connection is gone."""
        fate = self.fate
        if fate is None or fate.is_done or not found.payload:
            return [packet], ()
        inside = fate.after_bytes - self.arrived_payload
        if inside >= found.payload:
            return [packet], ()
        inside = max(inside, 0)
        fate.is_done = True
        if fate.kind == FLIP:
            return [flipped(packet, found.header + inside, fate.bit)], ()
        packets = [shortened(packet, found.header + inside)] if inside else []
        if fate.kind == RESET:
            return packets, self.ends
        if fate.kind == HALF_OPEN:
            return packets, (self.source if fate.tells_dialler else self.target,)
        self.silence(*self.ends)
        return packets, ()

    def resets(self, ends):
        """Packets that end the connection at some ends, each with its target."""
        for end in ends:
            other = self.target if end == self.source else self.source
            towards, back = self.parts[other], self.parts[end]
            if towards.reached is not None:
                yield reset(other, end, towards.reached, back.reached or 0), end
