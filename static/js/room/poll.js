// For lines that block sockets: looks like a WebSocket, speaks `entrevilles.v1`, and travels by plain requests.
// The room on the screen is waited for (long poll), the others are looked at now and then.

import { csrfToken } from "../site.js";

const WAIT = 25; // s
const ELSEWHERE = 20000; // ms between two looks at the other rooms
const LIFETIME = 600000; // ms after which a real socket is tried again
const CODES = { 400: "invalid", 403: "invalid", 404: "not_found", 409: "conflict", 413: "too_large", 429: "rate_limited" };

export class PollSocket {
  readyState = WebSocket.CONNECTING;
  onmessage = null;
  onclose = null;
  #cursors = new Map();
  #main = Number(document.querySelector(".thread[data-room]")?.dataset.room);
  #stop = new AbortController();

  constructor() {
    setTimeout(() => this.close(), LIFETIME);
    this.#ask("rooms/").then(() => {
      this.readyState = WebSocket.OPEN;
      this.#hear({ t: "welcome", heartbeat: WAIT });
    }, () => this.close());
  }

  send(text) {
    const frame = JSON.parse(text);
    this[`_${frame.t}`]?.(frame);
  }

  close(code = 1006) {
    if (this.readyState === WebSocket.CLOSED) return;
    this.readyState = WebSocket.CLOSED;
    this.#stop.abort();
    this.onclose?.({ code });
  }

  _ping() {
    this.#hear({ t: "pong" });
  }

  _sub({ rooms }) {
    for (const [room, cursor] of rooms) {
      const known = this.#cursors.has(room);
      this.#cursors.set(room, cursor);
      if (!known) this.#follow(room);
    }
  }

  _since({ room, after }) {
    this.#page(room, after).catch(() => this.close());
  }

  _read({ room, ...mark }) {
    this.#ask(`rooms/${room}/read/`, mark).catch(() => {});
  }

  async _post({ t: _, room, ...message }) {
    try {
      const answer = await this.#ask(`rooms/${room}/messages/`, message);
      this.#hear({ t: "ok", ...answer });
    } catch (error) {
      const code = CODES[error.status] ?? "unavailable";
      this.#hear({ t: "err", cid: message.cid, code, detail: error.detail ?? "", retry_after: error.retryAfter });
    }
  }

  async #follow(room) {
    try {
      while (this.readyState === WebSocket.OPEN) {
        const events = await this.#page(room, this.#cursors.get(room), room === this.#main ? WAIT : 0);
        if (events.length) this.#cursors.set(room, Math.max(this.#cursors.get(room), events.at(-1).seq));
        else if (room !== this.#main) await new Promise((then) => setTimeout(then, ELSEWHERE));
      }
    } catch (error) {
      if (error.status === 404) this.#hear({ t: "left", room });
      else this.close();
    }
  }

  async #page(room, after, wait = 0) {
    const { events, more } = await this.#ask(`rooms/${room}/events/?after=${after}&limit=100${wait && `&wait=${wait}`}`);
    if (events.length) this.#hear({ t: "batch", room, events, more });
    return events;
  }

  async #ask(path, body = null) {
    const headers = { Accept: "application/json" };
    if (body) Object.assign(headers, { "Content-Type": "application/json", "X-CSRFToken": csrfToken() });
    const options = { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal: this.#stop.signal };
    const answer = await fetch(`/api/v1/${path}`, options);
    if (answer.status === 401 || (answer.status === 403 && !body)) this.close(4001);
    if (answer.ok) return answer.json();
    const { detail } = await answer.json().catch(() => ({}));
    const retryAfter = Number(answer.headers.get("Retry-After")) || undefined;
    throw Object.assign(new Error(path), { status: answer.status, detail, retryAfter });
  }

  #hear(frame) {
    if (this.readyState === WebSocket.OPEN) this.onmessage?.({ data: JSON.stringify(frame) });
  }
}
