package io.tinyfleet.agent.serve;

import io.tinyfleet.agent.reconcile.SlotInput;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Variant;
import java.time.Duration;
import java.util.Optional;

/**
 * Has whichever model is active answer a slot's input and the device's applications, and records each inference. Methods
 * may be called from any thread; none but {@link TakenModel#infer} and {@link #take} waits for inferences.
 */
public interface SlotServer extends AutoCloseable {

    /** Why this slot's input cannot feed the variant, if so: to be asked before anything is fetched. */
    Optional<String> findMisfit(Variant variant);

    /**
     * Makes the model answer from the next frame on. The one before ends its calls, then is closed; recurrent
     * state and counters start anew. Takes over the model, also if it throws.
     *
     * @throws IllegalArgumentException if {@link #findMisfit} names a reason
     */
    void activate(ActiveModel next);

    /**
     * The model that answers now; any number of threads may hold it. Empty when none becomes active within
     * {@code patience}: for a moment there is none while one model has to end before the next one fits into memory.
     */
    Optional<TakenModel> take(Duration patience) throws InterruptedException;

    /** Stops answering and closes the active model, if there is one. */
    void deactivate();

    /**
     * Has a second model see the share of inputs that it asks for, each after it was answered, and counts how far its
     * answers agree. It delays nothing: what it has no time for is dropped. Takes over the model, also if it throws.
     *
     * @throws IllegalArgumentException if {@link #findMisfit} names a reason
     */
    void beginShadow(ShadowModel next);

    /** Closes the shadow, if there is one. */
    void endShadow();

    /** Empty when there is no shadow. */
    Optional<ShadowHealth> findShadowHealth();

    /** The active model entered another phase: its telemetry window closes and a new one begins. */
    void phase(Phase next);

    /** How often telemetry windows close. */
    void windowInterval(Duration interval);

    /** Inferences answered since the last activate. */
    long inferences();

    SlotHealth health();

    /** How the slot's own input does; empty when only applications ask. Its {@code since} is not set. */
    Optional<SlotInput> input();

    /** Deactivates, hands over the last window and ends the slot's thread. */
    @Override
    void close();
}
