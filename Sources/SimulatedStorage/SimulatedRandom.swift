import StoreIO
import Synchronization

/// Random bytes that a seed repeats. For tests only: anybody who knows the seed knows the keys.
package final class SimulatedRandom: RandomSource {
    private let generator: Mutex<SplitMix64>

    package init(seed: UInt64) { generator = Mutex(SplitMix64(seed: seed)) }

    package func bytes(_ count: Int) -> [UInt8] { generator.withLock { $0.bytes(count) } }
}
