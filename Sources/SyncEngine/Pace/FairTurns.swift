package import LogFormat

/// Whose work goes next on a thread that many sites share.
///
/// Each site has a line of its own, in order, and the next piece is taken from the line that has had least of the thread:
/// what a piece cost is charged when it is done. A line that was empty begins where the others are, so nobody saves up turns.
/// So a site that brings a million entries makes another one wait for one of its pieces, not for all of them.
package struct FairTurns<Work: Sendable>: Sendable {
    private struct Line: Sendable {
        /// nil for those that are gone: what they hold on to is let go of at once.
        private var works: [(number: UInt64, work: Work?)] = []
        private var taken = 0
        var spent: UInt64

        init(spent: UInt64) { self.spent = spent }

        /// The number of the next piece; nil when nothing waits.
        var first: UInt64? { taken < works.count ? works[taken].number : nil }

        mutating func add(_ work: Work, number: UInt64) { works.append((number, work)) }

        mutating func next() -> Work? {
            guard taken < works.count else { return nil }
            defer { works[taken - 1].work = nil }
            taken += 1
            return works[taken - 1].work
        }

        /// Forgets the places of what is gone, once they are the half.
        mutating func tidy() {
            guard taken > works.count / 2 else { return }
            works.removeFirst(taken)
            taken = 0
        }
    }

    private var lines: [SiteID: Line] = [:]
    /// What the line that was served last had had by then.
    private var level: UInt64 = 0
    private var number: UInt64 = 0
    /// Pieces that wait.
    package private(set) var count = 0

    package init() {}

    /// Puts a piece at the end of a site's line.
    package mutating func add(_ work: Work, of site: SiteID) {
        number += 1
        count += 1
        var line = lines[site] ?? Line(spent: level)
        if line.first == nil { line.spent = max(line.spent, level) }
        line.add(work, number: number)
        lines[site] = line
    }

    /// Takes the next piece; of two lines that have had as much, the one whose first piece came first.
    ///
    /// - Returns: nil when nothing waits.
    /// - Complexity: O(n) in the sites that have or had something in their lines lately.
    package mutating func next() -> (site: SiteID, work: Work)? {
        var best: (site: SiteID, spent: UInt64, number: UInt64)?
        for (site, line) in lines {
            guard let first = line.first else { continue }
            if let best, (best.spent, best.number) < (line.spent, first) { continue }
            best = (site, line.spent, first)
        }
        guard let best, let work = lines[best.site]?.next() else { return nil }
        lines[best.site]?.tidy()
        count -= 1
        level = best.spent
        // Who has nothing waiting and no more to its account than the others needs no line.
        if count == 0 || lines.count > Self.idleLinesMaximum {
            lines = lines.filter { $0.value.first != nil || $0.value.spent > level || $0.key == best.site }
        }
        return (best.site, work)
    }

    private static var idleLinesMaximum: Int { 2_048 }

    /// Charges a site for a piece that is done.
    ///
    /// - Parameters:
    ///   - cost: What it took of the thread, in nanoseconds.
    ///   - site: On whose account it goes.
    package mutating func charge(_ cost: UInt64, to site: SiteID) {
        lines[site]?.spent += max(1, cost)
    }
}
