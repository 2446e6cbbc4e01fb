/* A core of its own for each test, and a peer that can misbehave.
 *
 * The messages are packed here and not by the project's own code, so that a mistake shared by
 * sender and receiver cannot hide. */
#ifndef FAULT_SUPPORT_H
#define FAULT_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "nav/scene.h"
#include "nav/scene_channel.h"
#include "nav/time.h"
#include "test_data.h"

enum {
    FAULT_PATH_SIZE = 256,
    FAULT_ARGUMENTS_MAX = 16,
    FAULT_MESSAGE_MAX = 70000,
    FAULT_TRANSFORM_SIZE = 106 /* a whole TRANSFORM of header version 1 */
};

struct fault_core {
    pid_t pid;
    uint16_t port;
    char instance[32];
    char folder[FAULT_PATH_SIZE];
    char log[FAULT_PATH_SIZE]; /* the core's standard error */
    struct nav_scene_reader *reader;
};

struct fault_options {
    const char *limits;     /* YAML lines "  key: value\n" for the case's limits, or NULL */
    const char *listeners;  /* YAML flow list of the case's listeners (port 0), or NULL for
                               --listen 127.0.0.1:0 */
    const char *connectors; /* YAML flow list of the case's connectors, or NULL */
    const char *displays;   /* YAML flow list of the case's displays, or NULL */
    const char *case_path;  /* another case than the built-in one, or NULL */
    const char *arguments[FAULT_ARGUMENTS_MAX]; /* further ones for `osteonav run` */
    const char *record;                         /* folder for its session; NULL: --no-record */
    bool with_displays;                         /* else --no-display */
    unsigned descriptors;                       /* RLIMIT_NOFILE of the core, 0 = as it is */
};

/* The built-in case: tools Stylus (StylusToTracker, tip (0, 0, 100)) and Blade (BladeToTracker),
 * reference ReferenceToTracker, registration a shift by (10, 20, 30); model Bone, landmark Tip at
 * (1, 2, 3), cut First from (10, 10, 10) 30 mm along (0, 1, 0). */
void fault_core_start(struct fault_core *core, const struct fault_options *options);

/* Ends it by SIGTERM; fails the test unless it exits with 0 in time. Removes the folder. */
void fault_core_stop(struct fault_core *core);

/* Takes what is left after the core has been killed on purpose. */
void fault_core_forget(struct fault_core *core);

/* Makes an empty folder; the caller removes it. */
void fault_make_folder(char out_path[FAULT_PATH_SIZE]);

/* Removes a folder with everything in it. */
void fault_remove_folder(const char *path);

/* Writes the built-in case and its model into `folder`; returns the case's path in `out_path`. */
void fault_write_case(const char *folder, const struct fault_options *options,
                      char out_path[FAULT_PATH_SIZE]);

const char *fault_program(void); /* path of osteonav */

/* Runs osteonav to its end; both its streams (at most `size` - 1 bytes) go to `out_text`. Returns
 * the exit code, -1 when a signal ended it. */
int fault_run(const char *const *arguments, char *out_text, size_t size);

int64_t fault_now_ns(void);

/* A witness for tests of time: a thread of the core's priority that does nothing but wake up. How
 * late it woke at worst is the machine's doing, not the core's. One at a time. */
void fault_witness_start(void);
int64_t fault_witness_stop_ns(void);

/* Follows a core that no peer sends to, and returns the longest time between two scenes. Scenes
 * that this process was too late to see count as a tick (20 ms) each: the core made them. */
int64_t fault_longest_pause_ns(const struct fault_core *core, int milliseconds);

/* The nice value that a core started by this process has (docs/threads.md). */
int fault_core_nice(void);

void fault_sleep_ms(int milliseconds);

void fault_scene(const struct fault_core *core, struct nav_scene *out_scene);

/* Waits until `holds` says yes of the newest scene; fails the test after `timeout_ms`. */
void fault_wait(const struct fault_core *core, bool (*holds)(const struct nav_scene *scene),
                int timeout_ms, const char *what);

bool fault_has_reason(const struct nav_scene *scene, enum nav_reason reason);

/* Whether the core's log has this text. */
bool fault_log_has(const struct fault_core *core, const char *text);

/* Resident memory that the process has made: heap, stack, written data. Not its code, which is
 * paged in whenever a path is first walked. */
size_t fault_memory_bytes(pid_t pid);

/* A sanitizer keeps freed memory back: then growth says nothing about the core. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FAULT_MEMORY_IS_MEANINGFUL 0
#else
#define FAULT_MEMORY_IS_MEANINGFUL 1
#endif
size_t fault_open_descriptors(pid_t pid);
double fault_cpu_seconds(pid_t pid);

/* ---- a peer ---- */

int fault_connect(const struct fault_core *core);
int fault_connect_from(const struct fault_core *core, const char *local_address);
void fault_send(int fd, const void *bytes, size_t size);         /* fails the test on an error */
bool fault_send_quietly(int fd, const void *bytes, size_t size); /* false: connection is gone */

/* True when the core closes the connection within the time; discards what it sends. */
bool fault_closed_within(int fd, int timeout_ms);

struct fault_pose {
    float R[9]; /* row-major */
    float t_mm[3];
};

struct fault_pose fault_pose_at(float x, float y, float z); /* no rotation */

struct fault_message {
    uint16_t version;
    const char *type;
    const char *device;
    uint64_t stamp; /* 32.32 */
    const void *body;
    uint64_t body_size;
    bool bad_crc;
};

/* Header and body; returns the size. */
size_t fault_pack(const struct fault_message *message, uint8_t out_bytes[FAULT_MESSAGE_MAX]);

/* A TRANSFORM of header version 1, stamped with the wall clock. */
size_t fault_pack_transform(const char *device, const struct fault_pose *pose,
                            uint8_t out_bytes[FAULT_MESSAGE_MAX]);

/* A TRANSFORM of header version 2 with one entry of metadata. */
size_t fault_pack_transform_v2(const char *device, const struct fault_pose *pose, const char *key,
                               const char *value, uint8_t out_bytes[FAULT_MESSAGE_MAX]);

/* A message as it came from the core. */
struct fault_received {
    uint16_t version;
    char type[13];
    char device[21];
    uint64_t stamp;
    size_t body_size;
    uint8_t body[FAULT_MESSAGE_MAX];
};

/* The next whole message; false when none has begun within the time. Checks its CRC. */
bool fault_receive(int fd, struct fault_received *out_message, int timeout_ms);

/* The next message of a type, others are passed over; false when none comes within the time. */
bool fault_receive_type(int fd, const char *type, struct fault_received *out_message,
                        int timeout_ms);

/* Content of a received message, without extended header and metadata. */
const uint8_t *fault_content(const struct fault_received *message, size_t *out_size);

/* Value of a key in the metadata, or NULL. Valid until the next call. */
const char *fault_metadata(const struct fault_received *message, const char *key);

/* Pose of a TRANSFORM's content or a TDATA entry's last 48 bytes. */
struct fault_pose fault_get_pose(const uint8_t body[48]);

void fault_put_pose(uint8_t out_body[48], const struct fault_pose *pose);
uint64_t fault_stamp_now(void);

/* Sends reference and stylus once; the stylus moves a little each time, so that nothing repeats. */
void fault_send_frame(int fd, unsigned step);

/* Sends frames at 50 Hz for so long. */
void fault_send_frames_for(int fd, unsigned *step, int milliseconds);

/* Sends a frame each 20 ms until the scene is as wanted: a test that was held up between its frames
 * goes on instead of waiting for what a silent sender cannot bring. Fails the test after 10 s. */
void fault_send_until(const struct fault_core *core, int fd, unsigned *step,
                      bool (*holds)(const struct nav_scene *scene), const char *what);

/* The same beside the test, by a thread of the core's priority, until told to stop. One at a
 * time; the peer and `step` are the thread's until then. */
void fault_send_in_background(int fd, unsigned *step);
void fault_send_no_more(void);

#endif
