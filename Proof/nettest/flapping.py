"""A hub and two clinics record while their lines flap and their daemons are killed; then all of them hold the same."""
import threading
import time

from faults import FLIP, HALF_OPEN, KINDS, RESET, SILENT, Fate
from figures import Figure
from network import Network
from oracle import judge
from sites import Broken, Registry

CASES = 4


def scenario(choice, folder, chance):
    seconds = 15 if choice.slice else 90
    # An end that waits for nobody is noticed after a minute.
    kinds = (RESET, FLIP) if choice.slice else KINDS
    with Network() as network, Registry(choice, network, folder, ["GY", "TW"]) as registry:
        fates = {kind: 0 for kind in KINDS}

        def fate(_):
            kind, after = chance.choice(kinds), int(10 ** chance.uniform(2.5, 5))
            bit, tells = chance.randrange(8), chance.random() < 0.5
            if chance.random() < 0.3:
                return None
            fates[kind] += 1
            return Fate(kind, after, bit, tells)

        for clinic in registry.clinics:
            clinic.host.line.delay = chance.uniform(0.02, 0.3)
            clinic.host.limit(chance.choice((256, 512, 2000)))
        registry.start()
        network.fate = fate
        over, failures, kills = threading.Event(), [], 0
        threads = [threading.Thread(target=record, args=(site, over, failures, type(chance)(chance.random())))
                   for site in registry.sites]
        for thread in threads:
            thread.start()
        until = time.monotonic() + seconds
        while time.monotonic() < until and not over.is_set():
            over.wait(chance.uniform(0.3, 2))
            clinic = chance.choice(registry.clinics)
            deed = chance.random()
            if deed < 0.4:
                clinic.host.line.is_up = False
                over.wait(chance.uniform(0.2, 4))
                clinic.host.line.is_up = True
            elif deed < 0.6:
                network.cut_all()
            else:
                victim = chance.choice(registry.sites)
                victim.kill()
                kills += 1
                over.wait(chance.uniform(0, 1))
                victim.start()
            for site in registry.clinics:
                site.run("sync", "now", allowed=(0, 69))
        over.set()
        for thread in threads:
            thread.join()
        if failures:
            raise Broken(failures[0])
        network.fate = None
        healed = time.monotonic()
        for site in registry.sites:
            site.add_case("Last")
        for clinic in registry.clinics:
            clinic.run("sync", "now")
        took = registry.settle(180) - healed
        told = judge(registry.sites)
        cut = sum(flow.fate is not None and flow.fate.is_done for flow in network.flows)
        registry.stop()
        return (f"{len(network.flows)} connections, {cut} of them cut or damaged ({fates} were due), {kills} daemons killed; "
                f"{told} acknowledged entries found at all sites; the same {took:.1f} s after the lines worked",
                [Figure("flapping", "all sites hold the same, after the lines worked", took, "s")])


def record(site, over, failures, chance):
    """What a clinic does all day."""
    try:
        cases = []
        while not over.is_set():
            deed = chance.random()
            if len(cases) < CASES or deed < 0.2:
                cases.append(site.add_case(f"Zhao {len(cases)}"))
            else:
                case = chance.choice(cases)
                if deed < 0.6:
                    site.add_event(case, serious=deed < 0.3, grade=chance.randint(1, 4))
                elif deed < 0.95:
                    site.run("case", "amend", case, "--stage", chance.choice(("I", "II", "IIIA", "IVB")), "--reason", "CT")
                else:
                    site.attach(case, chance.uniform(0.001, 0.03), chance)
            over.wait(chance.uniform(0.05, 0.5))
    except Exception as failure:  # Said by the thread that waits for this one.
        failures.append(f"{site}: {failure}")
        over.set()
