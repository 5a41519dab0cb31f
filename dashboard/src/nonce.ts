/** Radix adds style elements while a dialog is open; the page's policy lets in those with its nonce. */
import { setNonce } from "get-nonce";

const script = document.querySelector<HTMLScriptElement>("script[nonce]");
if (script?.nonce) {
  setNonce(script.nonce);
}
