import Glibc
import LogFormat
import LogStore

extension QuarantinedFile {
    /// The last digits of its name, which no other has; the whole name of what is none of ours.
    var shortName: String {
        guard kind != .other, let nonce = name.split(separator: "-").last else { return name }
        return String(nonce.prefix { $0 != "." })
    }

    func json(since: String?) -> JSON {
        .object([
            ("file", .string(name)), ("kind", .string(kind.rawValue)),
            ("feed", JSON(feed.map { String(describing: $0) })),
            ("first_position", JSON(firstPosition)), ("offset", JSON(startBytes)), ("bytes", JSON(sizeBytes)),
            ("since", JSON(since)),
        ])
    }
}

extension LogStore {
    /// The files that were named, by their names or what ``QuarantinedFile/shortName`` shows; all when none was.
    ///
    /// - Throws: ``Failure`` 66 naming one that is not there.
    func quarantined(named typed: [String]) throws -> [QuarantinedFile] {
        let all = try quarantined()
        guard !typed.isEmpty else { return all }
        return try typed.map { name in
            guard let file = all.first(where: { $0.name == name || $0.shortName == name }) else {
                throw Failure(.noInput, .quarantineUnknown(name))
            }
            return file
        }
    }
}

/// When files were last written, which the store itself never asks.
enum FileAge {
    /// Milliseconds since 1970 as the system says; nil where it does not.
    static func modifiedMilliseconds(_ path: String, followsLinks: Bool = false) -> Int64? {
        var found = stat()
        guard unsafe (followsLinks ? stat(path, &found) : lstat(path, &found)) == 0 else { return nil }
        return Int64(found.st_mtim.tv_sec) * 1_000 + Int64(found.st_mtim.tv_nsec) / 1_000_000
    }
}
