import { defineConfig } from 'vite';
import { licences } from './scripts/licences.mjs';

export default defineConfig({
  plugins: [licences()],
  esbuild: { jsx: 'automatic' },
  // React's interface, Preact's weight: docs/decisions/0008-console.md.
  resolve: {
    alias: {
      'react/jsx-runtime': 'preact/jsx-runtime',
      'react-dom/client': 'preact/compat/client',
      'react-dom': 'preact/compat',
      react: 'preact/compat',
    },
  },
  build: {
    target: 'es2022',
    // A polyfill would be an inline script, which the content security policy refuses.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    reportCompressedSize: false,
    rollupOptions: {
      // "use client" speaks to servers that render React, of which there is none.
      onwarn: (warning, show) => warning.code !== 'MODULE_LEVEL_DIRECTIVE' && show(warning),
    },
  },
  // For working on the console beside a server on its usual port.
  server: { proxy: { '/api': 'http://127.0.0.1:8480' } },
});
