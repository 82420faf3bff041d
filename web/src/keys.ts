// SPDX-License-Identifier: Apache-2.0
// Keys that act by themselves. Each shortcut of the console comes through here, so that none is pressed by
// what somebody types, holds down or composes with an input method.
import { useEffect, useRef } from 'react';

const field = 'input, textarea, select, [contenteditable]:not([contenteditable=false])';

/** Whether a key was pressed once, alone, and meant for the page: not held, composed, or typed somewhere. */
export function isMeant(event: KeyboardEvent): boolean {
  // An input method gives its keys as 229 where it doesn't say that it composes.
  if (event.defaultPrevented || event.repeat || event.isComposing || event.keyCode === 229) return false;
  if (event.ctrlKey || event.altKey || event.metaKey) return false;
  const at = event.target instanceof Element ? event.target : null;
  if (at?.closest(field)) return false;
  // What is opened by Enter or the space bar is theirs.
  if ((event.key === 'Enter' || event.key === ' ') && at?.closest('button, a, summary')) return false;
  return document.querySelector('[role=dialog]') === null;
}

/** Enter in a field of several lines that is sent by it; with Shift, and while composing, a new line. */
export const sendsByEnter = (event: {
  key: string;
  shiftKey: boolean;
  repeat: boolean;
  keyCode: number;
  nativeEvent: { isComposing: boolean };
}) =>
  event.key === 'Enter' &&
  !event.shiftKey &&
  !event.repeat &&
  !event.nativeEvent.isComposing &&
  event.keyCode !== 229;

/** Runs what a key stands for, as long as this is shown. */
export function useKeys(keys: Record<string, () => void>) {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const run = latest.current[event.key];
      if (!run || !isMeant(event)) return;
      event.preventDefault();
      run();
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, []);
}
