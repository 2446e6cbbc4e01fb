#include "text.h"

#include <math.h>
#include <string.h>

#include "nav/time.h"

static void fill_dashes(unsigned width, unsigned decimals, char *out_text)
{
    memset(out_text, ' ', width);
    out_text[width] = '\0';
    const unsigned digits = decimals > 0 ? decimals + 1 : 0;
    for (unsigned i = 0; i < decimals; ++i) {
        out_text[width - 1 - i] = '-';
    }
    if (decimals > 0) {
        out_text[width - 1 - decimals] = '.';
    }
    for (unsigned i = 0; i < 2 && digits + i < width; ++i) {
        out_text[width - 1 - digits - i] = '-';
    }
}

void rnd_text_number(double value, unsigned width, unsigned decimals,
                     char out_text[RND_NUMBER_SIZE])
{
    static const double scales[] = {1.0, 10.0, 100.0, 1000.0};
    if (decimals > 3) {
        decimals = 3;
    }
    if (width > RND_NUMBER_SIZE - 1) {
        width = RND_NUMBER_SIZE - 1;
    }
    if (width < decimals + 2) {
        width = decimals + 2;
    }
    const double scaled = round(value * scales[decimals]);
    if (!(fabs(scaled) < 1e12)) {
        fill_dashes(width, decimals, out_text);
        return;
    }
    uint64_t rest = (uint64_t)fabs(scaled);
    char digits[RND_NUMBER_SIZE + 8];
    unsigned length = 0;
    do {
        if (decimals > 0 && length == decimals) {
            digits[length++] = '.';
        }
        digits[length++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0 || length <= decimals + (decimals > 0));
    if (scaled < 0.0) {
        digits[length++] = '-';
    }
    if (length > width) {
        fill_dashes(width, decimals, out_text);
        return;
    }
    memset(out_text, ' ', width);
    out_text[width] = '\0';
    for (unsigned i = 0; i < length; ++i) {
        out_text[width - 1 - i] = digits[i];
    }
}

void rnd_text_append(char *text, size_t size, const char *more)
{
    size_t length = strnlen(text, size);
    while (*more != '\0' && length < size) {
        size_t bytes = 1;
        while (((unsigned char)more[bytes] & 0xc0U) == 0x80U) {
            ++bytes;
        }
        if (length + bytes >= size) {
            break;
        }
        memcpy(&text[length], more, bytes);
        length += bytes;
        more += bytes;
    }
    if (length < size) {
        text[length] = '\0';
    }
}

void rnd_text_age(int64_t age_ns, char out_text[RND_AGE_SIZE])
{
    out_text[0] = '\0';
    if (age_ns < 0) {
        rnd_text_append(out_text, RND_AGE_SIZE, "-- ms");
        return;
    }
    const int64_t step_ns = 10 * NAV_NS_PER_MS;
    const int64_t ms = age_ns > 200 * NAV_NS_PER_S ? 200000 : (age_ns + step_ns - 1) / step_ns * 10;
    char number[RND_NUMBER_SIZE];
    if (ms < 1000) {
        rnd_text_number((double)ms, 3, 0, number);
        rnd_text_append(out_text, RND_AGE_SIZE, number + strspn(number, " "));
        rnd_text_append(out_text, RND_AGE_SIZE, " ms");
    } else if (ms <= 99900) {
        rnd_text_number(ceil((double)ms / 100.0) / 10.0, 4, 1, number);
        rnd_text_append(out_text, RND_AGE_SIZE, number + strspn(number, " "));
        rnd_text_append(out_text, RND_AGE_SIZE, " s");
    } else {
        rnd_text_append(out_text, RND_AGE_SIZE, "> 99 s");
    }
}
