"""Urgent entries that are recorded while attachments fill a satellite's line, one way and the other."""
import statistics
import time

from network import MTU, Network
from oracle import judge
from satellite import KILOBITS, ROUND_TRIP, Link
from sites import Broken, Registry

# Of IPv4 and TCP with timestamps.
HEADER_BYTES = 52


def scenario(choice, folder, chance):
    count = 3 if choice.slice else 6
    with Network() as network, Registry(choice, network, folder, ["GY"]) as registry:
        link = Link(network, registry)
        hub, clinic = link.hub, link.clinic
        registry.start()
        cases = [clinic.add_case(f"Zhao {number}") for number in range(2)]
        registry.settle(30)
        for origin, other in ((clinic, hub), (hub, clinic))[:1 if choice.slice else 2]:
            during_bulk(link, origin, other, cases, chance, count)
        told = judge(registry.sites)
        registry.stop()
        return f"rates by {link.limiter}; {told} acknowledged entries found at both sites", link.figures


def during_bulk(link, origin, other, cases, chance, count):
    link.near()
    link.settle()
    link.far()
    # A connection of the near line does not do: TCP goes on believing in the round trip it knew there, for minutes.
    link.network.cut_all()
    link.clinic.run("sync", "now")
    link.settle()
    flow = link.network.flows[-1]
    part = next(flow.parts[end] for end in flow.ends if end[0] == origin.host.key)
    began = time.monotonic()
    origin.attach(cases[0], KILOBITS * 125 * (count * 6 + 5) / 1e6, chance)
    other.until("the bulk is on its way", lambda: other.reached(origin, "attachments", False) > 3, 60)
    waits, since, before = [], time.monotonic(), part.reached_payload
    for _ in range(count):
        time.sleep(chance.uniform(1, 3))
        origin.add_event(cases[1], serious=True, grade=4)
        recorded = time.monotonic()
        waits.append(link.stored(other, origin, "urgent") - recorded)
    carried, seconds = part.reached_payload - before, time.monotonic() - since
    if other.reached(origin, "attachments", False) >= origin.reached(origin, "attachments"):
        raise Broken(f"the bulk was over after {time.monotonic() - began:.1f} s: nothing was overtaken")
    of = f"{count} urgent entries of {origin} during bulk: recorded to shown at {other}"
    link.measure("urgent", f"{of}, the slowest", max(waits), "s", ROUND_TRIP + 1)
    link.measure("urgent", f"{of}, the median", statistics.median(waits), "s")
    worth = KILOBITS * 125 * seconds * (MTU - HEADER_BYTES) / MTU
    link.measure("urgent", f"of the line from {origin}, meanwhile not used", 100 * max(0, 1 - carried / worth), "%", 5)
    if link.clinic.choice.verbose:
        print(f"-- {of}: {', '.join(f'{wait:.2f}' for wait in waits)} s")
    link.near()
    link.settle()
