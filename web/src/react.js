// React as the console's libraries import it: Preact's, and what Preact doesn't have.
import { createElement } from 'preact';

export * from 'preact/compat';
export { default } from 'preact/compat';

/** Keeps what is hidden mounted; React's also puts its effects to sleep. */
export function Activity({ mode, children }) {
  return createElement('div', { style: { display: mode === 'hidden' ? 'none' : 'contents' } }, children);
}
