// What a person wrote stays on their device until the server has it: messages under way, one key each so that two
// tabs never overwrite one another, and drafts. Keys carry the person's id (site.js forgets the previous person's).

const ROOT = "entrevilles.";

function storage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null; // refused by the browser: everything still works, until the page is closed
  }
}

function write(key, value) {
  try {
    if (value === null) storage()?.removeItem(key);
    else storage()?.setItem(key, value);
  } catch {
    // Full or refused: what is on the screen stays on the screen.
  }
}

/** The messages this person sent that nobody has confirmed yet, oldest first. */
export function waiting(user) {
  const prefix = `${ROOT}${user}.outbox.`;
  const keys = Object.keys(storage() ?? {}).filter((key) => key.startsWith(prefix));
  const entries = keys.map((key) => JSON.parse(storage().getItem(key)));
  return entries.sort((a, b) => a.written - b.written).map(({ written: _, ...entry }) => entry);
}

export function keep(user, entry) {
  write(`${ROOT}${user}.outbox.${entry.cid}`, JSON.stringify({ ...entry, written: Date.now() }));
}

export function settle(user, cid) {
  write(`${ROOT}${user}.outbox.${cid}`, null);
}

export const draft = (user, place) => storage()?.getItem(`${ROOT}${user}.draft.${place}`) ?? "";
export const keepDraft = (user, place, text) => write(`${ROOT}${user}.draft.${place}`, text || null);

/** Remove what anybody but `user` left on this device; `null` removes everything (signing out). */
export function forgetOthers(user) {
  for (const key of Object.keys(storage() ?? {}))
    if (key.startsWith(ROOT) && !(user && key.startsWith(`${ROOT}${user}.`))) write(key, null);
}

/** A random UUID, also where `crypto.randomUUID` is missing (plain http on a local network). */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}
