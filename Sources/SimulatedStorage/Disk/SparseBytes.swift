/// The contents of a simulated file: pages that exist only where something other than zero was written.
///
/// A value; a copy shares the pages that neither side changes, so that a snapshot at every call of a workload is cheap.
/// Equality is of pages: a page of written zeros is not the one that was never written.
struct SparseBytes: Sendable, Hashable {
    static let pageBytes = 4096

    private(set) var count: Int = 0
    /// An empty page stands for zeros.
    private var pages: [[UInt8]] = []

    /// Grows with zeros, or cuts; what is cut is zero when the file grows again.
    mutating func resize(to newCount: Int) {
        let pageCount = (newCount + Self.pageBytes - 1) / Self.pageBytes
        if pageCount < pages.count {
            pages.removeLast(pages.count - pageCount)
        } else {
            pages.append(contentsOf: repeatElement([], count: pageCount - pages.count))
        }
        let tail = newCount % Self.pageBytes
        if newCount < count, tail != 0, !pages[pageCount - 1].isEmpty {
            for offset in tail..<Self.pageBytes { pages[pageCount - 1][offset] = 0 }
        }
        count = newCount
    }

    /// Writes inside or beyond the present size, growing as needed.
    mutating func write(_ bytes: ArraySlice<UInt8>, at offset: Int) {
        if offset + bytes.count > count { resize(to: offset + bytes.count) }
        var position = offset
        var rest = bytes
        while !rest.isEmpty {
            let page = position / Self.pageBytes
            let start = position % Self.pageBytes
            let length = min(rest.count, Self.pageBytes - start)
            if pages[page].isEmpty { pages[page] = [UInt8](repeating: 0, count: Self.pageBytes) }
            pages[page].replaceSubrange(start..<start + length, with: rest.prefix(length))
            rest = rest.dropFirst(length)
            position += length
        }
    }

    /// The bytes of `range` that exist; fewer at the end of the file.
    func read(_ range: Range<Int>) -> [UInt8] {
        let range = range.clamped(to: 0..<count)
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        var position = range.lowerBound
        while position < range.upperBound {
            let page = pages[position / Self.pageBytes]
            let start = position % Self.pageBytes
            let length = min(range.upperBound - position, Self.pageBytes - start)
            if page.isEmpty {
                result.append(contentsOf: repeatElement(0, count: length))
            } else {
                result.append(contentsOf: page[start..<start + length])
            }
            position += length
        }
        return result
    }
}
