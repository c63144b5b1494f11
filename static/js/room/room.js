// A page with a conversation: the log, the composer, the list of topics, kept live. Without it everything works by form.

import { announce } from "../site.js";
import { Log, fetchPage } from "./log.js";
import { draft, keep, keepDraft, newId, settle, waiting } from "./outbox.js";
import { reduce, start } from "./reducer.js";
import { live } from "./socket.js";

const TICK = 1000; // ms
const SLOW = 500; // ms after which a message that is not confirmed shows as waiting
const TYPING_EVERY = 3000;
const TYPING_LASTS = 5000;
const SEEN = 1000;
const QUIET = 2000; // ms without a connection before the page says so

const chat = document.querySelector(".chat[data-me]");
const me = Number(chat.dataset.me);
const say = chat.dataset;
const thread = chat.querySelector(".thread[data-room]");
const room = thread && Number(thread.dataset.room);
const topic = thread?.dataset.topic ? Number(thread.dataset.topic) : null;
const place = `${room}.${topic ?? ""}`;
const composer = thread?.querySelector("form.composer");
const markForm = thread?.querySelector("form[data-mark-read]");
const newer = thread?.querySelector(".newer");
const log = thread && new Log(thread.querySelector(".log"), document.getElementById("message-shape"), me);

// ---------- the state, and what follows from it ----------

let state = start({ me, outbox: waiting(me) });

function dispatch(frame) {
  const [next, effects] = reduce(state, frame, Date.now());
  state = next;
  for (const effect of effects) carry[effect.do](effect);
  if (effects.length || frame.t === "closed" || frame.t === "welcome") connection();
}

const carry = {
  send: ({ frame }) => live.send(frame),
  sent({ entry }) {
    settle(me, entry.cid);
    outgoing(entry.cid)?.remove();
    if (here(entry)) announce(say.saySent);
  },
  refused({ entry, detail }) {
    settle(me, entry.cid);
    outgoing(entry.cid)?.remove();
    if (here(entry) && composer) giveBack(entry.body, detail);
    else keepDraft(me, `${entry.room}.${entry.topic ?? ""}`, entry.body);
  },
  show: ({ ev }) => shows[ev.kind]?.(ev),
  async reload({ room: id }) {
    if (id !== room || log.past) return;
    const page = await fetchPage(location.pathname).catch(() => null);
    if (page) log.merge(page);
  },
  left({ room: id }) {
    if (id === room) composer?.remove();
  },
  brief({ frame }) {
    if (frame.kind === "typing" && frame.room === room && (frame.topic ?? null) === topic) typing(frame);
  },
  bell({ frame }) {
    if (frame.kind === "read") forgetCount(frame.room, frame.topic);
  },
};

const shows = {
  posted(ev) {
    const message = written(ev);
    const mine = ev.actor?.id === me;
    if (ev.room !== room || message.topic !== topic) return elsewhere(ev, mine);
    if (log.past) return mine && location.assign(location.pathname);
    if (!log.add(message, { unread: !mine && (document.hidden || !log.atEnd) })) return;
    if (mine) return log.toEnd();
    announce(log.element.dataset.sayFrom.replace("{name}", message.author.name));
    typing(null);
    showNewer();
  },
  edited: (ev) => ev.room === room && log.edit(written(ev)),
  deleted: (ev) => ev.room === room && log.remove(ev.message.number),
  resolved: (ev) => resolved(ev, true),
  reopened: (ev) => resolved(ev, false),
};

/** The message of an event, as the log wants it. */
function written({ room: id, message }) {
  const { organisation, ...author } = message.author ?? { id: null, name: say.sayFormer };
  return {
    number: message.number,
    topic: message.topic?.id ?? null,
    at: new Date(message.created_at),
    html: message.html,
    lang: message.lang,
    edited: Boolean(message.edited_at),
    deleted: message.deleted,
    author: { ...author, place: organisation?.name, country: organisation?.country },
    url: say.editUrl.replace("/0/", `/${id}/`).replace("/0/", `/${message.number}/`),
  };
}

const here = (entry) => entry.room === room && (entry.topic ?? null) === topic;

function resolved(ev, yes) {
  if (ev.room !== room || ev.payload?.topic !== topic) return;
  for (const element of thread.querySelectorAll("[data-resolved]"))
    element.hidden = (element.dataset.resolved === "yes") !== yes;
}

// ---------- topics on the left ----------

const topicLink = (id, topicId) =>
  chat.querySelector(topicId ? `.rooms a[data-topic="${topicId}"]` : `.rooms a[data-room="${id}"]`);

/** A message for another conversation than the one on the screen: its line on the left moves. */
function elsewhere({ room: id, message }, mine) {
  const link = topicLink(id, message.topic?.id) ?? (message.topic && newLine(id, message.topic));
  if (!link || mine) return;
  const badge = link.querySelector(".count");
  setCount(link, Number(badge.dataset.unread) + 1);
}

/** A topic nobody knew of when the page was drawn. */
function newLine(id, { id: topicId, title }) {
  const list = chat.querySelector(`.rooms div[data-room="${id}"]`);
  if (!list) return null;
  const link = document.getElementById("topic-shape").content.firstElementChild.cloneNode(true);
  link.href = say.topicUrl.replace("/0/", `/${id}/`).replace("/0/", `/${topicId}/`);
  link.dataset.topic = topicId;
  link.querySelector("span").textContent = title;
  const first = list.querySelector("a");
  if (first) first.before(link);
  else list.append(link);
  list.parentElement.querySelector(".none")?.remove();
  return link;
}

function setCount(link, unread) {
  const badge = link.querySelector(".count");
  badge.dataset.unread = unread;
  badge.hidden = !unread;
  badge.querySelector("[aria-hidden]").textContent = unread > 99 ? "99+" : unread;
  badge.querySelector(".vh").textContent = (unread === 1 ? say.sayOneNew : say.sayManyNew).replace("{count}", unread);
  link.classList.toggle("unread", unread > 0);
}

function forgetCount(id, topicId) {
  const links = topicId
    ? [topicLink(id, topicId)]
    : chat.querySelectorAll(`.rooms [data-room="${id}"] a[data-topic], .rooms a[data-room="${id}"]`);
  for (const link of links) if (link) setCount(link, 0);
  if (id === room && (topicId ?? topic) === topic) {
    log.separator?.remove();
    newer.hidden = true;
    markForm.hidden = true;
  }
}

/** Something new is here and not read yet: say where, and offer to mark it. */
function showNewer() {
  newer.hidden = log.atEnd;
  markForm.hidden = false;
  markForm.elements.seq.value = state.rooms[room].cursor;
  // Somebody who is busy in the conversation sees it come.
  setTimeout(() => thread.contains(document.activeElement) && atTheEnd(), SEEN);
}

// ---------- reading ----------

/** A person who is at the end, with this window in front, and has just done something there, has read. */
function atTheEnd() {
  if (!log.atEnd || document.hidden || !document.hasFocus() || !live.open) return;
  newer.hidden = true;
  if (!markForm.hidden) markRead();
}

function markRead() {
  const cursor = state.rooms[room]?.cursor;
  if (!live.send({ t: "read", room, seq: cursor, ...(topic && { topic }) })) return false;
  forgetCount(room, topic);
  return true;
}

// ---------- writing ----------

const textarea = composer?.elements.body;
const outgoing = (cid) => document.getElementById(`out-${cid}`);

function write() {
  const body = textarea.value.trim();
  problem("");
  if (!body) return textarea.focus();
  const entry = { cid: composer.elements.cid.value, room, ...(topic && { topic }), body, lang: composer.elements.lang.value };
  composer.elements.cid.value = newId();
  textarea.value = "";
  keepDraft(me, place, "");
  keep(me, entry);
  dispatch({ t: "compose", entry });
  live.nudge();
  setTimeout(() => show(entry), live.open ? SLOW : 0);
  textarea.focus();
  if (!markForm.hidden) markRead();
}

/** A message the server has not confirmed yet stands below the log, not in it. */
function show(entry) {
  if (!here(entry) || outgoing(entry.cid) || !state.outbox.some((e) => e.cid === entry.cid)) return;
  const line = document.createElement("p");
  line.id = `out-${entry.cid}`;
  line.textContent = entry.body;
  thread.querySelector(".outgoing").append(line);
}

function giveBack(body, detail) {
  textarea.value = textarea.value.trim() ? `${body}\n\n${textarea.value}` : body;
  keepDraft(me, place, textarea.value);
  problem(detail || say.sayRefused);
  textarea.focus();
}

function problem(text) {
  const error = composer.querySelector(".error");
  error.textContent = text;
  error.hidden = !text;
  textarea.toggleAttribute("aria-invalid", Boolean(text));
}

let typed = 0;
function typingHere() {
  keepDraft(me, place, textarea.value);
  if (Date.now() - typed < TYPING_EVERY || !textarea.value.trim()) return;
  typed = Date.now();
  live.send({ t: "typing", room, ...(topic && { topic }) });
}

let typingTimer;
function typing(frame) {
  clearTimeout(typingTimer);
  const line = composer?.querySelector(".typing");
  if (!line || (frame && frame.user === me)) return;
  const name = frame && (frame.name ?? log.nameOf(frame.user));
  line.textContent = frame ? (name ? say.sayTyping.replace("{name}", name) : say.saySomeoneTyping) : "";
  if (frame) typingTimer = setTimeout(() => typing(null), TYPING_LASTS);
}

// ---------- the connection, in words ----------

let lostAt = null;

function connection() {
  chat.toggleAttribute("data-live", live.open);
  if (live.ended) return banner(live.ended === 4001 ? say.saySignedOut : say.sayLeft, live.ended === 4001);
  if (state.rooms[room]?.left) return banner(say.sayLeft);
  if (live.open) {
    lostAt = null;
    return banner("");
  }
  lostAt ??= Date.now();
  const kept = state.outbox.some(here);
  if (kept || !navigator.onLine || Date.now() - lostAt > QUIET) banner(kept ? say.sayKept : say.sayLost);
}

function banner(text, signIn = false) {
  const element = thread?.querySelector(".offline");
  if (!element) return;
  const words = element.querySelector("span");
  if (words.textContent !== text) words.textContent = text;
  element.querySelector("a").hidden = !signIn;
  element.classList.toggle("on", Boolean(text));
}

// ---------- start ----------

// What another part of the site knows about this club; its plain link stays when that part does not answer.
for (const hole of chat.querySelectorAll("[data-fragment]"))
  fetchPage(hole.dataset.fragment).then((page) => hole.replaceChildren(...page.body.childNodes), () => {});

if (thread) {
  log.toStart();
  newer.addEventListener("click", () => {
    log.toEnd();
    log.element.focus();
  });
  // Only what the person does counts: scrolling by script or opening the page marks nothing.
  for (const gesture of ["wheel", "touchend", "keyup", "pointerup"])
    thread.addEventListener(gesture, () => setTimeout(atTheEnd, 200), { passive: true });
  markForm.addEventListener("submit", (event) => markRead() && event.preventDefault());
}

if (composer) {
  composer.addEventListener("submit", (event) => {
    event.preventDefault();
    write();
  });
  textarea.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    write();
  });
  textarea.addEventListener("input", typingHere);
  textarea.value ||= draft(me, place);
}

live.on(dispatch);
dispatch({
  t: "watch",
  rooms: [...chat.querySelectorAll("[data-room][data-seq]")].map((e) => [Number(e.dataset.room), Number(e.dataset.seq)]),
});
state.outbox.forEach(show);
setInterval(() => {
  dispatch({ t: "tick" });
  connection();
}, TICK);
live.start();
