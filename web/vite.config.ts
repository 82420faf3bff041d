// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vite';
import { withoutUnworn } from './scripts/colours.mjs';
import { licences } from './scripts/licences.mjs';

export default defineConfig({
  plugins: [licences()],
  css: { postcss: { plugins: [withoutUnworn] } },
  oxc: { jsx: { runtime: 'automatic' } },
  // React's interface, Preact's weight: docs/decisions/0008-console.md.
  resolve: {
    alias: {
      'react/jsx-runtime': 'preact/jsx-runtime',
      'react-dom/client': 'preact/compat/client',
      'react-dom': 'preact/compat',
      react: new URL('src/react.js', import.meta.url).pathname,
    },
  },
  build: {
    target: 'es2022',
    // A polyfill would be an inline script, which the content security policy refuses.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // What the sign-in page loads is one file, and what the console loads behind it another: many small ones compress
        // worse.
        codeSplitting: {
          groups: [
            { name: 'first', test: /\/src\/main\.tsx$/, priority: 2 },
            { name: 'console', test: /\/src\/console\.tsx$/, priority: 1 },
          ],
        },
      },
      // "use client" speaks to servers that render React, of which there is none.
      onwarn: (warning, show) => warning.code !== 'MODULE_LEVEL_DIRECTIVE' && show(warning),
    },
  },
  // For working on the console beside a server on its usual port.
  server: { proxy: { '/api': 'http://127.0.0.1:8480' } },
});
