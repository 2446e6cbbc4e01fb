#include "igtl_ingest.h"

#include <exception>
#include <string>

#include <igtlImageMessage.h>
#include <igtlMessageHeader.h>
#include <igtlServerSocket.h>
#include <igtlTrackingDataMessage.h>
#include <igtlTransformMessage.h>
#include <igtl_util.h>

namespace
{

constexpr unsigned long accept_timeout_ms = 5000;

/* A message's body into a new message object, unpacked with its checksum checked; null when the
 * connection is over. */
template <class Message>
typename Message::Pointer receive_body(igtl::Socket *socket, igtl::MessageHeader *header,
                                       bool *out_good)
{
    typename Message::Pointer message = Message::New();
    message->SetMessageHeader(header);
    message->AllocatePack();
    if (socket->Receive(message->GetPackBodyPointer(), message->GetPackBodySize()) <= 0) {
        return nullptr;
    }
    *out_good = (message->Unpack(1) & igtl::MessageHeader::UNPACK_BODY) != 0;
    return message;
}

bool take_transform(igtl::Socket *socket, igtl::MessageHeader *header, igtl_ingest_result *result)
{
    bool good = false;
    const auto message = receive_body<igtl::TransformMessage>(socket, header, &good);
    if (message.IsNull()) {
        return false;
    }
    if (good) {
        igtl::Matrix4x4 matrix;
        message->GetMatrix(matrix);
        result->sum += matrix[0][3];
        ++result->messages;
    }
    return true;
}

bool take_tdata(igtl::Socket *socket, igtl::MessageHeader *header, igtl_ingest_result *result)
{
    bool good = false;
    const auto message = receive_body<igtl::TrackingDataMessage>(socket, header, &good);
    if (message.IsNull()) {
        return false;
    }
    if (good) {
        for (int i = 0; i < message->GetNumberOfTrackingDataElements(); ++i) {
            igtl::TrackingDataElement::Pointer element;
            igtl::Matrix4x4 matrix;
            message->GetTrackingDataElement(i, element);
            element->GetMatrix(matrix);
            result->sum += matrix[0][3];
        }
        ++result->messages;
    }
    return true;
}

bool take_image(igtl::Socket *socket, igtl::MessageHeader *header, igtl_ingest_result *result)
{
    bool good = false;
    const auto message = receive_body<igtl::ImageMessage>(socket, header, &good);
    if (message.IsNull()) {
        return false;
    }
    if (good) {
        int size[3];
        message->GetDimensions(size);
        result->sum += size[0] + static_cast<unsigned char *>(message->GetScalarPointer())[0];
        ++result->messages;
    }
    return true;
}

void serve_connection(igtl::Socket *socket, igtl_ingest_result *result)
{
    for (bool open = true; open;) {
        igtl::MessageHeader::Pointer header = igtl::MessageHeader::New();
        header->InitPack();
        if (socket->Receive(header->GetPackPointer(), header->GetPackSize()) !=
            header->GetPackSize()) {
            return;
        }
        header->Unpack(1);
        const std::string type = header->GetDeviceType();
        if (type == "TRANSFORM") {
            open = take_transform(socket, header, result);
        } else if (type == "TDATA") {
            open = take_tdata(socket, header, result);
        } else if (type == "IMAGE") {
            open = take_image(socket, header, result);
        } else {
            open = socket->Skip(header->GetBodySizeToRead(), 0) > 0;
        }
    }
}

} // namespace

int igtl_ingest_serve(uint16_t port, int64_t (*now_ns)(void), int64_t (*cpu_ns)(void),
                      struct igtl_ingest_result *out_result)
{
    try {
        igtl::ServerSocket::Pointer server = igtl::ServerSocket::New();
        if (server->CreateServer(port) < 0) {
            return -1;
        }
        igtl::Socket::Pointer socket = server->WaitForConnection(accept_timeout_ms).GetPointer();
        if (socket.IsNull()) {
            return -1;
        }
        *out_result = igtl_ingest_result();
        out_result->started_ns = now_ns();
        out_result->started_cpu_ns = cpu_ns();
        serve_connection(socket, out_result);
        socket->CloseSocket();
        server->CloseSocket();
        return 0;
    } catch (const std::exception &) {
        return -1;
    } catch (...) {
        return -1;
    }
}

uint64_t igtl_ingest_crc64(const uint8_t *bytes, size_t size)
{
    return crc64(const_cast<uint8_t *>(bytes), size, 0);
}
