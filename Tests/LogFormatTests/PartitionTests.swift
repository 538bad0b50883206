import LogFormat
import Testing

@Suite("Where a condition begins to hold")
struct PartitionTests {
    @Test("Every place in collections of every length up to 40 is found, with at most as many questions as it takes")
    func everyPlace() {
        for count in 0...40 {
            for place in 0...count {
                // A slice, whose indices do not begin at 0.
                let elements = (0..<count + 3).dropFirst(3)
                var questions = 0
                let found = elements.partitioningIndex { element in
                    questions += 1
                    return element - 3 >= place
                }
                #expect(found == elements.startIndex + place)
                #expect(1 << questions <= 2 * (count + 1))
            }
        }
    }

    private struct Refused: Error, Equatable {}

    @Test("What the condition throws is thrown")
    func throwing() {
        #expect(throws: Refused()) { try (0..<9).partitioningIndex { _ throws(Refused) in throw Refused() } }
    }
}
