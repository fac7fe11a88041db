/* A plugin that scores requests by all their columns, for the tests that hold
 * the page to the host. ENDLESS makes it loop once it meets a large sum. */

#define TIERCEL_DESCRIPTION \
    "tiercel 1\n" \
    "id all-columns\n" \
    "version 1.2.3\n" \
    "title The sum of all columns\n" \
    "kind http\n" \
    "feature *\n" \
    "text query\n" \
    "range 0 1\n"
#include "tiercel.h"

int32_t configure(const uint8_t *text, uint32_t length) {
    (void)text;
    return length ? TIERCEL_BAD_CONFIG : TIERCEL_OK;
}

int32_t score(const tiercel_frame *f, float *scores) {
    for (uint32_t i = 0; i < f->rows; i++) {
        const float *x = f->x + (uint64_t)i * f->columns;
        float sum = 0;
        for (uint32_t j = 0; j < f->columns; j++)
            if (x[j] == x[j]) sum += x[j] * (float)(1 + j % 5) / 7;
#ifdef ENDLESS
        for (volatile float *s = scores; sum > 30;) *s = sum;
#endif
        float p = sum / (20 + (sum < 0 ? -sum : sum));
        scores[i] = p < 0.25f ? TIERCEL_ABSTAIN : p;
    }
    return TIERCEL_OK;
}
