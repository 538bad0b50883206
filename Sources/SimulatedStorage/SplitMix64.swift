/// A small seeded generator (Steele, Lea, Flood 2014): the same seed gives the same numbers on every machine.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    ///
    /// - Precondition: `bound` is positive.
    package mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    /// True in `numerator` of `denominator` cases.
    package mutating func chance(_ numerator: Int, in denominator: Int) -> Bool { below(denominator) < numerator }

    /// `count` bytes.
    package mutating func bytes(_ count: Int) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        while result.count < count {
            let word = next()
            for shift in stride(from: UInt64(0), to: 64, by: 8) where result.count < count {
                result.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return result
    }

    /// A seed for something beside this generator, different for each label.
    package static func mix(_ seed: UInt64, _ label: UInt64) -> UInt64 {
        var generator = SplitMix64(seed: seed ^ (label &* 0xD6E8_FEB8_6659_FD93))
        return generator.next()
    }
}
