import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const OUT = 'target/classes/META-INF/resources';
const SERVER = process.env.TINYFLEET_SERVER ?? 'http://127.0.0.1:8080';

/** The theme is set before the first paint by an inline script; the server allows it by its hash. */
function inlineThemeScript(): Plugin {
  return {
    name: 'inline-theme-script',
    transformIndexHtml: (html) => html.replace('<!--theme-->', `<script>${themeScript()}</script>`),
    closeBundle() {
      mkdirSync(OUT, { recursive: true });
      const hash = createHash('sha256').update(themeScript()).digest('base64');
      writeFileSync(`${OUT}/csp-hashes.txt`, `'sha256-${hash}'\n`);
    },
  };
}

function themeScript(): string {
  return readFileSync('src/app/theme-before-paint.js', 'utf8').trim();
}

export default defineConfig({
  plugins: [react(), inlineThemeScript()],
  build: {
    outDir: OUT,
    emptyOutDir: true,
    manifest: true,
    chunkSizeWarningLimit: 700,
    assetsInlineLimit: 0,
  },
  server: {
    proxy: Object.fromEntries(['/api', '/auth', '/q'].map((path) => [path, { target: SERVER }])),
  },
});
