// What every page does beyond plain forms and links. Each part improves something that works without it.

const root = document.documentElement;
root.classList.add("js");

/** Say something to screen readers, politely. */
export function announce(text) {
  const announcer = document.getElementById("announcer");
  if (!announcer) return;
  announcer.textContent = "";
  // A live region speaks on change: the same sentence twice needs a gap.
  setTimeout(() => (announcer.textContent = text), 50);
}

/** The token for a POST by script, from any form of the page. */
export function csrfToken() {
  return document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

// Words typed before htmx was there: it saw no input event, so the field itself says that it has something to ask.
addEventListener("load", () => {
  document.querySelectorAll("input[hx-trigger~=late]").forEach((field) => {
    if (field.value !== field.defaultValue) field.dispatchEvent(new Event("late"));
  });
});

// Theme: change at once, tell the server behind the scenes.
document.querySelectorAll("form[data-theme-form]").forEach((form) => {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const dark =
      root.dataset.theme === "dark" ||
      (root.dataset.theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    const theme = dark ? "light" : "dark";
    const body = new FormData(form);
    body.set("theme", theme);
    root.dataset.theme = theme;
    fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
  });
});

// Menus close on Escape and on a click elsewhere.
document.addEventListener("click", (event) => {
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    menu.open = false;
    menu.querySelector("summary").focus();
  });
});

// A page that comes back with errors begins at their summary.
document.querySelector("[data-error-summary]")?.focus();

// "4 of 5": the limit in words; the server enforces it.
document.querySelectorAll("[data-max]").forEach((group) => {
  const maximum = Number(group.dataset.max);
  const out = document.querySelector("[data-count]");
  const update = () => {
    const chosen = group.querySelectorAll(":checked").length;
    if (out) {
      const words = chosen >= maximum ? out.dataset.fullText : out.dataset.countText;
      if (words) out.textContent = words.replace("{count}", chosen).replace("{max}", maximum);
    }
    group.querySelectorAll("input[type=checkbox]:not(:checked)").forEach((box) => (box.disabled = chosen >= maximum));
  };
  group.addEventListener("change", update);
  update();
});

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-theme-form], [data-repeat]") || event.defaultPrevented) return;
  if (form.dataset.sent && Date.now() - Number(form.dataset.sent) < 3000) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = Date.now();
});

// Once the page is drawn and idle, the bell goes live. On a conversation's page the socket is open by then; it is one.
const bell = document.getElementById("bell");

function showUnread(unread) {
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

async function goLive() {
  const [{ forgetOthers }, { live }] = await Promise.all([import("./room/outbox.js"), import("./room/socket.js")]);
  // A shared computer: what is unsent here goes when its author signs out, or when somebody else signs in. A session
  // that merely ended keeps it.
  forgetOthers(bell.dataset.user);
  document.addEventListener("submit", (event) => event.target.matches("[data-sign-out]") && forgetOthers(null));
  live.on((frame) => {
    if (frame.t === "notify" && Number.isInteger(frame.unread)) showUnread(frame.unread);
  });
  live.start();
}

if (bell) addEventListener("load", () => (globalThis.requestIdleCallback ?? setTimeout)(() => goLive().catch(() => {})));
