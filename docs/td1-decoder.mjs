// A td1 decoder written from docs/td1.md alone, to prove that the specification is enough. It keeps whole files in
// memory and checks only what it must: use the Java decoder for anything else.
//   node td1-decoder.mjs BASE PATCH TARGET
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

const [baseFile, patchFile, targetFile] = process.argv.slice(2)
const base = readFileSync(baseFile)
const patch = readFileSync(patchFile)

const fail = (why) => {
  process.stderr.write(`${why}\n`)
  process.exit(1)
}
const sha256 = (bytes) => createHash('sha256').update(bytes).digest()

// ---- 1. header
if (!patch.subarray(0, 6).equals(Buffer.from([0x89, 0x54, 0x44, 0x31, 0x0d, 0x0a]))) fail('not a td1 patch')
if (patch[6] !== 3 || patch[7] !== 0) fail('another version')
let next = patch.readUInt32BE(8)
const targetSize = Number(patch.readBigUInt64BE(52))
if (Number(patch.readBigUInt64BE(12)) !== base.length || !sha256(base).equals(patch.subarray(20, 52))) fail('wrong base')

// ---- 2. range decoder
const states = (count) => new Int32Array(count).fill(0x80000000 | 0)
const STEP = Array.from({ length: 1024 }, (_, seen) => Math.floor(16384 / (2 * seen + 3)))
const STEADY = 1023
const LIVELY = 255
const WORD = 0x10000
let range = 2 ** 48
let code = 0
const byte = () => (next < patch.length ? patch[next++] : fail('truncated'))
for (let i = 0; i < 6; i++) code = code * 256 + byte()

const narrow = (from, to) => {
  code -= from
  range = to - from
  if (range < 2 ** 32) {
    range *= WORD
    code = code * WORD + byte() * 256
    code += byte()
  }
}
const unit = () => Math.floor(range / WORD)
const bit = (models, index, limit) => {
  const state = models[index]
  const bound = unit() * ((state >>> 16) | 1)
  const one = code < bound ? 1 : 0
  const seen = state & 1023
  const distance = (one << 22) - (state >>> 10)
  models[index] = (state + (Math.imul(distance >> 3, STEP[seen]) & ~1023) + (seen < limit ? 1 : 0)) | 0
  if (one) narrow(0, bound)
  else narrow(bound, range)
  return one
}
const four = (counts, at) => {
  const all = counts[at] + counts[at + 1] + counts[at + 2] + counts[at + 3]
  const share = Math.floor(2 ** 30 / all)
  const one = unit()
  let seen = 0
  let from = 0
  for (let symbol = 0; symbol < 3; symbol++) {
    seen += counts[at + symbol]
    const to = one * Math.floor((seen * share) / 2 ** 14)
    if (code < to) {
      narrow(from, to)
      return symbol
    }
    from = to
  }
  narrow(from, range)
  return 3
}
const tree = (models, from, bits, limit) => {
  let node = 1
  for (let i = 0; i < bits; i++) node = (node << 1) | bit(models, from + node, limit)
  return node - (1 << bits)
}

// ---- 3. segments
const fields = states(8 * 256)
const number = (field) => {
  let value = 0
  for (let groups = 0; groups < 9; groups++) {
    const group = tree(fields, field * 256, 8, LIVELY)
    value += (group & 127) * 128 ** groups
    if (group < 128) return value
  }
  return fail('a number without an end')
}
const unfolded = (folded) => (folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2)

const target = Buffer.alloc(targetSize)
let written = 0

// ---- 4. literals
const literal = states(16 * 256)
const literals = (length) => {
  let before = 0
  for (let i = 0; i < length; i++) {
    before = tree(literal, (before >> 4) * 256, 8, LIVELY)
    target[written++] = before
  }
}

// ---- 5. bytes
const changed = states(8 * 4 * 16)
const difference = states(8 * 4 * 256)
const bytes = (old, length, width) => {
  let place = 0
  let before = 0
  let activity = 0
  for (let i = 0; i < length; i++) {
    const context = place * 4 + before
    const different = bit(changed, context * 16 + (activity >> 12), LIVELY)
    const residual = different ? tree(difference, context * 256, 8, LIVELY) : 0
    target[written++] = base[old + i] + residual
    before = ((before << 1) & 3) | different
    activity += (different * 65535 - activity) >> 4
    place = (place + 1) % width
  }
}

// ---- 6. weights
const residuals = new Int32Array(12 * 24 * 16 * 4).fill(1)
const size = states(12 * 24 * 2 * 16)
const escape = states(128)
const COLUMN_BOUNDS = [
  16, 40, 80, 160, 240, 320, 450, 620, 820, 1020, 1230, 1430, 1640, 1840, 2050, 2460, 3000, 3700, 4900, 7000, 10000, 16000,
  32000,
]
const ROW_BOUNDS = [16, 160, 320, 620, 1020, 1430, 1840, 2460, 3700, 8000, 20000]
const level = (bounds, activity) => bounds.filter((bound) => bound <= (activity & ~15)).length
const int8 = (value) => (value << 24) >> 24
const weights = (old, length, oldCentre, newCentre, columns, restart) => {
  const slope = new Int32Array(columns).fill(65536)
  const squares = new Int32Array(columns).fill(8192)
  const activity = new Int32Array(columns).fill(1229)
  const row = columns === 1 ? 64 : columns
  const firstTurn = columns === 1 ? -1 : -63
  let inRow = 1229
  let rowLevel = level(ROW_BOUNDS, inRow)
  let place = 0
  let changes = 0
  let seen = 0
  let turn = firstTurn
  for (let i = 0; i < length; i++) {
    const column = columns === 1 ? 0 : place
    const x = int8(base[old + i] - oldCentre)
    const point = x * slope[column] + 32768
    const nearest = point >> 16
    const levels = rowLevel * 24 + level(COLUMN_BOUNDS, activity[column])
    const at = (levels * 16 + ((point >> 12) & 15)) * 4
    const symbol = four(residuals, at)
    let residual = symbol === 2 ? -1 : symbol
    if (symbol === 3) {
      const negative = bit(size, levels * 32, STEADY)
      residual = 2
      while (residual < 15 && bit(size, (levels * 2 + negative) * 16 + residual, STEADY)) residual++
      if (residual === 15) residual += tree(escape, 0, 7, STEADY)
      if (negative) residual = -residual
    }
    const y = int8(nearest + residual)
    target[written++] = y + newCentre

    const counted = Math.min(Math.abs(residual), 15)
    if (turn <= 0) {
      residuals[at + symbol]++
      const counts = residuals.subarray(at, at + 4)
      if (counts[0] + counts[1] + counts[2] + counts[3] === 2047) counts.forEach((count, k) => (counts[k] = (count + 1) >> 1))
      squares[column] = Math.min(1 << 30, squares[column] + x * x)
      const missed = (y << 16) - point + 32768
      const moved = slope[column] + Math.trunc(((missed >> 4) * x) / (squares[column] >> 4))
      slope[column] = Math.max(0, Math.min(131072, moved))
      activity[column] += (((counted << 12) - activity[column]) * Math.floor(65536 / (seen + 5))) >> 16
      if (column === columns - 1) seen = Math.min(seen + 1, 250)
    }
    changes += counted
    place++
    if (place % 32 === 0 || place === row) {
      const stretch = place % 32 === 0 ? 32 : place % 32
      inRow += (Math.floor((changes * 4096) / stretch) - inRow) >> 1
      rowLevel = level(ROW_BOUNDS, inRow)
      changes = 0
    }
    if (place === row) {
      place = 0
      turn = turn === 28 ? 0 : turn + 1
    }
    if (restart > 0 && (i + 1) % restart === 0) {
      slope.fill(65536)
      squares.fill(8192)
      place = 0
      changes = 0
      turn = firstTurn
    }
  }
}

let expected = 0
while (written < targetSize) {
  const kind = tree(fields, 0, 8, LIVELY)
  const length = number(1)
  if (length < 1 || length > targetSize - written) fail('a segment beyond the target')
  if (kind === 0) {
    literals(length)
    continue
  }
  if (kind > 2) fail('no such segment')
  const old = expected + unfolded(number(2))
  if (old < 0 || old + length > base.length) fail('a segment outside the base')
  expected = old + length
  if (kind === 1) {
    const width = tree(fields, 3 * 256, 8, LIVELY)
    if (width < 1 || width > 8) fail('no such element')
    bytes(old, length, width)
  } else {
    const oldCentre = tree(fields, 4 * 256, 8, LIVELY)
    const newCentre = tree(fields, 5 * 256, 8, LIVELY)
    const columns = number(6)
    const restart = number(7)
    if (columns < 1 || columns > Math.min(8192, length) || (restart > 0 && restart < columns)) fail('no such columns')
    weights(old, length, oldCentre, newCentre, columns, restart)
  }
}
if (code !== 0 || next !== patch.length) fail('the patch goes on')
if (!sha256(target).equals(patch.subarray(60, 92))) fail('wrong result')
writeFileSync(targetFile, target)
