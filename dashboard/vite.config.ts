import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { type Plugin, defineConfig } from "vite";

export const OUTPUT = "../src/rapida/dashboard";
/** Fonts are compressed already. */
const COMPRESSED = /\.(js|css|svg)$/;

/** Writes a `.gz` beside each file of text, so that the server never compresses. */
export function precompressed(folder = OUTPUT): Plugin {
  return {
    name: "precompressed",
    apply: "build",
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
        if (COMPRESSED.test(name)) {
          const path = join(folder, name);
          writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
        }
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), tailwind(), precompressed()],
  worker: { format: "es" },
  html: { cspNonce: "__NONCE__" },
  build: { outDir: OUTPUT, emptyOutDir: true, assetsInlineLimit: 0, target: "es2023", modulePreload: { polyfill: false }, rolldownOptions: { checks: { pluginTimings: false } } },
  server: {
    host: "127.0.0.1",
    port: 5173,
    // Without `changeOrigin`: Host and Origin agree, as the server asks.
    proxy: { "/v1": { target: process.env["RAPIDA_ADDRESS"] ?? "http://127.0.0.1:8080", ws: true } },
  },
});
