import NIOCore

/// One connection of the metrics endpoint: reads a request's head, answers, closes.
final class MetricsHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let requestMilliseconds: Int64
    private let samples: @Sendable () async -> [MetricSample]
    private var received: [UInt8] = []
    /// How much of it the end of the head does not begin in.
    private var searched = 0
    private var deadline: Scheduled<Void>?
    private var isAnswered = false

    init(requestMilliseconds: Int64, samples: @escaping @Sendable () async -> [MetricSample]) {
        self.requestMilliseconds = requestMilliseconds
        self.samples = samples
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        // Covers the answer as well: a reader that does not read is closed too.
        deadline = context.eventLoop.scheduleTask(in: .milliseconds(requestMilliseconds)) {
            channel.close(mode: .all, promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isAnswered else { return }
        received.append(contentsOf: unwrapInboundIn(data).readableBytesView)
        if let line = requestLine() {
            answer(line, context)
        } else if received.count > MetricsEndpoint.requestBytesMaximum {
            respond(431, "Request Header Fields Too Large", "The request is too long.\n", context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) { deadline?.cancel() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// The first line, once the head is complete and short enough; nil until then.
    ///
    /// - Complexity: In what came since the last time.
    private func requestLine() -> String? {
        let end = Array("\r\n\r\n".utf8)
        guard received.count >= searched + end.count, received.count <= MetricsEndpoint.requestBytesMaximum else {
            return nil
        }
        let places = searched...received.count - end.count
        guard places.contains(where: { received[$0...].starts(with: end) }) else {
            searched = places.upperBound + 1
            return nil
        }
        return String(decoding: received.prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
    }

    private func answer(_ line: String, _ context: ChannelHandlerContext) {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2].hasPrefix("HTTP/1.") else {
            return respond(400, "Bad Request", "This is not an HTTP/1.1 request.\n", context)
        }
        guard parts[0] == "GET" else {
            return respond(405, "Method Not Allowed", "Only GET is answered.\n", context, header: "Allow: GET\r\n")
        }
        switch parts[1].prefix(while: { $0 != "?" }) {
        case "/metrics":
            isAnswered = true
            let asked = samples
            let me = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
            context.eventLoop.makeFutureWithTask { PrometheusText.rendered(await asked()) }.whenSuccess { text in
                let (handler, context) = me.value
                handler.respond(200, "OK", text, context, type: PrometheusText.contentType)
            }
        case "/healthz": respond(200, "OK", "ok\n", context)
        default: respond(404, "Not Found", "There are /metrics and /healthz.\n", context)
        }
    }

    private func respond(
        _ status: Int,
        _ reason: String,
        _ body: String,
        _ context: ChannelHandlerContext,
        type: String = "text/plain; charset=utf-8",
        header: String = ""
    ) {
        isAnswered = true
        received = []
        let head =
            "HTTP/1.1 \(status) \(reason)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\(header)"
            + "Connection: close\r\n\r\n"
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: head + body)))
            .whenComplete { _ in channel.close(mode: .all, promise: nil) }
    }
}
