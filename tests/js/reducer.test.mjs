// node --test tests/js/   (called by tests/messaging/test_reducer.py)
// A small server and a hostile wire: frames are lost, repeated, reordered, connections die at any moment.
// Whatever happens, once the wire is quiet every client holds the same state.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ASK_AGAIN, RESEND, reduce, start } from "../../static/js/room/reducer.js";

const RUNS = Number(process.env.REDUCER_RUNS ?? 400);

/** mulberry32: the seed is in the test's name, so a failure can be run again. */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

class Server {
  constructor(page) {
    this.page = page;
    this.log = { 1: [], 2: [] };
  }
  post(room, actor, cid) {
    const known = this.log[room].find((ev) => ev.actor.id === actor && ev.message.cid === cid);
    if (known) return [known.seq, true];
    const seq = this.log[room].length + 1;
    this.log[room].push({ t: "ev", room, seq, kind: "posted", actor: { id: actor }, message: { cid } });
    return [seq, false];
  }
  since(room, after) {
    const rest = this.log[room].slice(after);
    const events = rest.slice(0, this.page);
    return { t: "batch", room, from: after + 1, to: after + events.length, events, more: rest.length > events.length };
  }
  answer(frame) {
    if (frame.t === "sub") return frame.rooms.map(([room, since]) => this.since(room, since));
    if (frame.t === "since") return [this.since(frame.room, frame.after)];
    if (frame.t === "post") {
      const [seq, duplicate] = this.post(frame.room, 7, frame.cid);
      return [{ t: "ok", cid: frame.cid, room: frame.room, seq, duplicate }, this.log[frame.room][seq - 1]];
    }
    throw new Error(`the client sent ${frame.t}`);
  }
}

class Client {
  constructor(server) {
    this.server = server;
    this.state = start({ me: 7 });
    this.shown = { 1: [], 2: [] };
    this.sent = [];
    this.wire = []; // frames on their way to the client
    this.now = 0;
    this.feed({ t: "watch", rooms: [[1, 0], [2, 0]] });
  }
  feed(frame, deliver = () => true) {
    const before = structuredClone(this.state);
    const [state, effects] = reduce(this.state, frame, this.now);
    assert.deepEqual(this.state, before, "reduce changed its argument");
    this.state = state;
    for (const effect of effects) {
      if (effect.do === "show") this.shown[effect.ev.room].push(effect.ev.seq);
      if (effect.do === "sent") this.sent.push(effect.entry.cid);
      if (effect.do === "send" && deliver()) this.wire.push(...this.server.answer(effect.frame));
    }
  }
}

const unsettled = ({ state }) =>
  state.outbox.length || Object.values(state.rooms).some((room) => Object.keys(room.buffer).length);
const upTo = (n) => Array.from({ length: n }, (_, i) => i + 1);

function storm(seed) {
  const next = random(seed);
  const chance = (p) => next() < p;
  const server = new Server(1 + Math.floor(next() * 6));
  const client = new Client(server);
  const written = [];
  for (let step = 0; step < 150; step += 1) {
    client.now += Math.floor(next() * 2500);
    const roll = next();
    if (roll < 0.25) {
      // Somebody else writes; the bell may or may not reach us.
      const room = 1 + Math.floor(next() * 2);
      const [seq] = server.post(room, 9, `other-${step}`);
      if (client.state.open && chance(0.6)) client.wire.push(server.log[room][seq - 1]);
    } else if (roll < 0.35) {
      const entry = { cid: `mine-${step}`, room: 1 + Math.floor(next() * 2), body: "…" };
      written.push(entry.cid);
      client.feed({ t: "compose", entry }, () => chance(0.6));
    } else if (roll < 0.43) {
      client.feed({ t: "closed" });
      client.wire = client.wire.filter(() => chance(0.2)); // what the socket had in flight, mostly gone
    } else if (roll < 0.55) {
      client.feed({ t: "welcome" }, () => chance(0.7));
    } else if (roll < 0.63) {
      client.feed({ t: "tick" }, () => chance(0.7));
    } else if (client.wire.length) {
      const at = Math.floor(next() * client.wire.length);
      const [frame] = chance(0.3) ? [client.wire[at]] : client.wire.splice(at, 1);
      if (chance(0.75)) client.feed(frame, () => chance(0.8));
    }
  }
  // Calm: the same connection goes on and the sweep tells each room's head, or a new one is made.
  if (client.state.open && seed % 2) {
    client.wire.push(...Object.values(server.log).flatMap((log) => log.slice(-1)));
  } else {
    client.feed({ t: "closed" });
    client.feed({ t: "welcome" });
  }
  for (let round = 0; client.wire.length || unsettled(client); round += 1) {
    assert.ok(round < 5000, "never settles");
    if (client.wire.length) client.feed(client.wire.shift());
    else {
      client.now += RESEND + ASK_AGAIN;
      client.feed({ t: "tick" });
    }
  }
  return { server, client, written };
}

test(`${RUNS} storms end in the same state`, () => {
  for (let seed = 1; seed <= RUNS; seed += 1) {
    const { server, client, written } = storm(seed);
    const where = `seed ${seed}`;
    for (const room of [1, 2]) {
      const head = server.log[room].length;
      assert.deepEqual(client.shown[room], upTo(head), `${where}: room ${room} shown once and in order`);
      assert.deepEqual(client.state.rooms[room], { id: room, cursor: head, buffer: {}, asked: null, left: false }, where);
    }
    const stored = [...server.log[1], ...server.log[2]].filter((ev) => ev.actor.id === 7).map((ev) => ev.message.cid);
    assert.deepEqual(stored.toSorted(), written.toSorted(), `${where}: each message stored once`);
    assert.deepEqual(client.sent.toSorted(), written.toSorted(), `${where}: each message settled once`);
    assert.deepEqual(client.state.outbox, [], where);
  }
});

test("the storms are storms: without asking for the holes they lose events", () => {
  let behind = 0;
  for (let seed = 1; seed <= 40; seed += 1) {
    const next = random(seed);
    let state = reduce(start(), { t: "watch", rooms: [[1, 0]] })[0];
    const frames = upTo(20).map((seq) => ({ t: "ev", room: 1, seq, actor: { id: 9 }, payload: {} }));
    for (const frame of frames) if (next() > 0.2) [state] = reduce(state, frame); // closed: nothing can be asked
    if (state.rooms[1].cursor < 20) behind += 1;
  }
  assert.ok(behind > 30);
});

function live(...frames) {
  let state = start({ me: 7 });
  let effects = [];
  for (const frame of [{ t: "watch", rooms: [[1, 10]] }, { t: "welcome" }, ...frames])
    [state, effects] = reduce(state, frame, 1000);
  return { state, effects };
}
const ev = (seq, extra = {}) => ({ t: "ev", room: 1, seq, actor: { id: 9 }, message: {}, ...extra });

test("an old event is ignored, the next one shown, a later one held back and the hole asked for", () => {
  assert.deepEqual(live(ev(10)).effects, []);
  assert.deepEqual(live(ev(11)).effects.map((e) => e.do), ["show"]);
  const { state, effects } = live(ev(13));
  assert.deepEqual(effects, [{ do: "send", frame: { t: "since", room: 1, after: 10, limit: 500 } }]);
  assert.deepEqual(live(ev(13), ev(14)).effects, [], "one question at a time");
  assert.equal(state.rooms[1].cursor, 10);
});

test("a question the closed socket took with it is asked again", () => {
  const { effects } = live(ev(13), { t: "closed" }, { t: "welcome" }, ev(14));
  assert.deepEqual(effects, [{ do: "send", frame: { t: "since", room: 1, after: 10, limit: 500 } }]);
});

test("welcome subscribes from the cursors and resends the outbox in order", () => {
  const entries = ["a", "b"].map((cid) => ({ cid, room: 1, topic: 4, body: cid }));
  let [state] = reduce(start({ outbox: entries }), { t: "watch", rooms: [[1, 10]] });
  const [, effects] = reduce(state, { t: "welcome", user: 7 });
  assert.deepEqual(effects.map((e) => e.frame), [
    { t: "sub", rooms: [[1, 10]] },
    { t: "post", cid: "a", room: 1, topic: 4, body: "a" },
    { t: "post", cid: "b", room: 1, topic: 4, body: "b" },
  ]);
});

test("a passing error keeps the message, a permanent one gives it back", () => {
  const compose = { t: "compose", entry: { cid: "a", room: 1, body: "x" } };
  const kept = live(compose, { t: "err", cid: "a", code: "rate_limited", retry_after: 3 });
  assert.equal(kept.state.outbox[0].due, 4000);
  assert.deepEqual(reduce(kept.state, { t: "tick" }, 3999)[1], []);
  assert.equal(reduce(kept.state, { t: "tick" }, 4000)[1][0].frame.cid, "a");
  const back = live(compose, { t: "err", cid: "a", code: "too_large", detail: "8000" });
  assert.deepEqual(back.state.outbox, []);
  assert.equal(back.effects[0].do, "refused");
  assert.equal(back.effects[0].entry.body, "x");
});

test("one's own event settles a message whose ok was lost, somebody else's with the same cid does not", () => {
  const compose = { t: "compose", entry: { cid: "a", room: 1, body: "x" } };
  assert.deepEqual(live(compose, ev(11, { actor: { id: 7 }, message: { cid: "a" } })).state.outbox, []);
  assert.equal(live(compose, ev(11, { actor: { id: 8 }, message: { cid: "a" } })).state.outbox.length, 1);
});

test("reset moves to the head and reloads; what was held behind it goes on", () => {
  const { state, effects } = live(ev(601), { t: "reset", room: 1, head: 600 });
  assert.deepEqual(effects.map((e) => e.do), ["reload", "show"]);
  assert.equal(state.rooms[1].cursor, 601);
});

test("reset of a log restored from a backup goes back to its head, or nothing would ever be shown again", () => {
  assert.deepEqual(live({ t: "reset", room: 1, head: 5 }, ev(6)).effects.map((e) => e.do), ["show"]);
});

test("left ends the room for good and gives back what was waiting", () => {
  const { state, effects } = live({ t: "compose", entry: { cid: "a", room: 1, body: "x" } }, { t: "left", room: 1 });
  assert.deepEqual(effects.map((e) => e.do), ["left", "refused"]);
  assert.deepEqual(reduce(state, ev(11))[1], []);
});

test("frames nobody knows change nothing", () => {
  const { state } = live();
  for (const frame of [null, {}, { t: "nonsense" }, { t: "constructor" }, ev(11.5), ev("11"), ev(11, { room: 99 }), { t: "batch", room: 1, events: null }])
    assert.deepEqual(reduce(state, frame), [state, []], JSON.stringify(frame));
});
