#include "limits_table.h"

struct cfg_limits cfg_limits_default(void)
{
    return (struct cfg_limits){
#define LIMIT_DEFAULT(name, def, min, max, unit, help) .name = (def),
        CFG_LIMITS_LIST(LIMIT_DEFAULT)
#undef LIMIT_DEFAULT
    };
}
