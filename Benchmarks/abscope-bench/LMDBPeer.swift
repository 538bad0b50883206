import CLMDB
import Glibc

/// LMDB through its C interface, with its defaults: a sync at each commit; keys are positions, appended in order.
@safe
final class LMDBPeer {
    private var environment: OpaquePointer?
    private var table: MDB_dbi = 0
    private var position: UInt64 = 0
    private let path: String

    init(in directory: String) {
        path = directory + "/peer.lmdb"
        for suffix in ["", "-lock"] { unsafe unlink(path + suffix) }
        check(unsafe mdb_env_create(&environment))
        check(unsafe mdb_env_set_mapsize(environment, 4 << 30))
        check(unsafe mdb_env_open(environment, path, UInt32(MDB_NOSUBDIR), 0o600))
        unsafe transaction { check(unsafe mdb_dbi_open($0, nil, UInt32(MDB_INTEGERKEY), &table)) }
    }

    deinit {
        unsafe mdb_env_close(environment)
        for suffix in ["", "-lock"] { unsafe unlink(path + suffix) }
    }

    /// - Returns: Entries a second, each batch in a durable transaction.
    func append(_ entries: some RandomAccessCollection<[UInt8]>, inBatchesOf size: Int = 1) -> Double {
        let seconds = Stopwatch.seconds {
            var rest = entries[...]
            while !rest.isEmpty {
                let batch = rest.prefix(size)
                unsafe transaction { transaction in for entry in batch { unsafe put(entry, transaction) } }
                rest = rest.dropFirst(size)
            }
        }
        return Double(entries.count) / seconds
    }

    private func put(_ entry: [UInt8], _ transaction: OpaquePointer?) {
        position += 1
        unsafe entry.withUnsafeBytes { bytes in
            unsafe withUnsafeMutableBytes(of: &position) { number in
                var key = unsafe MDB_val(mv_size: number.count, mv_data: number.baseAddress)
                // LMDB copies; it does not write to what it is given.
                var value = unsafe MDB_val(
                    mv_size: bytes.count,
                    mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                )
                check(unsafe mdb_put(transaction, table, &key, &value, UInt32(MDB_APPEND)))
            }
        }
    }

    private func transaction(_ body: (OpaquePointer?) -> Void) {
        var transaction: OpaquePointer?
        check(unsafe mdb_txn_begin(environment, nil, 0, &transaction))
        unsafe body(transaction)
        check(unsafe mdb_txn_commit(transaction))
    }

    private func check(_ code: Int32) { precondition(code == 0, "LMDB answered \(code)") }
}
