// For work on the pages without a server: an in-memory fleet behind the console's part of the API, and the
// built console itself. No test uses it. FLEET=empty starts without devices, ROLE=viewer without rights.
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';

const PORT = Number(process.env.PORT ?? 8089);
const ROOT = 'target/classes/META-INF/resources';
const EMPTY = process.env.FLEET === 'empty';
const ROLES = process.env.ROLE === 'viewer' ? ['viewer'] : ['viewer', 'data', 'operator', 'admin'];
const now = () => new Date();
const iso = (secondsAgo) => new Date(Date.now() - secondsAgo * 1000).toISOString();
const pick = (list, n) => list[n % list.length];

const HARDWARE = ['rpi4-4g', 'rpi5-8g', 'rpi-zero2w', 'jetson-orin-nano', 'linux-x64'];
const VERSIONS = ['5.0.0', '6.0.0'];
const weighted = (n) =>
  n % 97 === 0
    ? 'QUARANTINED'
    : n % 41 === 0
      ? 'FAILING'
      : n % 29 === 0
        ? 'DEGRADED'
        : n % 17 === 0
          ? 'OFFLINE'
          : n % 11 === 0
            ? 'UPDATING'
            : 'HEALTHY';
/** Every state that a slot's input can have, on some device. */
function inputOf(n, state) {
  if (state !== 'DEGRADED') return { state: 'FLOWING', since: iso(7200) };
  const trouble = [
    { state: 'STALLED', reason: 'nothing came for 10 s' },
    { state: 'DEAD', reason: 'the command arecord cannot be started' },
    { state: 'FLOODING', reason: 'more comes than the model answers in time: the oldest is thrown away' },
  ][n % 3];
  return { ...trouble, since: iso(90) };
}

const REASONS = {
  HEALTHY: 'All slots are within their budgets.',
  DEGRADED: 'Latency p95 is over the budget of 40 ms.',
  FAILING: 'The worker of slot vad crashed three times in ten minutes.',
  UPDATING: 'Downloading silero-vad 6.0.0.',
  OFFLINE: 'Not heard from for 2 hours.',
  QUARANTINED: 'Three installs failed in a row.',
};
const sha = (n) => ((n * 2654435761) >>> 0).toString(16).padStart(8, '0').repeat(8);
const artifact = (version) => ({
  sha256: sha(version.charCodeAt(0)),
  releaseId: `rel-${version}`,
  model: 'silero-vad',
  version,
});

const devices = EMPTY
  ? []
  : Array.from({ length: 2437 }, (_, n) => {
      const state = weighted(n + 1);
      const version = n % 3 === 0 ? '6.0.0' : '5.0.0';
      return {
        id: `${pick(['izm', 'rec', 'por', 'aus', 'lyo'], n)}-${pick(['rpi4', 'rpi5', 'rpiz', 'jon', 'x64'], n)}-${((n * 7919) % 65536).toString(16).padStart(4, '0')}`,
        kind: n % 5 === 4 ? 'SIMULATED' : n % 7 === 0 ? 'REPLAY' : 'REAL',
        state,
        stateReason: REASONS[state],
        hardwareClass: pick(HARDWARE, n),
        agentVersion: '0.1.0',
        lastSeen: iso(state === 'OFFLINE' ? 7300 + n : n % 60),
        online: state !== 'OFFLINE',
        slots: [
          {
            slot: 'vad',
            active: artifact(version),
            previous: n % 3 === 0 ? artifact('5.0.0') : null,
            attempt:
              state === 'UPDATING'
                ? {
                    attemptId: `at-${n}`,
                    artifactSha256: sha(54),
                    phase: 'DOWNLOADING',
                    reason: null,
                    detail: null,
                    bytesDone: 1_300_000,
                    bytesTotal: 2_313_101,
                    probationSeconds: 0,
                    probationInferences: 0,
                    chunksWritten: 27,
                    chunksRepeated: 0,
                    chunksRefused: 1,
                    encoding: 'TD1',
                    bytesOnWire: 120_000,
                    updatedAt: iso(3),
                  }
                : null,
            input: inputOf(n, state),
            askedByApplications: n % 4 === 0 ? 1_200 : 0,
            inputDropped: n % 6 === 0 ? 37 : 0,
          },
        ],
        latencyP95Millis: 4 + ((n * 37) % 400) / 10,
        energyMillijoulesPerInference: 1.2 + (n % 50) / 10,
        energyLabel: 'ESTIMATED',
      };
    });

const counts = (c) => ({
  eligible: 0,
  pending: 0,
  inFlight: 0,
  healthy: 0,
  failed: 0,
  rolledBack: 0,
  rejected: 0,
  timedOut: 0,
  idle: 0,
  cancelled: 0,
  skipped: 0,
  offline: 0,
  ...c,
});
const ratio = (n, slope) =>
  Array.from({ length: n }, (_, i) => ({
    at: iso((n - i) * 20),
    value: -0.07 * i * slope + (i % 9 === 4 ? 0.35 : 0),
  }));
const gatesOfPlan = [
  { gate: 'canary', title: 'Canary', limitSentence: 'all healthy, 1 failure stops' },
  { gate: 'install', title: 'Install', limitSentence: 'p0 1 %, p1 8 %, alpha 1 %' },
];
const verbs = (allowed) =>
  Object.fromEntries(
    ['start', 'pause', 'resume', 'rollback', 'abort', 'retry-failed', 'advance'].map((v) => [
      v,
      allowed.includes(v)
        ? { allowed: true }
        : {
            allowed: false,
            why:
              v === 'advance'
                ? 'No wave is soaking.'
                : v === 'retry-failed'
                  ? 'No device has failed.'
                  : 'The rollout is not in a state for this.',
          },
    ]),
  );
const release = (version) => ({ id: `rel-${version}`, model: 'silero-vad', version });

function rollout(id, name, state, more) {
  return {
    id,
    name,
    state,
    release: release('6.0.0'),
    from: [{ model: 'silero-vad', version: '5.0.0', devices: 1630 }],
    slot: 'vad',
    author: 'admin',
    createdAt: iso(20000),
    startedAt: iso(18000),
    version: 7,
    excluded: [],
    gates: gatesOfPlan,
    verbs: verbs([]),
    ...more,
  };
}
const rollouts = EMPTY
  ? []
  : [
      rollout('0190f3a2-7c11-7b3e-9d2c-1f2e3d4c5b6a', 'Silero VAD 6 to the whole fleet', 'RUNNING', {
        stateReason: {
          code: 'wave-open',
          sentence: 'Wave 2 is open: 88 devices are updating, at most 100 at a time.',
        },
        counts: counts({
          eligible: 2050,
          healthy: 1463,
          inFlight: 88,
          pending: 450,
          failed: 11,
          idle: 1,
          offline: 37,
        }),
        excluded: [
          { reason: 'no-variant', sentence: 'No variant fits: needs ONNX Runtime 1.20.', count: 12 },
          { reason: 'already-on-it', sentence: 'Already on silero-vad 6.0.0.', count: 375 },
        ],
        waves: [
          {
            index: 0,
            name: 'Canary',
            size: 50,
            state: 'PASSED',
            openedAt: iso(18000),
            counts: counts({ healthy: 50 }),
            marks: [{ state: 'HEALTHY', count: 50 }],
            gates: [
              {
                gate: 'canary',
                verdict: 'PASS',
                sentence: 'All 50 devices are healthy.',
                evidence: { kind: 'count', good: 50, bad: 0, pending: 0, needed: 50 },
                at: iso(15000),
                history: Array.from({ length: 51 }, (_, i) => ({ at: iso(18000 - i * 60), value: i })),
              },
              {
                gate: 'install',
                verdict: 'PASS',
                sentence: 'The log likelihood ratio is below the pass bound.',
                evidence: { kind: 'likelihoodRatio', llr: -3.4, acceptAt: -2.99, rejectAt: 4.61, n: 50 },
                at: iso(15000),
                history: ratio(50, 1),
              },
            ],
          },
          {
            index: 1,
            name: 'Wave 1',
            size: 400,
            state: 'PASSED',
            counts: counts({ healthy: 397, failed: 2, idle: 1 }),
            marks: [
              { state: 'HEALTHY', count: 397 },
              { state: 'FAILED', count: 2 },
              { state: 'IDLE', count: 1 },
            ],
            gates: [
              {
                gate: 'install',
                verdict: 'PASS',
                sentence: '2 of 399 devices failed; the model passes.',
                evidence: { kind: 'likelihoodRatio', llr: -14.2, acceptAt: -2.99, rejectAt: 4.61, n: 399 },
                at: iso(9000),
                history: ratio(300, 0.7),
              },
            ],
          },
          {
            index: 2,
            name: 'Wave 2',
            size: 1600,
            state: 'OPEN',
            counts: counts({ healthy: 1016, inFlight: 88, failed: 9, offline: 37, pending: 450 }),
            marks: [
              { state: 'HEALTHY', count: 1016 },
              { state: 'FAILED', count: 9 },
              { state: 'PROBATION', count: 60 },
              { state: 'DOWNLOADING', count: 28 },
              { state: 'OFFLINE', count: 37 },
              { state: 'PENDING', count: 450 },
            ],
            gates: [
              {
                gate: 'install',
                verdict: 'INSUFFICIENT',
                sentence: 'Pending devices counted as failed, the ratio has not reached the pass bound.',
                evidence: { kind: 'likelihoodRatio', llr: 1.37, acceptAt: -2.99, rejectAt: 4.61, n: 1025 },
                at: iso(10),
                history: ratio(500, -0.04),
              },
            ],
          },
        ],
        verbs: verbs(['pause', 'rollback', 'abort', 'retry-failed']),
      }),
      rollout('0190f3a2-7c11-7b3e-9d2c-1f2e3d4c0b02', 'Silero VAD 6, altered self-test', 'ROLLED_BACK', {
        release: release('6.0.1'),
        endedAt: iso(3000),
        stateReason: {
          code: 'gate-failed',
          sentence:
            'The canary gate failed: dev-1 refused the model, its self-test differs by 0.31 where 0.001 is allowed.',
        },
        counts: counts({ eligible: 3, failed: 1, pending: 0, cancelled: 2 }),
        waves: [
          {
            index: 0,
            name: 'Canary',
            size: 1,
            state: 'FAILED',
            counts: counts({ failed: 1 }),
            marks: [{ state: 'FAILED', count: 1 }],
            gates: [
              {
                gate: 'canary',
                verdict: 'FAIL',
                sentence: 'The first device of the canary failed.',
                evidence: { kind: 'count', good: 0, bad: 1, pending: 0, needed: 1 },
                at: iso(3010),
                history: [{ at: iso(3010), value: 0 }],
              },
            ],
          },
          {
            index: 1,
            name: 'Rest',
            size: 2,
            state: 'SKIPPED',
            counts: counts({ cancelled: 2 }),
            marks: [{ state: 'CANCELLED', count: 2 }],
            gates: [],
          },
        ],
      }),
      rollout('0190f3a2-7c11-7b3e-9d2c-1f2e3d4c0b03', null, 'DRAFT', {
        startedAt: null,
        counts: counts({ eligible: 3, pending: 3 }),
        verbs: verbs(['start', 'abort']),
        waves: [
          {
            index: 0,
            name: null,
            size: 1,
            state: 'WAITING',
            marks: [{ state: 'PENDING', count: 1 }],
            gates: [],
          },
          {
            index: 1,
            name: null,
            size: 2,
            state: 'WAITING',
            marks: [{ state: 'PENDING', count: 2 }],
            gates: [],
          },
        ],
      }),
    ];
const summary = ({
  id,
  name,
  state,
  stateReason,
  release,
  slot,
  author,
  createdAt,
  startedAt,
  endedAt,
  counts,
  waves,
}) => ({
  id,
  name,
  state,
  stateReason,
  release,
  slot,
  author,
  createdAt,
  startedAt,
  endedAt,
  counts,
  waves: waves.map(({ index, name, size, state, marks }) => ({ index, name, size, state, marks })),
});

const tally = (list, key) =>
  list.reduce((sum, each) => {
    for (const word of [].concat(key(each))) sum[word] = (sum[word] ?? 0) + 1;
    return sum;
  }, {});
const versionsOf = (device) => device.slots.map((slot) => `${slot.active.model} ${slot.active.version}`);

function deviceList(query) {
  const want = (name) => (query.get(name) ?? '').split(',').filter(Boolean);
  const tests = {
    state: (d) => want('state').length === 0 || want('state').includes(d.state),
    hardware: (d) => want('hardware').length === 0 || want('hardware').includes(d.hardwareClass),
    version: (d) => want('version').length === 0 || want('version').includes(d.slots[0].active.version),
    kind: (d) => want('kind').length === 0 || want('kind').includes(d.kind),
    q: (d) => d.id.includes(query.get('q') ?? ''),
  };
  const without = (skip) =>
    devices.filter((d) => Object.entries(tests).every(([name, test]) => name === skip || test(d)));
  const field = {
    id: (d) => d.id,
    state: (d) => d.state,
    hardware: (d) => d.hardwareClass,
    p95: (d) => d.latencyP95Millis,
    energy: (d) => d.energyMillijoulesPerInference,
    lastSeen: (d) => d.lastSeen,
  }[query.get('sort') ?? 'id'];
  const sign = query.get('order') === 'desc' ? -1 : 1;
  const matching = without().sort((a, b) => (field(a) < field(b) ? -sign : field(a) > field(b) ? sign : 0));
  const from = Number(query.get('cursor') ?? 0);
  const limit = Number(query.get('limit') ?? 100);
  return {
    items: matching.slice(from, from + limit),
    total: matching.length,
    fleetTotal: devices.length,
    nextCursor: from + limit < matching.length ? String(from + limit) : null,
    facets: {
      state: tally(without('state'), (d) => d.state),
      hardware: tally(without('hardware'), (d) => d.hardwareClass),
      version: tally(without('version'), versionsOf),
    },
  };
}

const series = (base, spread) =>
  Array.from({ length: 48 }, (_, i) => ({
    at: iso((48 - i) * 1800),
    value: i === 7 ? null : base + spread * Math.sin(i / 3) + (spread * 0.4 * ((i * 7919) % 13)) / 13,
  }));
const overview = () => ({
  fleetTotal: devices.length,
  states: tally(devices, (d) => d.state),
  kinds: tally(devices, (d) => d.kind),
  needsYou: EMPTY
    ? []
    : [
        {
          severity: 'failing',
          title: '59 devices are failing',
          sentence: 'The worker of slot vad crashed on all of them; 31 are rpi-zero2w.',
          link: { label: 'Show devices', path: '/devices?state=FAILING' },
        },
        {
          severity: 'degraded',
          title: 'Silero VAD 6 to the whole fleet: install gate near its limit',
          sentence: 'It stops by itself at 4.61. Now 1.37.',
          link: { label: 'Open rollout', path: '/rollouts/0190f3a2-7c11-7b3e-9d2c-1f2e3d4c5b6a' },
        },
        {
          severity: 'quarantined',
          title: '25 devices are quarantined',
          sentence: 'Three installs failed in a row.',
          link: { label: 'Review', path: '/devices?state=QUARANTINED' },
        },
      ],
  matrix: EMPTY
    ? []
    : [
        {
          model: 'silero-vad',
          versions: [...VERSIONS].reverse(),
          rows: HARDWARE.map((hardwareClass) => ({
            hardwareClass,
            counts: [...VERSIONS]
              .reverse()
              .map(
                (v) =>
                  devices.filter((d) => d.hardwareClass === hardwareClass && d.slots[0].active.version === v)
                    .length,
              ),
          })),
        },
      ],
  vitals: [
    { metric: 'online', value: 0.941, unit: 'share', series: series(0.94, 0.01) },
    { metric: 'latencyP95', value: 12.4, unit: 'ms', series: series(12, 2) },
    { metric: 'energy', value: 2.31, unit: 'mJ', label: 'ESTIMATED', series: series(2.3, 0.2) },
    { metric: 'failures', value: null, unit: 'share', series: [] },
  ].map((v) => (EMPTY ? { ...v, value: null, series: [] } : v)),
  rollouts: rollouts.slice(0, 2).map(summary),
});

const members = [];
for (const { rollout, wave } of rollouts.flatMap((each) =>
  each.waves.map((wave) => ({ rollout: each, wave })),
)) {
  for (const { state, count } of wave.marks) {
    for (let n = 0; n < count; n += 1) {
      const failed = state === 'FAILED';
      members.push({
        rollout,
        deviceId: devices[members.length].id,
        wave: wave.index,
        offerOrder: members.length,
        state: state === 'OFFLINE' ? 'PENDING' : state,
        reason: failed ? 'self-test-failed' : null,
        detail: failed
          ? 'Output 0 differs from the recorded one by 0.31 at index 14; 0.001 is allowed.'
          : null,
        bytesDone: state === 'DOWNLOADING' ? 1_300_000 : 2_313_101,
        bytesTotal: 2_313_101,
        updatedAt: iso(members.length),
        online: state !== 'OFFLINE',
      });
    }
  }
}
function recount() {
  const own = members.filter((m) => m.rollout === rollouts[0]);
  const tallied = tally(own, (m) => m.state);
  const busy = ['OFFERED', 'DOWNLOADING', 'VERIFIED', 'ACTIVATING', 'PROBATION'];
  Object.assign(rollouts[0].counts, {
    eligible: own.length,
    healthy: tallied.HEALTHY,
    pending: tallied.PENDING,
    failed: tallied.FAILED,
    idle: tallied.IDLE,
    inFlight: busy.reduce((sum, word) => sum + (tallied[word] ?? 0), 0),
  });
}
if (!EMPTY) recount();

const ALWAYS = process.env.SIGNED_IN === 'yes';
const streams = new Set();
setInterval(() => {
  const next = members.find((m) => m.rollout === rollouts[0] && m.state === 'PENDING' && m.online);
  if (rollouts[0]?.state === 'RUNNING' && next) {
    next.state = 'HEALTHY';
    rollouts[0].waves[2].counts.healthy += 1;
    for (const mark of rollouts[0].waves[2].marks)
      mark.count += mark.state === 'HEALTHY' ? 1 : mark.state === 'PENDING' ? -1 : 0;
    recount();
  }
  for (const stream of streams)
    stream.write(
      `id: ${Date.now()}\nevent: rollout-changed\ndata: ${JSON.stringify({ rolloutId: rollouts[0]?.id })}\n\n`,
    );
}, 2000).unref();

const problem = (response, status, code, detail) => {
  response.writeHead(status, { 'Content-Type': 'application/problem+json' });
  response.end(
    JSON.stringify({ type: 'about:blank', title: code, status, code, detail, requestId: 'req-7f3a' }),
  );
};

function api(request, response, url) {
  const path = url.pathname;
  const json = (body) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  if (path === '/auth/login') {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      const right = new URLSearchParams(body).get('j_password') === 'secret';
      response.writeHead(
        right ? 200 : 401,
        right ? { 'Set-Cookie': 'fake=1; Path=/; HttpOnly; SameSite=Strict' } : {},
      );
      response.end();
    });
    return;
  }
  if (path === '/auth/logout') {
    response.writeHead(204, { 'Set-Cookie': 'fake=; Path=/; Max-Age=0' });
    response.end();
    return;
  }
  const viewer = request.headers.authorization === 'Bearer viewer';
  const signedIn = ALWAYS || viewer || (request.headers.cookie ?? '').includes('fake=1');
  if (!signedIn) return problem(response, 401, 'unauthenticated', 'Sign in first.');
  if (url.searchParams.get('q') === 'boom')
    return problem(response, 503, 'database-down', 'The database does not answer.');
  if (path === '/api/v1/session')
    return json({
      name: viewer ? 'viewer' : 'admin',
      roles: viewer ? ['viewer'] : ROLES,
      method: 'password',
    });
  if (path === '/api/v1/stream') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(': hello\n\n');
    streams.add(response);
    request.on('close', () => streams.delete(response));
    return;
  }
  if (path === '/api/v1/tokens') return json({ id: 't', name: 'viewer', token: 'viewer' });
  if (viewer && request.method === 'POST')
    return problem(response, 403, 'forbidden', 'Needs the role operator.');
  if (path === '/api/v1/overview') return json(overview());
  if (path === '/api/v1/models')
    return json({ items: EMPTY ? [] : [{ name: 'silero-vad', releases: [{ id: 'a', version: '5.0.0' }] }] });
  if (path === '/api/v1/devices') return json(deviceList(url.searchParams));
  const device = devices.find((d) => path.startsWith(`/api/v1/devices/${d.id}`));
  if (device && path.endsWith('/events'))
    return json({
      items: [
        {
          at: iso(20),
          code: 'chunk-refused',
          severity: 'WARNING',
          slot: 'vad',
          detail: 'Chunk 12 has another digest than the list says; asked again.',
        },
        { at: iso(90), code: 'connected', severity: 'INFO', detail: '' },
        {
          at: iso(4000),
          code: 'self-test-failed',
          severity: 'ERROR',
          slot: 'vad',
          detail: 'Output 0 differs by 0.31 at index 14.',
        },
      ],
    });
  if (device && path.endsWith('/shadows'))
    return json({
      items: [
        {
          slot: 'vad',
          attemptId: 'shadow-1',
          releaseId: 'b',
          model: 'silero-vad',
          version: '6.0.0',
          artifactSha256: '6f'.repeat(32),
          share: 0.25,
          maxInputs: 10_000,
          startedAt: iso(3000),
          startedBy: 'olga',
        },
      ],
    });
  if (path === '/api/v1/telemetry/shadows')
    return json({
      items: [
        {
          slot: 'vad',
          attemptId: 'shadow-1',
          activeSha256: '5f'.repeat(32),
          compared: 4120,
          dropped: 12,
          warmUp: 128,
          notComparable: 0,
          failed: 3,
          latencyP50Millis: 1.4,
          latencyP95Millis: 2.9,
          lastAt: iso(20),
          agreements: [
            { measure: 'LABEL', compared: 4120, agreed: 4044, agreeAt: 1, mean: 0.9815, agreedShare: 0.9815 },
            {
              measure: 'NUMERIC_TOLERANCE',
              compared: 4120,
              agreed: 3815,
              agreeAt: 1,
              mean: 0.926,
              agreedShare: 0.926,
            },
          ],
        },
      ],
    });
  if (device)
    return json({
      ...device,
      facts: {
        arch: 'aarch64',
        libc: 'glibc 2.36',
        os: 'Linux 6.1',
        ramBytes: 4e9,
        flashFreeBytes: 11e9,
        board: 'Raspberry Pi 4',
        runtimes: [{ name: 'onnxruntime', version: '1.23.2' }],
      },
      desiredSeq: 4,
      reportedDesiredSeq: device.state === 'UPDATING' ? 3 : 4,
      onlineSeconds: 90_000,
    });
  if (path.startsWith('/api/v1/devices/'))
    return problem(response, 404, 'device-not-found', 'No device has this id.');
  if (path === '/api/v1/rollouts') {
    const state = url.searchParams.get('state')?.split(',');
    const items = rollouts.filter((r) => !state || state.includes(r.state)).map(summary);
    return json({ items, total: items.length });
  }
  const found = rollouts.find((r) => path.startsWith(`/api/v1/rollouts/${r.id}`));
  if (!found) return problem(response, 404, 'not-found', 'There is nothing at this address.');
  if (path.endsWith('/devices')) {
    const wave = url.searchParams.get('wave');
    const state = url.searchParams.get('state')?.split(',');
    const all = members
      .filter((m) => m.rollout === found)
      .filter((m) => (wave === null || m.wave === Number(wave)) && (!state || state.includes(m.state)));
    const from = Number(url.searchParams.get('cursor') ?? 0);
    return json({
      items: all.slice(from, from + 50).map(({ rollout, ...m }) => m),
      total: all.length,
      nextCursor: from + 50 < all.length ? String(from + 50) : null,
    });
  }
  if (path.endsWith('/events'))
    return json({
      items: [
        ['gate-failed', '11 devices failed their self-test after VERIFIED.'],
        ['wave-opened', 'Wave 2 opened: 1,600 devices, 37 offline will join when they connect.'],
        ['wave-passed', 'Wave 1 passed all its gates.'],
        ['started', 'The rollout was started.'],
      ].map(([kind, sentence], n) => ({
        id: 9 - n,
        at: iso(60 + n * 900),
        actor: n === 3 ? 'admin' : 'engine',
        kind,
        sentence,
      })),
    });
  if (request.method === 'POST') {
    if (request.headers['x-tinyfleet'] !== 'console')
      return problem(response, 403, 'csrf-header-missing', 'The header X-TinyFleet is missing.');
    const verb = path.split('/').pop();
    if (verb === 'retry-failed')
      return problem(response, 409, 'not-now', 'The penalty box of this artifact is empty.');
    found.state =
      { pause: 'PAUSED', resume: 'RUNNING', rollback: 'ROLLING_BACK', abort: 'ABORTED', start: 'RUNNING' }[
        verb
      ] ?? found.state;
    found.verbs = verbs(
      found.state === 'PAUSED'
        ? ['resume', 'rollback', 'abort']
        : found.state === 'RUNNING'
          ? ['pause', 'rollback', 'abort']
          : [],
    );
    found.version += 1;
  }
  return json(found);
}

const TYPES = {
  html: 'text/html',
  js: 'text/javascript',
  css: 'text/css',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
  txt: 'text/plain',
};
createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (/^\/(api|auth)\//.test(url.pathname)) return api(request, response, url);
  const file = `${ROOT}${url.pathname}`;
  const found = existsSync(file) && statSync(file).isFile() ? file : `${ROOT}/index.html`;
  const hash = readFileSync(`${ROOT}/csp-hashes.txt`, 'utf8').trim();
  response.writeHead(200, {
    'Content-Type': TYPES[found.split('.').pop()] ?? 'application/octet-stream',
    'Content-Security-Policy': `default-src 'none'; script-src 'self' ${hash}; style-src 'self'; style-src-attr 'unsafe-inline'; font-src 'self'; connect-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'`,
  });
  createReadStream(found).pipe(response);
}).listen(PORT, '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT} at ${now().toISOString()}`));
