import LogFormat

/// Which site somebody means.
extension RecordNames {
    /// Whether somebody who typed this means the site: its alias, or the first digits of its id.
    func fits(_ typed: String, _ site: SiteID) -> Bool {
        isCalled(typed, site) || (typed.count >= 4 && String(describing: site).hasPrefix(typed.lowercased()))
    }

    /// The one site somebody typed; nil when none of these fits.
    ///
    /// Whoever is called exactly that goes before those whose id begins with it. Of the keys a site had one after the
    /// other, the one that counts is meant.
    ///
    /// - Throws: ``Failure`` 65 when several fit: nothing is sealed to, taken from or revoked at the first that comes.
    func siteIfAny(_ typed: String, among sites: [SiteID]) throws -> SiteID? {
        let fitting = try keys(typed, among: sites)
        let standing = fitting.filter { !revoked.contains($0) }
        let chosen = standing.isEmpty ? fitting : standing
        guard chosen.count < 2 else { throw ambiguous(typed, chosen) }
        return chosen.first
    }

    /// As ``siteIfAny(_:among:)``.
    ///
    /// - Throws: ``Failure`` 65 when none fits, too.
    func site(_ typed: String, among sites: [SiteID]) throws -> SiteID {
        guard let site = try siteIfAny(typed, among: sites) else { throw unknown(typed, sites) }
        return site
    }

    /// Every key that the one site somebody typed had, one after the other, ascending.
    ///
    /// - Throws: ``Failure`` 65 when none or several sites fit.
    func everyKey(of typed: String, among sites: [SiteID]) throws -> [SiteID] {
        guard let origin = try keys(typed, among: sites).first.map(origin) else { throw unknown(typed, sites) }
        return sites.filter { self.origin(of: $0) == origin }.sorted()
    }

    /// The keys of one site that fit, ascending.
    private func keys(_ typed: String, among sites: [SiteID]) throws -> [SiteID] {
        let called = sites.filter { isCalled(typed, $0) }
        let fitting = (called.isEmpty ? sites.filter { fits(typed, $0) } : called).sorted()
        guard Set(fitting.map(origin)).count < 2 else { throw ambiguous(typed, fitting) }
        return fitting
    }

    private func isCalled(_ typed: String, _ site: SiteID) -> Bool {
        aliases[site]?.lowercased() == typed.lowercased()
    }

    /// The first key of the site that has this one; the key itself where it had no other.
    func origin(of site: SiteID) -> SiteID { origins[site] ?? site }

    private func unknown(_ typed: String, _ sites: [SiteID]) -> Failure {
        var names: [String] = []
        for name in sites.map(site) where !names.contains(name) { names.append(name) }
        return Failure(.dataError, .siteUnknown(typed, names))
    }

    private func ambiguous(_ typed: String, _ sites: [SiteID]) -> Failure {
        Failure(.dataError, .siteAmbiguous(typed, sites.map { "\(site($0)) (\($0))" }))
    }
}
