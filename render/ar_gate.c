#include "ar_gate.h"

#include "nav/time.h"

struct rnd_ar_limits rnd_ar_limits_default(void)
{
    return (struct rnd_ar_limits){.off_max_px = 3,
                                  .off_max_mm = 2,
                                  .delay_sd_max_ns = 20 * NAV_NS_PER_MS,
                                  .picture_max_ns = 250 * NAV_NS_PER_MS,
                                  .unchecked_ns = 2 * NAV_NS_PER_S,
                                  .proving_frames = 5};
}

struct rnd_ar_gate rnd_ar_gate_of(const struct rnd_ar_limits *limits)
{
    return (struct rnd_ar_gate){.limits = *limits};
}

/* What the picture itself cannot prove: everything but the markers. */
static enum rnd_ar_reason before_the_markers(const struct rnd_ar_limits *limits,
                                             const struct rnd_ar_inputs *inputs)
{
    if (inputs->camera == RND_AR_CAMERA_WAITING) {
        return RND_AR_NO_PICTURE;
    }
    if (inputs->camera == RND_AR_CAMERA_IS_LOST) {
        return RND_AR_CAMERA_LOST;
    }
    if (inputs->camera != RND_AR_CAMERA_GOOD) {
        return RND_AR_CAMERA_FROZEN;
    }
    if (inputs->now_ns - inputs->picture_ns > limits->picture_max_ns) {
        return RND_AR_PICTURE_OLD;
    }
    if (!inputs->has_lens) {
        return RND_AR_NO_LENS;
    }
    if (!inputs->lens_fits) {
        return RND_AR_RESOLUTION;
    }
    if (!inputs->has_handeye) {
        return RND_AR_NO_HANDEYE;
    }
    if (!inputs->has_delay || inputs->delay_sd_ns > limits->delay_sd_max_ns) {
        return RND_AR_NO_DELAY;
    }
    if (inputs->trust == NAV_TRUST_WITHHELD) {
        return RND_AR_NOT_TRUSTED;
    }
    return inputs->has_pose ? RND_AR_SHOWN : RND_AR_NO_POSE;
}

enum rnd_ar_reason rnd_ar_judge(struct rnd_ar_gate *gate, const struct rnd_ar_inputs *inputs)
{
    const enum rnd_ar_reason reason = before_the_markers(&gate->limits, inputs);
    if (reason != RND_AR_SHOWN) {
        gate->proven = 0;
        return reason;
    }
    if (!inputs->checked) {
        const bool recent = gate->agreed_ns != 0 &&
                            inputs->picture_ns - gate->agreed_ns <= gate->limits.unchecked_ns;
        return recent && !gate->was_off ? RND_AR_SHOWN : RND_AR_UNCHECKED;
    }
    /* Not known is not agreed: comparisons with NaN are false. */
    if (!(inputs->off_px <= gate->limits.off_max_px && inputs->off_mm <= gate->limits.off_max_mm)) {
        gate->was_off = true;
        gate->proven = 0;
        return RND_AR_OFF;
    }
    ++gate->proven;
    if (gate->was_off && gate->proven < gate->limits.proving_frames) {
        return RND_AR_PROVING;
    }
    gate->was_off = false;
    gate->agreed_ns = inputs->picture_ns;
    return RND_AR_SHOWN;
}

static const struct {
    const char *key;
    const char *text;
} rows[] = {
#define AR_ROW(name, key, text) {key, text},
    RND_AR_LIST(AR_ROW)
#undef AR_ROW
};

const char *rnd_ar_key(enum rnd_ar_reason reason)
{
    return (unsigned)reason < RND_AR_COUNT ? rows[reason].key : "?";
}

const char *rnd_ar_text(enum rnd_ar_reason reason)
{
    return (unsigned)reason < RND_AR_COUNT ? rows[reason].text : "?";
}
