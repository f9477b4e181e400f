package io.tinyfleet.server.mqtt;

import io.tinyfleet.protocol.OutLeaf;
import io.tinyfleet.protocol.Topics;
import io.tinyfleet.protocol.Topics.Outbound;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;

/**
 * Brings queued messages to their handlers in batches, and acknowledges them when they are stored. Two lanes with a
 * thread each: what is stored goes through one transaction a batch, chunk requests go past it without one.
 */
final class InboundPump {
    static final int MAX_BATCH = 500;
    static final int MAX_QUEUED = 2048;
    private static final Logger LOG = Logger.getLogger(InboundPump.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final int WHOLE_BATCH_TRIES = 2;

    /** Runs work in a transaction of its own. */
    interface Transactions {
        void run(Runnable work);
    }

    private final List<InboundHandler> handlers;
    private final InboundDeadLetters deadLetters;
    private final Transactions transactions;
    private final RandomGenerator random;
    private final BlockingQueue<Inbound> stored = new ArrayBlockingQueue<>(MAX_QUEUED);
    private final BlockingQueue<Inbound> passing = new ArrayBlockingQueue<>(MAX_QUEUED);
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final List<Thread> threads;

    InboundPump(
            List<InboundHandler> handlers,
            InboundDeadLetters deadLetters,
            Transactions transactions,
            RandomGenerator random) {
        this.handlers = List.copyOf(handlers);
        this.deadLetters = deadLetters;
        this.transactions = transactions;
        this.random = random;
        this.threads = List.of(
                new Thread(() -> pump(stored, this::store), "mqtt-store"),
                new Thread(() -> pump(passing, this::pass), "mqtt-pass"));
        threads.forEach(thread -> thread.setDaemon(true));
    }

    void start() {
        threads.forEach(Thread::start);
    }

    void stop() throws InterruptedException {
        stopped.countDown();
        for (Thread thread : threads) {
            thread.join(Duration.ofSeconds(10).toMillis());
        }
    }

    /** False when the lane is full. Never blocks. */
    boolean offer(Inbound message) {
        boolean need = Topics.parseOut(message.topic())
                .filter(out -> out.leaf() == OutLeaf.NEED)
                .isPresent();
        return (need ? passing : stored).offer(message);
    }

    int queued() {
        return stored.size() + passing.size();
    }

    private interface Lane {
        void take(List<Inbound> batch) throws InterruptedException;
    }

    private void pump(BlockingQueue<Inbound> queue, Lane lane) {
        List<Inbound> batch = new ArrayList<>(MAX_BATCH);
        try {
            while (stopped.getCount() > 0) {
                Inbound first = queue.poll(POLL.toMillis(), TimeUnit.MILLISECONDS);
                if (first != null) {
                    batch.add(first);
                    queue.drainTo(batch, MAX_BATCH - 1);
                    lane.take(batch);
                    batch.clear();
                }
            }
        } catch (InterruptedException e) {
            // Only the virtual machine's end interrupts this thread; what is not acknowledged comes again.
            Thread.currentThread().interrupt();
        }
    }

    private void pass(List<Inbound> batch) {
        try {
            dispatch(batch);
        } catch (RuntimeException e) {
            // A device asks again after silence, so a request is not worth holding up the ones behind it.
            LOG.errorf(e, "requests dropped count=%d", batch.size());
        }
        batch.forEach(message -> message.receipt().acknowledge());
    }

    /** Tries until everything is stored, or has become another connection's to deliver. */
    private void store(List<Inbound> batch) throws InterruptedException {
        Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30), random);
        List<Inbound> open = new ArrayList<>(batch);
        int tries = 0;
        while (true) {
            open.removeIf(message -> !message.receipt().isCurrent());
            if (open.isEmpty()) {
                return;
            }
            try {
                transactions.run(() -> dispatch(open));
                open.forEach(message -> message.receipt().acknowledge());
                return;
            } catch (RuntimeException e) {
                tries++;
                LOG.warnf("batch not stored count=%d try=%d reason=%s", open.size(), tries, e);
            }
            if (tries >= WHOLE_BATCH_TRIES) {
                storeOneByOne(open);
            }
            if (!open.isEmpty() && stopped.await(backoff.next().toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        }
    }

    /**
     * One message that a handler cannot take must not hold up all others for ever: it goes to the dead letters. That this
     * can be stored shows that the database is there and the message is at fault.
     */
    private void storeOneByOne(List<Inbound> open) {
        while (!open.isEmpty()) {
            Inbound message = open.get(0);
            try {
                transactions.run(() -> dispatch(List.of(message)));
            } catch (RuntimeException e) {
                if (!buried(message, e)) {
                    return;
                }
            }
            message.receipt().acknowledge();
            open.remove(0);
        }
    }

    private boolean buried(Inbound message, RuntimeException cause) {
        try {
            transactions.run(() -> deadLetters.add(
                    message.topic(), "handler-failed: " + cause, message.payload(), message.receivedAt()));
            LOG.errorf(cause, "message cannot be handled, kept as dead letter topic=%s", message.topic());
            return true;
        } catch (RuntimeException noDatabase) {
            LOG.warnf("nothing can be stored, the broker keeps messages reason=%s", noDatabase);
            return false;
        }
    }

    private void dispatch(List<Inbound> batch) {
        List<InboundMessage> messages = new ArrayList<>(batch.size());
        for (Inbound inbound : batch) {
            Optional<Outbound> out = Topics.parseOut(inbound.topic());
            if (out.isPresent()) {
                messages.add(new InboundMessage(
                        out.get().device(), out.get().leaf(), inbound.payload(), inbound.receivedAt()));
            } else {
                deadLetters.add(inbound.topic(), "unknown-topic", inbound.payload(), inbound.receivedAt());
            }
        }
        for (InboundHandler handler : handlers) {
            List<InboundMessage> own = messages.stream()
                    .filter(message -> handler.leaves().contains(message.leaf()))
                    .toList();
            if (!own.isEmpty()) {
                handler.handle(own);
            }
        }
    }
}
