// The connection (docs/protocol.md, section 2).
import mqtt from "mqtt";
import { MAX_PAYLOAD_BYTES } from "./wire.mjs";

const SESSION_EXPIRY_SECONDS = 86_400;
const RECEIVE_MAXIMUM = 12;
const FIRST_BOUND_MILLIS = 1_000;
const LONGEST_BOUND_MILLIS = 60_000;
const CONNECT_LIMIT_MILLIS = 15_000;
const KEEP_ALIVE_SECONDS = 30;

/** Only the authorities from the enrolment count, whatever this machine trusts besides. */
function tls({ url, authorities }) {
  if (!url.startsWith("ssl:")) return {};
  if (!authorities) throw new Error(`nobody has said whom to trust at ${url}`);
  return { ca: authorities, rejectUnauthorized: true, minVersion: "TLSv1.3" };
}

/** Connects, and connects again, with a new will each time; messages go to `onMessage(leaf, payload)`. */
export class Link {
  #mqtt;
  #deviceId;
  #handlers;
  #client = null;
  #bound = FIRST_BOUND_MILLIS;
  #ready = false;
  #ended = false;

  /** @param handlers {will() => bytes for the next connection, onReady(), onMessage(leaf, payload)} */
  constructor(mqttSettings, deviceId, handlers) {
    this.#mqtt = mqttSettings;
    this.#deviceId = deviceId;
    this.#handlers = handlers;
  }

  #topic(leaf) {
    return `fleet/v1/d/${this.#deviceId}/${leaf}`;
  }

  connect() {
    const client = mqtt.connect(this.#mqtt.url, {
      protocolVersion: 5,
      clientId: this.#deviceId,
      username: this.#mqtt.username,
      password: this.#mqtt.password,
      clean: false,
      reconnectPeriod: 0,
      resubscribe: false,
      keepalive: KEEP_ALIVE_SECONDS,
      connectTimeout: CONNECT_LIMIT_MILLIS,
      ...tls(this.#mqtt),
      properties: {
        sessionExpiryInterval: SESSION_EXPIRY_SECONDS,
        receiveMaximum: RECEIVE_MAXIMUM,
        topicAliasMaximum: 0,
      },
      will: { topic: this.#topic("out/state"), payload: this.#handlers.will(), qos: 1, retain: false },
    });
    this.#client = client;
    client.on("connect", () => {
      client.subscribe(this.#topic("in/#"), { qos: 1 }, (failure, granted) => {
        if (failure || granted.some(({ qos }) => qos > 2)) {
          console.log(`subscription refused: ${failure ?? JSON.stringify(granted)}`);
          client.end(true);
          return;
        }
        this.#ready = true;
        this.#bound = FIRST_BOUND_MILLIS;
        this.#handlers.onReady();
      });
    });
    client.on("message", (topic, payload) => {
      const leaf = topic.startsWith("fleet/v1/b/") ? "shared" : topic.slice(this.#topic("").length);
      try {
        if (payload.length > MAX_PAYLOAD_BYTES) throw new Error(`${payload.length} bytes are over the limit`);
        this.#handlers.onMessage(leaf, payload);
      } catch (failure) {
        console.log(`message on ${leaf} passed over: ${failure.message}`);
      }
    });
    client.on("error", (failure) => console.log(`connection: ${failure.message}`));
    client.on("close", () => this.#again(client));
  }

  #again(client) {
    if (client !== this.#client) return;
    this.#client = null;
    this.#ready = false;
    if (this.#ended) return;
    const delay = Math.random() * this.#bound;
    this.#bound = Math.min(this.#bound * 2, LONGEST_BOUND_MILLIS);
    setTimeout(() => this.connect(), delay);
  }

  /** Sends now or not at all: whoever needs certainty sends again. */
  send(leaf, payload) {
    if (!this.#ready || !this.#client?.connected) return false;
    this.#client.publish(this.#topic(leaf), payload, { qos: 1, retain: false });
    return true;
  }

  /** The topic of a blob that comes to all; settles with the broker's grant. */
  async subscribe(topic) {
    if (!this.#ready || !this.#client) throw new Error("not connected");
    const granted = await this.#client.subscribeAsync(topic, { qos: 0 });
    if (granted.some(({ qos }) => qos > 2)) throw new Error(`the broker refused ${topic}`);
  }

  unsubscribe(topic) {
    if (this.#ready) this.#client?.unsubscribe(topic);
  }

  reconnect() {
    this.#ready = false;
    this.#client?.end();
  }

  end() {
    this.#ended = true;
    return new Promise((resolve) => (this.#client ? this.#client.end(false, {}, resolve) : resolve()));
  }
}
