#include "offscreen.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <stdlib.h>

struct rnd_offscreen {
    EGLDisplay display;
    EGLContext context;
};

static EGLContext context_of_version(EGLDisplay display, EGLint major, EGLint minor)
{
    static const EGLint wanted[] = {EGL_SURFACE_TYPE, EGL_PBUFFER_BIT, EGL_RENDERABLE_TYPE,
                                    EGL_OPENGL_BIT, EGL_NONE};
    EGLConfig config = EGL_NO_CONFIG_KHR;
    EGLint count = 0;
    if (!eglChooseConfig(display, wanted, &config, 1, &count) || count == 0) {
        config = EGL_NO_CONFIG_KHR;
    }
    const EGLint attributes[] = {EGL_CONTEXT_MAJOR_VERSION,
                                 major,
                                 EGL_CONTEXT_MINOR_VERSION,
                                 minor,
                                 EGL_CONTEXT_OPENGL_PROFILE_MASK,
                                 EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT,
                                 EGL_NONE};
    return eglCreateContext(display, config, EGL_NO_CONTEXT, attributes);
}

enum nav_status rnd_offscreen_create(struct rnd_offscreen **out_offscreen)
{
    struct rnd_offscreen *offscreen = calloc(1, sizeof(*offscreen));
    if (offscreen == NULL) {
        return NAV_ERR_MEMORY;
    }
    const PFNEGLGETPLATFORMDISPLAYEXTPROC get_display =
        (PFNEGLGETPLATFORMDISPLAYEXTPROC)eglGetProcAddress("eglGetPlatformDisplayEXT");
    if (get_display != NULL) {
        offscreen->display = get_display(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL);
    }
    EGLint major = 0;
    EGLint minor = 0;
    if (offscreen->display == EGL_NO_DISPLAY ||
        !eglInitialize(offscreen->display, &major, &minor)) {
        free(offscreen);
        return NAV_ERR_UNSUPPORTED;
    }
    if (eglBindAPI(EGL_OPENGL_API)) {
        offscreen->context = context_of_version(offscreen->display, 4, 3);
        if (offscreen->context == EGL_NO_CONTEXT) {
            offscreen->context = context_of_version(offscreen->display, 3, 2);
        }
    }
    if (offscreen->context == EGL_NO_CONTEXT ||
        !eglMakeCurrent(offscreen->display, EGL_NO_SURFACE, EGL_NO_SURFACE, offscreen->context)) {
        rnd_offscreen_destroy(offscreen);
        return NAV_ERR_UNSUPPORTED;
    }
    *out_offscreen = offscreen;
    return NAV_OK;
}

void rnd_offscreen_destroy(struct rnd_offscreen *offscreen)
{
    if (offscreen == NULL) {
        return;
    }
    (void)eglMakeCurrent(offscreen->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    if (offscreen->context != EGL_NO_CONTEXT) {
        (void)eglDestroyContext(offscreen->display, offscreen->context);
    }
    (void)eglTerminate(offscreen->display);
    free(offscreen);
}
