import LogFormat
import LogStore
import StoreIO
import SyncEngine
import SyncProtocol
import TestSupport
import Testing

@Suite("Bundles of a registry that several sites administered")
struct BundleSuccessionTests {
    /// Who administered, the founder first, in a registry of four sites.
    static let successions = [
        [0, 1], [0, 2], [0, 3], [0, 1, 2], [0, 2, 1], [0, 1, 3], [0, 3, 1], [0, 2, 3], [0, 3, 2],
        [0, 1, 2, 3], [0, 1, 3, 2], [0, 2, 1, 3], [0, 2, 3, 1], [0, 3, 1, 2], [0, 3, 2, 1],
    ]

    @Test("A newcomer that knows the founder alone takes all of it, in whatever order the administrators come")
    func newcomer() throws {
        var turned = 0
        for succession in Self.successions {
            let registry = try RegistryOnDisks(4)
            for (former, next) in zip(succession, succession.dropFirst()) {
                try registry.handOver(from: former, to: next)
                // What came before it, its successor needs too.
                for earlier in succession.prefix(while: { $0 != former }) {
                    try registry.stores[earlier].give(registry.rosterFeed(of: earlier), to: registry.stores[next])
                }
            }
            let last = try #require(succession.last)
            let newcomer = try StoreOnDisk("ZZ")
            try newcomer.log.join(try #require(try registry.stores[0].log.membership()))
            try registry.admit(newcomer, alias: "ZZ", by: last)
            for index in succession.dropFirst() {
                try registry.stores[index].give(registry.rosterFeed(of: index), to: registry.stores[0])
            }
            let roster = try registry.roster(of: 0)
            let plan = try BundlePlan(
                for: [newcomer.log.site],
                from: registry.stores[0].log,
                roster: roster,
                known: [:]
            )
            let order = plan.parts.compactMap { part in succession.first { registry.rosterFeed(of: $0) == part.feed } }
            try #require(Set(order) == Set(succession))
            if order != succession { turned += 1 }
            _ = try NewFile.make("/srv/stick", in: newcomer.surroundings) { file in
                try BundleMaking.make(
                    plan,
                    number: 1,
                    for: [try #require(roster[newcomer.log.site])],
                    in: newcomer.surroundings,
                    program: "test",
                    from: registry.stores[0].log,
                    to: file
                )
            }
            let bundle = try BundleFile(at: "/srv/stick", in: newcomer.surroundings.fileSystem)
            let known = try #require(try Roster(in: newcomer.log))
            let secret = try bundle.secret(for: newcomer.log, known)
            let pass = try BundlePass.take(bundle, secret, into: newcomer.log, known, .ofTests)
            #expect(pass.taking.missing(of: try #require(pass.statement)) == 0, "\(succession)")
            #expect(pass.before.values.allSatisfy { $0 == 0 })
            #expect(try Roster(in: newcomer.log) == roster, "\(succession)")
            #expect(pass.taking.roster.administrator == registry.stores[last].log.site)
        }
        #expect(turned > 0, "with these keys all of them come in the order of their offices: nothing was shown")
    }
}
