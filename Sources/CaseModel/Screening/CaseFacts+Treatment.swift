import Schema

// What was ordered and given.
extension CaseFacts {
    /// Courses to these sites, or to others. One that is not settled, or that names no site, may be any: it stands without its
    /// prescription.
    func courses(at sites: [String], isOthers: Bool) -> [(state: RecordState, course: Course?)] {
        orders(.course).compactMap { state in
            let course = state.settledBody(OrderBody.self).body.course
            let site = course.site.site.words
            guard state.isSettled, !site.isEmpty else { return (state, nil) }
            return contains(site, sites) != isOthers ? (state, course) : nil
        }
    }

    func course(_ sites: [String], isOthers: Bool, _ techniques: [String], above: Measure?) -> Judged {
        let courses = courses(at: sites, isOthers: isOthers)
        guard !courses.isEmpty else {
            return isOthers
                ? Judged(.notApplicable, "no course to another site")
                : .unknown("no course to \(sites.joined(separator: ", "))")
        }
        return combined(
            courses.flatMap { state, course -> [Judged] in
                guard let course else { return [.unknown("a course is not settled, or names no site", [state.id])] }
                // That it is there is all that is asked.
                if techniques.isEmpty, above == nil { return [Judged(Verdict.pass, course.name, [state.id])] }
                var parts: [Judged] = []
                if !techniques.isEmpty {
                    let words = course.technique.words
                    parts.append(
                        words.isEmpty
                            ? .unknown("\(course.name): no technique", [state.id])
                            : Judged(
                                contains(words, techniques) ? Verdict.pass : .fail,
                                "\(course.name): \(words)",
                                [state.id]
                            )
                    )
                }
                if let above {
                    do throws(RecordError) {
                        let dose = try Measure(course.prescriptions.first?.dosePerFraction ?? Quantity())
                        parts.append(
                            Judged(dose.verdict(.greater, above), "\(course.name): \(dose) per fraction", [state.id])
                        )
                    } catch {
                        parts.append(.unknown("\(course.name): no dose per fraction", [state.id]))
                    }
                }
                return parts
            },
            isAny: false
        )
    }

    func prescribed(_ sites: [String], _ volumes: [String]) -> Judged {
        let courses = courses(at: sites, isOthers: false)
        guard !courses.isEmpty else { return .unknown("no course to \(sites.joined(separator: ", "))") }
        return combined(
            courses.map { state, course in
                guard let course else { return .unknown("a course is not settled, or names no site", [state.id]) }
                let missing = volumes.filter { volume in !course.prescriptions.contains { isSame($0.volume, volume) } }
                return missing.isEmpty
                    ? Judged(Verdict.pass, "\(course.name): \(volumes.joined(separator: ", "))", [state.id])
                    : .unknown("\(course.name): no dose to \(missing.joined(separator: ", "))", [state.id])
            },
            isAny: true
        )
    }

    var untreated: Judged {
        switch beginning {
        case .never: Judged(Verdict.pass, "nothing given before \(day)")
        case .unknown(let record): .unknown("something was given, and its day is not known", [record])
        case .on(let first, let record):
            first < day
                ? Judged(Verdict.fail, "treated since \(first)", [record])
                : Judged(Verdict.pass, "nothing given before \(day)", [record])
        }
    }

    /// The window counts from the last fraction of the course it is about: of several, the one that was given last; while one of
    /// them may go on, or is not certain, nobody knows which that is.
    func window(from: Int64, to: Int64, sites: [String]) -> Judged {
        var last: (day: CivilDay, name: String, record: RecordID)?
        for (state, book) in courses where book.lines.contains(where: { $0.isDelivered || !$0.isSettled }) {
            let order = state.displayedBody(OrderBody.self).body
            let site = order.course.site.site.words
            guard sites.isEmpty || site.isEmpty || contains(site, sites) else { continue }
            let delivered = book.lines.filter { $0.isDelivered && $0.duplicateOf == nil }
            let days = delivered.compactMap { $0.date?.day }
            guard state.isSettled, book.isComplete || !order.isOpen, book.isCertain, !site.isEmpty || sites.isEmpty,
                days.count == delivered.count, let end = days.max()
            else { return .unknown("\(order.name) is not complete, or not certain", [state.id]) }
            if last.map({ end > $0.day }) ?? true { last = (end, order.name, state.id) }
        }
        guard let last else { return .unknown("no course was given") }
        let number = last.day.days(to: day)
        let verdict: Verdict = (from...to).contains(number) ? .pass : .fail
        return Judged(verdict, "day \(number) after the last fraction of \(last.name), \(last.day)", [last.record])
    }
}
