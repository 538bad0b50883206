"""../wire.md, from "Order" on: one session of a site with another, and a careful ear for what the other end may not do."""
from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any, Callable, Optional

import log_format as log
import messages
import wire
from log_format import LIMITS, FeedID, Refused
from peer import Feed, Site
from transport import Broken, Closed, Connection

FRAME_ROWS = 700  # of HAVE, each less than 90 bytes


@dataclass
class Asked:
    """A WANT of ours. Its credit stays when it is answered: what the feed grows by may come for it too."""

    credit: int
    received: int = 0
    answered: bool = False


@dataclass
class Given:
    """What went to the other end of a feed: (last position, bytes) of each block, and the first position."""

    blocks: list[tuple[int, int]]
    first: int = 0

    @property
    def position(self) -> int:
        return self.blocks[-1][0] if self.blocks else 0

    def bytes_after(self, position: int) -> int:
        return sum(size for last, size in self.blocks if last > position)


class Session:
    """Follows the order of a session; raises `Broken` where the other end does not."""

    def __init__(self, site: Site, connection: Connection, credit: int = LIMITS["wantBytesMinimum"]):
        self.site, self.connection, self.credit = site, connection, credit
        self.hello: Any = None
        self.bye: Any = None
        self.heard: Counter[int] = Counter()
        self.incidents: list[Any] = []
        self.reports: list[Any] = []
        self.theirs: wire.Vector = {}
        self.their_have = False  # all of it is here
        self.mine: wire.Vector = {}
        self.acknowledged: wire.Vector = {}
        self.asked: dict[FeedID, Asked] = {}
        self.given: dict[FeedID, Given] = {}
        self.pulled_entries = self.repeated_entries = 0
        self.renews = True  # Credit, when half of it is spent.
        self.most_given: Optional[int] = None  # Bytes of blocks of a feed after which this end falls silent about it.
        self._assembled: wire.Vector = {}
        self.full_haves = 0  # heard

    # Sending ---------------------------------------------------------------------------------------------------------

    def send(self, kind: int, message: Any) -> None:
        self.connection.send(wire.encoded(kind, message))

    def hello_message(self) -> Any:
        return messages.wire.Hello(
            version_minimum=wire.VERSION, version_maximum=wire.VERSION, features=0, registry=self.site.registry,
            site=self.site.keys.site, epoch=self.site.epoch, milliseconds_since_epoch=int(time.time() * 1000),
            program="conformance peer 0")

    def start(self) -> Session:
        """HELLO, and HAVE in full."""
        self.send(wire.HELLO, self.hello_message())
        self.say_have()
        return self

    def say_have(self, base: Optional[bytes] = None) -> None:
        """All that is held and attested, or with `base` what changed since."""
        now = self.site.vector()
        rows = sorted(now.items() if base is None else (row for row in now.items() if self.mine.get(row[0]) != row[1]))
        after: wire.Vector = {} if base is None else dict(self.mine)
        for at in range(0, max(len(rows), 1), FRAME_ROWS):
            part = dict(rows[at:at + FRAME_ROWS])
            after |= part
            self.send(wire.HAVE, wire.have(part, after, base, more=at + FRAME_ROWS < len(rows)))
            base = wire.vector_digest(after)
        self.mine = after

    def remember(self, former: Session) -> None:
        """Begins with what was said and heard in a former session of the same two sites."""
        self.mine, self._assembled = dict(former.mine), dict(former._assembled)

    def say_changes(self) -> None:
        self.say_have(wire.vector_digest(self.mine))

    def acknowledge(self, feed: Feed) -> None:
        row = feed.row()
        self.mine[feed.name] = row
        self.send(wire.ACK, messages.wire.Ack(feed=wire.feed_message(feed.name), position=row.position, digest=row.digest,
                                              bytes=row.bytes))

    def want(self, feed: Feed, restart: bool = False) -> None:
        message = messages.wire.Want(feed=wire.feed_message(feed.name), position=feed.head.position,
                                     digest=feed.head.digest, bytes=self.credit)
        if restart:
            message.restart = True
        self.asked[feed.name] = Asked(self.credit)
        self.send(wire.WANT, message)

    def push(self, feed: Feed) -> None:
        """What follows the last acknowledged head, or all of a feed of which the other end holds nothing; its word and row."""
        held = self.acknowledged.get(feed.name) or self.theirs.get(feed.name)
        self._give(feed, held.position if held else 0, LIMITS["pushBytes"], pushed=True)
        # What is dropped of a push is asked for by the row.
        if self.mine.get(feed.name) != feed.row():
            self.say_changes()

    def _give(self, feed: Feed, after: int, credit: int, pushed: bool = False) -> None:
        given = self.given.setdefault(feed.name, Given([]))
        end = feed.attested.position
        for block in feed.blocks(after, end):
            if pushed and len(block.encoded) > credit or credit <= 0 or (
                    self.most_given is not None and given.bytes_after(0) >= self.most_given):
                end = block.first - 1
                break
            credit -= len(block.encoded)
            self.connection.send(wire.encoded_data(feed.name, feed.at(block.first - 1), block.encoded, pushed))
            given.first = given.first or block.first
            given.blocks.append((block.last, len(block.encoded)))
        self.give_word(feed, end)

    def give_word(self, feed: Feed, limit: int) -> None:
        """The best checkpoint there is up to a position."""
        position = max((one for one in feed.words if one <= limit), default=0)
        if position:
            self.send(wire.CHECKPOINT, messages.wire.CheckpointMessage(
                feed=wire.feed_message(feed.name), position=position, digest=feed.digests[position],
                signature=feed.words[position]))

    # Receiving -------------------------------------------------------------------------------------------------------

    def run(self, until: Callable[[], bool], seconds: float = 10, what: str = "") -> Session:
        """Takes part until the condition holds; `Broken` when it does not in that time."""
        deadline = time.monotonic() + seconds
        while not until():
            left = deadline - time.monotonic()
            if left <= 0:
                raise Broken(f"waited {seconds} s in vain: {what or 'nothing more came'}")
            try:
                found = self.connection.receive(left)
            except Closed as error:
                if until():
                    break
                raise Broken(f"the connection ended ({error}) before {what or 'it was due'}") from error
            if found is not None:
                self.take(*found)
        return self

    def take(self, kind: int, message: Any) -> None:
        """One message of the other end."""
        if self.bye is not None:
            raise Broken(f"{wire.NAMES[kind]} behind BYE")
        if self.hello is None and kind not in (wire.HELLO, wire.BYE):
            raise Broken(f"{wire.NAMES[kind]} before HELLO")
        self.heard[kind] += 1
        try:
            {wire.HELLO: self._take_hello, wire.HAVE: self._take_have, wire.WANT: self._take_want, wire.DATA: self._take_data,
             wire.CHECKPOINT: self._take_checkpoint, wire.ACK: self._take_ack, wire.KEYS: self._take_keys,
             wire.INCIDENT: self.incidents.append, wire.REPORT: self.reports.append, wire.BYE: self._take_bye}[kind](message)
        except Refused as error:
            raise Broken(f"{wire.NAMES[kind]}: {error}") from error

    def _take_hello(self, message: Any) -> None:
        if self.hello is not None:
            raise Broken("a second HELLO")
        if (message.registry, message.site) != (self.site.registry, log.site_of(self.connection.key)):
            raise Broken("HELLO of another registry or site")
        if not message.version_minimum <= wire.VERSION <= message.version_maximum:
            raise Broken(f"HELLO without version {wire.VERSION}")
        self.hello = message

    def _take_bye(self, message: Any) -> None:
        self.bye = message

    def _take_have(self, message: Any) -> None:
        if message.resend:
            self.say_have()
            return
        self.full_haves += message.full
        if not message.full and message.base != wire.vector_digest(self._assembled):
            self._assembled = {}
            self.send(wire.HAVE, messages.wire.Have(resend=True))
            return
        self._assembled = ({} if message.full else self._assembled) | dict(wire.rows_of(message))
        if wire.vector_digest(self._assembled) != message.frontier:
            raise Broken("HAVE states another digest than its vector has")
        if len(self._assembled) > LIMITS["vectorFeeds"]:
            raise Broken("HAVE of too many feeds")
        if not message.more:
            self.theirs, self.their_have = dict(self._assembled), True
            self.look()

    def look(self) -> None:
        """Asks for what the other end holds and this one lacks."""
        for name, row in sorted(self.theirs.items()):
            feed = self.site.feed(name)
            asked = self.asked.get(name)
            if feed is None or asked and not asked.answered or name.site == self.site.keys.site:
                continue
            if row.position > feed.attested.position:
                self.want(feed)  # At its head already: for the checkpoint.
            elif feed.at(row.position).digest[:16] != row.digest:
                raise Broken("the histories of a feed differ")

    def _take_data(self, data: wire.Data) -> None:
        name = wire.feed_of(data.header.feed)
        feed, asked = self.site.feed(name), self.asked.get(name)
        size = sum(len(block.encoded) for block in data.blocks)
        if not data.header.pushed:
            if asked is None:
                raise Broken("DATA that nobody asked for")
            if asked.received >= asked.credit:
                raise Broken("DATA beyond the credit")
            asked.received += size
        before = feed.attested if feed else None
        new = self.site.take_data(data)
        if feed is None or new is None:
            if feed is not None and not data.header.pushed:
                raise Broken("DATA that does not continue what is held")
            return
        self.pulled_entries += new
        if not data.header.pushed:
            self.repeated_entries += sum(block.count for block in data.blocks) - new
        if feed.attested != before:
            self._shown(feed)
        asked, row = self.asked.get(name), self.theirs.get(name)
        if self.renews and asked and asked.received * 2 >= asked.credit and row and feed.head.position < row.position:
            self.want(feed)

    def _take_checkpoint(self, message: Any) -> None:
        feed = self.site.take_word(message)
        if feed is not None:
            self._shown(feed)

    def _shown(self, feed: Feed) -> None:
        """More of a feed is attested."""
        if feed.name.site == self.site.keys.site:
            return
        row = self.theirs.get(feed.name)
        if feed.name in self.asked and row and feed.attested.position >= row.position:
            self.asked[feed.name].answered = True
        self.acknowledge(feed)
        if feed.name.lane == 0:
            self.look()

    def _take_want(self, message: Any) -> None:
        feed = self.site.feeds.get(wire.feed_of(message.feed))
        if feed is None or not feed.attested.position:
            raise Broken("a WANT of a feed that was not offered")
        if message.position > feed.head.position or feed.digests[message.position] != message.digest:
            self._answer_false_end(feed, message.position)
            return
        given = self.given.setdefault(feed.name, Given([]))
        if message.restart:
            given.blocks = [row for row in given.blocks if row[0] <= message.position]
        start = max(message.position, given.position)
        self._give(feed, start, message.bytes - given.bytes_after(message.position))

    def _answer_false_end(self, feed: Feed, position: int) -> None:
        """A WANT at a head that is not in the feed: beyond the other end's row somebody may have given it something false."""
        row = self.theirs.get(feed.name)
        known = row.position if row else 0
        if position <= known or position == 0:
            raise Broken("a WANT at a head that is not in the feed")
        best = max((one for one in feed.words if one <= position), default=0)
        self.give_word(feed, position if best > known else feed.head.position)
        if position <= feed.head.position:
            self.send(wire.INCIDENT, messages.wire.Incident(kind=1, feed=wire.feed_message(feed.name), position=position))

    def _take_ack(self, message: Any) -> None:
        name = wire.feed_of(message.feed)
        row = wire.Row(message.position, message.digest, message.bytes)
        feed = self.site.feeds.get(name)
        if feed is None or message.position > feed.head.position or feed.digests[message.position][:16] != message.digest:
            raise Broken("an ACK of what was not sent")
        self.acknowledged[name] = self.theirs[name] = self._assembled[name] = row

    def _take_keys(self, message: Any) -> None:
        for packet in message.packets:
            self.site.open_keys(packet, log.site_of(self.connection.key))

    # What scenarios ask ----------------------------------------------------------------------------------------------

    def even(self) -> bool:
        """Everything the other end offers is held here and attested."""
        return self.their_have and all(
            (feed := self.site.feeds.get(name)) is not None and feed.attested.position >= row.position
            for name, row in self.theirs.items())

    def told(self, feed: Feed) -> bool:
        """The other end acknowledged all of a feed."""
        row = self.theirs.get(feed.name)
        return row is not None and row[:2] == feed.row()[:2]

    def finish(self) -> None:
        try:
            self.send(wire.BYE, messages.wire.Bye(reason=wire.FINISHED))
        finally:
            self.connection.close()
