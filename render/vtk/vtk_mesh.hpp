// Meshes as every picture of VTK's has them.
#ifndef RND_VTK_MESH_HPP
#define RND_VTK_MESH_HPP

#include <vtkPolyData.h>
#include <vtkSmartPointer.h>

extern "C" {
#include "surface.h"
}

// A copy of the mesh, with normals.
vtkSmartPointer<vtkPolyData> poly_data(const struct rnd_mesh *mesh);

#endif
