/* A base learner: a linear model over the whole row, w . x, missing values left
 * out. The weights come from the configuration, one number a column, so that
 * this file stays as it is when they change; without one each weight is 1.
 * Change what it is called, what it wants to see, configure and score. */

#define TIERCEL_DESCRIPTION \
    "tiercel 1\n" \
    "id example-c\n" \
    "version 0.1.0\n" \
    "title A linear learner in C\n" \
    "kind http\n" \
    "feature *\n" \
    "cost 50\n"
#include "tiercel.h"

#define MAX_COLUMNS 4096

static float weights[MAX_COLUMNS];
static uint32_t columns; /* 0 before the first configuration */

/* number reads a decimal number such as -0.25 and moves *at behind it. */
static int number(const uint8_t **at, const uint8_t *end, float *out) {
    const uint8_t *p = *at;
    double v = 0, scale = 1, sign = 1;
    int digits = 0;
    if (p < end && *p == '-') sign = -1, p++;
    for (; p < end && *p >= '0' && *p <= '9'; p++, digits++) v = v * 10 + (*p - '0');
    if (p < end && *p == '.')
        for (p++; p < end && *p >= '0' && *p <= '9'; p++, digits++) v += (*p - '0') * (scale /= 10);
    *at = p;
    *out = (float)(sign * v);
    return digits > 0;
}

int32_t configure(const uint8_t *text, uint32_t length) {
    const uint8_t *end = text + length;
    columns = 0;
    while (text < end) {
        if (*text == ' ' || *text == '\n' || *text == '\r' || *text == '\t') {
            text++;
        } else if (columns == MAX_COLUMNS || !number(&text, end, &weights[columns++])) {
            return columns = 0, TIERCEL_BAD_CONFIG;
        }
    }
    return columns ? TIERCEL_OK : TIERCEL_BAD_CONFIG;
}

int32_t score(const tiercel_frame *f, float *scores) {
    const uint32_t d = f->columns;
    if (columns && d != columns) return TIERCEL_BAD_COLUMNS;
    for (uint32_t j = 0; !columns && j < d; j++) weights[j] = 1;
    for (uint32_t i = 0; i < f->rows; i++) {
        const float *x = f->x + (uintptr_t)i * d;
        float sum = 0;
        for (uint32_t j = 0; j < d; j++)
            if (x[j] == x[j]) sum += weights[j] * x[j];
        scores[i] = tiercel_finite(sum) ? sum : TIERCEL_ABSTAIN;
    }
    return TIERCEL_OK;
}
