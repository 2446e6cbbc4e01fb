// The lamps of every picture: for VTK, and as a shader of our own that does the same in a third of
// the time.
#ifndef RND_LAMPS_HPP
#define RND_LAMPS_HPP

#include <array>
#include <string>

#include <vtkRenderer.h>

extern "C" { // plain C without a guard of its own
#include "soft_tools.h"
}

// A theatre lamp from above left, a little from the eye, and a cool fill. They go with the camera.
void light_scene(vtkRenderer *renderer);

// The same for the processor.
std::array<struct rnd_soft_lamp, RND_SOFT_LAMPS> lamp_list();

// What VTK's shader computes of these lamps (Phong, reflected vector), to be put in the place of
// its "//VTK::Light::Impl". Its lamps are variables and its highlight is a power of any exponent,
// three a fragment: on software OpenGL that is most of what a fragment costs. Here the lamps are
// numbers, and the highlight is made of multiplications. `specular_power` is a whole number from 1;
// 0: no highlight.
std::string lamp_shader(unsigned specular_power);

#endif
