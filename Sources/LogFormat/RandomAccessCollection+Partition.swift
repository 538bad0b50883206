extension RandomAccessCollection {
    /// Where, in a collection whose elements up to some place all fulfil a condition and behind it none, that place is.
    ///
    /// The name and the meaning are those of Swift Algorithms, of which nothing else is used.
    ///
    /// - Parameter belongsInSecondPartition: False up to the place, true behind it.
    /// - Returns: The first index for which it is true; ``endIndex`` where it is for none.
    /// - Throws: What the condition throws.
    /// - Complexity: O(log n) questions.
    @inlinable
    package func partitioningIndex<Failure>(
        where belongsInSecondPartition: (Element) throws(Failure) -> Bool
    ) throws(Failure) -> Index {
        var low = startIndex
        var count = count
        while count > 0 {
            let half = count / 2
            let middle = index(low, offsetBy: half)
            if try belongsInSecondPartition(self[middle]) {
                count = half
            } else {
                low = index(after: middle)
                count -= half + 1
            }
        }
        return low
    }
}
