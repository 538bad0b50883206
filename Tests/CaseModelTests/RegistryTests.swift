import CaseModel
import Foundation
import Testing

/// The schema's files, read as text so that no compiler is needed.
enum ProtocolFiles {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Protocol")

    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: name)))
    }

    struct Field: Hashable {
        var label: String
        var type: String
        var name: String
        var number: UInt32
    }

    /// Messages of record.proto: name to fields at its top level, and to numbers it reserves.
    static func messages() throws -> [String: (fields: [Field], reserved: Set<UInt32>, other: [String])] {
        let text = String(decoding: try bytes("record.proto"), as: UTF8.self)
        var messages: [String: (fields: [Field], reserved: Set<UInt32>, other: [String])] = [:]
        var current: String?
        for raw in text.split(separator: "\n") {
            let line = raw.split(separator: "//", omittingEmptySubsequences: false)[0]
            let words = line.split(whereSeparator: { " ;=,{".contains($0) }).map(String.init)
            guard let first = words.first else { continue }
            if first == "message" {
                current = words[1]
                messages[words[1]] = ([], [], [])
            } else if first == "}" {
                current = nil
            } else if let message = current {
                if first == "reserved" {
                    messages[message]?.reserved.formUnion(words.dropFirst().compactMap { UInt32($0) })
                } else if words.count == 4, let number = UInt32(words[3]) {
                    messages[message]?.fields.append(
                        Field(label: first, type: words[1], name: words[2], number: number)
                    )
                } else {
                    messages[message]?.other.append(String(line))
                }
            }
        }
        return messages
    }
}

@Suite struct RegistryTests {
    @Test func `every field of a body is optional, registered under its number, and names no record`() throws {
        let messages = try ProtocolFiles.messages()
        #expect(messages.count > 30)
        let registry = try JSONValue(parsing: ProtocolFiles.bytes("registry.json"))
        let kinds = try #require(registry["kinds"]?.array)
        #expect(kinds.count == Registry.kinds.count)
        var bodies = Set<String>()
        for (row, kind) in zip(kinds, Registry.kinds) {
            let name = try #require(row["message"]?.string)
            let message = try #require(messages[name], "\(name) is not in record.proto")
            bodies.insert(name)
            #expect(message.other.isEmpty, "\(name) holds more than plain fields: \(message.other)")
            #expect(row["number"] == .number(String(kind.kind.rawValue)))
            #expect(row["name"]?.string == kind.name)
            #expect(row["merges_whole"] == .bool(kind.mergesWhole))
            for field in message.fields {
                #expect(field.label == "optional", "\(name).\(field.name)")
                #expect(!field.type.hasSuffix("Reference"), "\(name).\(field.name) names a record inside a body")
            }
            let inBody = Set(message.fields.map { "\($0.number) \($0.name)" })
            #expect(inBody == Set(kind.fields.filter { $0.form != .link }.map { "\($0.number) \($0.name)" }))
            #expect(message.reserved == Set(kind.fields.filter { $0.form == .link }.map(\.number)))
            let registered = try #require(row["fields"]?.array).map { $0.canonical }
            #expect(
                registered
                    == kind.fields.map {
                        "{\"form\":\"\($0.form.rawValue)\",\"name\":\"\($0.name)\",\"number\":\($0.number)}"
                    }
            )
        }
        #expect(bodies == Set(messages.keys.filter { $0.hasSuffix("Body") && $0 != "SealedBody" }))
    }

    @Test func `no number is registered twice`() throws {
        let registry = try JSONValue(parsing: ProtocolFiles.bytes("registry.json"))
        let reserved = try #require(registry["reserved_kinds"]?.array).compactMap { $0["number"]?.canonical }
        let numbers = Registry.kinds.map { String($0.kind.rawValue) } + reserved
        #expect(Set(numbers).count == numbers.count)
        for kind in Registry.kinds {
            #expect(kind.fields.map(\.number) == kind.fields.map(\.number).sorted())
            #expect(Set(kind.fields.map(\.number)).count == kind.fields.count)
            #expect(kind.fields.allSatisfy { $0.number >= 1 })
        }
    }

    @Test func `enumerations begin with 0, unspecified`() throws {
        let text = String(decoding: try ProtocolFiles.bytes("record.proto"), as: UTF8.self)
        let lines = text.split(separator: "\n").map(String.init)
        var enumerations = 0
        for (index, line) in lines.enumerated() where line.hasPrefix("enum ") {
            enumerations += 1
            #expect(lines[index + 1].contains("_UNSPECIFIED = 0;"), "\(line)")
        }
        #expect(enumerations >= 7)
    }
}
