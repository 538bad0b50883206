import ArgumentParser
import LogFormat
import LogStore
import StoreIO
import SyncEngine
import SyncProtocol

/// `abscope bundle inspect`.
struct BundleInspect: StoreCommand {
    static let configuration = CommandConfiguration("inspect", .bundleInspect)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.bundleFile), completion: .file()) var file: String

    func perform(in session: Session) throws -> ExitStatus {
        let log = try session.log()
        return try Failure.naming(sitesOf: log) { try inspect(for: log, session) }
    }

    private func inspect(for log: LogStore, _ session: Session) throws -> ExitStatus {
        let names = try RecordNames(log)
        let bundle = try BundleFile(at: try Surrounding.realPath(file), in: session.surroundings.fileSystem)
        let header = bundle.header
        let isSigned = try signed(header, log)
        let console = session.console
        console.line(.bundle(.from(names.site(header.sender), number: header.number)))
        console.line(.bundle(.sealedTo(header.recipients.map { names.site($0.site) })))
        switch isSigned {
        case true: console.line(.bundle(.signatureHolds))
        case false: console.line(.bundle(.signatureFails))
        default: console.line(.bundle(.signatureUnknown))
        }
        var members: [(String, JSON)] = [
            ("sender", .string(names.site(header.sender))), ("number", JSON(header.number)),
            ("registry", .string(String(describing: header.registry))),
            ("recipients", .array(header.recipients.map { .string(names.site($0.site)) })),
            ("bytes", JSON(bundle.sizeBytes)), ("signed", isSigned.map { .bool($0) } ?? .null),
        ]
        guard header.recipients.contains(where: { $0.site == log.site }) else {
            console.line(.bundle(.sealedHere(Quantities.bytes(bundle.sizeBytes))))
            let isWhole = try bundle.hasEnd()
            if !isWhole { console.line(.bundle(.isCutShut)) }
            console.json(members + [("opened", .bool(false)), ("complete", .bool(isWhole))])
            return isSigned == false || !isWhole ? .findings : .success
        }
        let content = try content(of: bundle, try bundle.secret(for: log), session)
        members += show(content, in: bundle, names, session)
        console.json(members)
        return isSigned != false && content.ending.isComplete ? .success : .findings
    }

    /// Whether its sender signed it; nil where the roster here does not tell.
    private func signed(_ header: BundleHeader, _ log: LogStore) throws -> Bool? {
        guard let member = try Roster(in: log)?[header.sender] else { return nil }
        do throws(SyncError) {
            try header.verify(key: member.keys.signing)
            return true
        } catch {
            return false
        }
    }

    /// What a bundle carries of each feed.
    private struct Content {
        var statement: BundleStatement?
        var feeds: [FeedID: (first: UInt64, last: UInt64, bytes: UInt64)] = [:]
        var keyPackets = 0
        var ending = BundleFile.Ending.cut
        var parts: UInt64 = 0
    }

    private func content(of bundle: BundleFile, _ secret: BundleSecret, _ session: Session) throws -> Content {
        var content = Content()
        var cursor = BundleFile.Cursor(bundle, secret)
        let progress = SharedProgress(.bundle(.reading), on: session.console)
        defer { progress.finish() }
        while let event = try cursor.next() {
            switch event {
            case .statement(let statement): content.statement = statement
            case .message(.data(let data)):
                let known = content.feeds[data.feed]
                guard known != nil || content.feeds.count < Limits.vectorFeeds else { continue }
                content.feeds[data.feed] = (
                    min(known?.first ?? .max, data.after + 1), max(known?.last ?? 0, data.lastPosition),
                    (known?.bytes ?? 0) + UInt64(data.blockBytes)
                )
            case .message(.keys(let packets, _)): content.keyPackets += packets.count
            case .message: break
            }
            progress.advance(to: cursor.offsetBytes, of: bundle.sizeBytes)
        }
        content.ending = cursor.ending ?? .cut
        content.parts = cursor.chunks
        return content
    }

    private func show(
        _ content: Content,
        in bundle: BundleFile,
        _ names: RecordNames,
        _ session: Session
    ) -> [(String, JSON)] {
        let console = session.console
        let made = content.statement.map { session.moment($0.hello.wallMilliseconds) }
        if let statement = content.statement, let made { console.line(.bundle(.made(made, statement.hello.program))) }
        var table = Table([
            .init(.site), .init(.lane), .init(.position), .init(.entries, right: true), .init(.bytes, right: true),
        ])
        var rows: [JSON] = []
        for feed in content.feeds.keys.sorted() {
            guard let row = content.feeds[feed] else { continue }
            let entries = row.last - row.first + 1
            table.add([
                names.site(feed.site), feed.lane.name, "\(row.first)-\(row.last)", String(entries),
                Quantities.bytes(row.bytes),
            ])
            rows.append(
                .object([
                    ("feed", .string(String(describing: feed))), ("site", .string(names.site(feed.site))),
                    ("lane", .string(feed.lane.name)), ("first_position", JSON(row.first)),
                    ("last_position", JSON(row.last)), ("bytes", JSON(row.bytes)),
                ])
            )
        }
        console.table(table, orElse: .bundle(.noEntries))
        switch content.ending {
        case .complete: break
        case .cut: console.line(.bundle(.isCut(parts: content.parts)))
        case .damaged(let error): console.line(.bundle(.isDamaged(parts: content.parts, error.message)))
        }
        return [
            ("opened", .bool(true)), ("made", made.map { .string($0) } ?? .null),
            ("program", JSON(content.statement?.hello.program)), ("complete", .bool(content.ending.isComplete)),
            ("key_packets", .integer(Int64(content.keyPackets))), ("feeds", .array(rows)),
        ]
    }
}
