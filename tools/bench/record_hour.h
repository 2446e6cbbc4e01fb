/* An hour of an operation as a session: three tools and the patient reference, 100 Hz each, a scene
 * for every frame, recorded by the engine itself; and what it takes to work with. Thread: main. */
#ifndef RECORD_HOUR_H
#define RECORD_HOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct record_hour {
    double length_s;
    uint64_t messages;
    uint64_t scenes;
    double megabytes; /* of the file */
    double seek_median_ms, seek_max_ms;
    int seeks;
    double verify_s, verify_times; /* opening with every scene built and compared */
    bool verified;
    double export_s;
};

enum { RECORD_MESSAGE_SIZE = 106 };

/* A TRANSFORM of a hand that moves slowly, with the noise of a tracker: 0.25 mm and 2 mrad. Returns
 * its size. */
size_t record_pack_pose(const char *device, double t_s, int64_t stamp_ns, uint64_t *dice,
                        uint8_t out_bytes[RECORD_MESSAGE_SIZE]);

/* False with a line on stderr. */
bool record_hour_run(const char *folder, int seconds, struct record_hour *out_hour);

#endif
