"""This peer has to notice what is wrong: vectors that were changed, and an other end that lies or breaks rules."""
from __future__ import annotations

import copy
import json
import os
import random
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Optional

import log_format as log
import messages
import scenarios
import vectors
import wire
from log_format import Block, Refused
from peer import ATTACHMENTS, RECORDS, Site
from session import Session
from transport import Broken, Closed, Connection, Listener, certificate

Twist = Callable[[int, bytes], bytes]


# Vectors -------------------------------------------------------------------------------------------------------------


def changed_vectors(tries: int = 12, seed: int = 1) -> int:
    """Of every file of vectors, one that was changed is noticed; where it is to be refused, one that is right."""
    tables = {name: json.loads((vectors.FOLDER / name).read_text(encoding="utf-8")) for name in vectors.CHECKS}
    whole = tables["log/blocks.json"][1]["encoded"]
    for name, one in vectors.CHECKS.items():
        if name.startswith("log/refused"):
            rows = [dict(row, encoded=whole) for row in tables[name]]
            noticed = all(_is_noticed(one, [row]) for row in rows)
        else:
            noticed = any(_is_noticed(one, _changed(tables[name], random.Random(seed + number))) for number in range(tries))
        if not noticed:
            raise Broken(f"{name} was changed, and nobody noticed")
    return len(vectors.CHECKS)


def _is_noticed(one: Callable[[Any], int], table: Any) -> bool:
    try:
        one(table)
    except Exception:  # Whatever reading it brings about, it was noticed.
        return True
    return False


def _changed(table: Any, chance: random.Random) -> Any:
    """With one character of one string replaced."""
    table = copy.deepcopy(table)
    places: list[tuple[Any, Any]] = []

    def look(value: Any) -> None:
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(inner, (dict, list)):
                look(inner)
            elif isinstance(inner, str) and inner and key not in ("name", "error"):
                places.append((value, key))

    look(table)
    holder, key = chance.choice(places)
    at = chance.randrange(len(holder[key]))
    letter = "1" if holder[key][at] == "0" else "0"
    holder[key] = holder[key][:at] + letter + holder[key][at + 1:]
    return table


# An other end that lies ----------------------------------------------------------------------------------------------


class Twisted(Session):
    """The other end, which alters what it sends, or is generous with credit."""

    def __init__(self, site: Site, connection: Connection, twist: Twist, ignores_credit: bool):
        super().__init__(site, connection)
        self.ignores_credit = ignores_credit
        send = connection.send
        connection.send = lambda data: send(twist(data[4], data[5:]))  # type: ignore[method-assign]

    def _give(self, feed: Any, after: int, credit: int, pushed: bool = False) -> None:
        super()._give(feed, after, 1 << 40 if self.ignores_credit else credit, pushed)


def _serve(listener: Listener, site: Site, twist: Twist, ignores_credit: bool) -> None:
    try:
        session = Twisted(site, listener.accept(10), twist, ignores_credit)
        session.start().run(lambda: session.bye is not None, 5)
    except (Broken, Closed, OSError):
        pass  # The end of a visit, whatever way it went; the visitor judges.


def visit(administrator: Site, member: Site, visited: Callable[[tuple[str, int], Site], Any], twist: Twist = wire.frame,
          ignores_credit: bool = False, prover: Optional[Site] = None) -> None:
    """Has a member visit a site that twists what it says."""
    listener = Listener((prover or administrator).keys.signing, "127.0.0.1")
    listener.trust(certificate(member.keys.signing))
    host = scenarios.again(administrator)
    host.feeds = dict(administrator.feeds)
    threading.Thread(target=_serve, args=(listener, host, twist, ignores_credit), daemon=True).start()
    newcomer = scenarios.again(member)
    newcomer.addresses, newcomer.dial_key = ["%s:%d" % listener.address], administrator.keys.public
    try:
        visited(listener.address, newcomer)
    finally:
        listener.close()


def _pull(address: tuple[str, int], site: Site) -> None:
    scenarios.pull(site, address, 1).finish()


def _keep_to_credit(address: tuple[str, int], site: Site) -> None:
    scenarios.keeps_to_its_credit(site, address)


def _push(address: tuple[str, int], site: Site) -> None:
    feed = site.record(RECORDS, os.urandom(20))
    one = scenarios.session(site, address).start()
    one.run(lambda: one.told(feed), 1, "ACK").finish()


def _only(kind: int, change: Callable[[bytes], bytes]) -> Twist:
    return lambda found, payload: change(payload) if found == kind else wire.frame(found, payload)


def _altered(kind: int, change: Callable[[Any], Any]) -> Twist:
    """Changes a message of one kind."""

    def twist(payload: bytes) -> bytes:
        message = wire.MESSAGES[kind].FromString(payload)
        change(message)
        return wire.encoded(kind, message)

    return _only(kind, twist)


def _set(**values: Any) -> Callable[[Any], None]:
    return lambda message: [setattr(message, name, value) for name, value in values.items()] and None


def _other_entry(own_chain: bool) -> Twist:
    """An entry is another: beside the chain, or with a chain of its own."""

    def twist(payload: bytes) -> bytes:
        data = wire.parsed(wire.DATA, payload)
        length = struct.unpack_from("<H", payload)[0]
        block = data.blocks[0]
        entries = block.entries()
        entries[-1] = b"\x08\0" + entries[-1][2:-1] + bytes([entries[-1][-1] ^ 1])
        before = bytes(32) if not own_chain else log.feed_start(_administrator_key[0], data.header.feed.epoch,
                                                                data.header.feed.lane)
        return wire.frame(wire.DATA, payload[:2 + length] + Block.encode(block.first, entries, before))

    return _only(wire.DATA, twist)


_administrator_key: list[bytes] = [b""]


def lies() -> int:
    """Everything an other end may do wrong in these ways is noticed; when it does nothing wrong, nothing is."""
    administrator, member = scenarios.Administrator("AD"), Site("PY")
    _administrator_key[0] = administrator.keys.public
    administrator.admit_peer(member)
    administrator.record(RECORDS, b"\x08\0\x12\0: an entry")
    twice = lambda payload: 2 * wire.frame(wire.HELLO, payload)  # noqa: E731
    behind = lambda payload: wire.frame(wire.HELLO, payload) + wire.encoded(  # noqa: E731
        wire.BYE, messages.wire.Bye(reason=0)) + wire.encoded(wire.BYE, messages.wire.Bye(reason=0))
    cases: list[tuple[str, Callable[..., Any], dict[str, Any]]] = [
        ("another key than the invitation's", _pull, {"prover": Site("XX")}),
        ("a second HELLO", _pull, {"twist": _only(wire.HELLO, twice)}),
        ("HELLO of another registry", _pull, {"twist": _altered(wire.HELLO, _set(registry=bytes(32)))}),
        ("HELLO of another site", _pull, {"twist": _altered(wire.HELLO, _set(site=bytes(16)))}),
        ("HELLO of other versions", _pull, {"twist": _altered(wire.HELLO, _set(version_minimum=3, version_maximum=3))}),
        ("HAVE before HELLO", _pull, {"twist": _only(wire.HELLO, lambda payload: b"")}),
        ("no HAVE", _pull, {"twist": _only(wire.HAVE, lambda payload: b"")}),
        ("HAVE with another digest", _pull, {"twist": _altered(wire.HAVE, _set(frontier=bytes(16)))}),
        ("messages behind BYE", _pull, {"twist": _only(wire.HELLO, behind)}),
        ("an unknown critical frame", _pull, {"twist": _only(wire.HAVE, lambda payload: wire.frame(0x8F, b""))}),
        ("a frame too large", _pull, {"twist": _only(wire.HAVE, lambda payload: struct.pack("<IB", 1 << 20, wire.HAVE))}),
        ("no DATA", _pull, {"twist": _only(wire.DATA, lambda payload: b"")}),
        ("an entry beside the chain", _pull, {"twist": _other_entry(False)}),
        ("an entry with a chain of its own", _pull, {"twist": _other_entry(True)}),
        ("DATA twice, in another order", _pull, {"twist": _altered_data(after=1)}),
        ("DATA beyond the credit", _keep_to_credit, {"ignores_credit": True}),
        ("no CHECKPOINT", _pull, {"twist": _only(wire.CHECKPOINT, lambda payload: b"")}),
        ("a CHECKPOINT nobody signed", _pull, {"twist": _altered(wire.CHECKPOINT, _set(signature=bytes(64)))}),
        ("a CHECKPOINT of another digest", _pull, {"twist": _altered(wire.CHECKPOINT, _set(digest=bytes(32)))}),
        ("no ACK", _push, {"twist": _only(wire.ACK, lambda payload: b"")}),
        ("an ACK of another digest", _push, {"twist": _altered(wire.ACK, _set(digest=bytes(16)))}),
        ("WANT at a made-up head", _push, {"twist": _altered(wire.WANT, _set(digest=bytes(32)))}),
        ("no BYE to a broken rule", _breaks, {}),
    ]
    visit(administrator, member, _pull)
    visit(administrator, member, _push)
    administrator.record(ATTACHMENTS, *[os.urandom(16000) for _ in range(20)])

    def judge(case: tuple[str, Callable[..., Any], dict[str, Any]]) -> None:
        name, visited, twisted = case
        try:
            visit(administrator, member, visited, **twisted)
        except (Broken, Closed, Refused, wire.Violation):
            return
        raise Broken(f"{name}: nobody noticed")

    with ThreadPoolExecutor(len(cases)) as visitors:
        return len(list(visitors.map(judge, cases)))


def _altered_data(**values: Any) -> Twist:
    def twist(payload: bytes) -> bytes:
        length = struct.unpack_from("<H", payload)[0]
        header = messages.wire.DataHeader.FromString(payload[2:2 + length])
        _set(**values)(header)
        text = header.SerializeToString(deterministic=True)
        return wire.frame(wire.DATA, struct.pack("<H", len(text)) + text + payload[2 + length:])

    return _only(wire.DATA, twist)


def _breaks(address: tuple[str, int], site: Site) -> None:
    scenarios.refuses(site, address, wire.UNKNOWN_FRAME, wire.frame(0x8A, b"later"))


def check() -> int:
    return changed_vectors() + lies()
