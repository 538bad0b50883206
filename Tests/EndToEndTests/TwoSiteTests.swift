import Foundation
import Glibc
import TestSupport
import Testing

/// Both programs at two sites, over real sockets.
@Suite("Two sites")
struct TwoSiteTests {
    @Test("founded, admitted and joined as README says, an entry goes from one site to the other; killed daemons go on")
    func recordTravels() async throws {
        let registry = try await Registry.founded()
        let (hub, clinic) = (registry.hub, registry.clinic)
        var hubDaemon = try await registry.startHub()
        var clinicDaemon = try clinic.startDaemon()
        let first = try await clinic.addCase()
        try await until("the case is at the hub") { try await hub.cases() == [first] }
        try await registry.settle()

        // The hub's daemon dies; the clinic records on, and what it recorded arrives when the daemon is back.
        try await hubDaemon.killed()
        let second = try await clinic.addCase("Sun Lei")
        #expect(try await hub.cases() == [first])
        hubDaemon = try await registry.startHub()
        try await until("the second case is at the hub") { try await Set(hub.cases()) == [first, second] }

        // The clinic's daemon dies in the middle of a transfer, and both sites record meanwhile.
        for number in 1...20 { try await clinic.addCase("Person \(number)") }
        try await clinicDaemon.killed()
        let own = try await hub.addCase("Chen Wei")
        clinicDaemon = try clinic.startDaemon()
        try await registry.settle()
        #expect(try await Set(clinic.cases()).isSuperset(of: [first, second, own]))
        #expect(try await Set(hub.cases()) == Set(clinic.cases()))
        #expect(
            try await hub.must(["case", "timeline", first, "--json"])
                == clinic.must(["case", "timeline", first, "--json"])
        )

        let began = ContinuousClock.now
        #expect(try await clinicDaemon.terminate() == 0)
        #expect(try await hubDaemon.terminate() == 0)
        // A peer that is gone is given up after 60 seconds: an end in order waits for nothing of the kind.
        #expect(ContinuousClock.now - began < .seconds(45), "ends in order within seconds")
        for site in [hub, clinic] {
            #expect(try await site.document(["log", "verify"])["damaged"] as? Bool == false)
            #expect(!FileManager.default.fileExists(atPath: site.store + "/control.sock"))
        }
        for daemon in [hubDaemon, clinicDaemon] {
            let said = try daemon.errors
            #expect(said.contains("stopped"))
            for name in ["Zhao", "Sun Lei", "Chen Wei", "Person"] { #expect(!said.contains(name), "\(said)") }
        }
    }

    @Test("a second daemon on a store, a port that is taken, and a site of no registry are refused with their status")
    func daemonRefusals() async throws {
        let registry = try await Registry.founded()
        let hubDaemon = try await registry.startHub()
        let second = try registry.hub.startDaemon()
        #expect(try await second.end() == 75)
        #expect(try second.errors.contains("Another daemon"))
        let taken = try registry.clinic.startDaemon(["--listen", registry.address])
        #expect(try await taken.end() == 69)
        #expect(try taken.errors.contains(registry.address))
        let alone = try await Site.made("AL")
        let lonely = try alone.startDaemon()
        #expect(try await lonely.end() == 78)
        #expect(try lonely.errors.contains("abscope site join"))
        let empty = try Site("NO")
        let nowhere = try empty.startDaemon()
        #expect(try await nowhere.end() == 66)
        for refused in [second, taken, lonely, nowhere] {
            let lines = try refused.errors.split(separator: "\n").filter { $0.hasPrefix("abscoped: ") }
            #expect(lines.count == 1, "one sentence: \(lines)")
        }
        #expect(try hubDaemon.status == nil, "the first daemon goes on")
        #expect(try await hubDaemon.terminate() == 0)
    }
}
