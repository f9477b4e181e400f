package io.tinyfleet.server.rollout.engine;

import io.tinyfleet.protocol.DeviceId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The order in which devices are taken, and their split into waves.
 *
 * <p>Within a hardware class devices are ordered by a hash of rollout and device id: chance to the devices, the same every
 * time. The k-th of n of a class stands at (k + 1/2) / n of the way, so that every stretch of the order, and so every
 * wave, holds its share of every class to within one device.
 */
public final class WaveOrder {

    public record Candidate(DeviceId device, String hardwareClass) {}

    /** How many devices a wave takes. */
    public sealed interface Size {
        /** Of all eligible devices, rounded up. */
        record Share(int percent) implements Size {
            public Share {
                if (percent < 1 || percent > 100) {
                    throw new IllegalArgumentException("a share must be 1..100 percent, got " + percent);
                }
            }
        }

        record Devices(int count) implements Size {
            public Devices {
                if (count < 1) {
                    throw new IllegalArgumentException("a wave takes at least 1 device, got " + count);
                }
            }
        }
    }

    private record Placed(DeviceId device, double place, byte[] hash) {}

    private WaveOrder() {}

    /** All candidates in the order in which they are taken. */
    public static List<DeviceId> order(UUID rollout, Collection<Candidate> candidates) {
        Map<String, List<Placed>> classes = new TreeMap<>();
        for (Candidate candidate : candidates) {
            classes.computeIfAbsent(candidate.hardwareClass(), name -> new ArrayList<>())
                    .add(new Placed(candidate.device(), 0, hash(rollout, candidate.device())));
        }
        List<Placed> all = new ArrayList<>();
        for (List<Placed> sameClass : classes.values()) {
            sameClass.sort((one, other) -> Arrays.compareUnsigned(one.hash(), other.hash()));
            for (int k = 0; k < sameClass.size(); k++) {
                Placed device = sameClass.get(k);
                all.add(new Placed(device.device(), (k + 0.5) / sameClass.size(), device.hash()));
            }
        }
        all.sort(Comparator.comparingDouble(Placed::place)
                .thenComparing(Placed::hash, (one, other) -> Arrays.compareUnsigned(one, other)));
        return all.stream().map(Placed::device).toList();
    }

    /**
     * Sizes of the waves. Waves take what they ask for in their order and never more than is left; a percentage is of all
     * eligible devices, whatever waves with a count have taken, and rounds up, so that percentages which sum to 100 leave
     * nobody behind.
     */
    public static List<Integer> sizes(int eligible, List<Size> waves) {
        List<Integer> sizes = new ArrayList<>();
        int left = eligible;
        for (Size wave : waves) {
            int wanted = wave instanceof Size.Share share
                    ? (int) (((long) eligible * share.percent() + 99) / 100)
                    : ((Size.Devices) wave).count();
            int taken = Math.min(left, wanted);
            sizes.add(taken);
            left -= taken;
        }
        return List.copyOf(sizes);
    }

    private static byte[] hash(UUID rollout, DeviceId device) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest((rollout + "/" + device.value()).getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }
}
