/* The list of cuts: which one is meant, what the operator says of each, and what was cut. */
#include <math.h>
#include <string.h>

#include "guide_internal.h"
#include "nav/time.h"

/* A cut is measured anew at most so often: for the eye, and so that it costs little. */
static const int64_t results_every_ns = 200 * NAV_NS_PER_MS;

struct trk_cut_plan guide_plan(const struct trk_guide *guide, uint32_t cut)
{
    struct trk_cut_plan plan = guide->config.cuts[cut].plan;
    if (!isfinite(plan.kerf_mm)) {
        plan.kerf_mm = guide_thickness_mm(guide);
    }
    return plan;
}

/* ---- suggestion ---- */

/* The open cut along which the blade is held best; NAV_SUBJECT_NONE: along none. */
static int32_t best_fit(const struct trk_guide *guide)
{
    const struct trk_guide_limits *limits = &guide->config.limits;
    int32_t best = NAV_SUBJECT_NONE;
    double best_score = INFINITY;
    for (uint32_t i = 0; i < guide->config.cut_count; ++i) {
        const enum nav_cut_state state = guide->cuts[i].state;
        const struct trk_cut_plan plan = guide_plan(guide, i);
        double off_mm;
        double off_deg;
        if (state == NAV_CUT_DONE || state == NAV_CUT_SKIPPED ||
            !trk_guidance_fit(&plan, &guide->measured.blade, guide_has_edge(guide), &off_mm,
                              &off_deg) ||
            off_mm > limits->suggest_mm || off_deg > limits->suggest_deg) {
            continue;
        }
        const double score = off_mm / limits->suggest_mm + off_deg / limits->suggest_deg;
        if (score < best_score) {
            best_score = score;
            best = (int32_t)i;
        }
    }
    return best;
}

void guide_suggest(struct trk_guide *guide)
{
    const int32_t best = guide->measured.valid ? best_fit(guide) : NAV_SUBJECT_NONE;
    if (best != guide->candidate) {
        guide->candidate = best;
        guide->candidate_ns = guide->now_ns;
    }
    const bool held = best >= 0 && best != guide->active &&
                      guide->now_ns - guide->candidate_ns >= guide->config.limits.suggest_hold_ns;
    guide->suggested = held ? best : NAV_SUBJECT_NONE;
}

bool guide_is_at_the_cut(const struct trk_guide *guide, const struct trk_guidance *guidance)
{
    const double reach_mm = guide->config.limits.suggest_mm;
    const double half_mm = 0.5 * guide->config.cuts[guide->active].plan.size_mm[0];
    return guide->measured.bone.cutting || (fabs(guidance->offset_mm) <= reach_mm &&
                                            fabs(guidance->along_mm) <= half_mm + reach_mm);
}

/* ---- what was cut ---- */

/* To the nearest tumour; NaN: nothing is cut, or too little to say. */
static double achieved_margin_mm(const struct trk_guide *guide, const struct trk_cut_record *record)
{
    struct trk_cut_margin least = {.mm = NAN};
    for (uint32_t i = 0; i < guide->config.structure_count; ++i) {
        struct trk_cut_margin margin;
        if (guide->config.structures[i].role == NAV_ROLE_TUMOUR &&
            trk_cut_record_margin(record, guide->config.structures[i].mesh, &margin) == NAV_OK &&
            !(least.mm <= margin.mm)) {
            least = margin;
        }
    }
    return trk_cut_margin_is_known(&least) ? least.mm : (double)NAN;
}

void guide_measure_results(struct trk_guide *guide, bool now)
{
    if (guide->active < 0 || (!now && guide->now_ns - guide->results_ns < results_every_ns)) {
        return;
    }
    struct guide_cut *cut = &guide->cuts[guide->active];
    const uint32_t revision = trk_cut_record_revision(cut->record);
    if (revision != cut->measured_revision) {
        cut->measured_revision = revision;
        cut->result = trk_cut_record_measure(cut->record);
        cut->margin_mm = achieved_margin_mm(guide, cut->record);
        guide->results_ns = guide->now_ns;
    }
}

/* ---- the scene ---- */

/* What is not known well enough is not there: nobody takes it for what was cut. */
static void fill_result(const struct guide_cut *cut, struct nav_scene_cut *out)
{
    const struct trk_cut_result *result = &cut->result;
    const bool plane = trk_cut_plane_is_known(result), place = trk_cut_place_is_known(result);
    out->map_revision = trk_cut_record_revision(cut->record);
    out->fitted = result->surface.fitted && plane ? 1 : 0;
    out->coverage = result->coverage;
    for (int i = 0; i < 3; ++i) {
        out->executed_point_mm[i] = out->fitted ? result->executed_point_mm[i] : (double)NAN;
        out->executed_normal[i] = out->fitted ? result->executed_normal[i] : (double)NAN;
    }
    out->mean_deviation_mm = place ? result->surface.mean_mm : (double)NAN;
    out->location_mm = place ? result->surface.location_mm : (double)NAN;
    out->flatness_mm = place ? result->surface.flatness_mm : (double)NAN;
    out->parallelism_mm = place ? result->surface.parallelism_mm : (double)NAN;
    out->angle_deg = plane ? result->angle_deg : (double)NAN;
    out->entry_deviation_mm = place ? result->entry_mm : (double)NAN;
    out->exit_deviation_mm = place ? result->exit_mm : (double)NAN;
    out->margin_mm = cut->margin_mm;
}

void guide_fill_cut(const struct trk_guide *guide, uint32_t index, struct nav_scene_cut *out_cut)
{
    const struct guide_cut *cut = &guide->cuts[index];
    const struct trk_cut_plan plan = guide_plan(guide, index);
    struct nav_scene_cut *out = out_cut;
    memcpy(out->name, guide->config.cuts[index].name, sizeof(out->name));
    out->state = cut->state;
    out->suggested = (int32_t)index == guide->suggested ? 1 : 0;
    out->tool = NAV_SUBJECT_NONE;
    out->margin_side = plan.margin_side;
    nav_scene_withhold_guidance(out);
    memcpy(out->point_mm, plan.point_mm, sizeof(out->point_mm));
    memcpy(out->normal, plan.normal, sizeof(out->normal));
    memcpy(out->u, plan.u, sizeof(out->u));
    memcpy(out->size_mm, plan.size_mm, sizeof(out->size_mm));
    out->planned_depth_mm = plan.depth_mm;
    out->kerf_mm = plan.kerf_mm;
    out->planned_margin_mm = cut->planned_margin_mm;
    fill_result(cut, out);
    out->started_ns = cut->started_ns;
    out->ended_ns = cut->ended_ns;
    out->cutting_ns = cut->cutting_ns;
    out->checks = cut->checks;
    out->overrides = cut->overrides;
}

/* ---- commands ---- */

/* The cut of that name, or the active one for NULL; NAV_SUBJECT_NONE: refused, and said why. */
static int32_t find_cut(const struct trk_guide *guide, const char *name, struct trk_reply *reply)
{
    if (name == NULL) {
        if (guide->active < 0) {
            trk_reply_set(reply, false, "no cut is active; name one");
        }
        return guide->active;
    }
    for (uint32_t i = 0; i < guide->config.cut_count; ++i) {
        if (strncmp(guide->config.cuts[i].name, name, NAV_NAME_SIZE) == 0) {
            return (int32_t)i;
        }
    }
    trk_reply_set(reply, false,
                  "the case has no cut '%.63s'; it has %u, `osteonav scene` lists them", name,
                  guide->config.cut_count);
    return NAV_SUBJECT_NONE;
}

/* The active cut is left: what it came to is final for now. */
static void leave_active(struct trk_guide *guide, enum nav_cut_state state)
{
    guide_measure_results(guide, true);
    guide->cuts[guide->active].state = state;
    guide->active = NAV_SUBJECT_NONE;
}

static void activate(struct trk_guide *guide, int32_t index, int64_t now_ns,
                     struct trk_reply *reply)
{
    const char *name = guide->config.cuts[index].name;
    struct guide_cut *cut = &guide->cuts[index];
    if (guide->active == index) {
        trk_reply_set(reply, false, "%s is active already", name);
        return;
    }
    const bool reopened = cut->state == NAV_CUT_DONE || cut->state == NAV_CUT_SKIPPED;
    char paused[NAV_NAME_SIZE + 16] = "";
    if (guide->active >= 0) {
        (void)snprintf(paused, sizeof(paused), "; %s pauses",
                       guide->config.cuts[guide->active].name);
        leave_active(guide, NAV_CUT_PAUSED);
    }
    cut->overrides += (reopened ? 1U : 0U) + (guide->registration_overridden ? 1U : 0U);
    cut->state = NAV_CUT_ACTIVE;
    cut->started_ns = cut->started_ns != 0 ? cut->started_ns : now_ns;
    cut->ended_ns = 0;
    guide->active = index;
    trk_reply_set(reply, true, "%s is active%s%s", name, reopened ? " again" : "", paused);
}

void trk_guide_cut_activate(struct trk_guide *guide, const char *cut, int64_t now_ns,
                            struct trk_reply *out_reply)
{
    const int32_t index = find_cut(guide, cut, out_reply);
    if (index >= 0) {
        activate(guide, index, now_ns, out_reply);
    }
}

void trk_guide_cut_accept(struct trk_guide *guide, int64_t now_ns, struct trk_reply *out_reply)
{
    if (guide->suggested < 0) {
        trk_reply_set(out_reply, false,
                      "no cut is suggested: hold the blade along one that is open");
        return;
    }
    activate(guide, guide->suggested, now_ns, out_reply);
}

void trk_guide_cut_pause(struct trk_guide *guide, const char *cut, struct trk_reply *out_reply)
{
    const int32_t index = find_cut(guide, cut, out_reply);
    if (index < 0) {
        return;
    }
    const char *name = guide->config.cuts[index].name;
    if (index != guide->active) {
        trk_reply_set(out_reply, false, "%s is not active, it is %s", name,
                      nav_cut_state_name(guide->cuts[index].state));
        return;
    }
    leave_active(guide, NAV_CUT_PAUSED);
    trk_reply_set(out_reply, true, "%s pauses", name);
}

void trk_guide_cut_done(struct trk_guide *guide, const char *cut, int64_t now_ns,
                        struct trk_reply *out_reply)
{
    const int32_t index = find_cut(guide, cut, out_reply);
    if (index < 0) {
        return;
    }
    const char *name = guide->config.cuts[index].name;
    struct guide_cut *known = &guide->cuts[index];
    if (known->state != NAV_CUT_ACTIVE && known->state != NAV_CUT_PAUSED) {
        trk_reply_set(out_reply, false, "%s is %s; only a cut that was begun can be done", name,
                      nav_cut_state_name(known->state));
        return;
    }
    if (index == guide->active) {
        leave_active(guide, NAV_CUT_DONE);
    }
    known->state = NAV_CUT_DONE;
    known->ended_ns = now_ns;
    if (guide->fragment != NAV_FRAGMENT_LOOSE) {
        guide->fragment = NAV_FRAGMENT_ASKED;
    }
    trk_reply_set(out_reply, true, "%s is done, %.0f %% of it seen cut%s", name,
                  100.0 * (isfinite(known->result.coverage) ? known->result.coverage : 0.0),
                  guide->fragment == NAV_FRAGMENT_ASKED
                      ? "; say whether the fragment is still rigid with the reference"
                      : "");
}

void trk_guide_cut_skip(struct trk_guide *guide, const char *cut, int64_t now_ns,
                        struct trk_reply *out_reply)
{
    const int32_t index = find_cut(guide, cut, out_reply);
    if (index < 0) {
        return;
    }
    const char *name = guide->config.cuts[index].name;
    struct guide_cut *known = &guide->cuts[index];
    if (known->state == NAV_CUT_DONE || known->state == NAV_CUT_SKIPPED) {
        trk_reply_set(out_reply, false, "%s is %s already", name, nav_cut_state_name(known->state));
        return;
    }
    if (index == guide->active) {
        leave_active(guide, NAV_CUT_SKIPPED);
    }
    known->state = NAV_CUT_SKIPPED;
    known->ended_ns = now_ns;
    trk_reply_set(out_reply, true, "%s is skipped", name);
}

void trk_guide_fragment(struct trk_guide *guide, bool rigid, struct trk_reply *out_reply)
{
    if (guide->fragment == NAV_FRAGMENT_WHOLE) {
        trk_reply_set(out_reply, false, "no cut is done yet: there is no fragment");
        return;
    }
    guide->fragment = rigid ? NAV_FRAGMENT_RIGID : NAV_FRAGMENT_LOOSE;
    trk_reply_set(out_reply, true, "%s",
                  rigid ? "the fragment counts as rigid with the reference, until the next cut is "
                          "done"
                        : "the fragment counts as loose: it is no longer navigated");
}
