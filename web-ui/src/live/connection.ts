import { EVENT_TYPES, type LiveEvent } from './stale';

export type ConnectionState =
  | { readonly word: 'connecting' }
  | { readonly word: 'live' }
  | { readonly word: 'reconnecting'; readonly since: number };

const TOPICS_SETTLE_MILLIS = 50;
const RETRY_FIRST_MILLIS = 1000;
const RETRY_LONGEST_MILLIS = 15_000;

export interface ConnectionListener {
  /** Something changed on the server. */
  event(event: LiveEvent): void;
  /** A new stream has begun, so that events may have been missed. */
  began(): void;
  /** The server ended the stream for good; the session may be over. */
  refused(): void;
}

/** The one EventSource of this tab. It asks for the union of the topics that pages want at the moment. */
export class LiveConnection {
  private readonly listener: ConnectionListener;
  private readonly observers = new Set<() => void>();
  private readonly wanted = new Map<string, number>();
  private source: EventSource | undefined;
  private url = '';
  private timer: ReturnType<typeof setTimeout> | undefined;
  private retryMillis = RETRY_FIRST_MILLIS;
  private state: ConnectionState = { word: 'connecting' };

  constructor(listener: ConnectionListener) {
    this.listener = listener;
  }

  readonly getState = (): ConnectionState => this.state;

  readonly observe = (observer: () => void): (() => void) => {
    this.observers.add(observer);
    return () => this.observers.delete(observer);
  };

  want(topic: string): () => void {
    this.wanted.set(topic, (this.wanted.get(topic) ?? 0) + 1);
    this.schedule(TOPICS_SETTLE_MILLIS);
    return () => {
      const left = (this.wanted.get(topic) ?? 1) - 1;
      if (left > 0) this.wanted.set(topic, left);
      else this.wanted.delete(topic);
      this.schedule(TOPICS_SETTLE_MILLIS);
    };
  }

  private schedule(millis: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), millis);
  }

  private connect(): void {
    const url = `/api/v1/stream?topics=${[...this.wanted.keys()].sort().map(encodeURIComponent).join(',')}`;
    if (this.wanted.size === 0) {
      this.close();
      return;
    }
    if (url === this.url && this.source && this.source.readyState !== EventSource.CLOSED) return;
    this.close();
    this.url = url;
    const source = new EventSource(url);
    this.source = source;
    let fresh = true;
    source.onopen = () => {
      this.retryMillis = RETRY_FIRST_MILLIS;
      this.become({ word: 'live' });
      if (fresh) this.listener.began();
      fresh = false;
    };
    source.onerror = () => {
      if (this.source !== source) return;
      if (this.state.word !== 'reconnecting') this.become({ word: 'reconnecting', since: Date.now() });
      if (source.readyState !== EventSource.CLOSED) return;
      this.listener.refused();
      this.schedule(this.retryMillis);
      this.retryMillis = Math.min(this.retryMillis * 2, RETRY_LONGEST_MILLIS);
    };
    for (const type of EVENT_TYPES) {
      source.addEventListener(type, (message) => {
        this.listener.event({ type, id: subjectOf(message.data) });
      });
    }
  }

  private close(): void {
    this.source?.close();
    this.source = undefined;
    this.url = '';
  }

  private become(state: ConnectionState): void {
    if (this.state.word === state.word) return;
    this.state = state;
    for (const observer of this.observers) observer();
  }
}

/** The id of the device or rollout an event is about, when its payload names one. */
export function subjectOf(data: unknown): string | undefined {
  if (typeof data !== 'string') return undefined;
  let payload: unknown;
  try {
    payload = JSON.parse(data);
  } catch {
    return undefined; // Not knowing what changed only means refetching more.
  }
  if (typeof payload !== 'object' || payload === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(payload));
  for (const name of ['deviceId', 'rolloutId', 'device', 'rollout', 'id']) {
    const value = fields.get(name);
    if (typeof value === 'string') return value;
  }
  return undefined;
}
