import { defineConfig } from "vite";
import { OUTPUT, precompressed } from "./vite.config.ts";

/** The web widget: two files whose names stay, for pages of other sites. After the dashboard's own build. */
export default defineConfig({
  plugins: [precompressed(`${OUTPUT}/widget`)],
  build: {
    outDir: `${OUTPUT}/widget`,
    emptyOutDir: true,
    target: "es2023",
    modulePreload: false,
    rolldownOptions: {
      input: { "rapida-call": "src/widget/rapida-call.ts", "rapida-call-sound": "src/phone/sound.worklet.ts" },
      output: { entryFileNames: "[name].js", format: "es" },
    },
  },
});
