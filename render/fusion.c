#include "fusion.h"

#include <stddef.h>
#include <string.h>

static const char *const names[RND_FUSION_COUNT] = {"ct", "blend", "squares", "mr"};

const char *rnd_fusion_name(enum rnd_fusion fusion)
{
    return (unsigned)fusion < RND_FUSION_COUNT ? names[fusion] : "?";
}

bool rnd_fusion_find(const char *name, enum rnd_fusion *out_fusion)
{
    for (size_t i = 0; i < RND_FUSION_COUNT; ++i) {
        if (strcmp(name, names[i]) == 0) {
            *out_fusion = (enum rnd_fusion)i;
            return true;
        }
    }
    return false;
}

/* Parts of 256 of red, green and blue. */
static uint32_t ink(uint32_t grey, const uint32_t parts[3], const uint32_t under)
{
    uint32_t word = 0;
    for (int k = 0; k < 3; ++k) {
        const uint32_t value = under + (grey * parts[k] >> 8);
        word = word << 8 | (value < 255 ? value : 255);
    }
    return word;
}

uint32_t rnd_fuse(enum rnd_fusion fusion, uint8_t first, uint8_t second, int x, int y,
                  int square_px)
{
    static const uint32_t orange[3] = {256, 166, 61};
    static const uint32_t half_orange[3] = {190, 112, 20};
    static const uint32_t grey[3] = {256, 256, 256};
    switch (fusion) {
    case RND_FUSION_BLEND:
        return ink(second, half_orange, first * 155U >> 8);
    case RND_FUSION_SQUARES:
        return (x / square_px + y / square_px) % 2 == 0 ? ink(first, grey, 0)
                                                        : ink(second, orange, 0);
    case RND_FUSION_SECOND:
        return ink(second, grey, 0);
    default:
        return ink(first, grey, 0);
    }
}
