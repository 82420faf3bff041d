// A button that copies a text; apart from the rest, for pages before the console.
import { Button } from '@mantine/core';
import { useState } from 'react';
import { useWords } from './i18n';

/** Without a secure page there is no clipboard: then the text is selected in a field of its own, as ever. */
async function copy(text: string) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement('textarea');
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  if (!done) throw new Error('not copied');
}

export function Copy({ text }: { text: string }) {
  const { t } = useWords();
  const [done, setDone] = useState(false);
  return (
    <Button size="xs" variant="default" onClick={() => void copy(text).then(() => setDone(true))}>
      {t(done ? 'app.copied' : 'app.copy')}
    </Button>
  );
}
