package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.v1.Runtime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What this device has left, measured when an offer is judged.
 *
 * @param ramAvailableBytes free, and what ending the slot's running model would free
 * @param abi such as {@code linux-x86_64-glibc}
 * @param misfit why the slot's input cannot feed the variant; null when it can
 * @param noRoomBeside why a shadow's worker does not fit beside what runs; null when it does, and for what is no shadow
 */
public record DeviceLimits(
        long ramAvailableBytes,
        long flashFreeBytes,
        String abi,
        List<Runtime> runtimes,
        @Nullable String misfit,
        @Nullable String noRoomBeside) {
    public DeviceLimits {
        runtimes = List.copyOf(runtimes);
    }

    /** Of a device asked about what is no shadow. */
    public DeviceLimits(
            long ramAvailableBytes, long flashFreeBytes, String abi, List<Runtime> runtimes, @Nullable String misfit) {
        this(ramAvailableBytes, flashFreeBytes, abi, runtimes, misfit, null);
    }

    /** The same device after others have got what was promised to them. */
    DeviceLimits promised(long flashBytes) {
        return new DeviceLimits(
                ramAvailableBytes, Math.max(0, flashFreeBytes - flashBytes), abi, runtimes, misfit, noRoomBeside);
    }
}
