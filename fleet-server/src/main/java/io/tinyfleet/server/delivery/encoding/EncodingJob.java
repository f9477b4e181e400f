package io.tinyfleet.server.delivery.encoding;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.scheduler.Scheduled;
import io.tinyfleet.protocol.delta.CorruptPatchException;
import io.tinyfleet.server.live.LiveEvents;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Makes queued encodings, one at a time in each replica. A claim is a lease: a replica that dies leaves its work to the
 * next, a few times at most.
 */
@Singleton
class EncodingJob {
    private static final Logger LOG = Logger.getLogger(EncodingJob.class);
    private static final double SECOND = 1e9;

    private final WantEncodings want;
    private final MakeEncoding make;
    private final EncodingRows rows;
    private final EncodingsConfig config;
    private final LiveEvents live;
    private final InstantSource clock;

    EncodingJob(
            WantEncodings want,
            MakeEncoding make,
            EncodingRows rows,
            EncodingsConfig config,
            LiveEvents live,
            InstantSource clock) {
        this.want = want;
        this.make = make;
        this.rows = rows;
        this.config = config;
        this.live = live;
        this.clock = clock;
    }

    @Scheduled(every = "10s", delayed = "15s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    void tick() {
        if (config.enabled()) {
            want.look();
            makeNext();
        }
    }

    /** Whether there was anything to make. */
    boolean makeNext() {
        Optional<EncodingRows.Claim> claim = QuarkusTransaction.requiringNew().call(this::claim);
        claim.ifPresent(this::make);
        return claim.isPresent();
    }

    private Optional<EncodingRows.Claim> claim() {
        Instant now = clock.instant();
        Optional<EncodingRows.Claim> claim =
                rows.claim(now, now.plus(config.timeLimit().multipliedBy(2)));
        claim.ifPresent(made -> tell(made.key(), EncodingState.MAKING));
        return claim;
    }

    private void make(EncodingRows.Claim claim) {
        long start = cpu();
        if (claim.attempts() > config.attempts()) {
            ended(claim, EncodingState.FAILED, "given up after " + config.attempts() + " attempts", start);
            return;
        }
        try {
            ReadyEncoding ready = make.make(claim.key());
            double seconds = (cpu() - start) / SECOND;
            QuarkusTransaction.requiringNew().run(() -> {
                rows.ready(claim, ready, seconds, clock.instant());
                tell(claim.key(), EncodingState.READY);
            });
            LOG.infof(
                    "encoding ready target=%s kind=%s bytes=%d cpuSeconds=%.2f",
                    claim.key().target().shortHex(), claim.key().kind(), ready.bytes(), seconds);
        } catch (MakeEncoding.NotWorthIt e) {
            ended(claim, EncodingState.NOT_WORTH_IT, String.valueOf(e.getMessage()), start);
        } catch (IOException | CorruptPatchException | RuntimeException e) {
            LOG.errorf(e, "encoding failed target=%s", claim.key().target().shortHex());
            ended(claim, EncodingState.FAILED, String.valueOf(e.getMessage()), start);
        }
    }

    private void ended(EncodingRows.Claim claim, EncodingState state, String reason, long start) {
        QuarkusTransaction.requiringNew().run(() -> {
            rows.ended(claim, state, reason, (cpu() - start) / SECOND, clock.instant());
            tell(claim.key(), state);
        });
    }

    private void tell(EncodingKey key, EncodingState state) {
        live.publish("fleet", "encoding-changed", Map.of("target", key.target().hex(), "state", state.name()));
    }

    private static long cpu() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
}
