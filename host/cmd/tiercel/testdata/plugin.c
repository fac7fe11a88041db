/* A plugin of the tests, about successful logins of privileged users; SCORE says
 * what it does with a row. */
#ifndef SCORE
#define SCORE found
#endif
#ifndef PLUGIN_VERSION
#define PLUGIN_VERSION "1.0.0"
#endif
#define TIERCEL_DESCRIPTION \
    "tiercel 1\n" \
    "id root-logins\n" \
    "version " PLUGIN_VERSION "\n" \
    "title Privileged users who log in\n" \
    "class privilege-abuse\n" \
    "kind auth\n" \
    "feature user.privileged\n" \
    "feature outcome.success\n" \
    "range 0 1\n" \
    "cost 20\n"
#include "tiercel.h"

int32_t configure(const uint8_t *text, uint32_t length) { return TIERCEL_OK; }

#define found x[0] > 0 && x[1] > 0
#define trap (__builtin_trap(), 0)

int32_t score(const tiercel_frame *f, float *scores) {
    for (uint32_t i = 0; i < f->rows; i++) {
        const float *x = f->x + 2 * (uint64_t)i;
        scores[i] = SCORE;
    }
    return TIERCEL_OK;
}
