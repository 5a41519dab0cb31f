/** Letters and digits that nobody mistakes for each other when they read one out. */
const LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";
/** Four groups of four are 79 bits. */
const GROUPS = 4;
const LENGTH = 4;

/** A first password that can be read out: k7mq-2fxp-w9ch-tr4b */
export function newPassword(): string {
  const drawn = Array.from({ length: GROUPS * LENGTH }, letter).join("");
  return drawn.match(/.{4}/g)?.join("-") ?? drawn;
}

function letter(): string {
  const [byte = 0] = crypto.getRandomValues(new Uint8Array(1));
  // Bytes above the last whole multiple would make the first letters likelier.
  return byte < 256 - (256 % LETTERS.length) ? (LETTERS[byte % LETTERS.length] ?? "") : letter();
}
