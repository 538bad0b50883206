import CaseModel
import Testing

@testable import abscope

/// The clock of another site is what its entry says.
@Suite("Moments in JSON")
struct TimestampTests {
    @Test(
        "any offset another site may claim is written",
        arguments: [
            (Int32(0), "1970-01-01T00:00Z"), (480, "1970-01-01T08:00+08:00"), (-210, "1969-12-31T20:30-03:30"),
            (.max, "6053-01-23T02:07+35791394:07"), (.min, "-35791394:08"),
        ]
    )
    func offsets(minutes: Int32, says: String) {
        let text = Timestamp.text(RecordedMoment(milliseconds: 0, zoneOffsetMinutes: minutes))
        #expect(text.hasSuffix(says), "\(text)")
    }
}
