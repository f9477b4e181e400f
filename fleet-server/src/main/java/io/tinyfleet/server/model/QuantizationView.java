package io.tinyfleet.server.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tinyfleet.registry.inspect.AffineQuantization;
import org.jspecify.annotations.Nullable;

/**
 * {@code real = scale * (integer - zeroPoint)}; of several channels, the first one's.
 *
 * @param axis dimension of the channels; absent when the whole tensor has one scale
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record QuantizationView(
        float scale, long zeroPoint, int channels, @Nullable Integer axis) {
    static QuantizationView of(AffineQuantization found) {
        return new QuantizationView(
                found.scale(0), found.zeroPoint(0), found.channels(), found.perChannel() ? found.axis() : null);
    }
}
