#!/usr/bin/python3
"""Hostile peers at a real daemon, one kind after the other, and at last random ones for some time.

Meanwhile an honest site records, pushes and waits for each ACK. What is asserted: each attack ends as ../wire.md says, the
honest site is served all the while, the daemon's memory stays bounded, its log does not grow with what is thrown at it, and
in the end its store verifies and shows what the honest site recorded and nothing else. Status 0 when all of it holds.
"""
from __future__ import annotations

import argparse
import os
import pathlib
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Optional

import log_format as log
import messages
import records
import wire
from check import FAILURES, Report
from log_format import LIMITS, Block, FeedID, Head
from peer import ATTACHMENTS, RECORDS, ROSTER, URGENT, Feed, Site
from programs import Store, until
from scenarios import Address, admit, again, expect, goodbye, hello_frame, keys_of, plain, pull, roster_entry, session, settle
from session import Session
from transport import Broken, Closed, dial

MEMORY_KILOBYTES = 192 << 10  # A debug build of an empty daemon takes a third of it.
EPOCHS_ON_WORD = 4
TEN_YEARS = 10 * 365 * 86_400_000


class Honest(threading.Thread):
    """A site at its work: one entry after the other, each pushed and acknowledged."""

    def __init__(self, site: Site, address: Address):
        super().__init__(daemon=True)
        self.site, self.address = site, address
        self.over = threading.Event()
        self.slowest, self.problem = 0.0, ""
        self.patience = 8.0

    def run(self) -> None:
        one: Optional[Session] = None
        served = time.monotonic()
        while not self.over.wait(0.05):
            try:
                if one is None:
                    one = pull(self.site, self.address, self.patience)
                feed = self.site.record(RECORDS, records.operator_entry("Honest Soul"))
                one.push(feed)
                one.run(lambda: one.told(feed), self.patience, "ACK of what an honest site recorded")
                self.slowest, served = max(self.slowest, time.monotonic() - served), time.monotonic()
            except FAILURES as error:
                one = None
                if time.monotonic() - served > self.patience:
                    self.problem = self.problem or f"an honest site was not served for {self.patience} s: {error}"
        if one is not None:
            one.finish()


def at_once(visit: Callable[[Any], None], visitors: list[Any]) -> None:
    with ThreadPoolExecutor(len(visitors)) as threads:
        list(threads.map(visit, visitors))


# Connections ---------------------------------------------------------------------------------------------------------


def closed_in_time(sockets: list[socket.socket], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for one in sockets:
        one.settimeout(max(0.1, deadline - time.monotonic()))
        try:
            said = one.recv(4096)
        except TimeoutError as error:
            raise Broken(f"a connection is still open after {seconds} s") from error
        except ConnectionError:
            said = b""
        finally:
            one.close()
        expect(said[:1] in (b"", b"\x15"), f"the daemon says {said[:20].hex()}")


def silent_connections(address: Address, **_: Any) -> None:
    """TCP connections that say nothing, and some that say a byte a second of a ClientHello: gone after 10 s."""
    hello = bytes.fromhex("16030101000100") + b"\0" * 200
    quiet, slow = [plain(address) for _ in range(60)], [plain(address) for _ in range(30)]
    for at in range(9):
        for one in slow:
            one.sendall(hello[at:at + 1])
        time.sleep(1)
    closed_in_time(quiet + slow, 4)


def too_many_connections(address: Address, renegade: Site, **_: Any) -> None:
    """Hundreds at once, again and again: the oldest of the flood go without a word, and a member comes in between."""
    flood: list[socket.socket] = []
    for _ in range(3):
        flood += [plain(address) for _ in range(200)]
        one = pull(again(renegade), address, 5)
        silent, open_still = flood[:-100], 0
        for stranger in silent:
            stranger.settimeout(0.01)
            try:
                expect(stranger.recv(10) == b"", "the daemon says something to one connection too many")
            except TimeoutError:
                open_still += 1
            except ConnectionError:
                pass
        expect(open_still == 0, f"{open_still} of the oldest {len(silent)} are still open")
        settle(one)
        one.finish()
        flood = flood[-100:]
    closed_in_time(flood, 12)


def churn(address: Address, renegade: Site, **_: Any) -> None:
    """Handshake and away, many times."""
    for _ in range(150):
        dial(address, renegade.keys.signing).close()


def slow_frames(address: Address, renegade: Site, **_: Any) -> None:
    """Frames that never end, on as many sessions as a member has epochs: nothing is kept for the announced length."""
    sessions = []
    for _ in range(30):
        site = again(renegade)
        site.epoch = os.urandom(8)
        one = session(site, address).start()
        one.connection.send(struct.pack("<IB", wire.DATA_FRAME_BYTES, wire.DATA) + b"\x20")
        sessions.append(one)
    for _ in range(3):
        time.sleep(0.5)
        for one in sessions:
            one.connection.send(b"\0")
    for one in sessions:
        one.connection.close()


def never_reads(address: Address, renegade: Site, hub_site: bytes, **_: Any) -> None:
    """A member that asks for everything again and again, and reads nothing."""
    one = pull(again(renegade), address)
    settle(one)
    feeds = [feed for name, feed in one.site.feeds.items() if name.site == hub_site]
    one.connection.tls.settimeout(0.5)
    try:
        for _ in range(3000):
            for feed in feeds:
                one.connection.tls.sendall(wire.encoded(wire.WANT, messages.wire.Want(
                    feed=wire.feed_message(feed.name), position=0, digest=feed.digests[0],
                    bytes=LIMITS["wantBytesMaximum"], restart=True)))
    except OSError:
        pass  # The daemon stops reading who does not read.
    one.connection.close()


# What is said --------------------------------------------------------------------------------------------------------


def bombs(address: Address, renegade: Site, **_: Any) -> None:
    """16 MB of zeros in each of ten blocks that claim 32 KiB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    stored = packer.compress(bytes(16_000_000)) + packer.flush()
    for count in range(10):
        site = again(renegade)
        site.epoch = os.urandom(8)
        name, start = FeedID(site.keys.site, site.epoch, RECORDS), log.feed_start(site.keys.public, site.epoch, RECORDS)
        header = log.BLOCK_HEADER.pack(1, 1 + count, 32768, len(stored), 1, 0, 0, zlib.crc32(stored), os.urandom(32), 0)[:60]
        block = header + struct.pack("<I", zlib.crc32(header)) + stored
        one = session(site, address).start()
        one.connection.send(wire.encoded_data(name, Head(0, start), block, True))
        goodbye(one.connection, wire.INVALID)


def replays(address: Address, renegade: Site, honest: Honest, **_: Any) -> None:
    """The bytes of an honest connection again: a handshake can not be repeated, nor its frames by another member."""
    recorded: list[bytes] = []
    proxy = socket.create_server(("127.0.0.1", 0))
    there = plain(address)

    def record() -> None:
        near, _ = proxy.accept()

        def back() -> None:
            try:
                while data := there.recv(1 << 16):
                    near.sendall(data)
            except OSError:
                pass  # Either end has gone.

        threading.Thread(target=back, daemon=True).start()
        try:
            while data := near.recv(1 << 16):
                recorded.append(data)
                there.sendall(data)
        except OSError:
            pass  # Either end has gone.

    threading.Thread(target=record, daemon=True).start()
    reader = again(renegade)
    one = session(reader, proxy.getsockname()).start()
    one.run(one.even, 5, "everything offered is held")
    one.connection.close()
    there.close()
    proxy.close()
    with plain(address) as thief:
        heard = 0
        try:
            for data in recorded:
                thief.sendall(data)
            while data := thief.recv(1 << 16):
                heard += len(data)
        except OSError:
            pass
        expect(heard < 2000, f"a replayed connection is told {heard} bytes")
    one = session(again(renegade), address)
    one.connection.send(hello_frame(honest.site))
    goodbye(one.connection, wire.PROTOCOL)


def made_up_receipts(address: Address, renegade: Site, hub_site: bytes, hub: Store, **_: Any) -> None:
    """Receipts and rows for what is not there, of the daemon's own feeds and of others, again and again.

    A member's word that it holds more of the daemon's present epoch is enough for a new one, with a bound for each day
    (docs/security.md): nothing that was recorded moves, and no other feed appears."""
    before = hub.run("log", "stats")["feeds"]
    for _ in range(EPOCHS_ON_WORD + 3):
        one = pull(again(renegade), address)
        said = b""
        for name in sorted(one.site.feeds):
            for position, digest in ((2**53 - 1, os.urandom(16)), (1, os.urandom(16))):
                feed = wire.feed_message(name)
                said += wire.encoded(wire.ACK, messages.wire.Ack(feed=feed, position=position, digest=digest, bytes=1))
                said += wire.encoded(wire.INCIDENT, messages.wire.Incident(kind=1, feed=feed, position=position))
        one.connection.send(said)
        # In a new epoch the daemon says another HELLO, and ends the sessions that heard the former one.
        settle(one)
        one.connection.close()
    two = session(again(renegade), address)
    two.send(wire.HELLO, two.hello_message())
    rows = {name: wire.Row(2**53 - 1, os.urandom(16), 1 << 62) for name in one.site.feeds}
    rows |= {FeedID(os.urandom(16), os.urandom(8), RECORDS): wire.Row(9, os.urandom(16), 9) for _ in range(500)}
    two.send(wire.HAVE, wire.have(rows, rows))
    settle_raw(two)
    two.connection.close()
    after = hub.run("log", "stats")["feeds"]
    mine, others = ([[row["feed"] for row in rows if row["own"] is own] for rows in (before, after)] for own in (True, False))
    opened = {name.split("-")[1] for name in mine[1]} - {name.split("-")[1] for name in mine[0]}
    expect(set(mine[0]) <= set(mine[1]), f"feeds of the daemon are gone: {mine}")
    expect(len(opened) <= EPOCHS_ON_WORD, f"a member that lies had {len(opened)} epochs opened in a day")
    expect(set(others[0]) == set(others[1]), f"feeds that nobody wrote: {others}")
    recorded = {row["feed"]: row["position"] for row in before if row["own"]}
    moved = [row for row in after if row["position"] != recorded.get(row["feed"], row["position"])]
    expect(not moved, f"what the daemon had recorded moved: {moved}")


def settle_raw(one: Session, seconds: float = 1.0) -> None:
    """Hears for some time what comes, without taking it."""
    deadline = time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            one.connection.receive(max(0.0, deadline - time.monotonic()))
    except Closed:
        pass


def entries_in_anothers_name(address: Address, renegade: Site, honest: Honest, **_: Any) -> None:
    """What a member makes up behind an honest site's end is never shown, and does not keep the true entries away."""
    liar = again(renegade)
    pull(liar, address).finish()
    own = honest.site.own(RECORDS).name
    feed = liar.feeds[own]
    feed.append([records.operator_entry("Made Up") for _ in range(50)])
    one = session(liar, address)
    one.send(wire.HELLO, one.hello_message())
    one.say_have()
    for block in feed.blocks(feed.attested.position, feed.head.position):
        one.connection.send(wire.encoded_data(own, feed.at(block.first - 1), block.encoded, True))
    settle_raw(one)
    one.connection.close()


def false_words(address: Address, renegade: Site, hub_site: bytes, **_: Any) -> None:
    """Checkpoints of another's feed by this member's key."""
    one = pull(again(renegade), address)
    name = next(name for name in sorted(one.site.feeds) if name.site == hub_site and name.lane == RECORDS)
    feed = one.site.feeds[name]
    text = log.checkpoint_text(one.site.registry, name, feed.head)
    for position in (feed.head.position, feed.head.position + 1, 2**53 - 1):
        one.send(wire.CHECKPOINT, messages.wire.CheckpointMessage(
            feed=wire.feed_message(name), position=position, digest=feed.head.digest, signature=one.site.keys.signing.sign(text)))
    settle_raw(one)
    one.connection.close()


def feeds_without_end(address: Address, renegade: Site, **_: Any) -> None:
    """A feed for each of many epochs nobody vouches for: BYE 8."""
    one = session(again(renegade), address).start()
    settle(one)
    try:
        for _ in range(LIMITS["unattestedFeedsPerPeer"] + 80):
            name = FeedID(renegade.keys.site, os.urandom(8), RECORDS)
            start = Head(0, log.feed_start(renegade.keys.public, name.epoch, RECORDS))
            one.connection.send(wire.encoded_data(name, start, Block.encode(1, [b"!"], start.digest), True))
    except Closed:
        pass  # What it said is still to be read.
    goodbye(one.connection, wire.TOO_LARGE, 40)


def floods(address: Address, renegade: Site, hub: Store, **_: Any) -> None:
    """Keys that do not open, incidents, and frames nobody knows: the log does not grow with them."""
    before = hub.log.stat().st_size
    one = session(again(renegade), address).start()
    settle(one)
    keys = wire.encoded(wire.KEYS, messages.wire.Keys(packets=[os.urandom(80) for _ in range(500)]))
    name = FeedID(renegade.keys.site, os.urandom(8), RECORDS)
    incident = wire.encoded(wire.INCIDENT, messages.wire.Incident(kind=7, feed=wire.feed_message(name), position=1))
    for _ in range(40):
        one.connection.send(keys + 50 * incident + wire.frame(0x11, os.urandom(5000)))
    pulled = wire.encoded(wire.HAVE, messages.wire.Have(resend=True))
    one.heard.clear()
    one.connection.send(pulled)
    one.run(lambda: one.heard[wire.HAVE] > 0, 15, "an answer behind a flood")
    one.finish()
    grown = hub.log.stat().st_size - before
    expect(grown < 100_000, f"the daemon's log grew by {grown} bytes")


def clocks(address: Address, renegade: Site, **_: Any) -> None:
    """Clocks ten years off, and impossible ones: the session goes on."""
    now = int(time.time() * 1000)
    for moment in (now + TEN_YEARS, now - TEN_YEARS, 2**63 - 1, -2**63, 0):
        one = session(again(renegade), address)
        one.connection.send(hello_frame(one.site, milliseconds_since_epoch=moment))
        one.say_have()
        one.run(one.even, 5, f"everything offered, with the clock at {moment}").finish()


def strangers_with_a_false_roster(address: Address, renegade: Site, hub_site: bytes, **_: Any) -> None:
    """A stranger that wrote itself into a roster, with its own word for it, is turned away; the true one changes nothing."""
    stranger = Site("ZX")
    stranger.belong(renegade.founding_entry)
    inside = again(renegade)
    pull(inside, address).finish()
    name = next(name for name in inside.feeds if name.lane == ROSTER)
    feed = inside.feeds[name]
    before = feed.head
    forged = roster_entry(admission=messages.record.Admission(keys=keys_of(stranger), alias="ZX", role="hub"))
    feed.append([forged])

    def visit(signer: Any) -> None:
        one = Session(stranger, dial(address, stranger.keys.signing))
        one.send(wire.HELLO, one.hello_message())
        word = signer.sign(log.checkpoint_text(stranger.registry, name, feed.head))
        one.send(wire.CHECKPOINT, messages.wire.CheckpointMessage(
            feed=wire.feed_message(name), position=feed.head.position, digest=feed.head.digest, signature=word))
        for block in feed.blocks(0, feed.head.position):
            one.connection.send(wire.encoded_data(name, feed.at(block.first - 1), block.encoded, True))
        deadline = time.monotonic() + 14
        try:
            while (found := one.connection.receive(max(0.0, deadline - time.monotonic()))) is not None:
                expect(found[0] == wire.BYE, f"a stranger is told {wire.NAMES[found[0]]}")
                expect(found[1].reason == wire.NOT_ADMITTED, f"BYE {found[1].reason}")
            raise Broken("a stranger with a false roster stays")
        except Closed:
            one.connection.close()

    at_once(visit, [stranger.keys.signing, renegade.keys.signing])
    check = again(renegade)
    pull(check, address).finish()
    expect(check.feeds[name].head == before, "the roster changed")


# At random -----------------------------------------------------------------------------------------------------------


def random_message(chance: random.Random, site: Site, known: list[FeedID]) -> bytes:
    """A frame that is often well-formed and seldom sensible."""
    feed = wire.feed_message(chance.choice(known) if chance.random() < 0.8 else FeedID(
        chance.randbytes(16), chance.randbytes(8), chance.randrange(4)))
    position = chance.choice([0, 1, 2, 3, 7, 100, 2**53 - 1, 2**53, 2**64 - 1, chance.randrange(1 << 16)])
    digest = chance.randbytes(chance.choice([32, 32, 32, 16, 16, 0, 33]))
    short = digest[:16]
    w = messages.wire
    made = chance.choice([
        lambda: wire.encoded(wire.HAVE, w.Have(full=chance.random() < 0.5, frontier=short, base=short, resend=True)),
        lambda: wire.encoded(wire.WANT, w.Want(feed=feed, position=position, digest=digest, bytes=chance.choice([
            65536, 1 << 20, 0, 2**32 - 1]), restart=chance.random() < 0.5)),
        lambda: wire.encoded(wire.CHECKPOINT, w.CheckpointMessage(feed=feed, position=position, digest=digest,
                                                                  signature=chance.randbytes(64))),
        lambda: wire.encoded(wire.ACK, w.Ack(feed=feed, position=position, digest=short, bytes=chance.randrange(1 << 64))),
        lambda: wire.encoded(wire.KEYS, w.Keys(packets=[chance.randbytes(chance.randrange(200)) for _ in range(3)])),
        lambda: wire.encoded(wire.INCIDENT, w.Incident(kind=chance.randrange(5), feed=feed, position=position)),
        lambda: wire.encoded_data(wire.FeedID(feed.site, feed.epoch, feed.lane), Head(position % (1 << 63), digest),
                                  Block.encode(position % (1 << 40) + 1, [chance.randbytes(30)], bytes(32)), chance.random() < 0.7),
        lambda: hello_frame(site, epoch=chance.randbytes(8)),
        lambda: wire.frame(chance.randrange(256), chance.randbytes(chance.randrange(300))),
    ])()
    if chance.random() < 0.1:
        at = chance.randrange(len(made))
        made = made[:at] + bytes([made[at] ^ 1 << chance.randrange(8)]) + made[at + 1:]
    return made


class Mischief:
    """A member that knows the protocol and the true entries, and does at random what it may and may not do with them."""

    def __init__(self, chance: random.Random, site: Site):
        self.chance, self.site = chance, site
        self.known = sorted(site.feeds)
        names = [FeedID(site.keys.site, chance.randbytes(8), lane) for lane in (URGENT, RECORDS, ATTACHMENTS) for _ in range(2)]
        self.own = [Feed(name, site.keys.public) for name in names]
        self.acts = [self.push_on, self.push_on, self.push_again, self.push_branch, self.word, self.word, self.want, self.want,
                     self.receipt, self.have, self.incident, self.push_for_another, self.skipped, self.keys]

    def act(self) -> bytes:
        if self.chance.random() < 0.02:
            return random_message(self.chance, self.site, self.known)
        return self.chance.choice(self.acts)()

    def _data(self, feed: Feed, after: int, entries: list[bytes], pushed: Optional[bool] = None) -> bytes:
        block = Block.encode(after + 1, entries, feed.digests[after], self.chance.random() < 0.5)
        is_pushed = self.chance.random() < 0.95 if pushed is None else pushed
        return wire.encoded_data(feed.name, feed.at(after), block, is_pushed)

    def _entries(self) -> list[bytes]:
        size = self.chance.choice([1, 40, 400, 3000])
        return [self.chance.randbytes(size) for _ in range(self.chance.randrange(1, 5))]

    def push_on(self) -> bytes:
        feed, entries = self.chance.choice(self.own), self._entries()
        after = feed.head.position
        feed.append(entries)
        return self._data(feed, after, entries)

    def push_again(self) -> bytes:
        feed = self.chance.choice(self.own)
        if not feed.entries:
            return b""
        after = self.chance.randrange(feed.head.position)
        return self._data(feed, after, feed.entries[after:after + self.chance.randrange(1, 4)])

    def push_branch(self) -> bytes:
        """Another history from some earlier position on; from now on that is ours."""
        feed = self.chance.choice(self.own)
        after = self.chance.randrange(feed.head.position + 1)
        entries = self._entries()
        data = self._data(feed, after, entries)
        if self.chance.random() < 0.3:
            del feed.entries[after:], feed.digests[after + 1:]
            feed.append(entries)
        return data

    def push_for_another(self) -> bytes:
        feed = self.site.feeds[self.chance.choice(self.known)]
        return self._data(feed, feed.head.position - self.chance.randrange(min(2, feed.head.position + 1)), self._entries())

    def word(self) -> bytes:
        feed = self.chance.choice(self.own + [self.site.feeds[name] for name in self.known])
        head = feed.at(self.chance.randrange(feed.head.position + 1))
        signature = self.site.keys.signing.sign(log.checkpoint_text(self.site.registry, feed.name, head))
        return wire.encoded(wire.CHECKPOINT, messages.wire.CheckpointMessage(
            feed=wire.feed_message(feed.name), position=max(head.position, 1), digest=head.digest, signature=signature))

    def want(self) -> bytes:
        feed = self.site.feeds[self.chance.choice(self.known)]
        head = feed.at(self.chance.randrange(feed.head.position + 1))
        digest = head.digest if self.chance.random() < 0.9 else self.chance.randbytes(32)
        return wire.encoded(wire.WANT, messages.wire.Want(
            feed=wire.feed_message(feed.name), position=head.position, digest=digest,
            bytes=self.chance.choice([65536, 1 << 18, 1 << 20]), restart=self.chance.random() < 0.3 or None))

    def receipt(self) -> bytes:
        feed = self.chance.choice(self.own + [self.site.feeds[name] for name in self.known])
        position = self.chance.randrange(feed.head.position + 1)
        digest = feed.digests[position][:16] if self.chance.random() < 0.8 else self.chance.randbytes(16)
        return wire.encoded(wire.ACK, messages.wire.Ack(feed=wire.feed_message(feed.name), position=max(position, 1),
                                                        digest=digest, bytes=self.chance.randrange(1 << 54)))

    def have(self) -> bytes:
        rows = {}
        for feed in self.own + [self.site.feeds[name] for name in self.known]:
            if feed.head.position and self.chance.random() < 0.7:
                head = feed.at(self.chance.randrange(1, feed.head.position + 1))
                beyond = self.chance.choice([0, 0, 0, 1, 1000])
                rows[feed.name] = wire.Row(head.position + beyond, head.digest[:16], self.chance.randrange(1 << 20))
        base = None if self.chance.random() < 0.8 else self.chance.randbytes(16)
        return wire.encoded(wire.HAVE, wire.have(rows, rows, base, self.chance.random() < 0.1))

    def incident(self) -> bytes:
        return wire.encoded(wire.INCIDENT, messages.wire.Incident(
            kind=self.chance.randrange(5), feed=wire.feed_message(self.chance.choice(self.known)),
            position=self.chance.randrange(20)))

    def skipped(self) -> bytes:
        return wire.frame(self.chance.randrange(0x10, 0x80), self.chance.randbytes(self.chance.randrange(2000)))

    def keys(self) -> bytes:
        return wire.encoded(wire.KEYS, messages.wire.Keys(packets=[self.chance.randbytes(81)]))

    def answer(self, want: Any) -> bytes:
        """What the daemon asked for, or something like it."""
        feed = next((one for one in self.own if one.name == wire.feed_of(want.feed)), None)
        if feed is None or want.position >= feed.head.position:
            return self.word()
        after = want.position + (self.chance.random() < 0.1)
        return self._data(feed, after, feed.entries[after:after + 3] or [b"!"], False)


def random_visits(seconds: float, seed: int, address: Address, renegade: Site, **_: Any) -> int:
    """Sessions of random frames. One that is ended is ended with a reason the text has for it."""
    chance, deadline, visits = random.Random(seed), time.monotonic() + seconds, 0
    site = again(renegade)
    pull(site, address).finish()
    mischief = Mischief(chance, site)
    # FINISHED: told of another past of what it writes, a site opens an epoch and ends its sessions.
    reasons = {wire.FINISHED, wire.PROTOCOL, wire.UNKNOWN_FRAME, wire.TOO_LARGE, wire.INVALID, wire.DUPLICATE}
    ends: Counter[str] = Counter()
    while time.monotonic() < deadline:
        visits += 1
        one = session(site, address)
        end = "cut by this peer"
        try:
            one.connection.send(hello_frame(site, epoch=chance.choice(mischief.own).name.epoch))
            for _ in range(chance.randrange(1, 120)):
                frame = mischief.act()
                if chance.random() < 0.02:
                    frame = frame[:chance.randrange(len(frame) + 1)]
                one.connection.send(frame)
                found = one.connection.receive(chance.choice([0, 0, 0.002, 0.02]))
                if found and found[0] == wire.WANT:
                    one.connection.send(mischief.answer(found[1]))
                if found and found[0] == wire.BYE:
                    end = f"BYE {found[1].reason}"
                    expect(found[1].reason in reasons, f"{end} ({found[1].detail}) of random frames")
                    break
        except Closed:
            end = "closed by the daemon"
        finally:
            one.connection.close()
        ends[end] += 1
    print(f"        {dict(sorted(ends.items()))}")
    return visits


def openssl(address: Address, **_: Any) -> None:
    """`openssl s_client`, with and without a certificate, learns nothing but that there is TLS."""
    with tempfile.TemporaryDirectory() as place:
        shown = ["-cert", f"{place}/certificate", "-key", f"{place}/key"]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=x", "-keyout", shown[3], "-out",
                        shown[1]], check=True, capture_output=True)

        def visit(more: list[str]) -> None:
            # Without an end of its input it waits for the other end's.
            run = subprocess.run(["openssl", "s_client", "-quiet", "-ign_eof", "-connect", "%s:%d" % address, *more],
                                 input=b"", capture_output=True, timeout=20)
            may_be_told = {b"", wire.encoded(wire.BYE, messages.wire.Bye(reason=wire.NOT_ADMITTED, detail=""))}
            if "-alpn" not in more or "-cert" not in more or "-tls1_2" in more:
                may_be_told = {b""}
            expect(run.stdout in may_be_told, f"openssl with {more} is told {run.stdout[:40].hex()}")

        alpn = ["-alpn", "abscope"]
        at_once(visit, [[], alpn, shown, shown + alpn, shown + alpn + ["-tls1_2"], shown + ["-alpn", "h2"]])


# These wait for the daemon's patience to end, so they do it together.
WAITING: list[tuple[str, Callable[..., Any]]] = [
    ("openssl learns nothing", openssl),
    ("silent and slow connections are closed in time", silent_connections),
    ("strangers with a roster of their own", strangers_with_a_false_roster),
]
ATTACKS: list[tuple[str, Callable[..., Any]]] = [
    ("floods of connections keep nobody out", too_many_connections),
    ("connections that come and go", churn),
    ("frames that never end", slow_frames),
    ("a peer that never reads", never_reads),
    ("deflate bombs", bombs),
    ("replayed bytes and frames", replays),
    ("made-up receipts and have-vectors", made_up_receipts),
    ("entries in another's name", entries_in_anothers_name),
    ("checkpoints nobody signed", false_words),
    ("feeds without end", feeds_without_end),
    ("floods of what is dropped", floods),
    ("clocks ten years off", clocks),
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=pathlib.Path, required=True, help="the folder of abscope and abscoped")
    parser.add_argument("--seconds", type=float, default=10, help="of random peers")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    choice = parser.parse_args()
    place, report = pathlib.Path(tempfile.mkdtemp(prefix="hostile-")), Report()
    hub = Store(choice.programs.resolve(), place, "HUB")
    try:
        run(hub, choice, report)
    finally:
        hub.kill()
        if report.failed:
            print(f"-- what the daemon said\n{hub.said()}")
        shutil.rmtree(place)
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


def run(hub: Store, choice: Any, report: Report) -> None:
    hub.run("init", "--site", "HUB", "--found", "Besieged")
    hub.run("operator", "add", text="name: Chen Wei\n")
    case = hub.run("case", "add", "--stage", "IIIA", text="name: Zhao Min\n")["case"]
    (hub.place / "scan").write_bytes(os.urandom(400_000))
    hub.run("attach", case, str(hub.place / "scan"))
    good, renegades = Site("OK"), [Site("B" + chr(65 + number)) for number in range(len(WAITING + ATTACKS) + 1)]
    for site in (good, *renegades):
        admit(hub, site)
    hub.start()
    hub_site = log.site_of(good.dial_key)
    honest = Honest(good, hub.address)
    pull(good, hub.address).finish()
    honest.start()
    until("the honest site is served", lambda: honest.slowest > 0)
    members = iter(renegades)

    def visit(one: tuple[str, Callable[..., Any]]) -> None:
        report.check(one[0], attack_and_look, one[1], hub, honest,
                     dict(address=hub.address, renegade=next(members), honest=honest, hub=hub, hub_site=hub_site))

    at_once(visit, WAITING)
    for one in ATTACKS:
        visit(one)
    print(f"random peers, seed {choice.seed}")
    report.check("random peers", lambda: random_visits(choice.seconds, choice.seed, hub.address, renegades[-1]))
    report.check("the honest site was served all the while", lambda: ends_well(hub, honest))


def attack_and_look(attack: Callable[..., Any], hub: Store, honest: Honest, world: dict[str, Any]) -> None:
    attack(**world)
    assert hub.daemon is not None
    expect(hub.daemon.poll() is None, "the daemon has ended")
    held, most = hub.resident_kilobytes()
    expect(most < MEMORY_KILOBYTES, f"the daemon took {most} KiB")
    expect(not honest.problem, honest.problem)


def ends_well(hub: Store, honest: Honest) -> None:
    honest.over.set()
    honest.join(20)
    expect(not honest.problem, honest.problem)
    print(f"        slowest ACK {honest.slowest:.1f} s, memory {hub.resident_kilobytes()} KiB")
    pull(honest.site, hub.address).finish()
    hub.stop()
    shown = [row for row in hub.run("operator", "list")["operators"]]
    recorded = honest.site.own(RECORDS).attested.position
    expect(sum("Honest Soul" in str(row) for row in shown) == recorded, f"not all of {recorded} records are shown")
    expect("Made Up" not in str(shown), "something made up is shown")
    expect(hub.run("log", "verify", expect=(0, 1))["damaged"] is False, "the store is damaged")


if __name__ == "__main__":
    sys.exit(main())
