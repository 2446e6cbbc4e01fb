/* Every limit, timeout and tolerance of the running system: one row each.
 *
 * X(name, default, minimum, maximum, unit, help). The same row feeds the case file's `limits:`
 * section, its range check and the printed help (`osteonav case limits`). Values are doubles in the
 * unit of the name's suffix; both range ends are accepted. Thread: any. */
#ifndef CFG_LIMITS_TABLE_H
#define CFG_LIMITS_TABLE_H

#define CFG_LIMITS_LIST(X)                                                                         \
    X(caution_age_ms, 100, 20, 1000, "ms", "pose age above which it is marked late")               \
    X(withhold_age_ms, 250, 50, 2000, "ms", "pose age above which it is withheld")                 \
    X(repeat_warn_ms, 2000, 200, 60000, "ms", "bit-equal or identity poses for longer warn")       \
    X(join_max_ms, 20, 1, 100, "ms", "largest time between tool pose and reference pose")          \
    X(interpolate_max_ms, 50, 1, 200, "ms", "largest gap between poses that is interpolated")      \
    X(clock_jump_ms, 50, 5, 10000, "ms", "jump of a sender's clock that is flagged")               \
    X(smoothing_ms, 0, 0, 100, "ms", "poses averaged for display; delays by half; 0: off")         \
    X(notice_ms, 2000, 200, 60000, "ms", "how long a momentary fault keeps giving caution")        \
    X(return_frames, 5, 1, 100, "1", "good poses in a row that end a drop-out, or return_ms")      \
    X(return_ms, 100, 1, 2000, "ms", "good poses for this long end a drop-out, or return_frames")  \
    X(rigid_tolerance, 0.002, 0.000001, 0.01, "1", "max |R'R - I| and |det R - 1| accepted")       \
    X(translation_max_mm, 10000, 500, 100000, "mm", "largest distance from the tracker accepted")  \
    X(fit_error_caution_mm, 0.5, 0.01, 10, "mm", "sender's marker fit error that gives caution")   \
    X(fit_error_withhold_mm, 1.0, 0.02, 20, "mm", "sender's marker fit error that withholds")      \
    X(require_status, 0, 0, 1, "0/1", "1: a sender that states no validity gives caution")         \
    X(landmark_hold_ms, 1000, 200, 10000, "ms", "a landmark is touched: the tip rests for")        \
    X(landmark_radius_mm, 1, 0.1, 5, "mm", "... within this distance of its mean")                 \
    X(landmark_gap_max_ms, 100, 10, 1000, "ms", "... and is seen without a longer gap")            \
    X(landmark_samples_min, 10, 2, 4096, "1", "... in at least so many poses")                     \
    X(check_caution_mm, 1, 0.1, 10, "mm", "checked landmark further off gives caution")            \
    X(check_withhold_mm, 2, 0.2, 20, "mm", "checked landmark further off withholds")               \
    X(registration_check_min, 30, 0, 600, "min", "unchecked for longer gives caution; 0: never")   \
    X(reference_jump_mm, 1, 0.2, 20, "mm", "sudden move of the reference that asks for a check")   \
    X(reference_jump_deg, 1, 0.2, 20, "deg", "sudden turn of the reference that does")             \
    X(landmarks_min, 4, 3, 64, "1", "a registration needs so many landmarks")                      \
    X(fle_mm, 1, 0.05, 10, "mm", "expected error (rms) of one touched landmark")                   \
    X(fre_confidence, 0.999, 0.9, 0.999999, "1", "share of good landmark sets that is accepted")   \
    X(tre95_max_mm, 2, 0.1, 20, "mm", "largest predicted error (95 %) at a target")                \
    X(scale_tolerance, 0.02, 0.001, 0.2, "1", "largest |scale - 1| of the landmarks")              \
    X(landmarks_flat_min, 0.02, 0.001, 0.5, "1", "flatter landmarks warn: mirrors are not seen")   \
    X(landmarks_thin_min, 0.05, 0.002, 0.5, "1", "landmarks nearer to a line are refused")         \
    X(mirror_factor, 2, 1.1, 10, "1", "a mirror that fits better by this is refused")              \
    X(surface_noise_mm, 0.5, 0.01, 5, "mm", "expected error (rms) of a touched surface point")     \
    X(surface_agree_mm, 1, 0.05, 10, "mm", "starts that end within this at targets agree")         \
    X(surface_condition_min, 0.01, 0.0001, 0.5, "1",                                               \
      "a surface that slides more easily is refused")                                              \
    X(surface_spread_min_mm, 50, 10, 300, "mm", "shortest extent of the touched surface points")   \
    X(surface_exposed_mm, 0, 0, 300, "mm", "length of the exposed bone: 60 % touched; 0: unknown") \
    X(nerve_caution_mm, 5, 0, 50, "mm", "a nerve nearer to the blade gives caution; 0: never")     \
    X(nerve_stop_mm, 2, 0, 50, "mm", "... and nearer than this says stop; 0: never")               \
    X(dura_caution_mm, 5, 0, 50, "mm", "the dura nearer to the blade gives caution; 0: never")     \
    X(dura_stop_mm, 2, 0, 50, "mm", "... and nearer than this says stop; 0: never")                \
    X(vessel_caution_mm, 5, 0, 50, "mm", "a vessel nearer to the blade gives caution; 0: never")   \
    X(vessel_stop_mm, 2, 0, 50, "mm", "... and nearer than this says stop; 0: never")              \
    X(organ_caution_mm, 5, 0, 50, "mm", "an organ nearer to the blade gives caution; 0: never")    \
    X(organ_stop_mm, 2, 0, 50, "mm", "... and nearer than this says stop; 0: never")               \
    X(tumour_caution_mm, 5, 0, 50, "mm", "a tumour nearer to the blade gives caution; 0: never")   \
    X(tumour_stop_mm, 2, 0, 50, "mm", "... and nearer than this says stop; 0: never")              \
    X(off_plane_caution_mm, 1, 0.1, 20, "mm",                                                      \
      "blade this far off the planned plane gives caution")                                        \
    X(off_plane_stop_mm, 2, 0.2, 20, "mm", "... and this far says stop")                           \
    X(off_angle_caution_deg, 2, 0.1, 45, "deg", "pitch or roll above this gives caution")          \
    X(off_angle_stop_deg, 4, 0.2, 45, "deg", "... and above this says stop")                       \
    X(depth_caution_mm, 2, 0, 20, "mm", "so little before the planned depth gives caution")        \
    X(over_depth_mm, 1, 0, 20, "mm", "so much beyond the planned depth says stop")                 \
    X(limit_hysteresis_mm, 0.3, 0, 5, "mm", "a distance leaves its limit only by so much")         \
    X(limit_hysteresis_deg, 0.3, 0, 5, "deg", "an angle leaves its limit only by so much")         \
    X(uncertainty_factor, 1, 0, 3, "1", "standard deviations taken off a distance; 0: none")       \
    X(tre_default_mm, 1, 0, 10, "mm", "registration error where none is predicted")                \
    X(calibration_default_mm, 0.5, 0, 5, "mm", "calibration error of a tool that states none")     \
    X(tracker_default_mm, 0.25, 0, 5, "mm", "marker fit error where the sender states none")       \
    X(cutting_depth_mm, 0.5, 0, 10, "mm", "an edge deeper than this in the bone is cutting")       \
    X(suggest_distance_mm, 15, 1, 100, "mm", "a blade so near a cut suggests it")                  \
    X(suggest_angle_deg, 20, 1, 60, "deg", "... and held so nearly along it")                      \
    X(suggest_hold_ms, 500, 0, 10000, "ms", "... for this long")                                   \
    X(alarm_hold_ms, 500, 0, 10000, "ms", "an alarm's cause must be over for this long")           \
    X(alarm_sound, 1, 0, 1, "0/1", "1: alarms sound, started with the displays; 0: they do not")   \
    X(pivot_poses_min, 200, 20, 100000, "1", "a pivot needs so many poses that agree")             \
    X(pivot_inliers_min, 0.8, 0.5, 1, "1", "... and this share of all poses")                      \
    X(pivot_inlier_max_mm, 3, 0.2, 20, "mm", "a pose further off never agrees")                    \
    X(pivot_condition_max, 12, 2, 50, "1", "a pivot with a narrower motion is refused")            \
    X(pivot_residual_max_mm, 0.6, 0.05, 5, "mm", "... or with a larger residual (rms)")            \
    X(divot_caution_mm, 0.5, 0.05, 5, "mm", "a tip further off in its divot gives caution")        \
    X(calibration_days, 180, 0, 3650, "d", "older calibration files of tools refuse; 0: never")    \
    X(divot_refuse_mm, 1, 0.1, 10, "mm", "... and further than this is refused")                   \
    X(camera_views_min, 12, 3, 200, "1", "a lens needs so many pictures of the board")             \
    X(camera_rms_max_px, 0.5, 0.05, 5, "px", "a lens with a larger reprojection error is refused") \
    X(camera_held_out_max_px, 0.7, 0.05, 5, "px", "... or a larger one on pictures held out")      \
    X(camera_coverage_min, 0.6, 0.1, 1, "1",                                                       \
      "... or with points in a smaller share of the picture")                                      \
    X(camera_tilt_min_deg, 15, 1, 80, "deg", "... or with boards that are tilted by less")         \
    X(handeye_held_out_max_px, 3, 0.2, 20, "px", "a hand-eye that is further off is refused")      \
    X(handeye_held_out_max_mm, 2, 0.1, 20, "mm", "... or further off at the board's depth")        \
    X(camera_silence_ms, 200, 50, 2000, "ms", "camera without a new picture for longer: withheld") \
    X(marker_error_max_px, 1, 0.1, 10, "px", "printed markers that fit worse give no pose")        \
    X(marker_ambiguity_max, 0.6, 0.1, 0.95, "1", "one marker: a tilt must fit better by this")     \
    X(ar_off_max_px, 3, 0.5, 20, "px", "overlay further off at the reference is withheld")         \
    X(ar_off_max_mm, 2, 0.2, 20, "mm", "... or further off at its depth")                          \
    X(ar_delay_sd_max_ms, 20, 1, 100, "ms", "camera's delay known less well: overlay withheld")    \
    X(ar_unchecked_ms, 2000, 100, 60000, "ms", "overlay goes on without seeing markers for")       \
    X(ar_proving_frames, 5, 1, 100, "1", "pictures in a row that bring the overlay back")          \
    X(connections_max, 64, 1, 1024, "1", "connections in total")                                   \
    X(connections_per_address, 32, 1, 1024, "1", "connections from one address")                   \
    X(header_timeout_ms, 5000, 100, 60000, "ms", "a started header must be whole within")          \
    X(body_rate_min, 1000, 1, 1000000, "B/s", "slowest body accepted after the header time")       \
    X(body_max_tracking, 65536, 1024, 1048576, "B", "largest body of a tracking message")          \
    X(body_max_skip, 67108864, 0, 1073741824, "B", "largest body of an unwanted type skipped")     \
    X(unproven_bytes_max, 131072, 4096, 1048576, "B", "bytes taken before a valid message")        \
    X(crc_errors_max, 5, 1, 1000, "1", "bad checksums within crc_window_ms that close a peer")     \
    X(crc_window_ms, 10000, 100, 600000, "ms", "window for crc_errors_max")                        \
    X(peer_dead_ms, 10000, 1000, 60000, "ms", "half-open peer is closed after")                    \
    X(connect_timeout_ms, 5000, 100, 60000, "ms", "one attempt to connect to a server")            \
    X(reconnect_min_ms, 250, 50, 10000, "ms", "shortest wait before a lost server is tried again") \
    X(reconnect_max_ms, 5000, 100, 60000, "ms", "longest wait between attempts")                   \
    X(accept_pause_ms, 100, 10, 5000, "ms", "no new connections for, when descriptors run out")    \
    X(stall_ms, 5000, 200, 60000, "ms", "a peer that takes nothing of what it is sent is closed")  \
    X(record_flush_ms, 200, 20, 2000, "ms", "longest time that a recording keeps off the disk")    \
    X(record_late_ms, 2000, 500, 60000, "ms", "unsaved for longer: NOT RECORDING")                 \
    X(record_queue_mb, 32, 1, 1024, "MB", "memory for what a slow disk has not taken yet")         \
    X(train_step_mm, 1, 0.1, 20, "mm", "training: a shorter movement of the tip is no way")        \
    X(train_hold_mm, 1, 0.1, 20, "mm", "training: deeper than this over a drop-out: cut on")       \
    X(train_withdraw_mm, 3, 0.2, 50, "mm", "training: drawing back by this answers a drop-out")    \
    X(train_reaction_max_ms, 5000, 200, 60000, "ms", "training: a later answer is none")           \
    X(train_drop_out_min_ms, 200, 20, 10000, "ms", "training: a shorter drop-out is not judged")   \
    X(train_near_join_ms, 3000, 0, 60000, "ms", "training: near-misses closer in time are one")    \
    X(train_sample_ms, 50, 5, 1000, "ms", "training: instants of an attempt that are kept")        \
    X(tick_ms, 20, 5, 50, "ms", "longest time between two scenes")                                 \
    X(import_memory_mb, 3072, 256, 65536, "MB", "memory of the process that reads foreign files")  \
    X(import_cpu_s, 600, 5, 36000, "s", "processor time of the process that reads foreign files")  \
    X(display_restart_ms, 500, 0, 3000, "ms", "wait before a dead display is started again")

struct cfg_limits {
#define CFG_LIMITS_FIELD(name, def, min, max, unit, help) double name;
    CFG_LIMITS_LIST(CFG_LIMITS_FIELD)
#undef CFG_LIMITS_FIELD
};

/* All rows at their defaults. */
struct cfg_limits cfg_limits_default(void);

#endif
