import ArgumentParser
import CaseModel
import LogFormat
import LogStore

/// `abscope log show`.
struct LogShow: StoreCommand {
    static let configuration = CommandConfiguration("show", .logShow)

    @OptionGroup var common: CommonOptions
    @Argument(help: .option(.entryReference)) var reference: String
    @Option(name: .long, help: .option(.entryCount)) var count: String?

    func perform(in session: Session) throws -> ExitStatus {
        guard let typed = TypedReference(reference) else {
            throw Failure(.dataError, .referenceForm(reference), remedy: .referenceRemedy)
        }
        let count = try self.count.map { try Values.wholeNumber($0, of: "count", in: 1...100_000) } ?? 1
        let log = try session.log()
        let names = try RecordNames(log)
        let first = try log.entry(named: typed, asTyped: reference, names)
        var rows: [JSON] = []
        var position = first.position - 1
        while rows.count < count {
            let entries = try log.entries(of: first.feed, after: position, limitBytes: 1 << 16)
            guard let last = entries.last else { break }
            for entry in entries.prefix(count - rows.count) {
                show(entry, names, in: session.console)
                rows.append(json(entry, names))
            }
            position = last.reference.position
        }
        session.console.json([("entries", .array(rows))])
        return .success
    }

    /// The envelope only: what an entry says about whom is shown by the commands for cases.
    private func show(_ stored: StoredEntry, _ names: RecordNames, in console: Console) {
        guard !console.isJSON else { return }
        console.line(console.style.bold(names.reference(stored.reference)))
        console.line(
            "  \(stored.reference.feed)/\(stored.reference.position)  \(Quantities.bytes(UInt64(stored.bytes.count)))"
        )
        guard stored.reference.feed.lane != .attachments else {
            let part = AttachmentPart(entry: stored.bytes)
            return console.line("  " + (part.map { say(.attachedPart($0.number + 1)) } ?? say(.unreadableValue)))
        }
        let entry: RecordEntry
        do throws(RecordError) {
            entry = try RecordEntry(decoding: stored.bytes, at: stored.reference)
        } catch {
            return console.line("  " + error.message.safeForTerminal)
        }
        console.line("  \(Timestamp.text(entry.context.recorded))  \(entry.context.program)".safeForTerminal)
        for change in entry.changes {
            let fields = change.fields.map { Registry.fieldName($0.field, of: change.kind) }.joined(separator: " ")
            let record = change.record == change.id ? "" : names.reference(change.record)
            let line = [
                say(.recordKind(change.kind)), say(.action(change.action)), record, fields,
                change.problem?.message ?? "",
            ]
            console.line("  " + line.filter { !$0.isEmpty }.joined(separator: "  ").safeForTerminal)
        }
    }

    private func json(_ stored: StoredEntry, _ names: RecordNames) -> JSON {
        var members: [(String, JSON)] = [
            ("reference", .string(names.reference(stored.reference))),
            ("feed", .string(String(describing: stored.reference.feed))),
            ("position", JSON(stored.reference.position)), ("digest_prefix", .string(stored.reference.digestDigits)),
            ("bytes", .integer(Int64(stored.bytes.count))),
        ]
        guard stored.reference.feed.lane != .attachments else {
            if let part = AttachmentPart(entry: stored.bytes) {
                members += [("attachment", .string(part.attachment.hexadecimal)), ("part", JSON(part.number + 1))]
            } else {
                members.append(("problem", .string(say(.unreadableValue))))
            }
            return .object(members)
        }
        do throws(RecordError) {
            let entry = try RecordEntry(decoding: stored.bytes, at: stored.reference)
            members.append(("recorded_at", .string(Timestamp.text(entry.context.recorded))))
            members.append(("program", .string(entry.context.program)))
            members.append(("changes", .array(entry.changes.map { json($0, names) })))
        } catch {
            members.append(("problem", .string(error.message)))
        }
        return .object(members)
    }

    private func json(_ change: RecordChange, _ names: RecordNames) -> JSON {
        .object([
            ("kind", .string(change.kind.name ?? String(describing: change.kind))),
            ("action", .string(change.action.name)), ("record", .string(names.reference(change.record))),
            ("fields", .array(change.fields.map { .string(Registry.fieldName($0.field, of: change.kind)) })),
            ("problem", JSON(change.problem?.message)),
        ])
    }
}
