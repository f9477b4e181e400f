package io.tinyfleet.agent.serve;

/** Takes the results of a slot's own input. */
public interface Sink extends AutoCloseable {

    /** One result as one line of JSON. Does not wait: what there is no room for is dropped and counted. */
    void accept(String json);

    @Override
    void close();
}
