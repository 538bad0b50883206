extension String {
    /// The beginning, of so many Unicode scalars: at most four times as many bytes, whatever a peer puts together to one
    /// character.
    func prefix(scalars count: Int) -> String {
        var scalars = UnicodeScalarView()
        scalars.append(contentsOf: unicodeScalars.prefix(count))
        return String(scalars)
    }
}
