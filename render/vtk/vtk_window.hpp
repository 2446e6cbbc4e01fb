// The VTK render window inside a foreign OpenGL context.
#ifndef RND_VTK_WINDOW_HPP
#define RND_VTK_WINDOW_HPP

#include <vtkGenericOpenGLRenderWindow.h>
#include <vtkOpenGLFramebufferObject.h>

// The stock class refuses a context without GLX: Debian's GLEW loads every OpenGL function and
// then fails for want of a GLX display, although the functions work on an EGL context as well.
class NavRenderWindow : public vtkGenericOpenGLRenderWindow
{
  public:
    static NavRenderWindow *New();
    vtkTypeMacro(NavRenderWindow, vtkGenericOpenGLRenderWindow);

    void OpenGLInitContext() override;

    // Whether the current context could be used at all; asks it on the first call.
    bool HasUsableContext()
    {
        this->OpenGLInitContext();
        return this->Initialized;
    }

    // Where the last Render left its picture.
    vtkOpenGLFramebufferObject *PictureFramebuffer()
    {
        return this->RenderFramebuffer;
    }

    NavRenderWindow(const NavRenderWindow &) = delete;
    NavRenderWindow &operator=(const NavRenderWindow &) = delete;

  protected:
    NavRenderWindow() = default;
    ~NavRenderWindow() override = default;
};

#endif
