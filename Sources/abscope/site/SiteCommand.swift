import ArgumentParser

/// `abscope site`.
struct SiteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        "site",
        .site,
        subcommands: [
            SiteRequest.self, SiteAdmit.self, SiteJoin.self, SiteList.self, SiteHoldings.self, SiteChange.self,
            SiteRevoke.self,
            SiteSalvage.self, SiteHandover.self, SiteRecover.self,
        ]
    )
}
