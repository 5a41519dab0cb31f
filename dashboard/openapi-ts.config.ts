import { defineConfig } from "@hey-api/openapi-ts";

export default defineConfig({
  input: "./openapi.json",
  output: { path: "./src/client", clean: true },
  logs: { level: "error" },
  plugins: ["@hey-api/typescript", { name: "@hey-api/schemas", type: "json" }, "@hey-api/sdk", "@hey-api/client-fetch"],
});
