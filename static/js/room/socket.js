// The page's one socket (`entrevilles.v1`). It carries frames and comes back by itself; what they mean is reducer.js's.
// Where sockets are blocked, poll.js takes the socket's place for a while.
// `live.on(listener)` hears every frame, and our own {t: "closed"}; `live.send(frame)` is false when nothing was sent.

const RETRY_MIN = 200; // ms
const RETRY_MAX = 5000;
const RETRY_CAP = 60000;
const ACK_EVERY = 16; // frames; well under the server's window of 64
const ACK_AFTER = 1000; // ms
const BLOCKED_AFTER = 2; // sockets in a row that never got a welcome
const CLOSED_FOR_GOOD = new Set([4001, 4003]); // signed out · not allowed

class Live {
  #socket = null;
  #listeners = new Set();
  #wanted = false;
  #failures = 0;
  #received = 0;
  #acked = 0;
  #heard = 0;
  #tried = 0;
  #unwelcome = 0;
  #timers = {};
  open = false;
  ended = null; // the close code after which we stay away

  on(listener) {
    this.#listeners.add(listener);
  }

  /** Connect now, and again whenever the connection is lost. */
  start() {
    if (this.#wanted) return;
    this.#wanted = true;
    addEventListener("online", () => this.#again(0));
    addEventListener("offline", () => this.#drop());
    // A page kept for the back button must not keep a socket.
    addEventListener("pagehide", () => this.#drop(false));
    addEventListener("pageshow", (event) => event.persisted && this.#again(0));
    document.addEventListener("visibilitychange", () => !document.hidden && this.nudge());
    this.#connect();
  }

  /** Somebody is waiting: do not sit out the pause. */
  nudge() {
    if (this.#wanted && !this.#socket && Date.now() - this.#tried > RETRY_MIN) this.#again(0);
  }

  send(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  async #connect() {
    clearTimeout(this.#timers.retry);
    if (this.#socket || this.ended) return;
    this.#tried = Date.now();
    const socket = await this.#make();
    if (this.#socket) return socket.close();
    this.#socket = socket;
    this.#received = this.#acked = 0;
    this.#heard = Date.now();
    // Behind some proxies a handshake neither fails nor ends.
    this.#timers.opening = setTimeout(() => socket.readyState === WebSocket.CONNECTING && this.#drop(), 15000);
    socket.onmessage = (event) => socket === this.#socket && this.#receive(event.data);
    socket.onclose = (event) => socket === this.#socket && this.#lost(event.code);
  }

  async #make() {
    if (this.#unwelcome >= BLOCKED_AFTER) {
      this.#unwelcome = BLOCKED_AFTER - 1; // and then a real one again
      const poll = await import("./poll.js").catch(() => null);
      if (poll) return new poll.PollSocket();
    }
    this.#unwelcome += 1;
    const url = new URL("/ws/", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    return new WebSocket(url, "entrevilles.v1");
  }

  #receive(text) {
    this.#heard = Date.now();
    this.#received += 1;
    if (this.#received - this.#acked >= ACK_EVERY) this.#ack();
    else this.#timers.ack ??= setTimeout(() => this.#ack(), ACK_AFTER);
    const frame = JSON.parse(text);
    if (frame.t === "pong") return;
    if (frame.t === "bye") this.#timers.bye = frame.retry_ms;
    if (frame.t === "welcome") this.#welcomed((frame.heartbeat || 25) * 1000, frame.protocol);
    this.#tell(frame);
  }

  #welcomed(heartbeat, protocol) {
    this.open = true;
    this.#failures = 0;
    if (protocol) this.#unwelcome = 0;
    clearInterval(this.#timers.beat);
    this.#timers.beat = setInterval(() => {
      // Two beats without a sound: the line is dead, whatever the browser believes.
      if (Date.now() - this.#heard > 2.2 * heartbeat) this.#drop();
      else this.send({ t: "ping" });
    }, heartbeat);
  }

  #ack() {
    clearTimeout(this.#timers.ack);
    this.#timers.ack = null;
    this.#acked = this.#received;
    this.send({ t: "ack", n: this.#received });
  }

  #drop(retry = true) {
    const socket = this.#socket;
    if (!socket) return;
    this.#lost(1000, retry);
    socket.close();
  }

  #lost(code, retry = true) {
    this.#socket = null;
    this.open = false;
    for (const name of ["opening", "beat", "ack"]) clearTimeout(this.#timers[name]);
    this.#timers.ack = null;
    if (CLOSED_FOR_GOOD.has(code)) this.ended = code;
    else if (retry) this.#again(this.#pause(code));
    this.#tell({ t: "closed", code });
  }

  /** Everybody lost the same server at the same moment: nobody may come back at the same moment. */
  #pause(code) {
    const factor = 2 ** Math.min(this.#failures, 8);
    this.#failures += 1;
    const asked = this.#timers.bye ?? (code === 4008 ? 10000 : 0);
    this.#timers.bye = undefined;
    return asked + Math.min(RETRY_CAP, (RETRY_MIN + Math.random() * (RETRY_MAX - RETRY_MIN)) * factor);
  }

  #again(pause) {
    clearTimeout(this.#timers.retry);
    this.#timers.retry = setTimeout(() => this.#connect(), pause);
  }

  #tell(frame) {
    for (const listener of this.#listeners) listener(frame);
  }
}

export const live = new Live();
