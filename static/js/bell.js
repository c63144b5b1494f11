// Every page: the bell's number, live. Connects once the page is drawn and idle; a conversation's page connects itself,
// and both share the one socket.

import { announce } from "./site.js";
import { forgetOthers } from "./room/outbox.js";
import { live } from "./room/socket.js";

const bell = document.getElementById("bell");

// A shared computer: what somebody else left unsent here is theirs, and goes.
forgetOthers(bell?.dataset.user ?? null);

function show({ unread, label }) {
  if (!Number.isInteger(unread)) return;
  let dot = bell.querySelector(".dot");
  if (!dot) bell.append((dot = Object.assign(document.createElement("span"), { className: "dot", ariaHidden: "true" })));
  const more = unread > Number(bell.dataset.unread ?? 0);
  bell.dataset.unread = unread;
  dot.hidden = !unread;
  dot.textContent = unread > 99 ? "99+" : unread;
  if (label) bell.setAttribute("aria-label", label);
  if (more) announce(bell.getAttribute("aria-label"));
}

if (bell) {
  live.on((frame) => frame.t === "notify" && show(frame));
  const idle = globalThis.requestIdleCallback ?? ((then) => setTimeout(then, 1500));
  addEventListener("load", () => idle(() => live.start()));
}
