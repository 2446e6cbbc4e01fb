#include "vtk_window.hpp"

#include <vtkObjectFactory.h>
#include <vtk_glew.h>

vtkStandardNewMacro(NavRenderWindow);

void NavRenderWindow::OpenGLInitContext()
{
    if (!this->Initialized) {
        const GLenum result = glewInit();
        this->GlewInitValid =
            (result == GLEW_OK || result == GLEW_ERROR_NO_GLX_DISPLAY) && GLEW_VERSION_3_2 != 0;
        if (this->GlewInitValid) {
            this->Initialized = true;
            GLfloat widths[2] = {1.0F, 1.0F};
            glGetFloatv(GL_ALIASED_LINE_WIDTH_RANGE, widths);
            this->MaximumHardwareLineWidth = widths[1];
        }
    }
    this->ContextCreationTime.Modified();
}
