/** Where the answer to the first run leaves its API key for the page that shows it. */
export const FIRST_KEY = ["first-key"];
