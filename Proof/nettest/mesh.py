"""Three sites that all dial each other: what one of them records comes to each other site about once."""
from figures import Figure
from network import Network
from oracle import judge
from sites import Registry


def scenario(choice, folder, chance):
    megabytes = 1 if choice.slice else 8
    with Network() as network, Registry(choice, network, folder, ["GY", "TW"], listening=["GY", "TW"]) as registry:
        hub, near, far = registry.sites
        registry.start()
        registry.settle(30)
        for site in registry.sites:
            site.host.line.delay = 0.02
            site.host.limit(8000)

        def connected():
            return all(site.word(other) == "in sync" for site in registry.sites for other in registry.sites if site != other)

        for site in registry.sites:
            site.run("sync", "now")
        hub.until("every site is connected with every other", connected, 90)
        figures = []
        for origin in (hub, near):
            others = [site for site in registry.sites if site != origin]
            before = {site: arrived(network, site) for site in others}
            origin.attach(origin.add_case(), megabytes, chance)
            registry.settle(120)
            most = max(arrived(network, site) - before[site] for site in others)
            figures.append(Figure("mesh", f"received of {megabytes} MB that {origin} recorded, beside its size",
                                  most / (megabytes * 1e6), "x", 1.2))
        told = judge(registry.sites)
        registry.stop()
        return f"{told} acknowledged entries found at all sites", figures


def arrived(network, site):
    """Bytes of payload that arrived at a site, whoever dialled."""
    return sum(part.reached_payload for flow in network.flows for source, part in flow.parts.items()
               if source[0] != site.host.key and site.host.key in (flow.source[0], flow.target[0]))
