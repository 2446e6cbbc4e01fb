/* The distribution's libOpenIGTLink as a peer, through its C++ API, behind C. No exception leaves
 * it. What the library decodes is described in text, so that a test compares it with what was
 * meant. Thread: one. */
#ifndef LIBRARY_PEER_H
#define LIBRARY_PEER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct library_client;

/* NULL when it cannot connect. */
struct library_client *library_client_connect(const char *host, int port);
void library_client_close(struct library_client *client); /* NULL is legal */

struct library_tool {
    const char *name;
    float matrix[16]; /* row-major */
};

/* Each packs a message with the library's class and sends it; 0 on failure. `stamp_ns`: UTC. */
int library_send_transform(struct library_client *client, const char *device,
                           const float matrix[16], uint64_t stamp_ns);
int library_send_tdata(struct library_client *client, const struct library_tool *tools,
                       size_t count, uint64_t stamp_ns);
int library_send_position(struct library_client *client, const char *device, const float t_mm[3],
                          const float q[4], uint64_t stamp_ns);

/* One of every other type that the library has: STATUS, STRING, CAPABILITY, POINT, TRAJ, SENSOR,
 * QTDATA, IMAGE (`size` x `size`), and requests. Returns how many were sent, 0 on failure. */
int library_send_everything_else(struct library_client *client, int image_size);

/* Called with every message: its type, device, stamp (32.32) and what the library decoded. */
typedef void (*library_message_fn)(void *context, const char *type, const char *device,
                                   uint64_t stamp, const char *description);

/* Asks with the library's own message: STT_TDATA (50 ms), STP_TDATA, GET_STATUS, GET_CAPABIL,
 * GET_POINT, GET_TRAJ, GET_POLYDATA. 0 on failure or for another type. */
int library_client_ask(struct library_client *client, const char *type);

/* Takes `count` messages with the documented receive loop; gives up when 2 s bring nothing.
 * Returns how many came. */
int library_client_take(struct library_client *client, int count, library_message_fn on_message,
                        void *context);

/* Takes one connection on the port with the library's server socket and its documented receive
 * loop, until the peer closes it. 0 = served, -1 = cannot listen, -2 = nobody came in 10 s. */
int library_serve_one(int port, library_message_fn on_message, void *context);

/* Takes one connection and sends it `count` frames at `hz` of two TRANSFORM poses each: reference
 * at rest, stylus at (k, 20, 30) for frame k. With `tdata` it waits for STT_TDATA first and sends
 * TDATA. 0 = done, negative as above, -3 = no STT_TDATA came. */
int library_stream_one(int port, int count, double hz, int tdata);

/* A picture of the library's ImageMessage. */
struct library_picture {
    const char *device;
    uint64_t stamp; /* 32.32 */
    int size[3];
    int components, scalar; /* the library's codes */
    const unsigned char *pixels;
};
typedef void (*library_picture_fn)(void *context, const struct library_picture *picture);

/* Takes `count` IMAGEs from a server. Returns how many came and were unpacked. */
int library_client_take_pictures(struct library_client *client, int count,
                                 library_picture_fn on_picture, void *context);

/* Takes one connection and sends it `count` RGB pictures of width x height at `hz`: number k has
 * (k, x, y) in every pixel and the stamp first_ns + k ms. 0 = done, negative as library_serve_one.
 */
int library_send_pictures_one(int port, int count, double hz, int width, int height,
                              uint64_t first_ns);

#ifdef __cplusplus
}
#endif

#endif
