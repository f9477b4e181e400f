package io.tinyfleet.registry.inspect;

import java.util.Arrays;

/**
 * From which operator to which the computed tensors of a graph are needed, and how many bytes are alive at once when the
 * operators run in their order. Owned by one thread.
 */
final class TensorLives {
    private static final int NEVER = -1;
    private static final int START = 0;
    /** Far over any device's memory, and far enough under a long's end that no sum of tensors passes it. */
    private static final long MAX_TENSOR_BYTES = 1L << 40;

    private final long[] bytes;
    private final int[] first;
    private final int[] last;
    private int operators;

    TensorLives(int tensors) {
        bytes = new long[tensors];
        first = new int[tensors];
        last = new int[tensors];
        Arrays.fill(first, NEVER);
    }

    int count() {
        return bytes.length;
    }

    /** Says that a tensor is not stored in the file: only such take room. */
    void computed(int tensor, long size) {
        bytes[tensor] = Math.min(size, MAX_TENSOR_BYTES);
    }

    boolean isComputed(int tensor) {
        return bytes[tensor] > 0;
    }

    void aliveFromStart(int tensor) {
        first[tensor] = START;
        last[tensor] = Math.max(last[tensor], START);
    }

    void aliveToEnd(int tensor) {
        if (first[tensor] == NEVER) {
            first[tensor] = START;
        }
        last[tensor] = Integer.MAX_VALUE;
    }

    void usedBy(int tensor, int operator) {
        if (first[tensor] == NEVER) {
            first[tensor] = operator;
        }
        last[tensor] = Math.max(last[tensor], operator);
    }

    void operators(int count) {
        operators = count;
    }

    long largestSum() {
        int steps = Math.max(1, operators);
        long[] change = new long[steps + 1];
        for (int i = 0; i < bytes.length; i++) {
            if (first[i] == NEVER || bytes[i] == 0) {
                continue;
            }
            int begin = Math.min(first[i], steps - 1);
            int end = (int) Math.min((long) last[i] + 1, steps);
            change[begin] += bytes[i];
            change[end] -= bytes[i];
        }
        long sum = 0;
        long largest = 0;
        for (long step : change) {
            sum += step;
            largest = Math.max(largest, sum);
        }
        return largest;
    }
}
