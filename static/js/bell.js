// Every page, once it is idle: the bell's number, live. A conversation's page has connected by then; the socket is one.

import { forgetOthers } from "./room/outbox.js";
import { live } from "./room/socket.js";
import { announce } from "./site.js";

const bell = document.getElementById("bell");

// A shared computer: what is unsent here goes when its author signs out, or when somebody else signs in. A session that
// merely ended keeps it.
if (bell) forgetOthers(bell.dataset.user);
document.addEventListener("submit", (event) => event.target.matches("[data-sign-out]") && forgetOthers(null));

function show(unread) {
  const more = unread > Number(bell.dataset.unread);
  const words = unread === 0 ? "sayNone" : unread === 1 ? "sayOne" : "sayMany";
  bell.dataset.unread = unread;
  bell.setAttribute("aria-label", bell.dataset[words].replace("1000", unread));
  let dot = bell.querySelector(".dot");
  if (!dot) {
    dot = Object.assign(document.createElement("span"), { className: "dot", ariaHidden: "true" });
    bell.append(dot);
  }
  dot.hidden = !unread;
  dot.textContent = unread > 99 ? "99+" : unread;
  if (more) announce(bell.getAttribute("aria-label"));
}

if (bell) {
  live.on((frame) => {
    if (frame.t === "notify" && Number.isInteger(frame.unread)) show(frame.unread);
  });
  live.start();
}
