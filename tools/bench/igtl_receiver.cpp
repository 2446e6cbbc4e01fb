#include "igtl_receiver.h"

#include <exception>

#include <igtlMessageHeader.h>
#include <igtlServerSocket.h>
#include <igtlTransformMessage.h>

namespace
{

constexpr unsigned long accept_timeout_ms = 200;

uint64_t stamp_of(igtl::MessageBase *message)
{
    unsigned int seconds = 0;
    unsigned int fraction = 0;
    message->GetTimeStamp(&seconds, &fraction);
    return static_cast<uint64_t>(seconds) << 32 | fraction;
}

/* False: the connection is over. */
bool receive_transform(igtl::Socket *socket, igtl::MessageHeader *header,
                       igtl_receiver_fn on_transform, void *context)
{
    igtl::TransformMessage::Pointer message = igtl::TransformMessage::New();
    message->SetMessageHeader(header);
    message->AllocatePack();
    if (socket->Receive(message->GetPackBodyPointer(), message->GetPackBodySize()) <= 0) {
        return false;
    }
    if ((message->Unpack(1) & igtl::MessageHeader::UNPACK_BODY) != 0) {
        igtl::Matrix4x4 matrix;
        message->GetMatrix(matrix);
        on_transform(context, stamp_of(message), &matrix[0][0]);
    }
    return true;
}

void serve_connection(igtl::Socket *socket, igtl_receiver_fn on_transform, void *context)
{
    for (;;) {
        igtl::MessageHeader::Pointer header = igtl::MessageHeader::New();
        header->InitPack();
        const int received = socket->Receive(header->GetPackPointer(), header->GetPackSize());
        if (received != header->GetPackSize()) {
            return;
        }
        header->Unpack(1);
        if (header->GetDeviceType() == std::string("TRANSFORM")) {
            if (!receive_transform(socket, header, on_transform, context)) {
                return;
            }
        } else if (socket->Skip(header->GetBodySizeToRead(), 0) <= 0) {
            return;
        }
    }
}

} // namespace

int igtl_receiver_serve(uint16_t port, igtl_receiver_fn on_transform, int (*is_over)(void *context),
                        void *context)
{
    try {
        igtl::ServerSocket::Pointer server = igtl::ServerSocket::New();
        if (server->CreateServer(port) < 0) {
            return -1;
        }
        while (is_over == nullptr || is_over(context) == 0) {
            igtl::Socket::Pointer socket =
                server->WaitForConnection(accept_timeout_ms).GetPointer();
            if (socket.IsNotNull()) {
                serve_connection(socket, on_transform, context);
                socket->CloseSocket();
            }
        }
        server->CloseSocket();
        return 0;
    } catch (const std::exception &) {
        return -1;
    } catch (...) {
        return -1;
    }
}
