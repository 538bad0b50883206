import CRocksDB
import Foundation

/// RocksDB through its C interface, with its defaults and `sync`: keys are positions in 8 bytes, most significant first.
@safe
final class RocksDBPeer {
    private var database: OpaquePointer?
    private let options: OpaquePointer?
    private let durable: OpaquePointer?
    private let reading: OpaquePointer?
    private var position: UInt64 = 0
    private let path: String

    init(in directory: String) throws {
        path = directory + "/peer.rocksdb"
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
        unsafe options = rocksdb_options_create()
        unsafe rocksdb_options_set_create_if_missing(options, 1)
        unsafe durable = rocksdb_writeoptions_create()
        unsafe rocksdb_writeoptions_set_sync(durable, 1)
        unsafe reading = rocksdb_readoptions_create()
        var problem: UnsafeMutablePointer<CChar>?
        unsafe database = rocksdb_open(options, path, &problem)
        unsafe check(problem)
    }

    deinit {
        unsafe rocksdb_close(database)
        unsafe rocksdb_options_destroy(options)
        unsafe rocksdb_writeoptions_destroy(durable)
        unsafe rocksdb_readoptions_destroy(reading)
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            preconditionFailure("RocksDB's folder can not be removed: \(error)")
        }
    }

    /// - Returns: Entries a second, each batch in one synced write.
    func append(_ entries: some RandomAccessCollection<[UInt8]>, inBatchesOf size: Int = 1) -> Double {
        let batch = unsafe rocksdb_writebatch_create()
        defer { unsafe rocksdb_writebatch_destroy(batch) }
        let seconds = Stopwatch.seconds {
            var rest = entries[...]
            while !rest.isEmpty {
                unsafe rocksdb_writebatch_clear(batch)
                for entry in rest.prefix(size) { unsafe add(entry, batch) }
                var problem: UnsafeMutablePointer<CChar>?
                unsafe rocksdb_write(database, durable, batch, &problem)
                unsafe check(problem)
                rest = rest.dropFirst(size)
            }
        }
        return Double(entries.count) / seconds
    }

    /// Moves everything into its sorted files.
    func compact() { unsafe rocksdb_compact_range(database, nil, 0, nil, 0) }

    /// - Returns: Entries a second, each read alone and copied.
    func get(_ positions: [UInt64]) -> Double {
        var bytes = 0
        let seconds = Stopwatch.seconds { for position in positions { bytes += read(position).count } }
        precondition(bytes > 0)
        return Double(positions.count) / seconds
    }

    private func read(_ position: UInt64) -> [UInt8] {
        var length = 0
        var problem: UnsafeMutablePointer<CChar>?
        let found = unsafe withKey(position) { key in
            unsafe rocksdb_get(database, reading, key, 8, &length, &problem)
        }
        unsafe check(problem)
        guard let found = unsafe found else { preconditionFailure("RocksDB has no entry \(position)") }
        defer { unsafe rocksdb_free(found) }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: found, count: length))
    }

    private func add(_ entry: [UInt8], _ batch: OpaquePointer?) {
        position += 1
        unsafe withKey(position) { key in
            unsafe entry.withUnsafeBytes { bytes in
                let start = unsafe bytes.bindMemory(to: CChar.self).baseAddress
                unsafe rocksdb_writebatch_put(batch, key, 8, start, bytes.count)
            }
        }
    }

    private func withKey<Result>(_ position: UInt64, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
        unsafe withUnsafeBytes(of: position.bigEndian) { unsafe body($0.bindMemory(to: CChar.self).baseAddress) }
    }

    private func check(_ problem: UnsafeMutablePointer<CChar>?) {
        if let problem = unsafe problem { preconditionFailure("RocksDB: " + (unsafe String(cString: problem))) }
    }
}
