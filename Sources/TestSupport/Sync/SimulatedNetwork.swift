package import LogFormat
package import SyncProtocol

/// Sites and links in virtual time. The loop around a session has the shape of the real driver: inputs in, actions
/// carried out in order, a buffer of 16 KiB before the session hears that the transport is full.
package final class SimulatedNetwork {
    /// What a link is like.
    package struct Quality {
        package var latencyMilliseconds: UInt64
        package var bytesPerSecond: UInt64

        package init(latencyMilliseconds: UInt64, bytesPerSecond: UInt64) {
            self.latencyMilliseconds = latencyMilliseconds
            self.bytesPerSecond = bytesPerSecond
        }
    }

    /// One end of a link and its session.
    package final class End {
        package let site: any SimulatedPeer
        package var session: SyncSession
        package fileprivate(set) var isAlive = true
        package fileprivate(set) var closed: CloseReason?
        package fileprivate(set) var sentBytes = 0
        package fileprivate(set) var incidents: [SyncIncident] = []
        package fileprivate(set) var bufferedBytesMaximum = 0
        package fileprivate(set) var deliveredKeys: [[UInt8]] = []
        package fileprivate(set) var deliveredReports: [SiteReport] = []
        package fileprivate(set) var fetched: [(number: UInt64, blocks: [Block])] = []
        fileprivate var bufferedBytes = 0
        fileprivate var owesWritable = false
        fileprivate var freeAt: UInt64 = 0

        fileprivate init(_ site: any SimulatedPeer, _ session: consuming SyncSession) {
            self.site = site
            self.session = session
        }
    }

    /// A connection of two sites.
    package final class Link {
        package let ends: [End]
        package let quality: Quality
        fileprivate var isCut = false

        fileprivate init(_ first: End, _ second: End, _ quality: Quality) {
            ends = [first, second]
            self.quality = quality
        }
    }

    /// Virtual time since the start.
    package private(set) var nanoseconds: UInt64 = 1_000_000_000
    package private(set) var links: [Link] = []
    /// Sentences about broken promises; empty when all held.
    package private(set) var violations: [String] = []
    /// What sites gave up of replicas, and whom they blame.
    package private(set) var discards: [(site: SiteID, tail: DiscardedTail)] = []
    private var events: [(at: UInt64, order: UInt64, run: () throws -> Void)] = []
    private var order: UInt64 = 0
    private var inputs = 0

    package init() {}

    private var moment: SyncMoment {
        SyncMoment(steadyNanoseconds: nanoseconds, wallMilliseconds: Int64(nanoseconds / 1_000_000))
    }

    /// Schedules something.
    package func after(milliseconds: UInt64, _ run: @escaping () throws -> Void) {
        at(nanoseconds + milliseconds * 1_000_000, run)
    }

    private func at(_ time: UInt64, _ run: @escaping () throws -> Void) {
        order += 1
        let event = (at: time, order: order, run: run)
        // Latest first, so that the next one is taken from the end.
        events.insert(event, at: events.partitioningIndex { ($0.at, $0.order) <= (time, order) })
    }

    /// Lets time pass.
    package func run(milliseconds: UInt64) throws {
        let end = nanoseconds + milliseconds * 1_000_000
        while let event = events.last, event.at <= end {
            events.removeLast()
            nanoseconds = event.at
            try event.run()
        }
        nanoseconds = end
    }

    /// Connects two sites; both have proven their keys.
    @discardableResult
    package func connect(
        _ first: any SimulatedPeer,
        _ second: any SimulatedPeer,
        _ quality: Quality
    ) throws -> Link {
        func end(_ here: any SimulatedPeer, _ there: any SimulatedPeer) -> End {
            End(
                here,
                SyncSession(
                    SyncConfiguration(
                        registry: here.roster.registry,
                        localSite: here.site,
                        localEpoch: here.epoch,
                        peerKey: there.signingKey,
                        roster: here.roster,
                        rosterExtent: here.rosterExtent,
                        program: "simulated \(here.name)",
                        memory: here.memories[there.site]
                    )
                )
            )
        }
        let link = Link(end(first, second), end(second, first), quality)
        links.append(link)
        for index in 0..<2 {
            let site = link.ends[index].site
            for held in site.allHeld { _ = site.tails.note(held) }
            try give(.started(held: HeldFeeds(site.allHeld)), to: index, of: link)
        }
        for index in 0..<2 { tick(index, link) }
        return link
    }

    private func tick(_ index: Int, _ link: Link) {
        after(milliseconds: 1000) { [self] in
            guard link.ends[index].isAlive else { return }
            try give(.tick, to: index, of: link)
            tick(index, link)
        }
    }

    /// Breaks a link; what is on its way is lost, in the middle of a frame or not.
    ///
    /// - Parameters:
    ///   - link: Which.
    ///   - noticedBy: The ends that are told; the others believe in it on.
    /// - Throws: What the driver of an end throws.
    package func cut(_ link: Link, noticedBy: Set<Int> = [0, 1]) throws {
        link.isCut = true
        for index in noticedBy.sorted() where link.ends[index].isAlive {
            try give(.disconnected, to: index, of: link)
            // Else it stores what had arrived, and says itself when it has.
            if link.ends[index].session.isClosed { link.ends[index].isAlive = false }
        }
    }

    /// A site is gone without a word: its links break, its own sessions hear nothing more. Links that ended are forgotten.
    ///
    /// - Throws: What the drivers of the other ends throw.
    package func vanish(_ site: any SimulatedPeer) throws {
        for link in links {
            guard let index = link.ends.firstIndex(where: { $0.site === site }) else { continue }
            link.ends[index].isAlive = false
            try cut(link, noticedBy: [1 - index])
        }
        links.removeAll { link in link.ends.allSatisfy { !$0.isAlive } }
    }

    /// A site appends; every session of it hears of it.
    package func append(_ entries: [[UInt8]], to lane: Lane, at site: any SimulatedPeer) throws {
        let feed = try site.append(entries, to: lane)
        try changed(feed, at: site, except: nil)
    }

    /// A peer that breaks the rules: bytes arrive as if it had sent them.
    package func inject(_ bytes: [UInt8], into index: Int, of link: Link) throws {
        try give(.received(bytes), to: index, of: link)
    }

    /// An end asks its peer for entries that its store lost, or says that it has enough.
    package func order(_ order: FetchOrder?, at index: Int, of link: Link) throws {
        try give(order.map { .fetch($0) } ?? .endFetch, to: index, of: link)
    }

    /// An end is given what there is to tell its peer of others.
    package func tell(_ reports: [SiteReport], at index: Int, of link: Link) throws {
        try give(.reports(reports), to: index, of: link)
    }

    private func changed(_ feed: FeedID, at site: any SimulatedPeer, except: End?) throws {
        guard let held = site.held(feed) else { return }
        for link in links {
            for index in 0..<2 where link.ends[index].site === site && link.ends[index] !== except {
                if feed.lane == .roster {
                    try give(.rosterChanged(site.roster, site.rosterExtent), to: index, of: link)
                }
                try give(.heldChanged([held]), to: index, of: link)
            }
        }
    }

    // MARK: - The driver

    private func give(_ input: SyncInput, to index: Int, of link: Link) throws {
        let end = link.ends[index]
        guard end.isAlive else { return }
        let before = end.session.status.word
        let actions = end.session.handle(input, at: moment)
        inputs += 1
        // Looks at every feed, so not every time.
        if inputs % 16 == 0, !end.session.hasExactAccounts {
            violations.append("\(end.site.name) keeps wrong accounts of a feed")
        }
        check(end, link.ends[1 - index], before: before)
        for action in actions { try perform(action, index, link) }
    }

    private func check(_ end: End, _ other: End, before: SyncStatus.Word) {
        guard end.session.status.word == .inSync, before != .inSync else { return }
        for held in end.site.allHeld where end.site.roster.reads(other.site.site, held.feed) {
            guard end.site.roster.bound(of: held.feed) == .open else { continue }
            if other.site.held(held.feed)?.attested.position ?? 0 < held.attested.position {
                violations.append("\(end.site.name) says in sync, and \(other.site.name) lacks some of \(held.feed)")
            }
        }
    }

    private func perform(_ action: SyncAction, _ index: Int, _ link: Link) throws {
        let end = link.ends[index]
        switch action {
        case .send(let bytes): transmit(bytes, index, link)
        case .readBlocks(let feed, let after, let limitBytes, let id):
            answer(index, link) { .blocksRead(id, end.site.read(feed, after: after, limitBytes: limitBytes)) }
        case .readCheckpoint(let feed, let position, let id):
            answer(index, link) { .checkpointRead(id, end.site.checkpoint(feed, through: position)) }
        case .store(let blocks, let feed, let key, let head, let isCovered, let id):
            after(milliseconds: 1) { [self] in
                guard end.isAlive else { return }
                let result = store(blocks, of: feed, key, after: head, isCovered: isCovered, index, link)
                try give(.stored(id, result), to: index, of: link)
                try changed(feed, at: end.site, except: end)
            }
        case .attest(let checkpoint, let key, let id):
            after(milliseconds: 1) { [self] in
                guard end.isAlive else { return }
                let result = try settled(checkpoint.head, try end.site.attest(checkpoint, key: key), at: end.site)
                try give(.stored(id, result), to: index, of: link)
                try changed(checkpoint.feed, at: end.site, except: end)
            }
        case .attestCutOff(let feed, let cutOff, let id):
            after(milliseconds: 1) { [self] in
                guard end.isAlive else { return }
                let result = try settled(cutOff, try end.site.attest(cutOff, of: feed), at: end.site)
                try give(.stored(id, result), to: index, of: link)
                try changed(feed, at: end.site, except: end)
            }
        case .discardTail(let feed, let isProven, let id):
            after(milliseconds: 1) { [self] in
                guard end.isAlive else { return }
                let result = try discard(feed, at: end.site, for: link.ends[1 - index].site.site, isProven: isProven)
                try give(.stored(id, result), to: index, of: link)
            }
        case .rosterEntriesArrived:
            for other in links {
                for index in 0..<2 where other.ends[index].site === end.site {
                    try give(.rosterChanged(end.site.roster, end.site.rosterExtent), to: index, of: other)
                }
            }
        case .incident(let incident): end.incidents.append(incident)
        case .remember(let memory): end.site.memories[link.ends[1 - index].site.site] = memory
        case .deliverKeys(let packets, _): end.deliveredKeys += packets
        case .deliverReports(let reports): end.deliveredReports += reports
        case .fetched(let number, let blocks): end.fetched.append((number, blocks))
        case .close(let reason, _):
            end.closed = reason
            end.isAlive = false
            let other = 1 - index
            after(milliseconds: link.quality.latencyMilliseconds + 1000) { [self] in
                guard !link.isCut else { return }
                try give(.disconnected, to: other, of: link)
                link.ends[other].isAlive = false
            }
        case .requestKeyPackets, .statusChanged: break
        }
    }

    // MARK: - The store's side of the driver

    private func store(
        _ blocks: [Block],
        of feed: FeedID,
        _ key: SitePublicKey,
        after head: FeedHead,
        isCovered: Bool,
        _ index: Int,
        _ link: Link
    ) -> Result<HeldFeed, StoreFailure> {
        let site = link.ends[index].site
        let peer = link.ends[1 - index].site.site
        do throws(StoreFailure) {
            try site.tails.admit(feed, from: peer, isCovered: isCovered, at: nanoseconds)
        } catch {
            return .failure(error)
        }
        let before = site.held(feed)
        let result = site.store(blocks, feed, key: key, after: head)
        if case .success(let now) = result, now != before, now.stored == blocks.last?.header.head {
            site.tails.took(feed, through: now.stored, from: peer)
        }
        return result
    }

    /// What follows from a head that the owner or the roster named.
    private func settled(
        _ head: FeedHead,
        _ result: Result<HeldFeed, StoreFailure>,
        at site: any SimulatedPeer
    ) throws -> Result<HeldFeed, StoreFailure> {
        switch result {
        case .success(let now):
            for row in site.tails.note(now) where site.head(now.feed, at: row.head.position) != row.head {
                site.tails.falsify(row.peers, at: nanoseconds)
                try tell(.init(now: now, position: row.head.position, falsifiers: row.peers), at: site)
            }
        case .failure(.contradicted(let now)):
            let falsifiers = site.tails.contradicted(now.feed, at: head.position, now: nanoseconds)
            try tell(.init(now: now, position: head.position, falsifiers: falsifiers), at: site)
        case .failure: break
        }
        return result
    }

    private func discard(
        _ feed: FeedID,
        at site: any SimulatedPeer,
        for peer: SiteID,
        isProven: Bool
    ) throws -> Result<HeldFeed, StoreFailure> {
        guard let before = site.held(feed) else { return .failure(.unavailable) }
        guard before.stored.position > before.attested.position else { return .success(before) }
        do throws(StoreFailure) {
            if isProven { site.tails.replaced(feed) } else { try site.tails.yield(feed, to: peer, at: nanoseconds) }
        } catch {
            return .failure(error)
        }
        let result = site.discard(feed)
        if case .success(let now) = result {
            try tell(.init(now: now, position: before.stored.position, falsifiers: []), at: site)
        }
        return result
    }

    private func tell(_ tail: DiscardedTail, at site: any SimulatedPeer) throws {
        discards.append((site.site, tail))
        for link in links {
            for index in 0..<2 where link.ends[index].site === site {
                if tail.falsifiers.contains(link.ends[1 - index].site.site) {
                    try give(.finish(.invalidData, retryAfterSeconds: 600), to: index, of: link)
                }
                try give(.rewound(tail.now), to: index, of: link)
            }
        }
    }

    private func answer(_ index: Int, _ link: Link, _ input: @escaping () -> SyncInput) {
        after(milliseconds: 0) { [self] in try give(input(), to: index, of: link) }
    }

    private func transmit(_ bytes: [UInt8], _ index: Int, _ link: Link) {
        let end = link.ends[index]
        end.sentBytes += bytes.count
        end.bufferedBytes += bytes.count
        end.bufferedBytesMaximum = max(end.bufferedBytesMaximum, end.bufferedBytes)
        end.owesWritable = true
        for start in stride(from: 0, to: bytes.count, by: 1400) {
            let chunk = Array(bytes[start..<min(start + 1400, bytes.count)])
            end.freeAt =
                max(end.freeAt, nanoseconds) + UInt64(chunk.count) * 1_000_000_000 / link.quality.bytesPerSecond
            at(end.freeAt) { [self] in
                guard !link.isCut else { return }
                end.bufferedBytes -= chunk.count
                try signal(index, link)
                after(milliseconds: link.quality.latencyMilliseconds) { [self] in
                    guard !link.isCut else { return }
                    try give(.received(chunk), to: 1 - index, of: link)
                }
            }
        }
        after(milliseconds: 0) { [self] in try signal(index, link) }
    }

    private func signal(_ index: Int, _ link: Link) throws {
        let end = link.ends[index]
        guard end.owesWritable, end.bufferedBytes < 4 * 1024 else { return }
        end.owesWritable = false
        try give(.writable, to: index, of: link)
    }
}
