/* One line of what went wrong and what to do, for people. */
#ifndef CAM_ERROR_H
#define CAM_ERROR_H

struct cam_error {
    char text[512];
};

#endif
