import NIOCore
import Schema
import SwiftProtobuf
import SyncProtocol

/// One connection of the control socket: length in 4 bytes, least significant first; a request; the same for the reply.
final class ControlHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let userID: UInt32
    private let requestMilliseconds: Int64
    private let answer: ControlSocket.Answer
    private var received = ByteBuffer()
    private var isAllowed = false
    private var deadline: Scheduled<Void>?
    private var answering: Task<Void, Never>?

    init(userID: UInt32, requestMilliseconds: Int64, answer: @escaping ControlSocket.Answer) {
        self.userID = userID
        self.requestMilliseconds = requestMilliseconds
        self.answer = answer
    }

    /// `struct ucred` of Linux.
    private struct Credentials: BitwiseCopyable, Sendable {
        var process: Int32 = 0
        var user: UInt32 = 0
        var group: UInt32 = 0
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: .milliseconds(requestMilliseconds)) {
            channel.close(mode: .all, promise: nil)
        }
        guard let options = channel as? any SocketOptionProvider else { return context.close(promise: nil) }
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let asked: EventLoopFuture<Credentials> = options.unsafeGetSocketOption(
            level: .socket,
            name: NIOBSDSocket.Option(rawValue: 17)  // SO_PEERCRED, asm-generic/socket.h
        )
        asked.whenComplete { result in
            guard case .success(let credentials) = result, credentials.user == me.value.userID else {
                return bound.value.close(promise: nil)
            }
            me.value.isAllowed = true
            me.value.answerWhenComplete(bound.value)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        received.writeBuffer(&buffer)
        guard received.readableBytes <= ControlRequest.bytesMaximum + 4 else {
            return context.close(promise: nil)
        }
        answerWhenComplete(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        answering?.cancel()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answerWhenComplete(_ context: ChannelHandlerContext) {
        guard isAllowed, answering == nil,
            let length = received.getInteger(at: received.readerIndex, endianness: .little, as: UInt32.self)
        else { return }
        guard length <= UInt32(ControlRequest.bytesMaximum) else { return context.close(promise: nil) }
        guard let bytes = received.getBytes(at: received.readerIndex + 4, length: Int(length)) else { return }
        deadline?.cancel()
        answering = Self.startAnswering(bytes, on: context.channel, within: requestMilliseconds, answer)
    }

    private static func startAnswering(
        _ request: [UInt8],
        on channel: any Channel,
        within milliseconds: Int64,
        _ answer: @escaping ControlSocket.Answer
    ) -> Task<Void, Never> {
        Task.detached {
            let reply = await Self.reply(to: request, answer)
            channel.eventLoop.execute {
                // Who does not take the answer does not keep it here.
                let late = channel.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) {
                    channel.close(mode: .all, promise: nil)
                }
                channel.writeAndFlush(reply).whenComplete { _ in
                    late.cancel()
                    channel.close(mode: .all, promise: nil)
                }
            }
        }
    }

    private static func reply(to bytes: [UInt8], _ answer: ControlSocket.Answer) async -> ByteBuffer {
        var encoded: [UInt8]
        do {
            encoded = try await answer(try WireControlRequest(serializedBytes: bytes)).serializedBytes()
            if encoded.count > ControlReply.bytesMaximum { encoded = refusal("The answer is too long.") }
        } catch {
            encoded = refusal("The request could not be read; update the older of the two programs.")
        }
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt32(encoded.count), endianness: .little)
        buffer.writeBytes(encoded)
        return buffer
    }

    /// Outcome 3 (not understood) and a sentence, encoded by hand where the encoder itself might be what failed:
    /// field 2, then field 3 of ControlReply.
    private static func refusal(_ sentence: String) -> [UInt8] {
        [0x10, 0x03, 0x1a, UInt8(sentence.utf8.count)] + Array(sentence.utf8)
    }
}
