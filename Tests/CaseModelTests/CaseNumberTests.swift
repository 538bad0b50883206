import CaseModel
import LogFormat
import Testing

@Suite struct CaseNumberTests {
    static let numbers: [(alias: String, letters: String?, position: UInt64)] = [
        ("GY", nil, 1), ("GY", nil, 1342), ("HUB", nil, 7), ("ZUNYI", nil, 909_090), ("GY", "QX", 1342),
        ("AZ", "ZA", 1_234_567_890), ("GUIYANGX", nil, UInt64.max),
    ]

    @Test(arguments: numbers)
    func `a case number is read as it is written, in either case and full width`(
        alias: String,
        letters: String?,
        position: UInt64
    ) throws {
        let number = try CaseNumber(alias: alias, epochLetters: letters, position: position)
        let text = String(describing: number)
        #expect(try CaseNumber(parsing: text) == number)
        #expect(try CaseNumber(parsing: " \(text.lowercased()) ") == number)
        let wide = String(
            String.UnicodeScalarView(text.unicodeScalars.compactMap { Unicode.Scalar($0.value + 0xFEE0) })
        )
        #expect(try CaseNumber(parsing: wide) == number)
    }

    @Test(arguments: numbers)
    func `every wrong character and every two neighbours exchanged are found`(
        alias: String,
        letters: String?,
        position: UInt64
    ) throws {
        let text = Array(String(describing: try CaseNumber(alias: alias, epochLetters: letters, position: position)))
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
        var tried = 0
        for index in text.indices {
            for character in alphabet where character != text[index] {
                var wrong = text
                wrong[index] = character
                tried += 1
                #expect(throws: RecordError.self, "\(String(wrong))") { try CaseNumber(parsing: String(wrong)) }
            }
            if index + 1 < text.count, text[index] != text[index + 1] {
                var wrong = text
                wrong.swapAt(index, index + 1)
                #expect(throws: RecordError.self, "\(String(wrong))") { try CaseNumber(parsing: String(wrong)) }
            }
        }
        #expect(tried == text.count * 36)
    }

    @Test func `a number with one slip of the hand is among the numbers it may have been`() throws {
        let meant = try CaseNumber(alias: "GY", epochLetters: nil, position: 1_342)
        let text = Array("\(meant)")
        let keys = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        var slips: [[Character]] = []
        for index in text.indices {
            slips.append(Array(text[..<index] + text[(index + 1)...]))
            if index > 0, text[index] != text[index - 1] {
                slips.append(
                    Array(text[..<(index - 1)]) + [text[index], text[index - 1]] + Array(text[(index + 1)...])
                )
            }
            for key in keys {
                if key != text[index] { slips.append(Array(text[..<index]) + [key] + Array(text[(index + 1)...])) }
                slips.append(Array(text[..<index]) + [key] + Array(text[index...]))
            }
        }
        for slip in slips {
            #expect(CaseNumber.oneSlip(from: String(slip).lowercased()).contains(meant), "\(String(slip))")
        }
        #expect(CaseNumber.oneSlip(from: "").isEmpty)
        #expect(CaseNumber.oneSlip(from: "nonsense").isEmpty)
        #expect(CaseNumber.oneSlip(from: String(repeating: "G", count: 1_000_000)).isEmpty)
    }

    @Test(arguments: [
        ("", "is not a case number"), ("GY", "is not a case number"), ("GY-1342", "lacks the letter"),
        ("GY-1342S", "typing error"), ("GY-01342R", "digits only"), ("G-1R", "no site alias"),
        ("GY-QXY1342R", "two letters"), ("GY-QX-1342R", "is not a case number"), ("GY-13A2R", "digits only"),
        ("GY-R", "digits only"),
        ("GY-99999999999999999999R", "digits only"), ("李-1342R", "no site alias"),
        ("GY-1342R-X-Y", "is not a case number"),
    ])
    func `what is wrong is said`(text: String, says: String) {
        do {
            let number = try CaseNumber(parsing: text)
            Issue.record("read as \(number)")
        } catch {
            #expect(error.message.contains(says), "\(error.message)")
        }
    }
}
