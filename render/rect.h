/* Rectangles of pixels. All pure. Thread: any. */
#ifndef RND_RECT_H
#define RND_RECT_H

#include <stdbool.h>

struct rnd_rect {
    int x, y, w, h; /* empty where w or h is not positive */
};

static inline bool rnd_rect_is_empty(struct rnd_rect rect)
{
    return rect.w <= 0 || rect.h <= 0;
}

static inline struct rnd_rect rnd_rect_inset(struct rnd_rect rect, int by)
{
    return (struct rnd_rect){rect.x + by, rect.y + by, rect.w - 2 * by, rect.h - 2 * by};
}

/* The smallest that holds both; neither is empty. */
static inline struct rnd_rect rnd_rect_around(struct rnd_rect a, struct rnd_rect b)
{
    const int x0 = a.x < b.x ? a.x : b.x;
    const int y0 = a.y < b.y ? a.y : b.y;
    const int x1 = a.x + a.w > b.x + b.w ? a.x + a.w : b.x + b.w;
    const int y1 = a.y + a.h > b.y + b.h ? a.y + a.h : b.y + b.h;
    return (struct rnd_rect){x0, y0, x1 - x0, y1 - y0};
}

/* What both have; empty where they do not meet. */
static inline struct rnd_rect rnd_rect_both(struct rnd_rect a, struct rnd_rect b)
{
    const int x0 = a.x > b.x ? a.x : b.x;
    const int y0 = a.y > b.y ? a.y : b.y;
    const int x1 = a.x + a.w < b.x + b.w ? a.x + a.w : b.x + b.w;
    const int y1 = a.y + a.h < b.y + b.h ? a.y + a.h : b.y + b.h;
    return (struct rnd_rect){x0, y0, x1 - x0, y1 - y0};
}

#endif
