/** What a page of another site holds: the script of the widget and its element. Without a public host, this page's own server. */
export function snippet(host: string | null, token: string): string {
  const server = host === null ? window.location.origin : `https://${host}`;
  return `<script type="module" src="${server}/widget/rapida-call.js"></script>\n<rapida-call token="${token}"></rapida-call>`;
}
