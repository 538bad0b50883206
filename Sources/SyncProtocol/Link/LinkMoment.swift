/// A moment by the local clock, as windows and budgets count it.
package struct LinkMoment: Hashable, Sendable {
    /// Local days after 1970-01-01.
    package var day: Int64
    /// Local months after year 0, which is what a monthly budget begins anew with.
    package var month: Int64
    /// Seconds after local midnight, 0 to 86,399.
    package var second: Int

    /// - Precondition: The second is one of a day.
    package init(day: Int64, month: Int64, second: Int) {
        precondition((0..<86_400).contains(second), "a second of a day")
        self.day = day
        self.month = month
        self.second = second
    }

    /// - Parameters:
    ///   - localMilliseconds: Of local time, after 1970-01-01.
    ///   - month: The month of a day, both counted as here.
    package init(localMilliseconds: Int64, month: (_ day: Int64) -> Int64) {
        let (days, rest) = localMilliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        let day = rest < 0 ? days - 1 : days
        self.init(day: day, month: month(day), second: Int((rest < 0 ? rest + 86_400_000 : rest) / 1000))
    }

    /// Seconds after the Monday midnight before.
    var secondOfWeek: Int { Int(((day + 3) % 7 + 7) % 7) * 86_400 + second }
}
