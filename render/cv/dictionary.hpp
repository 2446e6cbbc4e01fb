/* Marker dictionaries by OpenCV's names. */
#ifndef CAM_DICTIONARY_HPP
#define CAM_DICTIONARY_HPP

#include <opencv2/aruco.hpp>

namespace cam
{

/* Empty when there is none of that name. */
cv::Ptr<cv::aruco::Dictionary> dictionary(const char *name);

} // namespace cam

#endif
