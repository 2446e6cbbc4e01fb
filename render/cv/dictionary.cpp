#include "dictionary.hpp"

#include <cstring>

namespace
{

struct Row {
    const char *name;
    int id;
};

#define DICTIONARY_ROW(name)                                                                       \
    Row                                                                                            \
    {                                                                                              \
#name, cv::aruco::name                                                                     \
    }
constexpr Row rows[] = {
    DICTIONARY_ROW(DICT_4X4_50),         DICTIONARY_ROW(DICT_4X4_100),
    DICTIONARY_ROW(DICT_4X4_250),        DICTIONARY_ROW(DICT_4X4_1000),
    DICTIONARY_ROW(DICT_5X5_50),         DICTIONARY_ROW(DICT_5X5_100),
    DICTIONARY_ROW(DICT_5X5_250),        DICTIONARY_ROW(DICT_5X5_1000),
    DICTIONARY_ROW(DICT_6X6_50),         DICTIONARY_ROW(DICT_6X6_100),
    DICTIONARY_ROW(DICT_6X6_250),        DICTIONARY_ROW(DICT_6X6_1000),
    DICTIONARY_ROW(DICT_7X7_50),         DICTIONARY_ROW(DICT_7X7_100),
    DICTIONARY_ROW(DICT_7X7_250),        DICTIONARY_ROW(DICT_7X7_1000),
    DICTIONARY_ROW(DICT_ARUCO_ORIGINAL), DICTIONARY_ROW(DICT_APRILTAG_16h5),
    DICTIONARY_ROW(DICT_APRILTAG_25h9),  DICTIONARY_ROW(DICT_APRILTAG_36h10),
    DICTIONARY_ROW(DICT_APRILTAG_36h11),
};
#undef DICTIONARY_ROW

} // namespace

cv::Ptr<cv::aruco::Dictionary> cam::dictionary(const char *name)
{
    for (const Row &row : rows) {
        if (std::strcmp(row.name, name) == 0) {
            return cv::aruco::getPredefinedDictionary(row.id);
        }
    }
    return {};
}
