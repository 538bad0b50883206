import Foundation
import LogFormat
import Testing

/// Where the vectors of Protocol/vectors/wire lie, and how their bytes are written.
enum WireVectorFiles {
    /// Reads a file of vectors.
    static func read<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Protocol/vectors/wire/\(name)")
        return try JSONDecoder().decode(type, from: Data(contentsOf: path))
    }

    static func bytes(_ hexadecimal: String) throws -> [UInt8] {
        try #require([UInt8](hexadecimal: hexadecimal), "\(hexadecimal.prefix(20))")
    }
}
