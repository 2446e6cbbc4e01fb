// Files of OpenCV's FileStorage: read and parsed as a whole, written as a whole. May throw.
#ifndef CAM_STORAGE_HPP
#define CAM_STORAGE_HPP

#include <string>

#include <opencv2/core/persistence.hpp>

#include "guard.hpp"
#include "nav/limits.h"

namespace cam
{

// `what` is the kind of file, for people: "lens". NAV_ERR_NOT_FOUND, NAV_ERR_IO, NAV_ERR_RANGE
// (empty or larger than 4 MB), NAV_ERR_SYNTAX.
nav_status read_storage(const char *path, const char *what, cv::FileStorage &out, cam_error *error);

// Takes what `storage`, opened to write into memory, holds. Replaces a file only when all is
// written. NAV_ERR_IO.
nav_status write_storage(const char *path, cv::FileStorage &storage, cam_error *error);

// Empty when there is none, or its numbers do not fill it.
cv::Mat matrix_at(const cv::FileNode &node);

double number_at(const cv::FileNode &node, double otherwise);

// As much as fits; empty when it is no text.
void text_at(const cv::FileNode &node, char (&out)[NAV_NAME_SIZE]);

} // namespace cam

#endif
