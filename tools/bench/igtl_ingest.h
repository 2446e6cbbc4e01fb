/* libOpenIGTLink's C++ API as a receiver of TRANSFORM, TDATA and IMAGE, behind C: the loop of the
 * library's documentation, with its checksum on. And the library's own checksum function. No
 * exception leaves it. Thread: one. */
#ifndef IGTL_INGEST_H
#define IGTL_INGEST_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct igtl_ingest_result {
    uint64_t messages;  /* with a good checksum */
    double sum;         /* of what was decoded, so that it is not optimised away */
    int64_t started_ns; /* monotonic, after accepting */
    int64_t started_cpu_ns;
};

/* Serves one connection on the port until the peer closes it. `now_ns` and `cpu_ns` are read when
 * it has come. Returns -1 when it cannot listen or nobody comes, else 0. */
int igtl_ingest_serve(uint16_t port, int64_t (*now_ns)(void), int64_t (*cpu_ns)(void),
                      struct igtl_ingest_result *out_result);

/* The library's crc64 over `bytes`, initial value 0. */
uint64_t igtl_ingest_crc64(const uint8_t *bytes, size_t size);

#ifdef __cplusplus
}
#endif

#endif
