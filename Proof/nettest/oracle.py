"""What has to be true of some sites once the lines work again."""
from sites import Broken


def judge(sites):
    """All hold the same, nothing that any command acknowledged is missing anywhere, and nothing is damaged.

    Gives how many acknowledged entries were looked for.
    """
    frontiers = {site.frontier() for site in sites}
    if len(frontiers) != 1:
        raise Broken(f"the frontiers differ: {[(str(site), site.frontier()) for site in sites]}")
    told = [reference for site in sites for reference in site.acknowledged]
    if len(set(told)) != len(told):
        raise Broken("two commands were told the same reference")
    cases = {}
    for site in sites:
        verified = site.run("log", "verify")
        findings = [finding for feed in verified["feeds"] for finding in feed["findings"]] + verified["findings"]
        if verified["damaged"] or findings:
            raise Broken(f"{site}: log verify: {findings or verified}")
        incidents = site.run("incident", "list", allowed=(0, 1))["incidents"]
        if incidents:
            raise Broken(f"{site}: incidents: {incidents}")
        lost = set(told) - references(site)
        if lost:
            raise Broken(f"{site}: acknowledged and missing: {sorted(lost)[:5]} of {len(lost)}")
        cases[str(site)] = {one["case"]: (one["name"], one["standing"]) for one in site.run("case", "list")["cases"]}
    first = cases[str(sites[0])]
    for alias, listed in cases.items():
        if listed != first:
            differing = {name for name in first.keys() | listed.keys() if first.get(name) != listed.get(name)}
            raise Broken(f"{sites[0]} and {alias} list other cases: {sorted(differing)[:5]} of {len(differing)}")
    return len(told)


def references(site):
    """Every entry that a site holds, as `log show` names it."""
    found = set()
    for feed in site.stats()["feeds"]:
        lane = feed["feed"].rsplit("-", 1)[1]
        # Entries of attachments are many and large; their commands acknowledge the record that names them.
        if feed["lane"] == "attachments":
            continue
        at = 0
        while at < feed["position"]:
            entries = site.run("log", "show", f"{feed['site']}.{lane}.{at + 1}", "--count", "5000")["entries"]
            found |= {entry["reference"] for entry in entries}
            at += len(entries)
            if not entries:
                raise Broken(f"{site}: log show ends at {feed['site']}.{lane}.{at} of {feed['position']}")
    return found
