/* Measurements: clicks become points of the patient, points become lines on the screen. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nav/log.h"
#include "screen_parts.h"

void rnd_screen_set_measuring(struct rnd_screen *screen, size_t points)
{
    rnd_screen_keep(screen);
    rnd_view_measure(&screen->state, points);
}

void rnd_screen_next_measuring(struct rnd_screen *screen)
{
    const size_t now = screen->state.measuring;
    rnd_screen_set_measuring(screen, now == 0 ? 2 : now == 2 ? 3 : 0);
}

void rnd_screen_clear_measures(struct rnd_screen *screen)
{
    if (screen->state.measure_count > 0) {
        rnd_screen_keep(screen);
        screen->state.measure_count = 0;
    }
}

void rnd_screen_add_measure(struct rnd_screen *screen, const struct nav_measure *measure)
{
    rnd_screen_keep(screen);
    rnd_view_add_measure(&screen->state, measure);
}

static bool is_inside(struct rnd_rect rect, double x, double y)
{
    return x >= rect.x && y >= rect.y && x < rect.x + rect.w && y < rect.y + rect.h;
}

/* In the plane of the section that lies there. */
static bool point_in_section(const struct rnd_screen *screen, double x, double y, double out_mm[3])
{
    for (unsigned kind = 0; kind < RND_SECTION_COUNT; ++kind) {
        const struct rnd_rect rect =
            rnd_panel_section_rect(screen->panel, (enum rnd_section_kind)kind);
        const struct rnd_section *section =
            rnd_sections_get(screen->sections, (enum rnd_section_kind)kind);
        if (section->pixels != NULL && section->placed && is_inside(rect, x, y)) {
            rnd_section_point(section, floor(x) - rect.x, floor(y) - rect.y, out_mm);
            return true;
        }
    }
    return false;
}

/* On the surface that the view shows there; where somebody navigates only sections measure. */
static bool point_in_view(const struct rnd_screen *screen, double x, double y, double out_mm[3])
{
    const struct rnd_rect view = rnd_panel_view_rect(screen->panel);
    uint32_t structure = 0;
    return screen->state.layout == RND_LAYOUT_REVIEW && !screen->options.flat &&
           !screen->live_shown && screen->view_drawn && is_inside(view, x, y) &&
           rnd_view3d_pick(screen->view, x - view.x, y - view.y, out_mm, &structure) == NAV_OK;
}

static void log_measure(const struct rnd_measure *measure)
{
    if (measure->points.count < measure->wanted) {
        return;
    }
    const double(*p)[3] = measure->points.points_mm;
    nav_log_info("display", "measured %.1f %s: %.1f,%.1f,%.1f %.1f,%.1f,%.1f",
                 nav_measure_value(&measure->points), measure->wanted > 2 ? "degrees" : "mm",
                 p[0][0], p[0][1], p[0][2], p[1][0], p[1][1], p[1][2]);
}

bool rnd_screen_measure_at(struct rnd_screen *screen, double x, double y)
{
    double point_mm[3];
    if (screen->state.measuring == 0) {
        return false;
    }
    const bool in_plane = point_in_section(screen, x, y, point_mm);
    if (!in_plane && !point_in_view(screen, x, y, point_mm)) {
        return false;
    }
    rnd_screen_keep(screen);
    rnd_view_add_point(&screen->state, point_mm, in_plane);
    log_measure(&screen->state.measures[screen->state.measure_count - 1]);
    return true;
}

size_t rnd_screen_measures(const struct rnd_screen *screen,
                           struct nav_measure out_measures[RND_MEASURES_MAX])
{
    for (size_t i = 0; i < screen->state.measure_count; ++i) {
        out_measures[i] = screen->state.measures[i].points;
    }
    return screen->state.measure_count;
}

static void write_value(const struct rnd_measure *measure, char out[RND_NUMBER_SIZE + 8])
{
    char number[RND_NUMBER_SIZE];
    rnd_text_number(nav_measure_value(&measure->points), 6, 1, number);
    (void)snprintf(out, RND_NUMBER_SIZE + 8, "%s%s", number + strspn(number, " "),
                   measure->wanted > 2 ? "°" : " mm");
}

size_t screen_place_measures(const struct rnd_screen *screen, const struct rnd_camera *camera,
                             struct rnd_panel_measure out[RND_MEASURES_MAX])
{
    const bool in_view =
        camera != NULL && screen->state.layout == RND_LAYOUT_REVIEW && !screen->live_shown;
    const double aspect = camera != NULL ? screen_view_aspect(screen) : 1.0;
    memset(out, 0, RND_MEASURES_MAX * sizeof(out[0]));
    for (size_t i = 0; i < screen->state.measure_count; ++i) {
        const struct rnd_measure *measure = &screen->state.measures[i];
        out[i].points = measure->points;
        out[i].whole = measure->points.count == measure->wanted;
        if (out[i].whole) {
            write_value(measure, out[i].value);
        }
        out[i].in_view = in_view && !measure->in_plane;
        for (size_t k = 0; k < measure->points.count && out[i].in_view; ++k) {
            out[i].in_view =
                rnd_camera_project(camera, aspect, measure->points.points_mm[k], out[i].at[k]);
        }
    }
    return screen->state.measure_count;
}
