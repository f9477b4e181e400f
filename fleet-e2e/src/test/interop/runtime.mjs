// The model really run: ONNX Runtime in WebAssembly, the self-test, and frames of sound.
import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-web/wasm";
import { Refusal } from "./dsse.mjs";

ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";

export const RUNTIME = { name: "onnxruntime", version: ort.env.versions.web };

/** Element types that this device can hand to its runtime. */
const ARRAYS = {
  FLOAT32: ["float32", Float32Array],
  FLOAT64: ["float64", Float64Array],
  INT8: ["int8", Int8Array],
  INT16: ["int16", Int16Array],
  INT32: ["int32", Int32Array],
  INT64: ["int64", BigInt64Array],
  UINT8: ["uint8", Uint8Array],
  UINT16: ["uint16", Uint16Array],
  UINT32: ["uint32", Uint32Array],
  UINT64: ["uint64", BigUint64Array],
  BOOL: ["bool", Uint8Array],
};

function values({ name, type, shape, data }) {
  const known = ARRAYS[type];
  if (!known) throw new Refusal("self-test-unreadable", `tensor '${name}' has the element type ${type}, which is unknown here`);
  const [, Type] = known;
  const count = shape.reduce((product, size) => product * size, 1);
  if (data.length !== count * Type.BYTES_PER_ELEMENT) {
    throw new Refusal("self-test-unreadable", `tensor '${name}' of ${count} elements has ${data.length} bytes`);
  }
  // A copy, as a view has to begin at a multiple of its element's size. Little-endian, as this machine is.
  return new Type(new Uint8Array(data).buffer);
}

const tensor = (spec) => new ort.Tensor(ARRAYS[spec.type]?.[0] ?? "", values(spec), spec.shape);

export async function load(path) {
  try {
    return await ort.InferenceSession.create(readFileSync(path), { executionProviders: ["wasm"] });
  } catch (failure) {
    throw new Refusal("load-failed", `the runtime does not load the model: ${failure.message}`);
  }
}

/** Runs every vector; the first element that is out of tolerance is a Refusal that names it. */
export async function selfTest(session, vectors, { absoluteTolerance, relativeTolerance }) {
  for (const [at, vector] of vectors.entries()) {
    const inputs = Object.fromEntries(vector.inputs.map((input) => [input.name, tensor(input)]));
    let outputs;
    try {
      outputs = await session.run(inputs);
    } catch (failure) {
      throw new Refusal("self-test-failed", `vector ${at} could not be run: ${failure.message}`);
    }
    for (const expected of vector.outputs) {
      const got = outputs[expected.name]?.data;
      const wanted = values(expected);
      if (got === undefined || got.length !== wanted.length) {
        throw new Refusal("self-test-failed", `vector ${at}: output '${expected.name}' is missing or of another size`);
      }
      for (let index = 0; index < wanted.length; index++) {
        const e = Number(wanted[index]);
        const g = Number(got[index]);
        // Written so that NaN fails.
        if (!(Math.abs(g - e) <= absoluteTolerance + relativeTolerance * Math.abs(e))) {
          throw new Refusal("self-test-failed", `vector ${at}: output '${expected.name}'[${index}] is ${g}, expected ${e}`);
        }
      }
    }
  }
}

/** Runs frames of white noise through a pipeline of audio frames; one call is one inference. */
export class NoiseFrames {
  static SOURCE = "noise";
  #session;
  #frames;
  #context;
  #state;
  #random = 1;

  constructor(session, frames) {
    this.#session = session;
    this.#frames = frames;
    this.#context = new Float32Array(frames.contextSamples);
    this.#state = Object.fromEntries(
      frames.feedback.map(({ input, shape }) => [
        input,
        new ort.Tensor("float32", new Float32Array(shape.reduce((product, size) => product * size, 1)), shape),
      ]),
    );
  }

  get frameMillis() {
    return (this.#frames.frameSamples * 1000) / this.#frames.sampleRateHz;
  }

  get threshold() {
    return this.#frames.scoreThreshold;
  }

  #sample() {
    // A linear congruential generator: the same noise at each start.
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return (this.#random / 2 ** 32 - 0.5) * 0.2;
  }

  /** @returns the score */
  async infer() {
    const { frameSamples, contextSamples, input, feedback, constants, scoreOutput } = this.#frames;
    const samples = new Float32Array(contextSamples + frameSamples);
    samples.set(this.#context);
    for (let at = contextSamples; at < samples.length; at++) samples[at] = this.#sample();
    this.#context = samples.slice(frameSamples);
    const feeds = { [input]: new ort.Tensor("float32", samples, [1, samples.length]), ...this.#state };
    for (const constant of constants) {
      feeds[constant.input] = new ort.Tensor("int64", BigInt64Array.of(BigInt(constant.int64Value)), []);
    }
    const outputs = await this.#session.run(feeds);
    for (const each of feedback) this.#state[each.input] = outputs[each.output];
    return Number(outputs[scoreOutput].data[0]);
  }
}
