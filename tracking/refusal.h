/* Why a calibration is not accepted, for programs and for people. Thread: any (own list). */
#ifndef TRK_REFUSAL_H
#define TRK_REFUSAL_H

#include <stdint.h>

enum { TRK_REFUSALS_MAX = 8, TRK_REFUSAL_TEXT = 256 };

struct trk_refusal {
    const char *code; /* stable name, static storage: "too-few", "narrow" ... */
    char text[TRK_REFUSAL_TEXT];
    char suggestion[TRK_REFUSAL_TEXT];
};

/* Empty means accepted. The zero struct is empty. */
struct trk_refusals {
    uint32_t count;
    struct trk_refusal list[TRK_REFUSALS_MAX];
};

/* Adds a refusal; `suggestion` is plain text, `format` is for printf. One beyond TRK_REFUSALS_MAX
 * is dropped: it would not change that there are refusals. */
void trk_refuse(struct trk_refusals *refusals, const char *code, const char *suggestion,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
