import LogFormat
import Schema
import SwiftProtobuf

extension SyncMessage {
    /// The message in its frame.
    package var frame: Frame {
        switch self {
        case .hello(let hello): Frame(type: .hello, payload: hello.wire.encodedBytes())
        case .have(let have): Frame(type: .have, payload: have.wire.encodedBytes())
        case .want(let want): Frame(type: .want, payload: want.wire.encodedBytes())
        case .data(let data): Frame(type: .data, payload: data.payload)
        case .checkpoint(let feed, let head, let signature):
            Frame(
                type: .checkpoint,
                payload: WireCheckpointMessage.with {
                    $0.feed = WireFeed(feed)
                    $0.position = head.position
                    $0.digest = collected(head.digest.bytes)
                    $0.signature = collected(signature)
                }.encodedBytes()
            )
        case .ack(let feed, let row):
            Frame(type: .ack, payload: Self.wire(feed: feed, row: row).encodedBytes())
        case .keys(let packets, let mark):
            Frame(
                type: .keys,
                payload: WireKeys.with {
                    $0.packets = packets.map { collected($0) }
                    if !mark.isEmpty { $0.mark = collected(mark) }
                }.encodedBytes()
            )
        case .incident(let kind, let feed, let position):
            Frame(
                type: .incident,
                payload: WireIncident.with {
                    $0.kind = UInt32(kind?.rawValue ?? 0)
                    $0.feed = WireFeed(feed)
                    $0.position = position
                }.encodedBytes()
            )
        case .report(let reports):
            Frame(type: .report, payload: WireReport.with { $0.sites = reports.map(\.wire) }.encodedBytes())
        case .bye(let reason, let detail, let retryAfterSeconds):
            Frame(
                type: .bye,
                payload: WireBye.with {
                    $0.reason = reason.rawValue
                    $0.detail = detail.prefix(scalars: Limits.detailScalars)
                    if let retryAfterSeconds { $0.retryAfterSeconds = retryAfterSeconds }
                }.encodedBytes()
            )
        }
    }

    /// Reads the payload of a frame.
    ///
    /// - Throws: `.illFormed`, `.tooLarge`; for DATA also what ``Block`` finds, as the cause.
    /// - Complexity: O(payload); allocates no more than a small multiple of it.
    package init(_ frame: Frame) throws(SyncError) {
        switch frame.type {
        case .hello: self = .hello(try Hello(try WireHello(peerBytes: frame.payload)))
        case .have: self = .have(try Have(try WireHave(peerBytes: frame.payload)))
        case .want: self = .want(try Want(try WireWant(peerBytes: frame.payload)))
        case .data: self = .data(try DataBlocks(payload: frame.payload))
        case .checkpoint:
            let wire = try WireCheckpointMessage(peerBytes: frame.payload)
            guard let digest = ChainDigest(wire.digest), wire.signature.count == Checkpoint.signatureLengthBytes,
                (1...Limits.position).contains(wire.position)
            else { throw SyncError(.illFormed, "A checkpoint names position, digest and signature.") }
            self = .checkpoint(
                feed: try wire.feed.feedID(),
                head: FeedHead(position: wire.position, digest: digest),
                signature: [UInt8](wire.signature)
            )
        case .ack:
            let ack = try WireAck(peerBytes: frame.payload)
            self = .ack(
                feed: try ack.feed.feedID(),
                row: try HaveRow(position: ack.position, peerDigest: [UInt8](ack.digest), bytes: ack.bytes)
            )
        case .keys:
            let keys = try WireKeys(peerBytes: frame.payload)
            self = .keys(keys.packets.map { [UInt8]($0) }, mark: try Self.keysMark([UInt8](keys.mark)))
        case .incident:
            let incident = try WireIncident(peerBytes: frame.payload)
            guard incident.position <= Limits.position else {
                throw SyncError(.illFormed, "INCIDENT names a position beyond the largest.")
            }
            self = .incident(
                kind: UInt8(exactly: incident.kind).flatMap(SyncIncident.Kind.init(rawValue:)),
                feed: try incident.feed.feedID(),
                position: incident.position
            )
        case .report:
            let wire = try WireReport(peerBytes: frame.payload)
            guard wire.sites.count <= Limits.reportSites else {
                throw SyncError(.tooLarge, "REPORT names more sites than one may.")
            }
            var reports: [SiteReport] = []
            for site in wire.sites { reports.append(try SiteReport(site)) }
            self = .report(reports)
        case .bye:
            let bye = try WireBye(peerBytes: frame.payload)
            self = .bye(
                CloseReason(told: bye.reason),
                detail: bye.detail.prefix(scalars: Limits.detailScalars),
                retryAfterSeconds: bye.hasRetryAfterSeconds ? bye.retryAfterSeconds : nil
            )
        }
    }

    static func keysMark(_ bytes: [UInt8]) throws(SyncError) -> [UInt8] {
        guard bytes.count <= Limits.keysMarkBytes else {
            throw SyncError(.illFormed, "A mark of keys has at most 32 bytes.")
        }
        return bytes
    }

    private static func wire(feed: FeedID, row: HaveRow) -> WireAck {
        var ack = WireAck()
        ack.feed = WireFeed(feed)
        ack.position = row.position
        ack.digest = collected(row.digest.bytes)
        ack.bytes = row.bytes
        return ack
    }
}

extension HaveRow {
    init(position: UInt64, peerDigest: [UInt8], bytes: UInt64) throws(SyncError) {
        guard (1...Limits.position).contains(position), let digest = ShortDigest(peerDigest) else {
            throw SyncError(.illFormed, "A head is a position from 1 and 16 bytes of digest.")
        }
        self.init(position: position, digest: digest, bytes: min(bytes, 1 << 53))
    }
}

extension SyncMessage.Hello {
    init(_ wire: WireHello) throws(SyncError) {
        guard let registry = RegistryID(wire.registry), let site = SiteID(wire.site), let epoch = EpochID(wire.epoch),
            wire.versionMinimum <= wire.versionMaximum
        else { throw SyncError(.illFormed, "HELLO does not name versions, registry, site and epoch.") }
        self.init(
            versions: wire.versionMinimum...wire.versionMaximum,
            features: wire.features,
            registry: registry,
            site: site,
            epoch: epoch,
            wallMilliseconds: wire.millisecondsSinceEpoch,
            program: wire.program.prefix(scalars: Limits.programScalars),
            keysMark: try SyncMessage.keysMark([UInt8](wire.keysMark))
        )
    }

    var wire: WireHello {
        var hello = WireHello()
        hello.versionMinimum = versions.lowerBound
        hello.versionMaximum = versions.upperBound
        hello.features = features
        hello.registry = collected(registry.bytes)
        hello.site = collected(site.bytes)
        hello.epoch = collected(epoch.bytes)
        hello.millisecondsSinceEpoch = wallMilliseconds
        hello.program = program.prefix(scalars: Limits.programScalars)
        if !keysMark.isEmpty { hello.keysMark = collected(keysMark) }
        return hello
    }
}

extension SyncMessage.Have {
    init(_ wire: WireHave) throws(SyncError) {
        var rows: [Row] = []
        for site in wire.rows {
            guard SiteID(site.site) != nil else { throw SyncError(.illFormed, "A row of HAVE names no site.") }
            for lane in site.lanes {
                var feed = WireFeed()
                feed.site = site.site
                feed.epoch = site.epoch
                feed.lane = lane.lane
                let id = try feed.feedID()
                guard rows.last.map({ $0.feed < id }) ?? true else {
                    throw SyncError(.illFormed, "The rows of HAVE do not ascend.")
                }
                let row = try HaveRow(position: lane.position, peerDigest: [UInt8](lane.digest), bytes: lane.bytes)
                rows.append(Row(feed: id, row: row))
            }
        }
        guard wire.hasFrontier else {
            // Only that the sender lost track: a base, or that it begins anew, would mean nothing.
            guard wire.resend, rows.isEmpty, wire.full || !wire.hasBase || wire.base.count == 16 else {
                throw SyncError(.illFormed, "HAVE names no digest.")
            }
            self.init(base: nil, rows: [], result: nil, isContinued: wire.more, asksForFull: true)
            return
        }
        guard wire.frontier.count == 16, wire.full || wire.base.count == 16 else {
            throw SyncError(.illFormed, "HAVE names no base, or no digest.")
        }
        self.init(
            base: wire.full ? nil : [UInt8](wire.base),
            rows: rows,
            result: [UInt8](wire.frontier),
            isContinued: wire.more,
            asksForFull: wire.resend
        )
    }

    var wire: WireHave {
        var have = WireHave()
        if let result {
            if let base { have.base = collected(base) } else { have.full = true }
            have.frontier = collected(result)
        }
        var last: FeedID?
        for row in rows {
            var lane = WireLaneHead()
            lane.lane = UInt32(row.feed.lane.rawValue)
            lane.position = row.row.position
            lane.digest = collected(row.row.digest.bytes)
            lane.bytes = row.row.bytes
            if row.feed.site == last?.site, row.feed.epoch == last?.epoch {
                have.rows[have.rows.count - 1].lanes.append(lane)
            } else {
                var site = WireHaveRow()
                site.site = collected(row.feed.site.bytes)
                site.epoch = collected(row.feed.epoch.bytes)
                site.lanes = [lane]
                have.rows.append(site)
            }
            last = row.feed
        }
        if isContinued { have.more = true }
        if asksForFull { have.resend = true }
        return have
    }
}

extension SyncMessage.Want {
    init(_ wire: WireWant) throws(SyncError) {
        guard let digest = ChainDigest(wire.digest), wire.position <= Limits.position,
            (Limits.wantBytesMinimum...Limits.wantBytesMaximum).contains(Int(wire.bytes))
        else { throw SyncError(.illFormed, "WANT names no head, or credit beyond 64 KiB to 1 MiB.") }
        self.init(
            feed: try wire.feed.feedID(),
            after: FeedHead(position: wire.position, digest: digest),
            creditBytes: Int(wire.bytes),
            restarts: wire.restart
        )
    }

    var wire: WireWant {
        var want = WireWant()
        want.feed = WireFeed(feed)
        want.position = after.position
        want.digest = collected(after.digest.bytes)
        want.bytes = UInt32(creditBytes)
        if restarts { want.restart = true }
        return want
    }
}

extension SyncMessage.DataBlocks {
    /// Length of the header message in 2 bytes, least significant first; the message; the blocks.
    init(payload: [UInt8]) throws(SyncError) {
        guard payload.count >= 2 else { throw SyncError(.illFormed, "A DATA frame ends in its header.") }
        let length = Int(UInt16(littleEndianBytes: payload[..<2]))
        guard payload.count >= 2 + length else { throw SyncError(.illFormed, "A DATA frame ends in its header.") }
        let wire = try WireDataHeader(peerBytes: Array(payload[2..<2 + length]))
        guard let digest = ShortDigest(wire.digest), wire.after < Limits.position else {
            throw SyncError(.illFormed, "DATA does not name the head it continues.")
        }
        let blocks: [Block]
        do {
            blocks = try Block.decodeAll(Array(payload[(2 + length)...]))
        } catch {
            throw SyncError(.illFormed, "A block in DATA is broken.", cause: error)
        }
        guard !blocks.isEmpty else { throw SyncError(.illFormed, "DATA carries no block.") }
        var position = wire.after
        for block in blocks {
            guard block.header.firstPosition == position + 1 else {
                throw SyncError(.illFormed, "The blocks of DATA do not follow each other.")
            }
            position = block.header.lastPosition
        }
        self.init(
            feed: try wire.feed.feedID(),
            after: wire.after,
            digest: digest,
            isPushed: wire.pushed,
            blocks: blocks
        )
    }

    var payload: [UInt8] {
        var wire = WireDataHeader()
        wire.feed = WireFeed(feed)
        wire.after = after
        wire.digest = collected(digest.bytes)
        if isPushed { wire.pushed = true }
        let header = wire.encodedBytes()
        var payload = UInt16(header.count).littleEndianBytes
        payload.append(contentsOf: header)
        for block in blocks { block.encode(into: &payload) }
        return payload
    }
}
