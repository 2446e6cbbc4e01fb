/* Nothing that OpenCV throws leaves an adapter. */
#ifndef CAM_GUARD_HPP
#define CAM_GUARD_HPP

#include <cstdarg>
#include <cstdio>
#include <exception>
#include <new>

#include <opencv2/core.hpp>

#include "cv_error.h"
#include "nav/status.h"

namespace cam
{

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
inline nav_status
fail(cam_error *error, nav_status status, const char *format, ...)
{
    if (error != nullptr) {
        va_list arguments;
        va_start(arguments, format);
        (void)std::vsnprintf(error->text, sizeof(error->text), format, arguments);
        va_end(arguments);
    }
    return status;
}

/* Runs `work`; what it throws becomes a status and a line. `what` names the work or the file. */
template <typename Work> nav_status guarded(const char *what, cam_error *error, Work work) noexcept
{
    try {
        return work();
    } catch (const std::bad_alloc &) {
        return fail(error, NAV_ERR_MEMORY, "%s: out of memory", what);
    } catch (const cv::Exception &thrown) {
        return fail(error, NAV_ERR_SYNTAX, "%s: %s", what, thrown.err.c_str());
    } catch (const std::exception &thrown) {
        return fail(error, NAV_ERR_IO, "%s: %s", what, thrown.what());
    } catch (...) {
        return fail(error, NAV_ERR_IO, "%s: failed", what);
    }
}

} // namespace cam

#endif
