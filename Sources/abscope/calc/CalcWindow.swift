import ArgumentParser
import CaseModel

/// `abscope calc window`.
struct CalcWindow: Calculation {
    static let configuration = CommandConfiguration("window", .calcWindow)

    @OptionGroup var common: CalcOptions
    @Option(name: .long, help: .option(.anchor)) var anchor: String
    @Option(name: .long, help: .option(.windowOn)) var on: String
    @Option(name: .long, help: .option(.windowFrom)) var from: String
    @Option(name: .long, help: .option(.windowTo)) var to: String

    func answer() throws -> CalcAnswer {
        let (anchor, date) = (try Values.date(anchor, of: "anchor"), try Values.date(on, of: "on"))
        let days = -100_000...100_000
        let window = try DayWindow(
            anchor: anchor,
            on: date,
            from: Int64(try Values.wholeNumber(from, of: "from", in: days)),
            to: Int64(try Values.wholeNumber(to, of: "to", in: days))
        )
        var answer = CalcAnswer()
        answer.add(.anchor, String(describing: anchor))
        answer.add(.on, String(describing: date))
        answer.add(.day, CalcAnswer.Value(window.day))
        if window.day == nil {
            answer.add(.dayRange, .list([CalcAnswer.Value(window.days.first), CalcAnswer.Value(window.days.last)]))
        }
        answer.add(.inside, CalcAnswer.Value(window.isInside))
        answer.add(.from, .whole(window.from))
        answer.add(.to, .whole(window.to))
        if window.isInside == .unknown { answer.add(reason: say(.calcPartialDates)) }
        return answer
    }
}
