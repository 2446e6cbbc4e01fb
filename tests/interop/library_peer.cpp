#include "library_peer.h"

#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include <igtlCapabilityMessage.h>
#include <igtlClientSocket.h>
#include <igtlImageMessage.h>
#include <igtlMessageHeader.h>
#include <igtlOSUtil.h>
#include <igtlPointMessage.h>
#include <igtlPolyDataMessage.h>
#include <igtlPositionMessage.h>
#include <igtlQuaternionTrackingDataMessage.h>
#include <igtlSensorMessage.h>
#include <igtlServerSocket.h>
#include <igtlStatusMessage.h>
#include <igtlStringMessage.h>
#include <igtlTimeStamp.h>
#include <igtlTrackingDataMessage.h>
#include <igtlTrajectoryMessage.h>
#include <igtlTransformMessage.h>

struct library_client {
    igtl::ClientSocket::Pointer socket;
};

namespace
{

constexpr unsigned long accept_timeout_ms = 10000;
constexpr int receive_timeout_ms = 2000;

template <typename Function> auto guarded(Function function, decltype(function()) otherwise)
{
    try {
        return function();
    } catch (const std::exception &) {
    } catch (...) {
    }
    return otherwise;
}

igtl::TimeStamp::Pointer stamp_of(uint64_t stamp_ns)
{
    igtl::TimeStamp::Pointer stamp = igtl::TimeStamp::New();
    stamp->SetTime(static_cast<igtlUint32>(stamp_ns / 1000000000U),
                   static_cast<igtlUint32>(stamp_ns % 1000000000U));
    return stamp;
}

void to_matrix(const float values[16], igtl::Matrix4x4 &matrix)
{
    std::memcpy(&matrix[0][0], values, sizeof(float) * 16);
}

int send_packed(igtl::Socket *socket, igtl::MessageBase *message)
{
    message->Pack();
    return socket->Send(message->GetPackPointer(), message->GetPackSize());
}

template <typename Message> int send_plain(igtl::Socket *socket)
{
    typename Message::Pointer message = Message::New();
    message->SetDeviceName("Library");
    return send_packed(socket, message);
}

template <typename Message> int send_plain_unnamed(igtl::Socket *socket)
{
    typename Message::Pointer message = Message::New();
    return send_packed(socket, message);
}

std::string text(const char *format, ...) __attribute__((format(printf, 1, 2)));

std::string text(const char *format, ...)
{
    char buffer[512];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(buffer, sizeof(buffer), format, arguments);
    va_end(arguments);
    return buffer;
}

std::string text_of(igtl::Matrix4x4 &m)
{
    std::string out;
    for (int i = 0; i < 16; ++i) {
        out += text(i == 0 ? "%.9g" : " %.9g", static_cast<double>(m[i / 4][i % 4]));
    }
    return out;
}

/* Receives the body into a message of the right class; false when the connection is over. */
template <typename Message>
bool take_body(igtl::Socket *socket, igtl::MessageHeader *header,
               typename Message::Pointer &message)
{
    message = Message::New();
    message->SetMessageHeader(header);
    message->AllocatePack();
    return message->GetPackBodySize() == 0 ||
           socket->Receive(message->GetPackBodyPointer(), message->GetPackBodySize()) ==
               message->GetPackBodySize();
}

/* As take_body, and unpacks with the checksum. "BAD" in the description when that fails. */
template <typename Message, typename Describe>
bool take(igtl::Socket *socket, igtl::MessageHeader *header, std::string &out, Describe describe)
{
    typename Message::Pointer message;
    if (!take_body<Message>(socket, header, message)) {
        return false;
    }
    const int unpacked = message->Unpack(1);
    out = (unpacked & igtl::MessageHeader::UNPACK_BODY) != 0 ? describe(message.GetPointer())
                                                             : std::string("BAD");
    return true;
}

bool take_tdata(igtl::Socket *socket, igtl::MessageHeader *header, std::string &out)
{
    return take<igtl::TrackingDataMessage>(
        socket, header, out, [](igtl::TrackingDataMessage *message) {
            std::string tools;
            for (int i = 0; i < message->GetNumberOfTrackingDataElements(); ++i) {
                igtl::TrackingDataElement::Pointer element;
                igtl::Matrix4x4 matrix;
                message->GetTrackingDataElement(i, element);
                element->GetMatrix(matrix);
                tools +=
                    text("%s[%d] ", element->GetName(), element->GetType()) + text_of(matrix) + ";";
            }
            return tools;
        });
}

bool take_qtdata(igtl::Socket *socket, igtl::MessageHeader *header, std::string &out)
{
    return take<igtl::QuaternionTrackingDataMessage>(
        socket, header, out, [](igtl::QuaternionTrackingDataMessage *message) {
            std::string tools;
            for (int i = 0; i < message->GetNumberOfQuaternionTrackingDataElements(); ++i) {
                igtl::QuaternionTrackingDataElement::Pointer element;
                float p[3];
                float q[4];
                message->GetQuaternionTrackingDataElement(i, element);
                element->GetPosition(p);
                element->GetQuaternion(q);
                tools += text("%s[%d] %g %g %g %g %g %g %g;", element->GetName(),
                              element->GetType(), p[0], p[1], p[2], q[0], q[1], q[2], q[3]);
            }
            return tools;
        });
}

bool take_point(igtl::Socket *socket, igtl::MessageHeader *header, std::string &out)
{
    return take<igtl::PointMessage>(socket, header, out, [](igtl::PointMessage *message) {
        std::string points;
        for (int i = 0; i < message->GetNumberOfPointElement(); ++i) {
            igtl::PointElement::Pointer element;
            igtlUint8 rgba[4];
            igtlFloat32 p[3];
            message->GetPointElement(i, element);
            element->GetRGBA(rgba);
            element->GetPosition(p);
            points += text("%s/%s %d,%d,%d,%d (%g %g %g) d%g %s;", element->GetName(),
                           element->GetGroupName(), rgba[0], rgba[1], rgba[2], rgba[3], p[0], p[1],
                           p[2], element->GetRadius(), element->GetOwner());
        }
        return points;
    });
}

bool take_trajectory(igtl::Socket *socket, igtl::MessageHeader *header, std::string &out)
{
    return take<igtl::TrajectoryMessage>(socket, header, out, [](igtl::TrajectoryMessage *message) {
        std::string all;
        for (int i = 0; i < message->GetNumberOfTrajectoryElement(); ++i) {
            igtl::TrajectoryElement::Pointer element;
            igtlFloat32 entry[3];
            igtlFloat32 target[3];
            message->GetTrajectoryElement(i, element);
            element->GetEntryPosition(entry);
            element->GetTargetPosition(target);
            all += text("%s/%s[%d] (%g %g %g)-(%g %g %g) %s;", element->GetName(),
                        element->GetGroupName(), element->GetType(), entry[0], entry[1], entry[2],
                        target[0], target[1], target[2], element->GetOwner());
        }
        return all;
    });
}

bool take_capability(igtl::Socket *socket, igtl::MessageHeader *header, std::string &out)
{
    return take<igtl::CapabilityMessage>(socket, header, out, [](igtl::CapabilityMessage *message) {
        std::string types;
        for (int i = 0; i < message->GetNumberOfTypes(); ++i) {
            types += std::string(message->GetType(i)) + ";";
        }
        return types;
    });
}

bool take_sensor(igtl::Socket *socket, igtl::MessageHeader *header, std::string &out)
{
    return take<igtl::SensorMessage>(socket, header, out, [](igtl::SensorMessage *message) {
        std::string values;
        for (unsigned int i = 0; i < message->GetLength(); ++i) {
            values += text("%.17g;", message->GetValue(i));
        }
        return values;
    });
}

bool take_transform(igtl::Socket *socket, igtl::MessageHeader *header, std::string &out)
{
    return take<igtl::TransformMessage>(socket, header, out, [](igtl::TransformMessage *message) {
        igtl::Matrix4x4 matrix;
        message->GetMatrix(matrix);
        return text_of(matrix);
    });
}

bool take_position(igtl::Socket *socket, igtl::MessageHeader *header, std::string &out)
{
    return take<igtl::PositionMessage>(socket, header, out, [](igtl::PositionMessage *message) {
        float p[3];
        float q[4];
        message->GetPosition(p);
        message->GetQuaternion(q);
        return text("%g %g %g %g %g %g %g", p[0], p[1], p[2], q[0], q[1], q[2], q[3]);
    });
}

bool take_status(igtl::Socket *socket, igtl::MessageHeader *header, std::string &out)
{
    return take<igtl::StatusMessage>(socket, header, out, [](igtl::StatusMessage *message) {
        return text("%d %lld %s '%s'", message->GetCode(),
                    static_cast<long long>(message->GetSubCode()), message->GetErrorName(),
                    message->GetStatusString());
    });
}

bool take_string(igtl::Socket *socket, igtl::MessageHeader *header, std::string &out)
{
    return take<igtl::StringMessage>(socket, header, out, [](igtl::StringMessage *message) {
        return text("%d %s", message->GetEncoding(), message->GetString());
    });
}

bool take_polydata(igtl::Socket *socket, igtl::MessageHeader *header, std::string &out)
{
    return take<igtl::PolyDataMessage>(socket, header, out, [](igtl::PolyDataMessage *message) {
        return text("%d points, %d polygons", message->GetPoints()->GetNumberOfPoints(),
                    message->GetPolygons()->GetNumberOfCells());
    });
}

struct taker {
    const char *type;
    bool (*take)(igtl::Socket *socket, igtl::MessageHeader *header, std::string &out);
};

const taker takers[] = {
    {"TRANSFORM", take_transform}, {"TDATA", take_tdata},       {"QTDATA", take_qtdata},
    {"POSITION", take_position},   {"STATUS", take_status},     {"STRING", take_string},
    {"POINT", take_point},         {"TRAJ", take_trajectory},   {"CAPABILITY", take_capability},
    {"SENSOR", take_sensor},       {"POLYDATA", take_polydata},
};

bool take_message(igtl::Socket *socket, igtl::MessageHeader *header, std::string &out)
{
    for (const taker &one : takers) {
        if (std::strcmp(header->GetDeviceType(), one.type) == 0) {
            return one.take(socket, header, out);
        }
    }
    out = "skipped";
    return header->GetBodySizeToRead() == 0 ||
           socket->Skip(header->GetBodySizeToRead(), 0) == header->GetBodySizeToRead();
}

/* The next header; null when the connection is over. */
igtl::MessageHeader::Pointer next_header(igtl::Socket *socket)
{
    igtl::MessageHeader::Pointer header = igtl::MessageHeader::New();
    header->InitPack();
    if (socket->Receive(header->GetPackPointer(), header->GetPackSize()) != header->GetPackSize()) {
        return nullptr;
    }
    header->Unpack(1);
    return header;
}

/* At most `count` messages; returns how many. */
int serve(igtl::Socket *socket, library_message_fn on_message, void *context, int count)
{
    int taken = 0;
    for (; taken < count; ++taken) {
        igtl::MessageHeader::Pointer header = next_header(socket);
        if (header.IsNull()) {
            break;
        }
        /* The library's header loses its names when the body is received: keep them. */
        const std::string type = header->GetDeviceType();
        const std::string device = header->GetDeviceName();
        unsigned int seconds = 0;
        unsigned int fraction = 0;
        header->GetTimeStamp(&seconds, &fraction);
        std::string description;
        if (!take_message(socket, header, description)) {
            break;
        }
        on_message(context, type.c_str(), device.c_str(),
                   static_cast<uint64_t>(seconds) << 32 | fraction, description.c_str());
    }
    return taken;
}

/* Listens and waits for one connection. */
int accept_one(int port, igtl::ServerSocket::Pointer &server, igtl::Socket::Pointer &socket)
{
    server = igtl::ServerSocket::New();
    if (server->CreateServer(port) < 0) {
        return -1;
    }
    socket = server->WaitForConnection(accept_timeout_ms).GetPointer();
    return socket.IsNotNull() ? 0 : -2;
}

bool wait_for_stream_start(igtl::Socket *socket)
{
    for (igtl::MessageHeader::Pointer header = next_header(socket); header.IsNotNull();
         header = next_header(socket)) {
        if (std::strcmp(header->GetDeviceType(), "STT_TDATA") == 0) {
            return true;
        }
        if (header->GetBodySizeToRead() > 0) {
            socket->Skip(header->GetBodySizeToRead(), 0);
        }
    }
    return false;
}

int stream_tdata(igtl::Socket *socket, int frame)
{
    igtl::TrackingDataMessage::Pointer message = igtl::TrackingDataMessage::New();
    message->SetDeviceName("Library");
    igtl::TimeStamp::Pointer now = igtl::TimeStamp::New();
    now->GetTime();
    message->SetTimeStamp(now);
    const char *const names[] = {"ReferenceToTracker", "StylusToTracker"};
    for (int i = 0; i < 2; ++i) {
        igtl::TrackingDataElement::Pointer element = igtl::TrackingDataElement::New();
        igtl::Matrix4x4 matrix;
        igtl::IdentityMatrix(matrix);
        matrix[0][3] = i == 0 ? 1.0F : static_cast<float>(frame);
        matrix[1][3] = 20.0F;
        matrix[2][3] = 30.0F;
        element->SetName(names[i]);
        element->SetType(igtl::TrackingDataElement::TYPE_6D);
        element->SetMatrix(matrix);
        message->AddTrackingDataElement(element);
    }
    return send_packed(socket, message);
}

int stream_transforms(igtl::Socket *socket, int frame)
{
    igtl::TimeStamp::Pointer now = igtl::TimeStamp::New();
    now->GetTime();
    const char *const names[] = {"ReferenceToTracker", "StylusToTracker"};
    for (int i = 0; i < 2; ++i) {
        igtl::TransformMessage::Pointer message = igtl::TransformMessage::New();
        igtl::Matrix4x4 matrix;
        igtl::IdentityMatrix(matrix);
        matrix[0][3] = i == 0 ? 1.0F : static_cast<float>(frame);
        matrix[1][3] = 20.0F;
        matrix[2][3] = 30.0F;
        message->SetDeviceName(names[i]);
        message->SetTimeStamp(now);
        message->SetMatrix(matrix);
        if (send_packed(socket, message) == 0) {
            return 0;
        }
    }
    return 1;
}

int send_image(igtl::Socket *socket, int size)
{
    igtl::ImageMessage::Pointer message = igtl::ImageMessage::New();
    int dimensions[3] = {size, size, 1};
    int offset[3] = {0, 0, 0};
    float spacing[3] = {1, 1, 1};
    message->SetDeviceName("Image");
    message->SetDimensions(dimensions);
    message->SetSpacing(spacing);
    message->SetScalarTypeToUint8();
    message->SetSubVolume(dimensions, offset);
    message->AllocateScalars();
    std::memset(message->GetScalarPointer(), 7, static_cast<size_t>(message->GetImageSize()));
    return send_packed(socket, message);
}

int send_words(igtl::Socket *socket)
{
    igtl::StatusMessage::Pointer status = igtl::StatusMessage::New();
    status->SetDeviceName("Library");
    status->SetCode(igtl::StatusMessage::STATUS_OK);
    status->SetSubCode(7);
    status->SetErrorName("OK!");
    status->SetStatusString("all is well");
    igtl::StringMessage::Pointer string = igtl::StringMessage::New();
    string->SetDeviceName("Library");
    string->SetString("a word");
    igtl::CapabilityMessage::Pointer capability = igtl::CapabilityMessage::New();
    capability->SetDeviceName("Library");
    std::vector<std::string> types = {"TRANSFORM", "TDATA"};
    capability->SetTypes(types);
    return send_packed(socket, status) != 0 && send_packed(socket, string) != 0 &&
           send_packed(socket, capability) != 0;
}

int send_lists(igtl::Socket *socket)
{
    igtl::PointMessage::Pointer points = igtl::PointMessage::New();
    igtl::PointElement::Pointer point = igtl::PointElement::New();
    point->SetName("P");
    point->SetGroupName("G");
    point->SetRGBA(1, 2, 3, 4);
    point->SetPosition(1, 2, 3);
    point->SetRadius(4);
    point->SetOwner("Library");
    points->SetDeviceName("Library");
    points->AddPointElement(point);
    igtl::TrajectoryMessage::Pointer trajectories = igtl::TrajectoryMessage::New();
    igtl::TrajectoryElement::Pointer trajectory = igtl::TrajectoryElement::New();
    trajectory->SetName("T");
    trajectory->SetGroupName("G");
    trajectory->SetType(igtl::TrajectoryElement::TYPE_ENTRY_TARGET);
    trajectory->SetRGBA(1, 2, 3, 4);
    trajectory->SetEntryPosition(1, 2, 3);
    trajectory->SetTargetPosition(4, 5, 6);
    trajectory->SetRadius(1);
    trajectory->SetOwner("Library");
    trajectories->SetDeviceName("Library");
    trajectories->AddTrajectoryElement(trajectory);
    igtl::SensorMessage::Pointer sensor = igtl::SensorMessage::New();
    sensor->SetDeviceName("Library");
    sensor->SetLength(3);
    igtl::QuaternionTrackingDataMessage::Pointer quaternions =
        igtl::QuaternionTrackingDataMessage::New();
    igtl::QuaternionTrackingDataElement::Pointer element =
        igtl::QuaternionTrackingDataElement::New();
    element->SetName("Unknown");
    element->SetType(igtl::QuaternionTrackingDataElement::TYPE_6D);
    element->SetPosition(1, 2, 3);
    element->SetQuaternion(0, 0, 0, 1);
    quaternions->SetDeviceName("Library");
    quaternions->AddQuaternionTrackingDataElement(element);
    return send_packed(socket, points) != 0 && send_packed(socket, trajectories) != 0 &&
           send_packed(socket, sensor) != 0 && send_packed(socket, quaternions) != 0;
}

} // namespace

library_client *library_client_connect(const char *host, int port)
{
    return guarded(
        [&]() -> library_client * {
            library_client *client = new library_client;
            client->socket = igtl::ClientSocket::New();
            if (client->socket->ConnectToServer(host, port) != 0) {
                delete client;
                return nullptr;
            }
            return client;
        },
        nullptr);
}

void library_client_close(library_client *client)
{
    if (client != nullptr) {
        client->socket->CloseSocket();
        delete client;
    }
}

int library_send_transform(library_client *client, const char *device, const float matrix[16],
                           uint64_t stamp_ns)
{
    return guarded(
        [&]() {
            igtl::TransformMessage::Pointer message = igtl::TransformMessage::New();
            igtl::Matrix4x4 values;
            to_matrix(matrix, values);
            igtl::TimeStamp::Pointer stamp = stamp_of(stamp_ns);
            message->SetDeviceName(device);
            message->SetTimeStamp(stamp);
            message->SetMatrix(values);
            return send_packed(client->socket, message);
        },
        0);
}

int library_send_tdata(library_client *client, const library_tool *tools, size_t count,
                       uint64_t stamp_ns)
{
    return guarded(
        [&]() {
            igtl::TrackingDataMessage::Pointer message = igtl::TrackingDataMessage::New();
            igtl::TimeStamp::Pointer stamp = stamp_of(stamp_ns);
            message->SetDeviceName("Library");
            message->SetTimeStamp(stamp);
            for (size_t i = 0; i < count; ++i) {
                igtl::TrackingDataElement::Pointer element = igtl::TrackingDataElement::New();
                igtl::Matrix4x4 values;
                to_matrix(tools[i].matrix, values);
                element->SetName(tools[i].name);
                element->SetType(igtl::TrackingDataElement::TYPE_6D);
                element->SetMatrix(values);
                message->AddTrackingDataElement(element);
            }
            return send_packed(client->socket, message);
        },
        0);
}

int library_send_position(library_client *client, const char *device, const float t_mm[3],
                          const float q[4], uint64_t stamp_ns)
{
    return guarded(
        [&]() {
            igtl::PositionMessage::Pointer message = igtl::PositionMessage::New();
            igtl::TimeStamp::Pointer stamp = stamp_of(stamp_ns);
            message->SetDeviceName(device);
            message->SetTimeStamp(stamp);
            message->SetPackType(igtl::PositionMessage::ALL);
            message->SetPosition(t_mm[0], t_mm[1], t_mm[2]);
            message->SetQuaternion(q[0], q[1], q[2], q[3]);
            return send_packed(client->socket, message);
        },
        0);
}

int library_send_everything_else(library_client *client, int image_size)
{
    return guarded(
        [&]() {
            igtl::Socket *socket = client->socket;
            const bool sent = send_words(socket) != 0 && send_lists(socket) != 0 &&
                              send_image(socket, image_size) != 0 &&
                              send_plain<igtl::GetStatusMessage>(socket) != 0 &&
                              send_plain<igtl::GetCapabilityMessage>(socket) != 0 &&
                              send_plain<igtl::StopTrackingDataMessage>(socket) != 0;
            return sent ? 11 : 0;
        },
        0);
}

int library_client_ask(library_client *client, const char *type)
{
    return guarded(
        [&]() {
            igtl::Socket *socket = client->socket;
            if (std::strcmp(type, "STT_TDATA") == 0) {
                igtl::StartTrackingDataMessage::Pointer message =
                    igtl::StartTrackingDataMessage::New();
                message->SetDeviceName("Library");
                message->SetResolution(50);
                message->SetCoordinateName("Patient");
                return send_packed(socket, message);
            }
            static const struct {
                const char *type;
                int (*send)(igtl::Socket *socket);
            } plain[] = {
                {"STP_TDATA", send_plain<igtl::StopTrackingDataMessage>},
                {"GET_STATUS", send_plain<igtl::GetStatusMessage>},
                {"GET_CAPABIL", send_plain<igtl::GetCapabilityMessage>},
                {"GET_POINT", send_plain_unnamed<igtl::GetPointMessage>},
                {"GET_TRAJ", send_plain_unnamed<igtl::GetTrajectoryMessage>},
                {"GET_POLYDATA", send_plain_unnamed<igtl::GetPolyDataMessage>},
            };
            for (const auto &one : plain) {
                if (std::strcmp(type, one.type) == 0) {
                    return one.send(socket);
                }
            }
            return 0;
        },
        0);
}

int library_client_take(library_client *client, int count, library_message_fn on_message,
                        void *context)
{
    return guarded(
        [&]() {
            client->socket->SetReceiveTimeout(receive_timeout_ms);
            return serve(client->socket, on_message, context, count);
        },
        0);
}

int library_serve_one(int port, library_message_fn on_message, void *context)
{
    return guarded(
        [&]() {
            igtl::ServerSocket::Pointer server;
            igtl::Socket::Pointer socket;
            const int accepted = accept_one(port, server, socket);
            if (accepted == 0) {
                serve(socket, on_message, context, INT_MAX);
                socket->CloseSocket();
            }
            server->CloseSocket();
            return accepted;
        },
        -1);
}

int library_stream_one(int port, int count, double hz, int tdata)
{
    return guarded(
        [&]() {
            igtl::ServerSocket::Pointer server;
            igtl::Socket::Pointer socket;
            const int accepted = accept_one(port, server, socket);
            if (accepted != 0) {
                return accepted;
            }
            int result = tdata != 0 && !wait_for_stream_start(socket) ? -3 : 0;
            for (int i = 0; result == 0 && i < count; ++i) {
                const int sent =
                    tdata != 0 ? stream_tdata(socket, i) : stream_transforms(socket, i);
                if (sent == 0) {
                    break;
                }
                igtl::Sleep(static_cast<int>(1000.0 / hz));
            }
            socket->CloseSocket();
            server->CloseSocket();
            return result;
        },
        -1);
}

int library_client_take_pictures(library_client *client, int count, library_picture_fn on_picture,
                                 void *context)
{
    return guarded(
        [&]() {
            igtl::Socket *socket = client->socket;
            socket->SetReceiveTimeout(receive_timeout_ms);
            int taken = 0;
            while (taken < count) {
                igtl::MessageHeader::Pointer header = igtl::MessageHeader::New();
                header->InitPack();
                if (socket->Receive(header->GetPackPointer(), header->GetPackSize()) !=
                    header->GetPackSize()) {
                    break;
                }
                header->Unpack();
                if (std::strcmp(header->GetDeviceType(), "IMAGE") != 0) {
                    socket->Skip(header->GetBodySizeToRead(), 0);
                    continue;
                }
                igtl::ImageMessage::Pointer image;
                if (!take_body<igtl::ImageMessage>(socket, header, image) ||
                    (image->Unpack(1) & igtl::MessageHeader::UNPACK_BODY) == 0) {
                    break;
                }
                igtl::TimeStamp::Pointer stamp = igtl::TimeStamp::New();
                image->GetTimeStamp(stamp);
                library_picture picture = {};
                picture.device = image->GetDeviceName();
                picture.stamp = stamp->GetTimeStampUint64();
                image->GetDimensions(picture.size);
                picture.components = image->GetNumComponents();
                picture.scalar = image->GetScalarType();
                picture.pixels = static_cast<const unsigned char *>(image->GetScalarPointer());
                on_picture(context, &picture);
                ++taken;
            }
            return taken;
        },
        0);
}

int library_send_pictures_one(int port, int count, double hz, int width, int height,
                              uint64_t first_ns)
{
    return guarded(
        [&]() {
            igtl::ServerSocket::Pointer server;
            igtl::Socket::Pointer socket;
            const int accepted = accept_one(port, server, socket);
            for (int k = 0; accepted == 0 && k < count; ++k) {
                igtl::ImageMessage::Pointer message = igtl::ImageMessage::New();
                int dimensions[3] = {width, height, 1};
                int offset[3] = {0, 0, 0};
                message->SetDeviceName("Microscope");
                message->SetDimensions(dimensions);
                message->SetSpacing(1, 1, 1);
                message->SetScalarTypeToUint8();
                message->SetNumComponents(3);
                message->SetSubVolume(dimensions, offset);
                message->AllocateScalars();
                igtl::TimeStamp::Pointer stamp =
                    stamp_of(first_ns + 1000000U * static_cast<uint64_t>(k));
                message->SetTimeStamp(stamp);
                auto *pixel = static_cast<unsigned char *>(message->GetScalarPointer());
                for (int y = 0; y < height; ++y) {
                    for (int x = 0; x < width; ++x) {
                        *pixel++ = static_cast<unsigned char>(k);
                        *pixel++ = static_cast<unsigned char>(x);
                        *pixel++ = static_cast<unsigned char>(y);
                    }
                }
                if (send_packed(socket, message) == 0) {
                    break;
                }
                igtl::Sleep(static_cast<int>(1000.0 / hz));
            }
            server->CloseSocket();
            return accepted;
        },
        -1);
}
