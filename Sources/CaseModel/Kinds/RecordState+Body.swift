package import SwiftProtobuf

/// The fields of a record as the message of its kind.
package struct DecodedBody<Body: Message> {
    package var body: Body
    /// Fields whose bytes are not what the kind says; left out of ``body`` and listed as findings. Ascending.
    package var unreadableFields: [UInt32]
}

extension DecodedBody: Sendable where Body: Sendable {}

extension RecordState {
    /// What rules, schedules and totals may use: the fields with one settled value. A field in conflict, pending or
    /// obscured is absent, which reads as unknown.
    package func settledBody<Body: Message>(_ type: Body.Type = Body.self) -> DecodedBody<Body> {
        body(of: fields.map { ($0.field, $0.settled) })
    }

    /// What people are shown: the settled value, and in a conflict the cautious one. Mark every field for which
    /// ``FieldState/settled`` is nil as provisional.
    package func displayedBody<Body: Message>(_ type: Body.Type = Body.self) -> DecodedBody<Body> {
        body(of: fields.map { ($0.field, displayed($0)?.content) })
    }

    /// One candidate of one field as the message of its kind, for showing the sides of a conflict.
    package func body<Body: Message>(of candidate: Candidate, as type: Body.Type = Body.self) -> DecodedBody<Body> {
        body(of: [(0, candidate.content)])
    }

    /// What a field ever said, in the order of changes: what it says now, what it said before, every side of a conflict.
    package func history<Body: Message>(of field: UInt32, as type: Body.Type = Body.self) -> [Body] {
        changes.flatMap(\.fields).filter { $0.field == field }.map { change in
            let decoded: DecodedBody<Body> = body(of: [(field, change.content)])
            return decoded.body
        }
    }

    /// The link in a field, when it is settled.
    package func settledLink(_ field: UInt32) -> RecordID? {
        guard case .link(let record) = self[field]?.settled else { return nil }
        return record
    }

    /// The link in a field as it is shown: settled or not.
    package func displayedLink(_ field: UInt32) -> RecordID? {
        guard case .link(let record)? = self[field].flatMap(displayed)?.content else { return nil }
        return record
    }

    private func body<Body: Message>(of contents: [(field: UInt32, content: FieldContent?)]) -> DecodedBody<Body> {
        let readable = contents.compactMap { item -> (field: UInt32, bytes: [UInt8])? in
            guard case .bytes(let bytes) = item.content else { return nil }
            return (item.field, bytes)
        }
        do throws(RecordError) {
            return DecodedBody(body: try Body(encodedBytes: readable.flatMap(\.bytes)), unreadableFields: [])
        } catch {
            // One field is not what its kind says: find it, and keep the others.
            var good: [UInt8] = []
            var body = Body()
            var unreadable: [UInt32] = []
            for part in readable {
                do throws(RecordError) {
                    body = try Body(encodedBytes: good + part.bytes)
                    good += part.bytes
                } catch {
                    unreadable.append(part.field)
                }
            }
            return DecodedBody(body: body, unreadableFields: unreadable)
        }
    }
}
