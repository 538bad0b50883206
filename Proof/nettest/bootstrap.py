"""An empty clinic pulls everything over a line that loses its connection again and again, and both daemons are killed."""
import threading
import time

from faults import RESET, Fate
from figures import Figure
from network import Network
from oracle import judge
from sites import Registry

MEGABITS = 20
BLOCK_BYTES = 16 * 1024


def scenario(choice, folder, chance):
    megabytes, cuts, kills = (8, 12, 3) if choice.slice else (100, 100, 6)
    with Network() as network, Registry(choice, network, folder, ["WH", "CUT"]) as registry:
        hub, whole, cut = registry.hub, *registry.clinics
        cases = [hub.add_case(f"Chen {number}") for number in range(20)]
        for number in range(4):
            hub.attach(cases[number], megabytes / 4, chance)
        hub.run("log", "seal", "--active")
        stored = sum(feed["stored_bytes"] for feed in hub.stats()["feeds"])
        target = hub.reached(hub, "attachments")
        hub.start()
        for clinic in (whole, cut):
            clinic.host.line.delay = 0.01
            clinic.host.limit(MEGABITS * 1000)
        hub.host.limit(MEGABITS * 1000)

        def pulled(clinic):
            return lambda: clinic.reached(hub, "attachments") == target

        # Once without a cut, to know what has to be sent, and an idle session, to know what a connection costs.
        whole.start()
        began = time.monotonic()
        seconds = whole.until("everything is there", pulled(whole), 600) - began
        peaks = [hub.peak_megabytes(), whole.peak_megabytes()]
        needed = received(network, whole)
        there, back = (sum(flow.parts[end(flow)].wire_bytes for flow in network.flows)
                       for end in (lambda flow: flow.target, lambda flow: flow.source))
        whole.stop()
        before = received(network, whole)
        whole.start()
        whole.until("it is in sync", lambda: whole.word(hub) == "in sync", 30)
        time.sleep(0.5)
        opening = received(network, whole) - before
        whole.stop()

        # One connection carries so much that the cuts are spread over all of it.
        reach, made = megabytes * 1e6 / cuts, len(network.flows)
        network.fate = lambda _: Fate(RESET, int(chance.uniform(0.1, 1.9) * reach) + 4000)
        cut.start()
        over, stones = threading.Event(), sorted(chance.uniform(0.1, 0.9) for _ in range(kills))

        def waste_time():
            while not over.wait(0.3):
                cut.run("sync", "now", allowed=(0, 69))

        hurry = threading.Thread(target=waste_time)
        hurry.start()
        try:
            for number, stone in enumerate(stones):
                cut.until("a part is there", lambda: cut.reached(hub, "attachments", False) >= stone * target, 600)
                victim = (cut, hub)[number % 2]
                victim.kill()
                victim.start()
            cut.until("everything is there", pulled(cut), 600)
        finally:
            over.set()
            hurry.join()
        network.fate = None
        spent = [flow for flow in network.flows[made:] if flow.fate is not None]
        done = sum(flow.fate.is_done for flow in spent) + kills
        again = sum(flow.parts[flow.target].reached_payload for flow in spent)
        extra = again - needed - (len(spent) - 1) * opening
        sent = sum(flow.parts[flow.target].sent_payload for flow in spent) - needed - (len(spent) - 1) * opening
        network.cut_all()
        for clinic in (whole, cut):
            if clinic.daemon is None:
                clinic.start()
            clinic.run("sync", "now")
        registry.settle(60)
        told = judge(registry.sites)
        registry.stop()
        return (f"{stored / 1e6:.1f} MB in {seconds:.1f} s without a cut; then {done} cuts ({kills} of them SIGKILL), "
                f"{len(spent)} connections; {told} acknowledged entries found at all sites; an opening costs {opening} bytes",
                [Figure("cut.waste", f"received twice per cut, {megabytes} MB over {MEGABITS} Mbit/s", max(extra, 0) / done, "B", BLOCK_BYTES),
                 Figure("cut.waste", "sent twice per cut, with what was under way", max(sent, 0) / done, "B"),
                 Figure("wire.bulk", "sent by the hub beside what was missing, sealed", there / stored, "x", 1.05, 1.02),
                 Figure("wire.bulk", "the same with what TCP acknowledges", (there + back) / stored, "x"),
                 Figure("memory", "daemon during a bootstrap, the larger of both", max(peaks), "MB", 64)])


def received(network, clinic):
    """Bytes that arrived at a clinic, of all connections it dialled."""
    return sum(flow.parts[flow.target].reached_payload for flow in network.flows if flow.source[0] == clinic.host.key)
