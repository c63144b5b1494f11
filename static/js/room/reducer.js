// The client's half of `entrevilles.v1` as one pure function: state × frame × clock → [state, effects].
// No DOM, no timer, no network: tests/js/reducer.test.mjs runs it through every interleaving it can think of.
//
// Frames are the server's (docs/realtime.md) and four of our own:
//   closed                the socket is gone
//   tick                  time has passed
//   watch {rooms}         [[room, seq], …]: the page shows these, as they stood at seq
//   compose {entry}       {cid, room, topic?, body, lang?}: the person pressed Send
// Effects, in order, for the page to carry out:
//   send {frame} · show {ev} · sent {entry, seq} · refused {entry, code, detail} · reload {room}
//   left {room} · brief {frame} (typing, presence) · bell {frame}

export const PAGE = 500; // events asked for at a time, the protocol's limit
export const RESEND = 8000; // ms without an answer after which a message is sent again
export const ASK_AGAIN = 4000; // ms without an answer after which a gap is asked for again
const MAX_BUFFER = 1000; // events held back behind a gap

// The text can never be accepted as it stands: its author gets it back. Anything else is tried again.
const PERMANENT = new Set(["bad_frame", "unknown_frame", "invalid", "not_found", "too_large", "conflict"]);

/** `me`: the reader's user id. `outbox`: entries kept from before a reload. */
export function start({ me = null, outbox = [] } = {}) {
  return { me, open: false, rooms: {}, outbox: outbox.map((entry) => ({ ...entry, due: 0 })) };
}

export function reduce(state, frame, now = 0) {
  const handler = Object.hasOwn(handlers, frame?.t) ? handlers[frame.t] : null;
  const effects = [];
  return [handler ? handler(state, frame, now, effects) : state, effects];
}

const handlers = {
  welcome(state, _frame, now, effects) {
    const rooms = Object.values(state.rooms).filter((room) => !room.left);
    if (rooms.length) effects.push(subscribe(rooms));
    return flush({ ...state, open: true }, now, effects, () => true);
  },

  closed: (state) => ({ ...state, open: false, rooms: map(state.rooms, (room) => ({ ...room, asked: null })) }),

  tick(state, _frame, now, effects) {
    for (const id of Object.keys(state.rooms)) state = fill(state, id, now, effects);
    return flush(state, now, effects, (entry) => entry.due <= now);
  },

  watch(state, frame, _now, effects) {
    const fresh = frame.rooms.filter(([id]) => !state.rooms[id]);
    const rooms = { ...state.rooms };
    for (const [id, cursor] of fresh) rooms[id] = { id, cursor, buffer: {}, asked: null, left: false };
    if (state.open && fresh.length) effects.push(subscribe(fresh.map(([id]) => rooms[id])));
    return { ...state, rooms };
  },

  compose(state, frame, now, effects) {
    if (state.outbox.some((entry) => entry.cid === frame.entry.cid)) return state;
    const entry = { ...frame.entry, due: 0 };
    return flush({ ...state, outbox: [...state.outbox, entry] }, now, effects, (e) => e === entry);
  },

  ev: (state, frame, now, effects) => fill(take(state, frame.room, [frame], effects), frame.room, now, effects),

  batch(state, frame, now, effects) {
    const room = state.rooms[frame.room];
    if (!room) return state;
    state = patch(state, frame.room, { asked: null });
    state = take(state, frame.room, Array.isArray(frame.events) ? frame.events : [], effects);
    return fill(state, frame.room, now, effects, frame.more === true);
  },

  // Over 500 behind, or ahead of a log restored from a backup: the page re-reads what it shows and goes on from the head.
  reset(state, frame, now, effects) {
    const room = state.rooms[frame.room];
    if (!room || room.left || !Number.isSafeInteger(frame.head) || frame.head === room.cursor) return state;
    effects.push({ do: "reload", room: room.id });
    state = patch(state, frame.room, { cursor: frame.head, asked: null });
    return fill(take(state, frame.room, [], effects), frame.room, now, effects);
  },

  left(state, frame, _now, effects) {
    const room = state.rooms[frame.room];
    if (!room || room.left) return state;
    effects.push({ do: "left", room: room.id });
    for (const entry of state.outbox.filter((e) => e.room === room.id))
      effects.push({ do: "refused", entry, code: "not_found", detail: "" });
    const outbox = state.outbox.filter((entry) => entry.room !== room.id);
    return patch({ ...state, outbox }, frame.room, { left: true, buffer: {}, asked: null });
  },

  ok(state, frame, _now, effects) {
    const entry = state.outbox.find((e) => e.cid === frame.cid);
    if (!entry) return state;
    effects.push({ do: "sent", entry, seq: frame.seq ?? null });
    return { ...state, outbox: state.outbox.filter((e) => e !== entry) };
  },

  err(state, frame, now, effects) {
    const entry = frame.cid && state.outbox.find((e) => e.cid === frame.cid);
    if (!entry) return state;
    if (PERMANENT.has(frame.code)) {
      effects.push({ do: "refused", entry, code: frame.code, detail: frame.detail ?? "" });
      return { ...state, outbox: state.outbox.filter((e) => e !== entry) };
    }
    const due = now + Math.max(1, Number(frame.retry_after) || 0) * 1000;
    return { ...state, outbox: state.outbox.map((e) => (e === entry ? { ...e, due } : e)) };
  },

  eph: (state, frame, _now, effects) => (effects.push({ do: "brief", frame }), state),
  notify: (state, frame, _now, effects) => (effects.push({ do: "bell", frame }), state),
};

/** Hold what is new, show what follows the cursor without a hole. */
function take(state, id, events, effects) {
  const room = state.rooms[id];
  if (!room || room.left) return state;
  const buffer = { ...room.buffer };
  for (const ev of events) {
    const fits = Number.isSafeInteger(ev?.seq) && ev.seq > room.cursor;
    if (fits && (ev.seq === room.cursor + 1 || Object.keys(buffer).length < MAX_BUFFER)) buffer[ev.seq] ??= ev;
  }
  let { cursor } = room;
  let { outbox } = state;
  while (buffer[cursor + 1]) {
    cursor += 1;
    const ev = { ...buffer[cursor], room: room.id };
    effects.push({ do: "show", ev });
    // Our own message come round by the log is as good as its `ok`, which may have been lost.
    const mine = ev.actor?.id === state.me && outbox.find((entry) => entry.cid === ev.message?.cid);
    if (mine) {
      effects.push({ do: "sent", entry: mine, seq: cursor });
      outbox = outbox.filter((entry) => entry !== mine);
    }
  }
  for (const seq of Object.keys(buffer)) if (seq <= cursor) delete buffer[seq];
  return patch({ ...state, outbox }, id, { cursor, buffer });
}

/** Ask for the hole in front of what is held back, once at a time. */
function fill(state, id, now, effects, more = false) {
  const room = state.rooms[id];
  if (!room || room.left) return state;
  const hole = more || Object.keys(room.buffer).length > 0;
  if (!hole) return room.asked === null ? state : patch(state, id, { asked: null });
  if (!state.open || (room.asked !== null && now < room.asked + ASK_AGAIN)) return state;
  effects.push({ do: "send", frame: { t: "since", room: room.id, after: room.cursor, limit: PAGE } });
  return patch(state, id, { asked: now });
}

/** Send the entries that are due, in the order they were written; the same cid every time. */
function flush(state, now, effects, due) {
  if (!state.open) return state;
  const outbox = state.outbox.map((entry) => {
    if (!due(entry)) return entry;
    const { due: _, ...post } = entry;
    effects.push({ do: "send", frame: { t: "post", ...post } });
    return { ...entry, due: now + RESEND };
  });
  return { ...state, outbox };
}

const subscribe = (rooms) => ({
  do: "send",
  frame: { t: "sub", rooms: rooms.map((room) => [room.id, room.cursor]) },
});
const map = (object, change) => Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
const patch = (state, id, change) => ({ ...state, rooms: { ...state.rooms, [id]: { ...state.rooms[id], ...change } } });
