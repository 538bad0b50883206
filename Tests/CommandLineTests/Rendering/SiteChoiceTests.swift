import LogFormat
import Testing

@testable import abscope

@Suite("Which site somebody means")
struct SiteChoiceTests {
    private func id(_ digits: String) throws -> SiteID {
        let padded = digits + String(repeating: "0", count: 32 - digits.count)
        return try #require([UInt8](hexadecimal: padded).flatMap { SiteID($0) })
    }

    @Test("of the keys a site had the one that counts, whichever id is smaller", arguments: [false, true])
    func renewed(isOldSmaller: Bool) throws {
        let (old, new) = isOldSmaller ? (try id("11aa"), try id("99bb")) : (try id("99bb"), try id("11aa"))
        let names = RecordNames(aliases: [old: "GY", new: "GY"], origins: [new: old], revoked: [old])
        for sites in [[old, new], [new, old]] {
            #expect(try names.site("gy", among: sites) == new)
            #expect(try names.everyKey(of: "GY", among: sites) == [old, new].sorted())
            #expect(try names.site(String(describing: old).prefix(4).description, among: sites) == old)
        }
        #expect(try names.site("GY", among: [old]) == old, "who alone fits is meant, revoked or not")
    }

    @Test("what fits two sites is refused with their ids, and the first that comes is not taken")
    func ambiguous() throws {
        let (one, two) = (try id("1234ab"), try id("1234cd"))
        let names = RecordNames(aliases: [one: "GY", two: "TH"], revoked: [two])
        let refused = try #require(throws: Failure.self) { try names.site("1234", among: [one, two]) }
        #expect(refused.status == .dataError)
        #expect(refused.text.contains("GY (\(one))") && refused.text.contains("TH (\(two))"), "\(refused.text)")
        #expect(throws: Failure.self) { try names.siteIfAny("1234", among: [one, two]) }
        #expect(throws: Failure.self) { try names.everyKey(of: "1234", among: [one, two]) }
        #expect(try names.site("1234a", among: [one, two]) == one)
        #expect(try names.site("1234CD", among: [one, two]) == two)
    }

    @Test("two keys of one site that are both revoked are told apart by the id only")
    func revoked() throws {
        let (old, new) = (try id("11aa"), try id("22bb"))
        let names = RecordNames(aliases: [old: "GY", new: "GY"], origins: [new: old], revoked: [old, new])
        #expect(throws: Failure.self) { try names.site("GY", among: [old, new]) }
        #expect(try names.everyKey(of: "GY", among: [old, new]) == [old, new])
        #expect(try names.site("22bb", among: [old, new]) == new)
    }

    @Test("an alias goes before the digits of another's id, and who is not there is named")
    func alias() throws {
        let (one, two) = (try id("cafe"), try id("5555"))
        let names = RecordNames(aliases: [one: "GY", two: "CAFE"])
        #expect(try names.site("cafe", among: [one, two]) == two)
        #expect(try names.siteIfAny("MARS", among: [one, two]) == nil)
        let unknown = try #require(throws: Failure.self) { try names.site("MARS", among: [one, two]) }
        #expect(unknown.status == .dataError && unknown.text.contains("GY, CAFE"), "\(unknown.text)")
        #expect(try names.siteIfAny("caf", among: [one]) == nil, "3 digits are too few")
    }
}
