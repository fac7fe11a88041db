/* The linear learner of BenchmarkScore with SIMD: the same bits as abi.Matvec. */
#define TIERCEL_DESCRIPTION \
    "tiercel 1\nid simd\nversion 1.0.0\ntitle A linear learner with SIMD\nkind http\nfeature *\n"
#include <wasm_simd128.h>

#include "tiercel.h"

static float weights[4096];

int32_t configure(const uint8_t *text, uint32_t length) {
    return TIERCEL_BAD_CONFIG;
}

/* add adds the products of four values; a missing one counts as 0, which
 * leaves a sum that started at +0 as it was. */
static inline v128_t add(v128_t s, const float *x, v128_t w) {
    v128_t v = wasm_v128_load(x);
    return wasm_f32x4_add(s, wasm_f32x4_mul(wasm_v128_and(v, wasm_f32x4_eq(v, v)), w));
}

static inline float sum(v128_t s) {
    return (wasm_f32x4_extract_lane(s, 0) + wasm_f32x4_extract_lane(s, 1)) +
           (wasm_f32x4_extract_lane(s, 2) + wasm_f32x4_extract_lane(s, 3)) + 0.0f;
}

int32_t score(const tiercel_frame *f, float *scores) {
    uint32_t d = f->columns;
    if (d > 4096 || d % 4) return TIERCEL_BAD_COLUMNS;
    if (!weights[0])
        for (uint32_t j = 0; j < d; j++) weights[j] = (float)(j % 7) * 0.25f - 0.5f;
    uint32_t i = 0;
    for (; i + 4 <= f->rows; i += 4) { /* four rows at a time hide the latency of the additions */
        const float *x = f->x + (uint64_t)i * d;
        v128_t s[4] = {wasm_f32x4_splat(0), wasm_f32x4_splat(0), wasm_f32x4_splat(0), wasm_f32x4_splat(0)};
        for (uint32_t j = 0; j < d; j += 4) {
            v128_t w = wasm_v128_load(weights + j);
            for (int k = 0; k < 4; k++) s[k] = add(s[k], x + k * d + j, w);
        }
        for (int k = 0; k < 4; k++) scores[i + k] = sum(s[k]);
    }
    for (; i < f->rows; i++) {
        v128_t s = wasm_f32x4_splat(0);
        for (uint32_t j = 0; j < d; j += 4)
            s = add(s, f->x + (uint64_t)i * d + j, wasm_v128_load(weights + j));
        scores[i] = sum(s);
    }
    return TIERCEL_OK;
}
