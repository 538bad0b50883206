/// The check character of a case number: Verhoeff's scheme in the dihedral group of 26 elements.
///
/// It finds every wrong character and every two neighbours exchanged, which no weighted sum modulo 26 can do and which
/// a prime modulus cannot do with letters alone. (J. Verhoeff, Error Detecting Decimal Codes, 1969; the group of a
/// 13-gon in place of the pentagon's.)
///
/// Element `a` below 13 is the rotation by `a`, `13 + a` that rotation after a reflection. With φ(a) = 1 - a on
/// rotations and φ(13 + a) = 13 + (2 + a), all modulo 13, x·φ(y) = y·φ(x) only for x = y; φ⁰(x₀)·φ¹(x₁)·… therefore
/// changes when one character does or two neighbours change places.
package enum CheckCharacter {
    /// - Parameter text: letters A to Z (0 to 25) and digits (0 to 9).
    /// - Precondition: `text` holds nothing else.
    /// - Returns: a letter A to Z.
    package static func compute(over text: String) -> Character {
        var product: UInt8 = 0
        for (index, byte) in text.utf8.enumerated() {
            product = multiply(product, permuted(value(of: byte), times: index))
        }
        return Character(Unicode.Scalar(UInt8(ascii: "A") + product))
    }

    static func value(of byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        default: preconditionFailure("a check character is over A to Z and digits")
        }
    }

    static func multiply(_ left: UInt8, _ right: UInt8) -> UInt8 {
        let (a, b) = (left % 13, right % 13)
        let reflected = (left < 13) != (right < 13)
        return (left < 13 ? (a + b) % 13 : (a + 13 - b) % 13) + (reflected ? 13 : 0)
    }

    static func permuted(_ value: UInt8, times: Int) -> UInt8 {
        (0..<times % 26).reduce(value) { value, _ in
            value < 13 ? (14 - value) % 13 : 13 + (value - 13 + 2) % 13
        }
    }
}
