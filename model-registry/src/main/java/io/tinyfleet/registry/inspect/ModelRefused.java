package io.tinyfleet.registry.inspect;

/** A model file that is not taken. The sentence says what is wrong, where, and what to do. */
public final class ModelRefused extends Exception {
    private static final long serialVersionUID = 1L;

    private final Code code;

    /** Why a file is not taken. */
    public enum Code {
        /** No ONNX, TFLite or GGUF model. */
        UNKNOWN_FORMAT("unknown-format"),
        /** The file ends before the model does. */
        TRUNCATED_MODEL("truncated-model"),
        /** Inside it says things that cannot be. */
        CORRUPT_MODEL("corrupt-model"),
        /** A model without a graph. */
        NO_GRAPH("no-graph"),
        /** A graph that takes nothing. */
        NO_INPUTS("no-inputs"),
        /** A graph that answers nothing. */
        NO_OUTPUTS("no-outputs"),
        /** An input that is no tensor. */
        UNSUPPORTED_INPUT("unsupported-input"),
        /** Weights in other files beside it. */
        EXTERNAL_DATA_UNSUPPORTED("external-data-unsupported"),
        /** A version of the format that no runtime loads. */
        UNSUPPORTED_VERSION("unsupported-version"),
        /** An operator that no device's runtime has. */
        UNSUPPORTED_OPERATOR("unsupported-operator"),
        /** A stored tensor of a type that no runtime loads. */
        UNSUPPORTED_TENSOR_TYPE("unsupported-tensor-type"),
        /** Over a limit of size, count or depth. */
        TOO_LARGE("too-large");

        private final String word;

        Code(String word) {
            this.word = word;
        }

        /** The stable word, such as {@code truncated-model}. */
        public String word() {
            return word;
        }
    }

    ModelRefused(Code code, String sentence) {
        super(sentence);
        this.code = code;
    }

    /** The stable word for the reason, such as {@code truncated-model}. */
    public String code() {
        return code.word();
    }

    /** What is wrong, where, and what to do. */
    public String sentence() {
        return String.valueOf(getMessage());
    }

    /** The reason. */
    public Code reason() {
        return code;
    }
}
