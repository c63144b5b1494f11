// The log on the page. Article nodes are added, changed or emptied; the log itself is never replaced, so that screen
// readers do not start over. The server draws the same article (templates/messaging/includes/message.html).

const NEAR_END = 80; // px
const SEVERAL = new Set("BE BA CA CH CY FI IE LU MT NO".split(" "));
const NBSP = "\u00a0";
const PARTICLES = new Set("a à and au aux d da de del der des di du en et for l la le les of the und van von y".split(" "));

/** Two letters for the round mark, as the `avatar` template tag makes them. */
export function initials(name) {
  const words = name.split(/[\s'’-]+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const telling = words.filter((word) => !PARTICLES.has(word.toLowerCase()));
  const letters = telling.length ? telling : words;
  return letters.length ? (letters[0][0] + (letters.length > 1 ? letters.at(-1)[0] : "")).toUpperCase() : "?";
}

/** 9 h 12 in French, 9:12 in English, in the reader's time zone. */
export function clock(at, lang, timeZone) {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "numeric", minute: "2-digit" }).formatToParts(at);
  const [hour, minute] = ["hour", "minute"].map((type) => Number(parts.find((part) => part.type === type).value));
  if (lang !== "fr") return `${hour}:${String(minute).padStart(2, "0")}`;
  return minute ? `${hour}${NBSP}h${NBSP}${String(minute).padStart(2, "0")}` : `${hour}${NBSP}h`;
}

/** The language a place name is in, as the `place` template tag finds it; "" where a country has several. */
export function languageOf(name, country) {
  if (!country || SEVERAL.has(country)) return "";
  const { language, script } = new Intl.Locale("und", { region: country }).maximize();
  return script === "Latn" || /[^\u0000-\u024f\u1e00-\u1eff]/.test(name) ? language : `${language}-Latn`;
}

export class Log {
  /** `element` carries data-room, data-topic, data-zone and the words; `shape` is the article's <template>. */
  constructor(element, shape, me) {
    this.element = element;
    this.shape = shape;
    this.me = me;
    this.lang = document.documentElement.lang;
    this.zone = element.dataset.zone;
    element.addEventListener("click", (event) => {
      const link = event.target.closest("[data-older]");
      if (!link || event.metaKey || event.ctrlKey) return;
      event.preventDefault();
      this.#older(link);
    });
  }

  get atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  /** Older messages are shown, and the latest are not: nothing can follow here. */
  get past() {
    return Boolean(this.element.querySelector("[data-newer]"));
  }

  get separator() {
    return this.element.querySelector(".day.new");
  }

  find(number) {
    return this.element.querySelector(`#m${Number(number)}`);
  }

  nameOf(author) {
    return this.element.querySelector(`[data-author="${Number(author)}"] .who b`)?.textContent;
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
  }

  /** Where a person goes on reading: the first new message, else the end. */
  toStart() {
    const target = this.element.querySelector(":target") ?? this.separator;
    if (target) this.element.scrollTop += target.getBoundingClientRect().top - this.element.getBoundingClientRect().top - 60;
    else this.toEnd();
  }

  /** Add a message at the end, once. Returns false when it is already there. */
  add(message, { unread }) {
    if (this.find(message.number)) return false;
    const follow = this.atEnd;
    this.element.querySelector("[data-empty]")?.remove();
    this.#day(message.at);
    if (unread && !this.separator) this.element.append(this.#rule("new", this.element.dataset.sayNew));
    this.element.append(this.#article(message));
    if (follow) this.toEnd();
    return true;
  }

  edit(message) {
    const article = this.find(message.number);
    if (!article || article.classList.contains("gone")) return;
    this.#words(article, message);
    article.querySelector("[data-edited]").hidden = false;
  }

  remove(number) {
    const article = this.find(number);
    if (article) this.#empty(article);
  }

  /** Add what a fresh copy of the page has and this one has not. */
  merge(page) {
    const follow = this.atEnd;
    const last = [...this.element.querySelectorAll("article")].at(-1);
    let before = Number(last?.dataset.number ?? 0);
    const fresh = page.querySelector(".log");
    const unseen = [...fresh.querySelectorAll("article")].filter((node) => !this.find(node.dataset.number));
    const hole = fresh.querySelector("[data-older]");
    // More was missed than one page holds: a link leads to the rest.
    if (hole && !this.find(fresh.querySelector("article")?.dataset.number)) this.element.append(document.adoptNode(hole));
    for (const article of unseen) {
      if (Number(article.dataset.number) < before) continue;
      this.#day(new Date(article.querySelector("time").dateTime));
      this.element.append(document.adoptNode(article));
      before = Number(article.dataset.number);
    }
    if (follow) this.toEnd();
  }

  async #older(link) {
    link.setAttribute("aria-busy", "true");
    const page = await fetchPage(link.href).catch(() => null);
    if (!page) return location.assign(link.href);
    const known = (node) => node.matches("article") && this.find(node.dataset.number);
    const all = [...page.querySelector(".log").children];
    // Having met what is on the page already, there is nothing further back to ask for from here.
    const met = all.some(known);
    const nodes = all.filter((node) => !known(node) && !node.matches(".new, [data-newer]") && !(met && node.matches("[data-older]")));
    const next = link.nextElementSibling;
    const day = nodes.findLast((node) => node.matches(".day"))?.dataset.day;
    if (next?.matches(".day") && day === next.dataset.day) next.remove();
    const height = this.element.scrollHeight;
    link.replaceWith(...nodes.map((node) => document.adoptNode(node)));
    this.element.scrollTop += this.element.scrollHeight - height;
    // The link that had the focus is gone.
    this.element.focus({ preventScroll: true });
  }

  #article({ number, at, author, html, lang, edited, deleted, url }) {
    const article = this.shape.content.firstElementChild.cloneNode(true);
    const time = clock(at, this.lang, this.zone);
    article.id = `m${number}`;
    article.dataset.number = number;
    article.dataset.author = author.id ?? "";
    article.setAttribute("aria-label", [author.name, author.place, time].filter(Boolean).join(", "));
    article.querySelector(".avatar").textContent = initials(author.name);
    article.querySelector(".who b").textContent = author.name;
    const place = article.querySelector(".who .place");
    if (author.place) {
      place.textContent = author.place;
      // Only places are set as on a map; an association keeps the plain face.
      place.classList.toggle("place", Boolean(author.country));
      const language = languageOf(author.place, author.country);
      if (language) place.lang = language;
    } else {
      place.nextSibling.remove();
      place.remove();
    }
    const stamp = article.querySelector("time");
    stamp.dateTime = at.toISOString();
    stamp.textContent = time;
    this.#words(article, { html, lang });
    article.querySelector("[data-edited]").hidden = !edited;
    const tools = article.querySelector(".tools");
    if (author.id === this.me && url) {
      const link = tools.querySelector("a");
      link.href = url;
      link.setAttribute("aria-label", link.dataset.label.replace("{time}", time));
    } else tools.remove();
    if (deleted) this.#empty(article);
    return article;
  }

  #empty(article) {
    article.classList.add("gone");
    const words = document.createElement("p");
    words.textContent = this.element.dataset.sayGone;
    article.querySelector(".txt").replaceChildren(words);
    article.querySelector(".tools")?.remove();
  }

  /** `html` was made safe by the server when the message was stored (messaging/markdown.py); never anything else. */
  #words(article, { html, lang }) {
    const text = article.querySelector(".txt");
    text.innerHTML = html;
    if (lang) text.lang = lang;
  }

  #day(at) {
    const day = new Intl.DateTimeFormat("en-CA", { timeZone: this.zone, dateStyle: "short" }).format(at);
    const last = [...this.element.querySelectorAll(".day[data-day]")].at(-1);
    if (last?.dataset.day >= day) return;
    const words = new Intl.DateTimeFormat(this.lang, { timeZone: this.zone, weekday: "long", day: "numeric", month: "long" });
    const text = words.format(at);
    const rule = this.#rule("", text[0].toUpperCase() + text.slice(1));
    rule.dataset.day = day;
    this.element.append(rule);
  }

  #rule(css, text) {
    const rule = document.createElement("p");
    rule.className = `day ${css}`.trim();
    rule.append(Object.assign(document.createElement("span"), { textContent: text }));
    return rule;
  }
}

/** A page of ours as a document; its scripts do not run. */
export async function fetchPage(url) {
  const answer = await fetch(url, { headers: { Accept: "text/html", "X-Requested-With": "fetch" } });
  if (!answer.ok) throw new Error(answer.status);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}
