import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// `npm run dev` shows the page with changes at once; the API is that of a running `lmd serve`.
const server = process.env.LMD_URL ?? "http://127.0.0.1:7860";

export default defineConfig({
  plugins: [svelte()],
  base: "./",
  build: {
    target: "es2022",
    // No preloading script in the page: the server's content security policy allows no inline scripts.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: true,
  },
  server: { proxy: { "/api": server } },
  resolve: process.env.VITEST ? { conditions: ["browser"] } : {},
  test: { include: ["unit/**/*.test.ts"], environment: "node" },
});
