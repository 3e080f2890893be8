/* Softmax, loss and gradient of cross entropy with label smoothing in one pass over the logits. */
#include <math.h>
#include <stdint.h>
#include <string.h>

static inline float from_bf16(uint16_t bits) {
    uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

/* Rounds to the nearest, ties to even. */
static inline uint16_t to_bf16(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
}

/* Replaces `logits` (bf16, [rows, size], without `bias`) by their gradients times `scale`. Adds the sum of the losses
 * with label smoothing to `smoothed`, and of the negative log-likelihoods to `plain`. */
void cross_entropy(uint16_t *logits, const float *bias, const int64_t *target, int64_t rows, int64_t size,
                   float smoothing, float scale, double *smoothed, double *plain) {
    double smoothed_sum = 0, plain_sum = 0;
#pragma omp parallel for schedule(static) reduction(+ : smoothed_sum, plain_sum)
    for (int64_t row = 0; row < rows; row++) {
        uint16_t *x = logits + row * size;
        float values[size], maximum = -1e30f, sum = 0, exponentials = 0;
        for (int64_t i = 0; i < size; i++) {
            values[i] = from_bf16(x[i]) + bias[i];
            maximum = values[i] > maximum ? values[i] : maximum;
            sum += values[i];
        }
        float wanted = values[target[row]];
        for (int64_t i = 0; i < size; i++) {
            values[i] = expf(values[i] - maximum);
            exponentials += values[i];
        }
        float log_sum = maximum + logf(exponentials);
        float factor = scale / exponentials, uniform = scale * smoothing / size;
        for (int64_t i = 0; i < size; i++) x[i] = to_bf16(values[i] * factor - uniform);
        x[target[row]] = to_bf16(expf(wanted - log_sum) * scale - uniform - (1 - smoothing) * scale);
        plain_sum += log_sum - wanted;
        smoothed_sum += (1 - smoothing) * (log_sum - wanted) + smoothing * (log_sum - sum / size);
    }
    *smoothed += smoothed_sum;
    *plain += plain_sum;
}
