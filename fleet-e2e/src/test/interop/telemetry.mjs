// Windows: what a slot did with one artifact in one phase over a stretch of time (docs/protocol.md, section 7).
import { Sketch } from "./sketch.mjs";
import { encode } from "./wire.mjs";

export class Window {
  #about;
  #startMillis = performance.now();
  #wallStart = Date.now();
  #cpuStart = process.cpuUsage();
  #latency = new Sketch();
  #failed = {};
  #over = 0;
  #scores = 0;

  /** @param about {slot, artifactSha256, attemptId, phase, source, threshold, clockSynchronised} */
  constructor(about) {
    this.#about = about;
  }

  add(latencyMillis, score) {
    this.#latency.add(latencyMillis);
    this.#scores++;
    if (score >= this.#about.threshold) this.#over++;
  }

  fail(code) {
    this.#failed[code] = (this.#failed[code] ?? 0) + 1;
  }

  get ageMillis() {
    return performance.now() - this.#startMillis;
  }

  get isEmpty() {
    return this.#latency.count === 0 && Object.keys(this.#failed).length === 0;
  }

  encode() {
    const { threshold, ...about } = this.#about;
    const cpu = process.cpuUsage(this.#cpuStart);
    return encode("Window", {
      ...about,
      monotonicStartMillis: Math.round(this.#startMillis),
      durationMillis: Math.round(this.ageMillis),
      wallStartMillis: this.#wallStart,
      ok: this.#latency.count,
      failed: this.#failed,
      latencySketch: this.#latency.encode(),
      // Nothing here measures joules, and no table is held to estimate them from.
      energy: { label: "NONE" },
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      rssPeakBytes: process.resourceUsage().maxRSS * 1024,
      scores: { threshold, over: this.#over, total: this.#scores },
    });
  }
}
