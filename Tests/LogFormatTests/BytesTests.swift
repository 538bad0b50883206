import Testing

@testable import LogFormat

@Suite("Integers as bytes")
struct BytesTests {
    @Test("are written and read with the least significant first")
    func littleEndian() {
        #expect(UInt32(0x0102_0304).littleEndianBytes == [4, 3, 2, 1])
        #expect(UInt16(littleEndianBytes: [4, 3]) == 0x0304)
        #expect(UInt8(littleEndianBytes: [7]) == 7)
        #expect(UInt64(littleEndianBytes: []) == 0)
        #expect(UInt64(littleEndianBytes: [1, 0, 2]) == 0x2_0001)
        for number in [Int64.min, -1, 0, 1, .max] {
            #expect(number.littleEndianBytes.count == 8)
            #expect(Int64(littleEndianBytes: number.littleEndianBytes) == number)
        }
        for shift in 0..<128 {
            let number = UInt128(1) << UInt128(shift)
            let bytes = number.littleEndianBytes
            #expect(bytes.count == 16 && bytes[shift / 8] == 1 << (shift % 8))
            #expect(UInt128(littleEndianBytes: bytes) == number)
        }
    }
}
