/** Models as other tools leave them in folders: plain, MLflow's model format, Hugging Face's style. */
@NullMarked
package io.tinyfleet.registry.imports;

import org.jspecify.annotations.NullMarked;
