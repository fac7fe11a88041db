/* Names that a program made: a perceptron with one hidden layer over hashed
 * pairs of bytes. Its sums run over four hidden units at once: SIMD in
 * WebAssembly, and the same sums in the same order without it. */

#define TIERCEL_DESCRIPTION \
    "tiercel 1\n" \
    "id names-mlp\n" \
    "version 1.0.0\n" \
    "title Names that a program made, by a perceptron in C\n" \
    "kind dns\n" \
    "text name\n" \
    "cost 1000\n"
#include "tiercel.h"
#include "weights.h"

#define LONGEST 253 /* bytes of a name; of longer texts the end counts */

typedef float four __attribute__((vector_size(16)));

int32_t configure(const uint8_t *text, uint32_t length) {
    (void)text;
    return length ? TIERCEL_BAD_CONFIG : TIERCEL_OK; /* the weights are compiled in */
}

/* log_odds is the net's answer for a name of at least two bytes. */
static float log_odds(const uint8_t *name, uint32_t length) {
    if (length > LONGEST) name += length - LONGEST, length = LONGEST;
    uint32_t counts[BUCKETS] = {0};
    for (uint32_t i = 0; i + 1 < length; i++) counts[(name[i] * 31 + name[i + 1]) % BUCKETS]++;
    four hidden[HIDDEN / 4];
    const four *in = (const four *)bias;
    for (int h = 0; h < HIDDEN / 4; h++) hidden[h] = in[h];
    const float share = 1.0f / (float)(length - 1);
    for (uint32_t k = 0; k < BUCKETS; k++) {
        if (!counts[k]) continue;
        const float x = (float)counts[k] * share;
        const four v = {x, x, x, x}, *w = (const four *)first + k * (HIDDEN / 4);
        for (int h = 0; h < HIDDEN / 4; h++) hidden[h] += v * w[h];
    }
    float sum = offset[0];
    for (int h = 0; h < HIDDEN; h++) {
        const float a = hidden[h / 4][h % 4];
        if (a > 0) sum += a * second[h];
    }
    return sum;
}

/* The score of a record is that of its worst name. */
int32_t score(const tiercel_frame *f, float *scores) {
    const tiercel_texts *names = &f->text[0];
    for (uint32_t i = 0; i < f->rows; i++) {
        float worst = TIERCEL_ABSTAIN;
        for (uint32_t k = names->first[i]; k < names->first[i + 1]; k++) {
            const uint32_t at = names->offset[k], length = names->offset[k + 1] - at;
            if (length < 2) continue;
            const float s = log_odds(names->bytes + at, length);
            if (!(worst >= s)) worst = s;
        }
        scores[i] = worst;
    }
    return TIERCEL_OK;
}
