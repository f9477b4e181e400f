package io.tinyfleet.server.delivery;

/** How low a model may go. */
public interface ModelFloors {
    /** Releases of the model with a lower security version are neither offered nor gone back to; 0 without a floor. */
    long floorOf(String model);
}
