import CRaw
import LogFormat

/// The limits themselves, measured by a small C program: see `Benchmarks/CRaw/include/raw.h`.
struct Raw {
    let directory: String

    private var path: String { directory + "/raw" }

    /// - Returns: Entries a second, `batch` of them in each write and sync.
    func append(_ entries: some Collection<[UInt8]>, batch: Int = 1) -> Double {
        let framed = Corpus.framed(entries)
        return Double(entries.count) / (unsafe raw_append(path, framed, framed.count, batch))
    }

    /// - Returns: Entries a second, hashed and written in synced pieces.
    func importAll(_ entries: [[UInt8]]) -> Double {
        let framed = Corpus.framed(entries)
        return Double(entries.count) / (unsafe raw_import(path, framed, framed.count, Limits.commitBytes))
    }

    /// - Returns: Seconds, and what all streams take together.
    static func deflate(_ framed: [UInt8], blockBytes: Int) -> (seconds: Double, storedBytes: UInt64) {
        var stored: UInt64 = 0
        let seconds = unsafe raw_deflate(framed, framed.count, blockBytes, Deflater.defaultLevel, &stored)
        return (seconds, stored)
    }
}

/// The raw way of one entry to another site: see `struct raw_delivery`.
@safe
final class RawDelivery {
    private let delivery: OpaquePointer

    init(in directory: String) { unsafe delivery = raw_delivery_begin(directory) }

    deinit { unsafe raw_delivery_end(delivery) }

    /// - Returns: Seconds of one.
    func seconds() -> Double { unsafe raw_deliver(delivery) }
}

/// Deflate streams of a sealed feed, for the C program: it works on what we work on.
struct RawStreams {
    private(set) var bytes: [UInt8] = []
    private(set) var rawBytes = 0
    /// The first position of each, in order.
    private(set) var firstPositions: [UInt64] = []
    private var offsets: [UInt64] = []
    private var lengths: [UInt32] = []
    private var rawLengths: [UInt32] = []

    /// - Throws: When the block is not compressed, or with a dictionary the C program does not know.
    mutating func append(_ block: Block) throws {
        guard case .deflate = block.header.method else {
            throw BenchmarkError("a block of the sealed feed is not compressed")
        }
        offsets.append(UInt64(bytes.count))
        lengths.append(block.header.storedLengthBytes)
        rawLengths.append(block.header.rawLengthBytes)
        firstPositions.append(block.header.firstPosition)
        rawBytes += Int(block.header.rawLengthBytes)
        bytes += block.stored
    }

    /// The number of the stream that holds a position.
    func number(holding position: UInt64) -> UInt32 {
        var low = 0
        var high = firstPositions.count
        while low < high {
            let middle = (low + high) / 2
            if firstPositions[middle] <= position { low = middle + 1 } else { high = middle }
        }
        return UInt32(low - 1)
    }

    /// - Returns: Seconds to inflate all.
    func inflate() -> Double {
        unsafe withStreams { unsafe raw_inflate($0) }
    }

    /// - Returns: Seconds to inflate all and hash the entries, on one thread.
    func inflateAndHash() -> Double {
        unsafe withStreams { unsafe raw_inflate_and_hash($0) }
    }

    /// - Returns: Seconds to read from `path`, which holds ``bytes``, and inflate the streams of these numbers.
    func readAndInflate(_ path: String, _ numbers: [UInt32]) -> Double {
        unsafe withStreams { unsafe raw_read_and_inflate(path, $0, numbers, numbers.count) }
    }

    private func withStreams(_ body: (UnsafePointer<raw_streams>) -> Double) -> Double {
        let dictionary = PresetDictionary.records.bytes
        return unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe offsets.withUnsafeBufferPointer { offsets in
                unsafe lengths.withUnsafeBufferPointer { lengths in
                    unsafe rawLengths.withUnsafeBufferPointer { rawLengths in
                        unsafe dictionary.withUnsafeBufferPointer { dictionary in
                            var streams = unsafe raw_streams(
                                bytes: bytes.baseAddress,
                                offsets: offsets.baseAddress,
                                lengths: lengths.baseAddress,
                                raw_lengths: rawLengths.baseAddress,
                                count: lengths.count,
                                dictionary: dictionary.baseAddress,
                                dictionary_length: UInt32(dictionary.count)
                            )
                            return unsafe body(&streams)
                        }
                    }
                }
            }
        }
    }
}
