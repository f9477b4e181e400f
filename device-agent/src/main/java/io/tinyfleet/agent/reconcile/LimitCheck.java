package io.tinyfleet.agent.reconcile;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.v1.Compatibility;
import io.tinyfleet.protocol.v1.Encoding;
import io.tinyfleet.protocol.v1.EncodingKind;
import io.tinyfleet.protocol.v1.Runtime;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Whether this device can run a variant, asked before a single byte of it is fetched. */
final class LimitCheck {
    /** Left free on the flash beside the model, for the state, the journal and the outbox. */
    static final long FLASH_HEADROOM_BYTES = 16L << 20;

    /** Left free in RAM beside the model's peak, for the agent and the worker's own needs. */
    static final long RAM_HEADROOM_BYTES = 32L << 20;

    private LimitCheck() {}

    /** The first limit that does not hold, in words for people. */
    record Excess(String code, String sentence) {}

    static Optional<Excess> find(Offer offer, Set<Digest> bases, Installed candidate, DeviceLimits limits) {
        Compatibility needs = candidate.variant().getCompatibility();
        List<Encoding> usable = Encodings.usable(offer, bases, Set.of());
        if (usable.isEmpty()) {
            return excess(
                    "no-usable-encoding",
                    "of the " + offer.wanted().getEncodingsCount()
                            + " offered encodings this device can use none: neither the file itself, nor one compressed,"
                            + " nor a delta from a model that it holds");
        }
        for (Encoding encoding : usable) {
            long offered = encoding.getBlob().getSize();
            if (encoding.getKind() == EncodingKind.IDENTITY && offered != candidate.size()) {
                return excess("size-mismatch", "the release says " + candidate.size() + " bytes, the offer " + offered);
            }
        }
        Optional<Excess> unfit = findUnfit(needs, limits);
        if (unfit.isPresent()) {
            return unfit;
        }
        String noRoom = limits.noRoomBeside();
        return noRoom == null ? room(needs, least(usable, candidate), limits) : excess("not-enough-ram", noRoom);
    }

    /** The same of a file that needs no place of its own any more: runtime, processor and input. */
    static Optional<Excess> findUnfit(Compatibility needs, DeviceLimits limits) {
        Optional<Excess> runtime = runtime(needs, limits);
        if (runtime.isPresent()) {
            return runtime;
        }
        if (needs.getAbiCount() > 0 && !needs.getAbiList().contains(limits.abi())) {
            return excess(
                    "wrong-abi",
                    "made for " + String.join(", ", needs.getAbiList()) + ", this device is " + limits.abi());
        }
        if (needs.getAcceleratorsCount() > 0) {
            return excess(
                    "no-accelerator",
                    "needs " + String.join(" or ", needs.getAcceleratorsList()) + ", this device has no accelerator");
        }
        String misfit = limits.misfit();
        return misfit == null ? Optional.empty() : excess("input-misfit", misfit);
    }

    /** Encodings for which there is no room beside the file that is decoded from them. */
    static Set<Digest> withoutRoom(Offer offer, Set<Digest> bases, Installed candidate, DeviceLimits limits) {
        return Encodings.usable(offer, bases, Set.of()).stream()
                .filter(encoding -> Encodings.flashBytes(encoding, candidate.size()) + FLASH_HEADROOM_BYTES
                        > limits.flashFreeBytes())
                .map(Encodings::blobOf)
                .collect(Collectors.toUnmodifiableSet());
    }

    private static long least(List<Encoding> usable, Installed candidate) {
        return usable.stream()
                .mapToLong(encoding -> Encodings.flashBytes(encoding, candidate.size()))
                .min()
                .orElse(candidate.size());
    }

    private static Optional<Excess> room(Compatibility needs, long fileBytes, DeviceLimits limits) {
        long ram = needs.getRamPeakBytes();
        if (ram > 0 && ram + RAM_HEADROOM_BYTES > limits.ramAvailableBytes()) {
            return excess(
                    "not-enough-ram",
                    "needs " + megabytes(ram + RAM_HEADROOM_BYTES) + " RAM, " + megabytes(limits.ramAvailableBytes())
                            + " free");
        }
        long flash = Math.max(needs.getFlashBytes(), fileBytes) + FLASH_HEADROOM_BYTES;
        if (flash > limits.flashFreeBytes()) {
            return excess(
                    "not-enough-flash",
                    "needs " + megabytes(flash) + " flash, " + megabytes(limits.flashFreeBytes()) + " free");
        }
        return Optional.empty();
    }

    private static Optional<Excess> runtime(Compatibility needs, DeviceLimits limits) {
        if (needs.getRuntime().isEmpty()) {
            return Optional.empty();
        }
        Optional<Runtime> here = limits.runtimes().stream()
                .filter(runtime -> runtime.getName().equals(needs.getRuntime()))
                .findFirst();
        if (here.isEmpty()) {
            return excess("no-runtime", "needs " + needs.getRuntime() + ", which this device does not have");
        }
        if (!needs.getMinRuntime().isEmpty() && compareVersions(here.get().getVersion(), needs.getMinRuntime()) < 0) {
            return excess(
                    "runtime-too-old",
                    "needs " + needs.getRuntime() + " " + needs.getMinRuntime() + ", this device has "
                            + here.get().getVersion());
        }
        return Optional.empty();
    }

    /** Dotted numbers, part by part; a part that is not a number counts as 0, so an unreadable version is an old one. */
    static int compareVersions(String left, String right) {
        String[] a = left.split("[.+-]", -1);
        String[] b = right.split("[.+-]", -1);
        for (int i = 0; i < Math.max(a.length, b.length); i++) {
            int order = Integer.compare(part(a, i), part(b, i));
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    private static int part(String[] parts, int index) {
        return index < parts.length && parts[index].matches("[0-9]{1,9}") ? Integer.parseInt(parts[index]) : 0;
    }

    private static String megabytes(long bytes) {
        return (bytes + (1 << 20) - 1) / (1 << 20) + " MB";
    }

    private static Optional<Excess> excess(String code, String sentence) {
        return Optional.of(new Excess(code, sentence));
    }
}
