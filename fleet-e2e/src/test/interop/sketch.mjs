// A DDSketch of 1 % relative error in the encoding of sketches-java (docs/protocol.md, section 7).
// ((1 + 0.01) / (1 - 0.01)) ^ (10 ln 2 / 7): the base of the bins, for 1 % and cubic interpolation between powers of two.
const GAMMA = 1.0200022828058626;
const MULTIPLIER = Math.LN2 / Math.log1p(GAMMA - 1);
const CUBIC_MAPPING = 0x0e;
const ZERO_COUNT = 0x04;
const POSITIVE_INDEX_DELTAS_AND_COUNTS = 0x05;
const SMALLEST = 1e-9;

const bits = new DataView(new ArrayBuffer(8));

/** The bin of a positive number: a cubic polynomial stands in for the logarithm between powers of two. */
export function indexOf(value) {
  bits.setFloat64(0, value);
  const exponent = ((bits.getUint16(0) >> 4) & 0x7ff) - 1023;
  const s = value / 2 ** exponent - 1;
  return Math.floor((exponent + ((6 / 35) * s - 3 / 5) * s * s + (10 / 7) * s) * MULTIPLIER);
}

export class Sketch {
  #zeros = 0;
  #bins = new Map();
  #count = 0;

  add(value) {
    this.#count++;
    if (value < SMALLEST) {
      this.#zeros++;
      return;
    }
    const index = indexOf(value);
    const bin = this.#bins.get(index) ?? { count: 0, greatest: 0 };
    this.#bins.set(index, { count: bin.count + 1, greatest: Math.max(bin.greatest, value) });
  }

  get count() {
    return this.#count;
  }

  /** The greatest value of the quantile's bin: at most 2 % too high. */
  quantile(q) {
    let rank = Math.floor(q * (this.#count - 1)) - this.#zeros;
    if (rank < 0) return 0;
    for (const [, { count, greatest }] of this.#sorted()) {
      rank -= count;
      if (rank < 0) return greatest;
    }
    return 0;
  }

  #sorted() {
    return [...this.#bins].sort(([one], [other]) => one - other);
  }

  encode() {
    const mapping = Buffer.alloc(17);
    mapping[0] = CUBIC_MAPPING;
    mapping.writeDoubleLE(GAMMA, 1);
    const parts = [mapping];
    if (this.#zeros > 0) parts.push(Buffer.from([ZERO_COUNT]), varDouble(this.#zeros));
    if (this.#bins.size > 0) {
      parts.push(Buffer.from([POSITIVE_INDEX_DELTAS_AND_COUNTS]), varInt(BigInt(this.#bins.size)));
      let previous = 0;
      for (const [index, { count }] of this.#sorted()) {
        parts.push(zigZag(index - previous), varDouble(count));
        previous = index;
      }
    }
    return Buffer.concat(parts);
  }
}

/** Seven bits a byte, lowest first; the ninth byte holds eight. */
function varInt(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, value);
  while (rest > 0x7fn && bytes.length < 8) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

function zigZag(value) {
  const wide = BigInt(value);
  return varInt((wide << 1n) ^ (wide >> 63n));
}

/** A double whose bits are taken relative to those of 1.0 and sent highest first, so that small counts are short. */
function varDouble(value) {
  let rest = BigInt.asUintN(64, bitsOf(value + 1) - bitsOf(1));
  rest = BigInt.asUintN(64, (rest << 6n) | (rest >> 58n));
  const bytes = [];
  while (bytes.length < 8) {
    const next = Number(rest >> 57n);
    rest = BigInt.asUintN(64, rest << 7n);
    if (rest === 0n) {
      bytes.push(next);
      return Buffer.from(bytes);
    }
    bytes.push(next | 0x80);
  }
  bytes.push(Number(rest >> 56n));
  return Buffer.from(bytes);
}

function bitsOf(double) {
  bits.setFloat64(0, double);
  return bits.getBigUint64(0);
}
