// SPDX-License-Identifier: Apache-2.0
// A link to a part of a page (/settings#backup) leads there, also when the part comes later than the page.
import { useEffect } from 'react';

export function useArrival() {
  useEffect(() => {
    const id = location.hash.slice(1);
    if (id === '') return;
    let moved = false;
    const go = () => {
      const part = document.getElementById(id);
      if (!part || moved) return;
      part.style.scrollMarginTop = '70px'; // below the header, which stays
      part.scrollIntoView();
      part.setAttribute('tabindex', '-1');
      part.focus({ preventScroll: true });
    };
    const stop = () => {
      moved = true;
    };
    go();
    // What comes above it pushes it down, until the person moves by themselves.
    const watch = new ResizeObserver(go);
    watch.observe(document.body);
    for (const way of ['wheel', 'touchstart', 'keydown', 'mousedown'] as const)
      window.addEventListener(way, stop, { once: true });
    const end = setTimeout(() => watch.disconnect(), 3000);
    return () => {
      clearTimeout(end);
      watch.disconnect();
      for (const way of ['wheel', 'touchstart', 'keydown', 'mousedown'] as const)
        window.removeEventListener(way, stop);
    };
  }, []);
}
