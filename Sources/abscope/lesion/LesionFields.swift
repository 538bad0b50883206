import ArgumentParser
import CaseModel
import Schema

/// What can be said of a lesion, by options or on a terminal.
struct LesionFields: ParsableArguments {
    @Option(name: .long, help: .option(.lesionSite)) var site: String?
    @Option(name: .long, help: .option(.laterality)) var laterality: String?
    @Option(name: .long, help: .option(.level)) var level: String?
    @Option(name: .customLong("first-seen"), help: .option(.firstSeen)) var firstSeen: String?
    @Option(name: .long, help: .option(.boneAppearance)) var appearance: String?
    @Option(name: .customLong("limiting-pain"), help: .option(.limitingPain)) var limitingPain: String?
    @Option(name: .customLong("weight-bearing"), help: .option(.weightBearing)) var weightBearing: String?
    @Option(name: .customLong("critical-site"), help: .option(.criticalSite)) var criticalSite: String?
    @Option(name: .long, help: .option(.progressiveLesion)) var progressive: String?
    @Option(name: .customLong("soft-tissue-mass"), help: .option(.softTissueMass)) var softTissueMass: String?
    @Option(name: .long, help: .option(.boneFracture)) var fracture: String?
    @Option(name: .long, help: .option(.compression)) var compression: String?
    @Option(name: .customLong("found-on"), help: .option(.boneFoundOn)) var foundOn: String?
    @Option(name: .long, help: .option(.caseNote)) var note: String?

    /// `isNew`: then what matters is asked for on a terminal, and required.
    func formFields(isNew: Bool) -> [Form.Field] {
        [
            Form.Field("site", site, asks: isNew ? .bodySite : nil, isRequired: isNew),
            Form.Field("laterality", laterality, asks: isNew ? .laterality : nil), Form.Field("level", level),
            Form.Field("first-seen", firstSeen), Form.Field("appearance", appearance),
            Form.Field("limiting-pain", limitingPain), Form.Field("weight-bearing", weightBearing),
            Form.Field("critical-site", criticalSite), Form.Field("progressive", progressive),
            Form.Field("soft-tissue-mass", softTissueMass), Form.Field("fracture", fracture),
            Form.Field("compression", compression), Form.Field("found-on", foundOn), Form.Field("note", note),
        ]
    }

    /// The fields that were said, each whole: what was not said of one is as it was.
    ///
    /// * former: the lesion as it is; empty for a new one.
    /// - Throws: 65 for a value that is none.
    static func body(_ form: Form, over former: LesionBody, today: CivilDay) throws -> LesionBody {
        var body = LesionBody()
        if form.has("site", "laterality", "level") {
            var site = former.site
            if let words = form["site"] { site.site = Values.coded(words) }
            if let side = form["laterality"] { site.laterality = Values.coded(side) }
            if let level = form["level"] { site.level = level }
            body.site = site
        }
        if let date = form["first-seen"] {
            body.firstSeen = try Values.past(date, of: "first-seen", today: today).schema
        }
        if let note = form["note"] { body.note = Text(note) }
        if let bone = try bone(form, over: former.bone, today: today) { body.bone = bone }
        return body
    }

    /// What was found on a day stands for that day: a later finding says all that holds then.
    private static func bone(_ form: Form, over former: BoneLesion, today: CivilDay) throws -> BoneLesion? {
        var bone = former
        func answer(_ key: String) throws -> Answer? { try form[key].map { try Values.answer($0, of: key) } }
        if let text = form["appearance"] {
            let appearance: Vocabulary.BoneAppearance = try Values.choice(text, of: "appearance")
            bone.appearance = Vocabulary.coded(appearance)
        }
        if let answer = try answer("limiting-pain") { bone.limitingPain = answer }
        if let answer = try answer("weight-bearing") { bone.weightBearing = answer }
        if let answer = try answer("critical-site") { bone.criticalSite = answer }
        if let answer = try answer("progressive") { bone.progressive = answer }
        if let answer = try answer("soft-tissue-mass") { bone.softTissueMass = answer }
        if let answer = try answer("fracture") { bone.fracture = answer }
        if let answer = try answer("compression") { bone.compression = answer }
        guard bone != former || form.has("found-on") else { return nil }
        bone.date =
            try form["found-on"].map { try Values.past($0, of: "found-on", today: today) }?.schema
            ?? PartialDate(today).schema
        return bone
    }
}
